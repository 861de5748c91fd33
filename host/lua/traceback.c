/* traceback.c: the traceback of an error. As Lua's own, which however looks each function up in all loaded modules:
 * that takes a millisecond in a host with many, and errors are nothing rare here (a cancel is one). */
#include "lua/inner.h"

enum { FIRST = 10, LAST = 11 }; /* levels shown of a deep stack */

static void add_function(luaL_Buffer *b, lua_State *L, const lua_Debug *ar) {
  if (*ar->namewhat)
    lua_pushfstring(L, "%s '%s'", ar->namewhat, ar->name);
  else if (*ar->what == 'm')
    lua_pushliteral(L, "main chunk");
  else if (*ar->what != 'C')
    lua_pushfstring(L, "function <%s:%d>", ar->short_src, ar->linedefined);
  else
    lua_pushliteral(L, "?");
  luaL_addvalue(b);
}

static void add_level(luaL_Buffer *b, lua_State *L, lua_Debug *ar) {
  if (ar->currentline > 0)
    lua_pushfstring(L, "\n\t%s:%d: in ", ar->short_src, ar->currentline);
  else
    lua_pushfstring(L, "\n\t%s: in ", ar->short_src);
  luaL_addvalue(b);
  add_function(b, L, ar);
  if (ar->istailcall) luaL_addstring(b, "\n\t(...tail calls...)");
}

static int depth(lua_State *L) {
  lua_Debug ar;
  int low = 1, high = 1;
  for (; lua_getstack(L, high, &ar); high *= 2) low = high;
  while (low < high) {
    int middle = (low + high) / 2;
    if (lua_getstack(L, middle, &ar))
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

void tl__push_traceback(lua_State *L, lua_State *of, int first) {
  luaL_Buffer b;
  lua_Debug ar;
  int levels = depth(of), skip_from = levels > FIRST + LAST + 1 ? FIRST + 1 : levels;
  luaL_buffinit(L, &b);
  luaL_addstring(&b, "stack traceback:");
  for (int level = first; level < levels && lua_getstack(of, level, &ar); level++) {
    if (level == skip_from) {
      int n = levels - LAST - level;
      lua_pushfstring(L, "\n\t...\t(skipping %d levels)", n);
      luaL_addvalue(&b);
      level += n - 1;
      continue;
    }
    lua_getinfo(of, "Slnt", &ar);
    add_level(&b, L, &ar);
  }
  luaL_pushresult(&b);
}

int tl__traceback(lua_State *L) {
  tl__reg(L, &tl__key_trace);
  lua_rawgeti(L, -1, 1);
  bool known = lua_rawequal(L, -1, 1) && !lua_isnil(L, 1);
  lua_pop(L, 1);
  if (!known) { /* an error that goes on from an inner block keeps the traceback of where it was raised */
    lua_pushvalue(L, 1);
    lua_rawseti(L, -2, 1);
    tl__push_traceback(L, L, 1);
    lua_rawseti(L, -2, 2);
    lua_pushnil(L);
    lua_rawseti(L, -2, 3);
  }
  lua_settop(L, 1);
  return 1;
}
