/* readonly.c: the maps of self.router: proxies of values that no draft holds, so that they are read like all maps, and
 * never written. */
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

void tl_push_router_maps(lua_State *L, int self, int table) {
  tl_instance *s = tl__instance_test(L, self);
  table = lua_absindex(L, table);
  luaL_checkstack(L, 12, NULL);
  mark_maps(L, table);
  lua_pushliteral(L, "router");
  tl_place place = {.state = s->cls->name, .var = "router"};
  tl__take take = {.place = &place};
  tl_value *box = tl__push_box(L);
  *box = tl__from_lua(L, table, &take);
  tl__hang h = {.parent = lua_absindex(L, self), .key = lua_gettop(L) - 1, .var = &s->cls->router, .view = s->view};
  tl__push_value(L, &h, box, NULL);
  lua_replace(L, -3);
  lua_pop(L, 1);
}
