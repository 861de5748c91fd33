/* state_enter.c: what can be entered by with_state: a state, or a value below it that is reached by map keys alone; and
 * the text about a member that was never declared. */
#include <string.h>

#include "lua/inner.h"
#include "lua/proxy.h"
#include "lua/state.h"

tl_view *tl_enterable(lua_State *L, int idx) {
  tl_instance *s = tl__instance_test(L, idx);
  tl_proxy *p = tl__proxy_test(L, idx);
  if (s || !p) return s ? s->view : NULL;
  if (p->var->member == TL_M_ROUTER) return NULL; /* no part of the state */
  luaL_checkstack(L, 4, NULL);
  lua_pushvalue(L, idx);
  while (tl__proxy_test(L, -1)) {
    lua_getiuservalue(L, -1, 2);
    if (lua_type(L, -1) == LUA_TNUMBER) {
      tl__proxy_path(L, idx, 0);
      tl_raise(L, "ImmutableStateError",
               "%s was reached through a position in a list, and after other changes nobody could tell which element "
               "is meant; enter the list "
               "(or self) and look the element up by its id",
               lua_tostring(L, -1));
    }
    lua_pop(L, 1);
    lua_getiuservalue(L, -1, 1);
    lua_remove(L, -2);
  }
  s = tl__instance_test(L, -1);
  lua_pop(L, 1);
  return s ? s->view : NULL;
}

/* The parent is read again, then the key in it; nil when the way is gone. Indexing a state or a proxy runs no user code
 * here. */
void tl_entered_push(lua_State *L, int idx) {
  luaL_checkstack(L, 6, NULL);
  if (!tl__proxy_test(L, idx)) {
    lua_pushvalue(L, idx);
    return;
  }
  idx = lua_absindex(L, idx);
  lua_getiuservalue(L, idx, 1);
  tl_entered_push(L, lua_gettop(L));
  lua_replace(L, -2);
  tl_proxy *parent = tl__proxy_test(L, -1);
  bool readable = parent ? tl__proxy_kind(parent) == TL_MAP : tl__instance_test(L, -1) != NULL;
  lua_getiuservalue(L, idx, 2);
  if (readable)
    lua_gettable(L, -2);
  else
    lua_pushnil(L);
  lua_replace(L, -2);
  if (!readable) lua_replace(L, -2);
}

/* ---- members that are not there ---- */

int tl__undeclared(lua_State *L, const tl_class *c, int members, int key) {
  luaL_checkstack(L, 8, NULL);
  lua_pushvalue(L, members);
  members = lua_gettop(L);
  const char *name = luaL_tolstring(L, key, NULL);
  const char *near = tl__push_near(L, members, name);
  return tl_raise(L, "UndeclaredVarError", "%s.%s is not declared%s%s%s", c->name, name, near ? "; did you mean " : "",
                  near ? near : "", near ? "?" : " in tl.state");
}
