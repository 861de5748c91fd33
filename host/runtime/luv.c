/* luv.c: `require "luv"` on the host's loop. Its callbacks run on the main thread, outside every task and lock; an
 * error in one is logged. (luv's own answer to an error is to end the process.) */
#include <luv/luv.h>

#include "base/log.h"
#include "runtime/host.h"

static int traceback(lua_State *L) {
  const char *text = luaL_tolstring(L, 1, NULL);
  luaL_traceback(L, L, text, 1);
  return 1;
}

static int guarded(lua_State *L, int nargs, int nresults, int flags) {
  (void)flags;
  int handler = lua_gettop(L) - nargs;
  lua_pushcfunction(L, traceback);
  lua_insert(L, handler);
  int status = lua_pcall(L, nargs, nresults, handler);
  lua_remove(L, handler);
  if (status) {
    tl_log(TL_LOG_ERROR, "a luv callback failed: %s", lua_tostring(L, -1));
    lua_pop(L, 1);
    return -status;
  }
  return nresults == LUA_MULTRET ? lua_gettop(L) - handler + 1 : nresults;
}

static char key_luv; /* registry: the module. It knows all handles, so there is one; package.loaded may forget it */

static void make_luv(lua_State *L) { /* +1 */
  luv_set_loop(L, tl_loop_uv(tl_host_of(L)->loop));
  /* Not L: that may be a task's coroutine, which is suspended when a callback comes, or gone. */
  luv_context(L)->L = tl_lua_state(tl_host_of(L)->lua);
  luv_set_callback(L, guarded);
  lua_getglobal(L, "require");
  lua_pushliteral(L, "tidelock.luvloop");
  lua_call(L, 1, 1);
  luaopen_luv(L);
  lua_call(L, 1, 1);
}

int tl_loaded_luv(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_luv);
  return 1;
}

static int any_active(lua_State *L) {
  tl_loaded_luv(L);
  if (lua_isnil(L, -1)) return 1; /* it was never asked for */
  lua_getfield(L, -1, "_active");
  lua_pushinteger(L, 0);
  lua_call(L, 1, 1);
  lua_pushboolean(L, lua_rawlen(L, -1) > 0);
  return 1;
}

bool tl_luv_waits(tl_host *h) {
  const uv_loop_t *uv = tl_loop_uv(h->loop);
  if (uv->active_reqs.count || uv->closing_handles) return true; /* a file, a name, a thread's work; a handle's end */
  lua_State *L = tl_lua_state(h->lua);
  lua_pushcfunction(L, any_active);
  bool waits = lua_pcall(L, 0, 1, 0) != LUA_OK || lua_toboolean(L, -1);
  lua_pop(L, 1);
  return waits;
}

static int open_luv(lua_State *L) {
  tl_loaded_luv(L);
  if (!lua_isnil(L, -1)) return 1;
  make_luv(L);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_luv);
  return 1;
}

void tl_open_luv(tl_host *h) {
  lua_State *L = tl_lua_state(h->lua);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_PRELOAD_TABLE);
  lua_pushcfunction(L, open_luv);
  lua_setfield(L, -2, "luv");
  lua_pop(L, 1);
}

static int close_all(lua_State *L) {
  tl_loaded_luv(L);
  if (lua_isnil(L, -1)) return 0;
  lua_getfield(L, -1, "_close_newer");
  lua_pushinteger(L, 0);
  lua_call(L, 1, 0);
  return 0;
}

/* luv's close callbacks read the Lua state: they must have come before it is closed. */
void tl_close_luv(tl_host *h) {
  lua_State *L = tl_lua_state(h->lua);
  lua_pushcfunction(L, close_all);
  if (lua_pcall(L, 0, 0, 0)) {
    tl_log(TL_LOG_ERROR, "luv: %s", lua_tostring(L, -1));
    lua_pop(L, 1);
  }
  for (int i = 0; i < 3; i++) tl_loop_poll(h->loop, 0);
}
