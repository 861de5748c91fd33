/* precompile.c: at build time, one Lua module to what lua_load takes without parsing it: to parse all that a start
 * needs was half of its instructions. Lines and names stay in it, for tracebacks. precompile NAME FILE OUT */
#include <lauxlib.h>
#include <lua.h>
#include <stdio.h>

static int write_part(lua_State *L, const void *part, size_t n, void *out) {
  (void)L;
  return fwrite(part, 1, n, out) != n;
}

static int precompile(lua_State *L, const char *name, const char *file, const char *out) {
  luaL_Buffer text;
  FILE *in = fopen(file, "rb");
  if (!in) return luaL_error(L, "%s cannot be read", file);
  luaL_buffinit(L, &text);
  for (size_t n = 1; n > 0; luaL_addsize(&text, n)) n = fread(luaL_prepbuffer(&text), 1, LUAL_BUFFERSIZE, in);
  fclose(in);
  luaL_pushresult(&text);
  lua_pushfstring(L, "=%s", name);
  if (luaL_loadbufferx(L, lua_tostring(L, -2), lua_rawlen(L, -2), lua_tostring(L, -1), "t")) return lua_error(L);
  FILE *to = fopen(out, "wb");
  if (!to) return luaL_error(L, "%s cannot be written", out);
  int failed = lua_dump(L, write_part, to, 0);
  if (fclose(to) || failed) return luaL_error(L, "%s could not be written", out);
  return 0;
}

static int run(lua_State *L) {
  char **argv = lua_touserdata(L, 1);
  return precompile(L, argv[1], argv[2], argv[3]);
}

int main(int argc, char **argv) {
  if (argc != 4) return fprintf(stderr, "usage: precompile NAME FILE OUT\n"), 2;
  lua_State *L = luaL_newstate();
  if (!L) return 1;
  lua_pushcfunction(L, run);
  lua_pushlightuserdata(L, argv);
  int failed = lua_pcall(L, 1, 0, 0);
  if (failed) fprintf(stderr, "precompile: %s\n", lua_tostring(L, -1));
  lua_close(L);
  return failed ? 1 : 0;
}
