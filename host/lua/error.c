/* error.c: error values: tables with name, message, traceback and where ("main.lua:12"); tostring gives "Name:
 * message". */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lua/convert.h"
#include "lua/inner.h"

static char key_meta; /* registry: the metatable of error values */

static int error_tostring(lua_State *L) {
  lua_getfield(L, 1, "name");
  lua_getfield(L, 1, "message");
  const char *name = lua_tostring(L, -2), *message = lua_tostring(L, -1);
  lua_pushfstring(L, "%s: %s", name ? name : "Error", message ? message : "?");
  return 1;
}

static void push_meta(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key_meta) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_createtable(L, 0, 3);
  lua_pushcfunction(L, error_tostring);
  lua_setfield(L, -2, "__tostring");
  lua_pushliteral(L, "tidelock.error");
  lua_setfield(L, -2, "__name");
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_meta);
}

void tl_push_error(lua_State *L, const char *name, const char *message) {
  lua_createtable(L, 0, 4);
  lua_pushstring(L, name);
  lua_setfield(L, -2, "name");
  lua_pushstring(L, message);
  lua_setfield(L, -2, "message");
  push_meta(L);
  lua_setmetatable(L, -2);
}

/* The innermost Lua function's place, from `level` outwards: what called the C function that complains. */
bool tl_where(lua_State *L, int level, char out[TL_WHERE]) {
  lua_Debug ar;
  for (; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (ar.currentline > 0 && strncmp(ar.source, "=tidelock.", 10)) {
      snprintf(out, TL_WHERE, "%s:%d", ar.short_src, ar.currentline);
      return true;
    }
  }
  memcpy(out, "?", 2);
  return false;
}

/* The text is built in a buffer that Lua owns: where there is no memory, the jump frees it. */
static void push_raised(lua_State *L, const char *say, const char *name, const char *fmt, va_list args) {
  char where[TL_WHERE];
  luaL_checkstack(L, 10, NULL);
  bool known = tl_where(L, 1, where), begins = !known && tl__handler_place(L, where);
  tl_buf *text = tl__push_buf(L);
  tl_buf_vprintf(text, fmt, args);
  if (known || begins) tl_buf_printf(text, begins ? " (in the function at %s)" : " (%s)", where);
  tl_push_error(L, name, tl_buf_cstr(text));
  if (known || begins) {
    lua_pushstring(L, where);
    lua_setfield(L, -2, "where");
  }
  if (say) {
    lua_pushstring(L, say);
    lua_setfield(L, -2, "say");
  }
  tl__push_traceback(L, L, 1);
  lua_setfield(L, -2, "traceback");
}

_Noreturn int tl_raise(lua_State *L, const char *name, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  push_raised(L, NULL, name, fmt, args);
  va_end(args);
  lua_error(L);
  abort(); /* lua.h does not say that lua_error never returns */
}

_Noreturn int tl_raise_saying(lua_State *L, const char *say, const char *name, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  push_raised(L, say, name, fmt, args);
  va_end(args);
  lua_error(L);
  abort();
}

bool tl_error_is(lua_State *L, int idx, const char *name) {
  idx = lua_absindex(L, idx);
  if (!lua_istable(L, idx) || !lua_getmetatable(L, idx)) return false;
  push_meta(L);
  bool ours = lua_rawequal(L, -1, -2), is = ours;
  lua_pop(L, 2);
  if (!ours) return false;
  if (name) {
    lua_getfield(L, idx, "name");
    const char *got = lua_tostring(L, -1);
    is = got && !strcmp(got, name);
    lua_pop(L, 1);
  }
  return is;
}

int tl_error_text(lua_State *L) {
  luaL_tolstring(L, 1, NULL);
  return 1;
}

static int handler_place(lua_State *L) { /* -> "main.lua:11" or nil */
  char where[TL_WHERE];
  if (tl__handler_place(L, where))
    lua_pushstring(L, where);
  else
    lua_pushnil(L);
  return 1;
}

static int is_error(lua_State *L) { /* value [, name] */
  luaL_checkany(L, 1);
  lua_pushboolean(L, tl_error_is(L, 1, luaL_optstring(L, 2, NULL)));
  return 1;
}

void tl__open_error(lua_State *L) {
  lua_pushcfunction(L, is_error);
  lua_setfield(L, -2, "is_error");
  lua_pushcfunction(L, tl__traceback);
  lua_setfield(L, -2, "keep_traceback"); /* the message handler for an error that is caught and raised again */
  lua_pushcfunction(L, handler_place);
  lua_setfield(L, -2, "handler_place");
}
