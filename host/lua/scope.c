/* scope.c: tl.scope: `local scope <close> = tl.scope()`. A group (group.h) whose owner goes on while the children run,
 * and which waits for them when the block is left. */
#include "base/log.h"
#include "lua/group.h"

static const char scope_name[] = "tidelock.scope";

static tl__group *check_scope(lua_State *L, const char *usage) {
  tl__group *g = luaL_testudata(L, 1, scope_name);
  if (!g) tl_raise(L, "TypeError", "%s: a scope is needed (with a colon), not %s", usage, tl__given(L, 1));
  return g;
}

/* Takes no more children, and tells its owner nothing any more. */
static void close_scope(lua_State *L, tl__group *g) {
  g->closed = true;
  tl__scope_close(&g->limit);
  if (g->first) return;
  lua_pushnil(L);
  tl__reg_set(L, &tl__key_groups, g);
}

void tl__group_abandon(tl__group *g, tl_task *owner) {
  if (g->first && owner->status == TL_DONE)
    tl_log(TL_LOG_WARN, "%s ended with tasks in a scope, which are cancelled; write local scope <close> = tl.scope()",
           tl__task_name(owner));
  g->closed = true;
  if (g->first)
    tl__group_cancel(g, "the task that had made its scope has ended");
  else
    close_scope(owner->S->L, g);
}

static int scope(lua_State *L) {
  tl_task *t = tl__may_wait(L, "scope"); /* where nothing can wait it could not be closed */
  tl__group *g = tl__group_push(L, t);
  g->scope = true;
  g->limit.group = g;
  tl__scope_open(t, &g->limit, L);
  return 1;
}

static int scope_spawn(lua_State *L) { /* scope, fn, ... -> task */
  tl__group *g = check_scope(L, "scope:spawn(fn, ...)");
  if (!lua_isfunction(L, 2))
    return tl_raise(L, "TypeError", "scope:spawn(fn, ...): a function is needed, not %s", tl__given(L, 2));
  if (g->closed) return tl_raise(L, "ClosedError", "scope:spawn: the block of this scope was left; spawn inside it");
  tl__group_start(L, 1, lua_gettop(L) - 2);
  return 1;
}

static int scope_cancel(lua_State *L) { /* scope [, reason] */
  tl__group *g = check_scope(L, "scope:cancel(reason)");
  if (!lua_isnoneornil(L, 2) && lua_type(L, 2) != LUA_TSTRING)
    return tl_raise(L, "TypeError", "scope:cancel(reason): the reason is a string, not %s", tl__given(L, 2));
  tl__group_cancel(g, luaL_optstring(L, 2, "its scope was cancelled"));
  tl__interrupt_running(L);
  return 0;
}

static int wait_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl__group *g = lua_touserdata(L, 1);
  if (tl__group_waits(L, g)) return tl__group_join(L, g, 0, wait_k);
  tl_wait_end(L); /* raises the error of a child, too */
  return 0;
}

static int scope_wait(lua_State *L) {
  tl__group *g = check_scope(L, "scope:wait()");
  lua_settop(L, 1);
  if (g->closed) return 0;
  tl_task *t = tl__may_wait(L, "scope:wait");
  if (t != tl__owner_of(g))
    return tl_raise(L, "TypeError", "scope:wait(): only the task that made the scope waits for it; await a task");
  return g->first ? tl__group_join(L, g, 0, wait_k) : 0;
}

/* ---- leaving the block ---- */

/* No child is left. After an error of the block it is that error which goes on. */
static int left(lua_State *L, tl__group *g, bool normal) {
  bool failed = g->failed;
  if (failed) lua_getiuservalue(L, 1, 1); /* before the registry lets go of it */
  close_scope(L, g);
  if (!normal) return 0;
  if (tl__pending(tl_task_current(L))) tl__interrupt(L, tl_task_current(L));
  if (!failed) return 0;
  tl__push_kept_error(L);
  return lua_error(L);
}

static int close_k(lua_State *L, int status, lua_KContext normal) {
  (void)status;
  tl__group *g = lua_touserdata(L, 1);
  if (tl__group_waits(L, g)) return tl__group_join(L, g, normal, close_k);
  return left(L, g, normal != 0);
}

static bool can_wait(lua_State *L, const tl__group *g) {
  const tl_lua *S = tl_lua_of(L);
  return S->current && S->current == tl__owner_of(g) && !S->nowait && lua_isyieldable(L);
}

/* Nothing can wait here (a coroutine is closed, a task is killed): the children end on their own. */
static int leave_behind(lua_State *L, tl__group *g, bool normal) {
  tl__group_cancel(g, "its scope was left where nothing can wait");
  close_scope(L, g);
  if (normal) tl_wait_begin(L, TL_WAITING, "the end of a scope"); /* raises */
  return 0;
}

static int scope_close(lua_State *L) { /* scope, error or nil */
  tl__group *g = check_scope(L, "the end of a scope");
  if (g->closed) return 0;
  bool normal = tl__left_normally(L) && !tl_lua_of(L)->killing;
  lua_settop(L, 1);
  if (!normal) tl__group_cancel(g, "its scope was left by an error");
  if (!g->first && tl_task_current(L)) return left(L, g, normal);
  if (!can_wait(L, g)) return leave_behind(L, g, normal);
  if (tl__group_waits(L, g)) return tl__group_join(L, g, normal, close_k);
  return left(L, g, normal);
}

void tl__scope_methods(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"spawn", scope_spawn}, {"cancel", scope_cancel}, {"wait", scope_wait}, {NULL, NULL}};
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, scope_close);
  lua_setfield(L, -2, "__close");
  lua_pushliteral(L, "tidelock.scope");
  lua_setfield(L, -2, "__metatable");
  lua_pushcfunction(L, scope);
  lua_setfield(L, -3, "scope");
}
