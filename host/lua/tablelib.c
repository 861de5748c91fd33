/* tablelib.c: the functions of Lua's standard library that would not know proxies: insert, remove and sort (which have
 * to move elements, not copy them), next, and the raw ones, which must not get past the guard. For everything else they
 * are the functions that they replace, called in this very frame, so that their messages stay the same. table.concat,
 * unpack, move and ipairs go by metamethods. */
#include <string.h>

#include "lua/proxy.h"
#include "lua/state.h"

/* Upvalue 1: the function that is replaced; it has no upvalues of its own. */
static int original(lua_State *L) { return lua_tocfunction(L, lua_upvalueindex(1))(L); }

static int lib_insert(lua_State *L) { return tl__proxy_test(L, 1) ? tl__list_insert(L) : original(L); }

static int lib_remove(lua_State *L) { return tl__proxy_test(L, 1) ? tl__list_remove(L) : original(L); }

static int lib_sort(lua_State *L) { return tl__proxy_test(L, 1) ? tl__list_sort(L) : original(L); }

static int lib_next(lua_State *L) {
  if (!tl__proxy_test(L, 1)) return original(L);
  lua_settop(L, 2);
  return tl__proxy_next(L, 1, 2);
}

static int lib_rawget(lua_State *L) {
  if (!tl__proxy_test(L, 1)) return original(L);
  lua_settop(L, 2);
  lua_gettable(L, 1);
  return 1;
}

static int lib_rawset(lua_State *L) {
  tl_proxy *p = tl__proxy_test(L, 1);
  if (!p && !tl__instance_test(L, 1)) return original(L);
  lua_settop(L, 3);
  if (p)
    tl__proxy_guard(L, 1, p, 2);
  else
    tl__state_guard(L, 1, luaL_tolstring(L, 2, NULL));
  return tl_raise(L, "TypeError", "rawset does not work on state; assign: t[key] = value");
}

static int lib_rawlen(lua_State *L) {
  tl_proxy *p = tl__proxy_test(L, 1);
  if (!p) return original(L);
  lua_pushinteger(L, (lua_Integer)tl__proxy_count(p));
  return 1;
}

/* The table on top: each named function of it is replaced by ours, with the old one as upvalue. */
static void replace(lua_State *L, const luaL_Reg *fns) {
  for (; fns->name; fns++) {
    lua_getfield(L, -1, fns->name);
    lua_pushcclosure(L, fns->func, 1);
    lua_setfield(L, -2, fns->name);
  }
}

void tl__open_tablelib(lua_State *L) {
  static const luaL_Reg of_table[] = {{"insert", lib_insert}, {"remove", lib_remove}, {"sort", lib_sort}, {NULL, NULL}};
  static const luaL_Reg globals[] = {
      {"next", lib_next}, {"rawget", lib_rawget}, {"rawset", lib_rawset}, {"rawlen", lib_rawlen}, {NULL, NULL},
  };
  lua_pushglobaltable(L);
  replace(L, globals);
  lua_getfield(L, -1, "table");
  replace(L, of_table);
  lua_pop(L, 2);
}

/* ---- debug: no way round the guard through metatables, user values, or the upvalues and stacks of C functions ---- */

static bool says_ours(lua_State *L, int idx, const char *field) {
  if (!luaL_getmetafield(L, idx, field)) return false;
  const char *s = lua_tostring(L, -1);
  bool ours = s && !strncmp(s, "tidelock.", 9);
  lua_pop(L, 1);
  return ours;
}

/* Userdata of ours say so in their metatable. */
static bool is_ours(lua_State *L, int idx) {
  return lua_type(L, idx) == LUA_TUSERDATA && (says_ours(L, idx, "__metatable") || says_ours(L, idx, "__name"));
}

static int debug_getmetatable(lua_State *L) {
  if (!is_ours(L, 1)) return original(L);
  if (!luaL_getmetafield(L, 1, "__metatable")) luaL_getmetafield(L, 1, "__name");
  return 1;
}

static int debug_setmetatable(lua_State *L) {
  if (!is_ours(L, 1)) return original(L);
  return luaL_error(L, "cannot change a protected metatable");
}

static int debug_getuservalue(lua_State *L) {
  if (!is_ours(L, 1)) return original(L);
  lua_pushnil(L);
  return 1;
}

static int debug_setuservalue(lua_State *L) {
  if (!is_ours(L, 1)) return original(L);
  return luaL_error(L, "cannot change the user value of a %s", luaL_tolstring(L, 1, NULL));
}

static int debug_upvalue(lua_State *L) { return lua_iscfunction(L, 1) ? 0 : original(L); }

/* getlocal and setlocal ([thread,] level, n [, value]): the temporaries of a C function are its own. What it keeps
 * there may be all that keeps its memory. */
static int debug_local(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  int level = co ? 2 : 1;
  lua_Debug ar;
  if (!lua_isinteger(L, level) || !lua_getstack(co ? co : L, (int)lua_tointeger(L, level), &ar)) return original(L);
  lua_getinfo(co ? co : L, "S", &ar);
  return *ar.what == 'C' ? 0 : original(L);
}

static int debug_getregistry(lua_State *L) { return luaL_error(L, "the registry belongs to the host"); }

void tl__open_debug(lua_State *L) {
  static const luaL_Reg fns[] = {
      {"getmetatable", debug_getmetatable},
      {"setmetatable", debug_setmetatable},
      {"getuservalue", debug_getuservalue},
      {"setuservalue", debug_setuservalue},
      {"getupvalue", debug_upvalue},
      {"setupvalue", debug_upvalue},
      {"getlocal", debug_local},
      {"setlocal", debug_local},
      {"getregistry", debug_getregistry},
      {NULL, NULL},
  };
  lua_getglobal(L, "debug");
  replace(L, fns);
  lua_pop(L, 1);
}
