/* vm.c: makes and ends the Lua VM: its capped allocator, the libraries, the modules that are built into the binary, and
 * the table `tidelock.native`, in which every C file of the Lua half registers its functions. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/pool.h"
#include "lua/embed.h"
#include "lua/inner.h"
#include "lua/owned.h"
#include "lua/state.h"

char tl__key_threads, tl__key_results, tl__key_fn, tl__key_objects, tl__key_holder, tl__key_trace, tl__key_groups;

enum { HOST_SLACK = 4 << 20 }; /* bytes beyond the cap for the host's own bookkeeping, when no task runs */

void tl__reg(lua_State *L, void *key) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, key);
}

void tl__reg_set(lua_State *L, void *key, const void *field) {
  tl__reg(L, key);
  lua_insert(L, -2);
  lua_rawsetp(L, -2, field);
  lua_pop(L, 1);
}

void tl__reg_get(lua_State *L, void *key, const void *field) {
  tl__reg(L, key);
  lua_rawgetp(L, -1, field);
  lua_remove(L, -2);
}

static bool fails_on_purpose(tl_lua_faults *f) {
  uint64_t n = ++f->count;
  return f->fail_at && n >= f->fail_at && n - f->fail_at < f->tries;
}

/* Making smaller never fails: the block may be larger than its size tells. */
static void *resize(void *p, size_t osize, size_t nsize) {
  if (!p) return tl_pool_get(nsize);
  if (osize > TL__POOL_MAX && nsize > TL__POOL_MAX) return realloc(p, nsize);
  void *q = tl_pool_get(nsize);
  if (!q) return nsize < osize ? p : NULL;
  memcpy(q, p, osize < nsize ? osize : nsize);
  tl_pool_put(p, osize);
  return q;
}

/* Lua's own allocations: over the cap NULL, upon which Lua collects and then raises in the task that asked. */
static void *capped(void *ud, void *p, size_t osize, size_t nsize) {
  tl_lua *S = ud;
  if (!p) osize = 0;
  if (!nsize) {
    S->mem_used -= osize;
    if (!p) return NULL;
    tl__owned_check(S, p, osize);
    tl_pool_put(p, osize);
    return NULL;
  }
  size_t cap = S->opts.memory_limit;
  if (cap && nsize > osize && S->mem_used + (nsize - osize) > cap + (S->current ? 0 : HOST_SLACK)) return NULL;
  if (S->opts.faults && nsize > osize && fails_on_purpose(S->opts.faults)) return NULL;
  void *q = resize(p, osize, nsize);
  if (q) S->mem_used += nsize - osize;
  return q;
}

static int panic(lua_State *L) {
  const char *text = lua_tostring(L, -1);
  tl_log(TL_LOG_ERROR, "the Lua half broke: %s", text ? text : "an error that is no text");
  return 0; /* Lua aborts */
}

/* ---- built-in modules ---- */

static int load_embedded(lua_State *L) { /* upvalue: index into tl_embedded */
  const tl_embedded_module *m = &tl_embedded[lua_tointeger(L, lua_upvalueindex(1))];
  if (luaL_loadbufferx(L, m->code, m->size, m->name, "b")) return lua_error(L);
  lua_pushstring(L, m->name);
  lua_call(L, 1, 1);
  return 1;
}

/* Made now: where they are cleared, nothing may raise. */
static void make_registries(lua_State *L) {
  char *const keys[] = {&tl__key_threads, &tl__key_results, &tl__key_fn,    &tl__key_objects,
                        &tl__key_holder,  &tl__key_trace,   &tl__key_groups};
  for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
    tl__reg(L, keys[i]);
    lua_pop(L, 1);
  }
}

static int open_native(lua_State *L) {
  make_registries(L);
  tl_open_state(L);
  tl__open_chunk(L);
  tl__open_env(L);
  tl__open_block(L);
  tl__open_wait(L);
  tl__open_group(L);
  tl__open_semaphore(L);
  tl__open_channel(L);
  tl__open_signal(L);
  tl__open_tasklib(L);
  tl__open_event(L);
  tl__open_fail(L);
  tl__open_error(L);
  tl__open_near(L);
  return 1;
}

static void preload_modules(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  for (int i = 0; tl_embedded[i].name; i++) {
    lua_pushinteger(L, i);
    lua_pushcclosure(L, load_embedded, 1);
    if (!strcmp(tl_embedded[i].name, "init"))
      lua_pushliteral(L, "tidelock");
    else
      lua_pushfstring(L, "tidelock.%s", tl_embedded[i].name);
    lua_insert(L, -2);
    lua_rawset(L, -3);
  }
  lua_pop(L, 1);
}

/* Tasks, walks and errors' tables live for a cycle or two. At Lua's own pause of 200 % each cycle counts the last one's
 * garbage as live, and what is allocated while a cycle runs comes on top: under load the heap creeps up without end.
 * GC_STEP is how many units of work (a slot looked at, an object swept) the collector does for each 16 bytes that are
 * allocated. A step comes after 8 KB: 8,000 units, less than a tenth of a millisecond; a cycle over 6000 waiting tasks
 * is spread over half a second. At 400 it was a few steps close together, 20 ms in which nothing else ran. */
enum { GC_PAUSE = 150, GC_STEP = 16 };

static int open_all(lua_State *L) {
  lua_gc(L, LUA_GCINC, GC_PAUSE, GC_STEP, 0);
  luaL_openlibs(L);
  tl__open_coroutine(L);
  tl__open_globals(L);
  preload_modules(L);
  luaL_requiref(L, "tidelock.native", open_native, 0);
  lua_pop(L, 1);
  return 0;
}

tl_lua *tl_lua_new(const tl_lua_opts *o, const tl_lua_hooks *h) {
  tl_lua *S = tl_calloc(sizeof *S);
  S->opts = *o;
  if (h) S->hooks = *h;
  if (!S->opts.cleanup_time) S->opts.cleanup_time = 5;
  S->L = lua_newstate(capped, S);
  *(tl_lua **)lua_getextraspace(S->L) = S;
  lua_atpanic(S->L, panic);
  lua_pushcfunction(S->L, open_all);
  if (lua_pcall(S->L, 0, 0, 0)) {
    tl_log(TL_LOG_ERROR, "the Lua half could not be opened: %s", lua_tostring(S->L, -1));
    abort();
  }
  return S;
}

lua_State *tl_lua_state(tl_lua *S) { return S->L; }
tl_lua_opts *tl_lua_options(tl_lua *S) { return &S->opts; }
tl_timers *tl_lua_timers(tl_lua *S) { return &S->timers; }
tl_lua_hooks *tl_lua_hooks_of(tl_lua *S) { return &S->hooks; }

void tl_lua_free(tl_lua *S) {
  lua_close(S->L);
  if (S->opts.faults) S->opts.faults->left = S->mem_used;
  for (void *s = S->slabs, *next; s; s = next) { /* a slab begins with the pointer to the next */
    next = *(void **)s;
    tl_free(s);
  }
  tl__files_forget(S);
  tl_free(S->spots.names);
  tl_lua_watch(S, false);
  tl_timers_free(&S->timers);
  tl_free(S->ready);
  tl_free(S->later);
  tl_free(S);
}
