/* results.c: what a task leaves for those who wait for it: its results, or its error with the traceback. In the
 * registry, until nobody can ask any more. */
#include "lua/inner.h"

static const char *const trace_fields[] = {"err", "traceback", "tail"}; /* as in the registry's table of the trace */

/* Into the table on top. */
static void keep_error(lua_State *L, int err) {
  lua_pushvalue(L, err);
  lua_setfield(L, -2, "err");
  tl__reg(L, &tl__key_trace);
  lua_rawgeti(L, -1, 1);
  bool seen = lua_rawequal(L, -1, err);
  lua_pop(L, 1);
  for (int i = 1; seen && i < 3; i++) {
    lua_rawgeti(L, -1, i + 1);
    lua_setfield(L, -3, trace_fields[i]);
  }
  lua_pop(L, 1);
}

void tl__results_keep(lua_State *L, tl_task *t, bool ok, int from) {
  if (!t->handles && !t->group) return;
  luaL_checkstack(L, 6, "too many results"); /* they may fill what there is */
  lua_newtable(L);
  int n = ok ? lua_gettop(L) - from : 0;
  if (!ok) keep_error(L, from);
  for (int i = 0; i < n; i++) {
    lua_pushvalue(L, from + i);
    lua_rawseti(L, -2, i + 1);
  }
  lua_pushinteger(L, n);
  lua_setfield(L, -2, "n");
  t->kept = true;
  tl__reg_set(L, &tl__key_results, t);
}

void tl__results_drop(tl_task *t) {
  if (!t->kept) return;
  lua_pushnil(t->S->L);
  tl__reg_set(t->S->L, &tl__key_results, t);
}

void tl__push_kept_error(lua_State *L) {
  if (!lua_istable(L, -1)) {
    lua_pop(L, 1);
    tl_push_error(L, "MemoryError", "the task ran out of memory"); /* and could not keep its error */
    return;
  }
  tl__reg(L, &tl__key_trace);
  for (int i = 0; i < 3; i++) {
    lua_getfield(L, -2, trace_fields[i]);
    lua_rawseti(L, -2, i + 1);
  }
  lua_rawgeti(L, -1, 1);
  lua_replace(L, -3);
  lua_pop(L, 1);
}

int tl__task_results(lua_State *L, tl_task *t) {
  tl__reg_get(L, &tl__key_results, t);
  int pack = lua_gettop(L);
  lua_getfield(L, pack, "n");
  int n = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  luaL_checkstack(L, n + 2, "too many results");
  for (int i = 1; i <= n; i++) lua_rawgeti(L, pack, i);
  lua_remove(L, pack);
  return n;
}
