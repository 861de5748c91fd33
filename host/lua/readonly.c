/* readonly.c: the values of self.router: proxies of a value that no draft holds, so that its maps are read like all
 * maps, and never written. */
#include "lua/inner.h"
#include "lua/proxy.h"
#include "lua/state.h"

/* The table's fields that are tables become maps, also when they are empty. */
static void mark_maps(lua_State *L, int table) {
  for (lua_pushnil(L); lua_next(L, table);) {
    if (lua_type(L, -1) == LUA_TTABLE) {
      lua_pushvalue(L, -2);
      lua_pushcfunction(L, tl__native_map);
      lua_pushvalue(L, -3);
      lua_call(L, 1, 1);
      lua_rawset(L, table);
    }
    lua_pop(L, 1);
  }
}

tl_value tl_router_value(lua_State *L, int table) {
  table = lua_absindex(L, table);
  luaL_checkstack(L, 12, NULL);
  mark_maps(L, table);
  tl_place place = {.state = "self", .var = "router"};
  tl__take take = {.place = &place};
  tl_value *box = tl__push_box(L);
  *box = tl__from_lua(L, table, &take);
  tl_value v = tl_retain(*box);
  lua_pop(L, 1);
  return v;
}

void tl_push_router_value(lua_State *L, int self, const tl_value *v) {
  tl_instance *s = tl__instance_test(L, self);
  self = lua_absindex(L, self);
  luaL_checkstack(L, 12, NULL);
  lua_pushliteral(L, "router");
  tl__hang h = {.parent = self, .key = lua_gettop(L), .var = &s->cls->router, .view = s->view};
  tl__push_value(L, &h, v, NULL);
  lua_remove(L, -2);
}
