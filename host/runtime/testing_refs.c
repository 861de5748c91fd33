/* testing_refs.c: what C code keeps in Lua's registry by luaL_ref: looked at when an app begins and when it has ended,
 * so that a reference which nobody gave back is found, and told by what it refers to.
 *
 * luaL_ref takes the lowest free integers; a free place has an integer, the next free one. A reference to a number
 * would look the same: nobody keeps one. */
#include <string.h>

#include "base/mem.h"
#include "runtime/host.h"

static bool is_live(lua_State *L, lua_Integer at) { /* leaves the value on the stack */
  int type = lua_rawgeti(L, LUA_REGISTRYINDEX, at);
  return type != LUA_TNIL && type != LUA_TNUMBER;
}

/* Notes which references there are. */
static int refs_note(lua_State *L) {
  tl_host *h = tl_host_of(L);
  size_t n = lua_rawlen(L, LUA_REGISTRYINDEX);
  tl_buf_clear(&h->refs);
  for (size_t i = 1; i <= n; i++) {
    tl_buf_putc(&h->refs, is_live(L, (lua_Integer)i) ? 1 : 0);
    lua_pop(L, 1);
  }
  return 0;
}

/* Value -> "function main.lua:12", "a table"; replaces it. */
static void describe(lua_State *L) {
  lua_Debug ar;
  if (lua_isfunction(L, -1) && !lua_iscfunction(L, -1)) {
    lua_getinfo(L, ">S", &ar);
    lua_pushfstring(L, "the function of %s:%d", ar.short_src, ar.linedefined);
    return;
  }
  lua_pushfstring(L, "a %s", luaL_typename(L, -1));
  lua_remove(L, -2);
}

/* -> a list of what has come since they were noted */
static int refs_new(lua_State *L) {
  tl_host *h = tl_host_of(L);
  size_t n = lua_rawlen(L, LUA_REGISTRYINDEX);
  lua_newtable(L);
  for (size_t i = 1, found = 0; i <= n; i++) {
    bool before = i <= h->refs.len && h->refs.data[i - 1];
    if (!before && is_live(L, (lua_Integer)i)) {
      describe(L);
      lua_rawseti(L, -2, (lua_Integer)++found);
    } else if (!before) {
      lua_pop(L, 1);
    }
  }
  return 1;
}

/* -> how many C libraries have been loaded by require: one keeps what it needs for good */
static int libraries(lua_State *L) {
  lua_getfield(L, LUA_REGISTRYINDEX, "_CLIBS");
  lua_pushinteger(L, lua_istable(L, -1) ? (lua_Integer)lua_rawlen(L, -1) : 0);
  return 1;
}

void tl_open_testing_refs(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"refs_note", refs_note}, {"refs_new", refs_new}, {"libraries", libraries}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
