/* chunk.c: the chunks of an app's files. While one test runs in many orders the app is loaded for each of them: then a
 * file is compiled once, and gives its chunk again as long as its text is the same.
 *
 * Owns the table of those, in the registry: path -> { text, chunk }; without the table none is kept. */
#include <stdio.h>
#include <string.h>

#include "lua/convert.h"
#include "lua/inner.h"

static char key_kept;

static bool read_text(const char *path, tl_buf *out) {
  FILE *f = fopen(path, "re");
  if (!f) return false;
  char part[4096];
  size_t n;
  while ((n = fread(part, 1, sizeof part, f))) tl_buf_put(out, part, n);
  bool ok = !ferror(f);
  fclose(f);
  return ok;
}

/* The chunk on top of the stack runs once more: its functions of the last time keep the environment that they had. */
static void renew_environment(lua_State *L) {
  if (luaL_loadbufferx(L, "", 0, "=", "t")) lua_error(L);
  lua_upvaluejoin(L, -2, 1, -1, 1);
  lua_pop(L, 1);
}

/* +1 the chunk of this path and text: true. Else nothing. kept: the index of the table */
static bool push_kept(lua_State *L, int kept, const char *path, const tl_buf *text) {
  int top = lua_gettop(L);
  size_t n;
  if (lua_getfield(L, kept, path) == LUA_TTABLE) {
    lua_rawgeti(L, -1, 1);
    const char *before = lua_tolstring(L, -1, &n);
    if (n == text->len && (!n || !memcmp(before, text->data, n))) {
      lua_rawgeti(L, -2, 2);
      lua_replace(L, top + 1);
      lua_settop(L, top + 1);
      renew_environment(L);
      return true;
    }
  }
  lua_settop(L, top);
  return false;
}

/* The chunk on top of the stack stays. */
static void keep(lua_State *L, int kept, const char *path, const tl_buf *text) {
  lua_createtable(L, 2, 0);
  lua_pushlstring(L, text->data ? text->data : "", text->len);
  lua_rawseti(L, -2, 1);
  lua_pushvalue(L, -2);
  lua_rawseti(L, -2, 2);
  lua_setfield(L, kept, path);
}

int tl__chunk_load(lua_State *L, const char *path) {
  int kept = lua_gettop(L) + 1, status = LUA_OK;
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key_kept) != LUA_TTABLE) {
    lua_settop(L, kept - 1);
    return luaL_loadfilex(L, path, "t");
  }
  tl_buf *text = tl__push_buf(L);
  bool known = read_text(path, text);
  if (!known || !push_kept(L, kept, path, text)) {
    status = luaL_loadfilex(L, path, "t");
    if (!status && known) keep(L, kept, path, text);
  }
  lua_replace(L, kept);
  lua_settop(L, kept);
  return status;
}

static int native_keep_chunks(lua_State *L) { /* keep_chunks(true): from now on, and nothing of before */
  if (lua_toboolean(L, 1))
    lua_newtable(L);
  else
    lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_kept);
  return 0;
}

void tl__open_chunk(lua_State *L) {
  lua_pushcfunction(L, native_keep_chunks);
  lua_setfield(L, -2, "keep_chunks");
}
