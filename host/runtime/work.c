/* work.c: tl.work: a function of a module, run by a thread of libuv's pool in a Lua state of its own.
 *
 * A job is owned by its userdata and by the pool. What the thread touches (names, paths, arguments, outcome) is its own
 * from the start until the pool's callback on the loop's thread; `abandoned` alone is both's. When the userdata is
 * closed before (a cancel, an error), nobody waits for the outcome: a job that has not begun is taken back, one that
 * runs Lua is stopped by a hook, and the callback frees it. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/pool.h"
#include "lua/foreign.h"
#include "runtime/host.h"

static const char work_name[] = "tidelock.work";
enum { HOOK_EVERY = 10000 }; /* instructions of the VM */

typedef struct job {
  uv_work_t req;
  tl_host *host;
  struct work *owner; /* NULL: abandoned */
  char *module, *function, *path, *cpath;
  tl_value args;
  atomic_bool abandoned;
  size_t used, cap; /* the state's memory; cap 0: no limit */
  bool failed;
  tl_value results; /* a list */
  tl_buf error;
} job;

typedef struct work {
  job *job; /* NULL: closed */
  bool done, waiting;
  tl_wake wake;
} work;

/* ---- in the thread ---- */

static job *job_of(lua_State *L) { return *(job **)lua_getextraspace(L); }

static void *capped(void *ud, void *p, size_t osize, size_t nsize) {
  job *j = ud;
  if (!p) osize = 0;
  if (nsize == 0) {
    j->used -= osize;
    free(p);
    return NULL;
  }
  if (j->cap && nsize > osize && j->used + (nsize - osize) > j->cap) return NULL;
  void *q = realloc(p, nsize);
  if (q) j->used += nsize - osize;
  return q;
}

/* From then on at each instruction: a loop that catches the error is stopped at the next one outside of its pcall. */
static void stop_abandoned(lua_State *L, lua_Debug *ar) {
  (void)ar;
  if (!atomic_load_explicit(&job_of(L)->abandoned, memory_order_relaxed)) return;
  lua_sethook(L, stop_abandoned, LUA_MASKCOUNT, 1);
  luaL_error(L, "nobody waits for this any more");
}

static int refuse_exit(lua_State *L) {
  return luaL_error(L, "os.exit would end the whole host with all its tabs; use return or error");
}

static void set_field(lua_State *L, const char *table, const char *name) { /* -1 */
  lua_getglobal(L, table);
  lua_insert(L, -2);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

static void open_state(lua_State *L, job *j) {
  luaL_openlibs(L);
  lua_pushstring(L, j->path);
  set_field(L, "package", "path");
  lua_pushstring(L, j->cpath);
  set_field(L, "package", "cpath");
  lua_pushcfunction(L, refuse_exit);
  set_field(L, "os", "exit");
}

static void push_function(lua_State *L, job *j) { /* +1 */
  lua_getglobal(L, "require");
  lua_pushstring(L, j->module);
  lua_call(L, 1, 1);
  if (!lua_istable(L, -1))
    luaL_error(L, "the module %s gives a %s, not a table of functions", j->module, luaL_typename(L, -1));
  lua_getfield(L, -1, j->function);
  if (!lua_isfunction(L, -1))
    luaL_error(L, "the module %s has no function %s (it is a %s)", j->module, j->function, luaL_typename(L, -1));
  lua_remove(L, -2);
}

static void push_args(lua_State *L, job *j) {
  size_t n = tl_count(j->args);
  luaL_checkstack(L, (int)n + 8, "too many arguments");
  for (size_t i = 0; i < n; i++) {
    tl_value v = tl_list_at(j->args, i);
    if (v.kind == TL_NIL)
      lua_pushnil(L);
    else
      tl_foreign_push(L, v);
  }
}

static void take_results(lua_State *L, job *j, int first) {
  size_t n = (size_t)lua_gettop(L) + 1 - (size_t)first, done = 0;
  tl_value *items = tl_alloc(n * sizeof *items);
  tl_buf why = {0};
  while (done < n && tl_foreign_take(L, first + (int)done, &items[done], &why)) done++;
  if (done == n) {
    j->results = tl_list(items, n);
  } else {
    j->failed = true;
    tl_buf_printf(&j->error, "result %zu%s", done + 1, tl_buf_cstr(&why));
    while (done > 0) tl_release(items[--done]);
  }
  tl_buf_free(&why);
  tl_free(items);
}

static int run_job(lua_State *L) { /* under a pcall */
  job *j = lua_touserdata(L, 1);
  open_state(L, j);
  push_function(L, j);
  int first = lua_gettop(L);
  push_args(L, j);
  lua_call(L, lua_gettop(L) - first, LUA_MULTRET);
  take_results(L, j, first);
  return 0;
}

static int with_traceback(lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

static void on_work(uv_work_t *req) {
  job *j = req->data;
  lua_State *L = lua_newstate(capped, j);
  j->failed = !L;
  if (L) {
    *(job **)lua_getextraspace(L) = j;
    lua_sethook(L, stop_abandoned, LUA_MASKCOUNT, HOOK_EVERY);
    lua_pushcfunction(L, with_traceback);
    lua_pushcfunction(L, run_job);
    lua_pushlightuserdata(L, j);
    if (lua_pcall(L, 1, 0, 1)) {
      j->failed = true;
      size_t len = 0;
      const char *text = lua_tolstring(L, -1, &len);
      if (text) tl_buf_put(&j->error, text, len);
    }
    lua_close(L);
  }
  if (j->failed && !j->error.len) tl_buf_puts(&j->error, "not enough memory");
  tl_pool_trim();
}

/* ---- on the loop's thread ---- */

static void job_free(job *j) {
  tl_free(j->module);
  tl_free(j->function);
  tl_free(j->path);
  tl_free(j->cpath);
  tl_release(j->args);
  tl_release(j->results);
  tl_buf_free(&j->error);
  tl_free(j);
}

static void on_done(uv_work_t *req, int status) {
  job *j = req->data;
  work *w = j->owner;
  (void)status; /* UV_ECANCELED: nobody waits */
  j->host->works--;
  if (!w) {
    job_free(j);
    return;
  }
  tl_loop_io_end(j->host->loop);
  w->done = true;
  if (w->waiting) tl_wake_task(j->host->lua, w->wake);
  w->waiting = false;
}

static int work_close(lua_State *L) {
  work *w = luaL_checkudata(L, 1, work_name);
  job *j = w->job;
  w->job = NULL;
  if (!j) return 0;
  if (w->done) {
    job_free(j);
    return 0;
  }
  j->owner = NULL;
  atomic_store(&j->abandoned, true);
  tl_loop_io_end(j->host->loop);
  uv_cancel((uv_req_t *)&j->req);
  return 0;
}

static char *copied(lua_State *L, int idx) {
  size_t n;
  const char *s = luaL_checklstring(L, idx, &n);
  return tl_strndup(s, n);
}

static void check_room(lua_State *L, const tl_host *h) { /* 1, 2: module and function */
  size_t limit = h->config.work_limit;
  if (!limit || h->works < limit) return;
  tl_raise(
      L, "WorkError",
      "%s.%s: %zu calls run or wait for a thread already; there may be %zu (work_limit of tl.config); ask for fewer "
      "at a time (tl.semaphore)",
      lua_tostring(L, 1), lua_tostring(L, 2), h->works, limit);
}

/* module, function, package.path, package.cpath, list of arguments -> work */
static int work_start(lua_State *L) {
  tl_host *h = tl_host_of(L);
  for (int i = 1; i <= 4; i++) luaL_checkstring(L, i);
  check_room(L, h);
  work *w = lua_newuserdatauv(L, sizeof *w, 0);
  *w = (work){0};
  luaL_setmetatable(L, work_name);
  tl_place place = {.state = "tl.work", .var = "arguments"};
  tl_value args = tl_from_lua(L, 5, &place, false);
  job *j = tl_calloc(sizeof *j);
  *j = (job){.host = h, .owner = w, .args = args, .cap = h->config.memory_limit, .results = tl_nil()};
  j->module = copied(L, 1);
  j->function = copied(L, 2);
  j->path = copied(L, 3);
  j->cpath = copied(L, 4);
  j->req.data = j;
  w->job = j;
  h->works++;
  tl_loop_io_begin(h->loop);
  uv_queue_work(tl_loop_uv(h->loop), &j->req, on_work, on_done);
  return 1;
}

static int finish_k(lua_State *L, int status, lua_KContext ctx);

/* work -> the function's results. Waits. Raises WorkError. */
static int work_finish(lua_State *L) {
  work *w = luaL_checkudata(L, 1, work_name);
  if (!w->done) {
    w->wake = tl_wait_begin(L, TL_WAITING, "tl.work");
    w->waiting = true;
    return tl_park(L, 0, finish_k);
  }
  job *j = w->job;
  if (j->failed) return tl_raise(L, "WorkError", "%s.%s: %s", j->module, j->function, tl_buf_cstr(&j->error));
  size_t n = tl_count(j->results);
  luaL_checkstack(L, (int)n + 8, "too many results");
  for (size_t i = 0; i < n; i++) {
    tl_value v = tl_list_at(j->results, i);
    if (v.kind == TL_NIL)
      lua_pushnil(L);
    else
      tl_push_plain(L, v);
  }
  return (int)n;
}

static int finish_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  ((work *)lua_touserdata(L, 1))->waiting = false;
  tl_wait_end(L);
  return work_finish(L);
}

bool tl_end_works(tl_host *h) {
  static const uint64_t patience = 1000000000; /* ns: Lua is stopped much sooner, C that blocks may never be done */
  uint64_t from = tl_loop_now(), spent;
  while (h->works && (spent = tl_loop_now() - from) < patience) tl_loop_poll(h->loop, patience - spent);
  if (h->works) tl_log(TL_LOG_WARN, "shutdown: %zu calls of tl.work did not end in time and are left behind", h->works);
  return !h->works;
}

void tl_open_native_work(lua_State *L) {
  luaL_newmetatable(L, work_name);
  lua_pushcfunction(L, work_close);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, work_close);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
  static const luaL_Reg functions[] = {{"work_start", work_start}, {"work_finish", work_finish}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
