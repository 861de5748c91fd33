/* globals.c: what is changed in Lua's standard globals, and the loader of an app's files.
 *
 * Files of the app's folder run in an environment of their own on top of _G: reading an undeclared global raises there,
 * assigning one while a handler runs is reported. Libraries and _G are left alone. */
#include <string.h>

#include "base/log.h"
#include "lua/inner.h"

static char key_env;    /* the environment of the app's files */
static char key_loaded; /* names of the modules that came from the app's folder */
static char key_given;  /* what the driver puts into it, by name; or nil */
static char key_loader; /* the driver's function that loads the app's files; or nil */
static char key_chunks; /* the function of each of them, and of main.lua -> its name */

static int no_exit(lua_State *L) {
  return tl_raise(
      L, "Error",
      "os.exit would end the whole host with all its tabs; use return, error, or stop the host by a signal");
}

/* error(nil) raises a value: __close cannot tell a nil error from a normal exit, and would commit. */
static int raise_value(lua_State *L) {
  int level = (int)luaL_optinteger(L, 2, 1);
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) return tl_raise(L, "Error", "error was called with nil; give it a text or a value");
  if (lua_type(L, 1) == LUA_TSTRING && level > 0) {
    luaL_where(L, level);
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
  }
  return lua_error(L);
}

/* assert(x, nil), where x is false, raises nil as well. */
static int assert_value(lua_State *L) { /* upvalue: Lua's assert */
  if (!lua_toboolean(L, 1) && lua_gettop(L) > 1 && lua_isnil(L, 2)) lua_settop(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, lua_gettop(L) - 1, LUA_MULTRET);
  return lua_gettop(L);
}

static int undeclared(lua_State *L) { /* __index of the environment: env, key */
  lua_pushglobaltable(L);
  lua_pushvalue(L, 2);
  lua_rawget(L, -2);
  if (!lua_isnil(L, -1)) return 1;
  const char *name = luaL_tolstring(L, 2, NULL), *near = tl__push_near(L, 1, name);
  if (!near) near = tl__push_near(L, 3, name);
  return tl_raise(L, "UndeclaredGlobalError",
                  "the global \"%s\" was never assigned; is it misspelt%s%s%s, or a missing local or require?", name,
                  near ? " (did you mean " : "", near ? near : "", near ? "?)" : "");
}

static int assigned(lua_State *L) { /* __newindex of the environment: a name that it does not have yet */
  if (tl_task_current(L)) {
    char where[TL_WHERE];
    tl_where(L, 1, where);
    tl_log(TL_LOG_WARN,
           "%s assigns the global \"%s\" in a handler: it is shared by all tabs; make it a local, or a var of a state",
           where, lua_tostring(L, 2));
  }
  lua_rawset(L, 1);
  return 0;
}

/* The environment is on top of the stack. */
static void add_given(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key_given) == LUA_TTABLE)
    for (lua_pushnil(L); lua_next(L, -2);) {
      lua_pushvalue(L, -2);
      lua_insert(L, -2);
      lua_rawset(L, -5);
    }
  lua_pop(L, 1);
}

static int native_give(
    lua_State *L) { /* give { name = value }: stands in the environment of the apps that are loaded from now on */
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_given);
  return 0;
}

static void push_env(lua_State *L) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key_env) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  add_given(L);
  lua_createtable(L, 0, 2);
  lua_pushcfunction(L, undeclared);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, assigned);
  lua_setfield(L, -2, "__newindex");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_env);
}

/* +1: the chunk that the driver makes of the file. Nothing: it leaves the file to the host. */
static bool loaded_by_driver(lua_State *L, const char *path) {
  int top = lua_gettop(L);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &key_loader) == LUA_TFUNCTION) {
    lua_pushstring(L, path);
    push_env(L);
    lua_call(L, 2, 1);
    if (lua_isfunction(L, -1)) return true;
  }
  lua_settop(L, top);
  return false;
}

static int
native_load_by(lua_State *L) { /* load_by(fn): fn(path, environment) -> a chunk, or nil; nil: the host alone */
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_loader);
  return 0;
}

/* +1: the file's chunk, in the app's environment; or the message of what is wrong with it. */
static int load_file(lua_State *L, const char *path) {
  tl__files_add(L, path);
  if (loaded_by_driver(L, path)) return LUA_OK;
  int status = tl__chunk_load(L, path);
  if (status) return status;
  push_env(L);
  lua_setupvalue(L, -2, 1);
  return LUA_OK;
}

/* ---- modules ---- */

/* The chunk on top of the stack, which stays, is that of a module. */
static void note_chunk(lua_State *L, const char *name) {
  tl__reg(L, &key_chunks);
  lua_pushvalue(L, -2);
  lua_pushstring(L, name);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

/* +1: the name of the module whose chunk runs at this level, or nil. chunks: the index of their table. */
static const char *push_module(lua_State *L, lua_Debug *ar, int chunks) {
  lua_getinfo(L, "f", ar);
  lua_rawget(L, chunks);
  return lua_tostring(L, -1);
}

/* A module that is being loaded is not there so far: Lua would load it once more, and so on without end. */
static void refuse_circle(lua_State *L, const char *name) {
  lua_Debug ar;
  luaL_checkstack(L, 8, NULL);
  tl__reg(L, &key_chunks);
  int chunks = lua_gettop(L);
  lua_pushfstring(L, "%s", name); /* the way to it, from behind */
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    const char *module = push_module(L, &ar, chunks);
    if (!module) {
      lua_pop(L, 1);
      continue;
    }
    bool closed = !strcmp(module, name);
    lua_pushfstring(L, "%s -> %s", module, lua_tostring(L, -2));
    lua_replace(L, chunks + 1);
    lua_settop(L, chunks + 1);
    if (closed)
      tl_raise(L, "DeclarationError",
               "the modules require each other: %s; write require \"%s\" in the function that needs it, or name its "
               "state: self:get_state(\"...\")",
               lua_tostring(L, -1), name);
  }
  lua_settop(L, chunks - 1);
}

static int app_searcher(lua_State *L) { /* upvalue: the search path of the app's folder */
  const char *name = luaL_checkstring(L, 1);
  refuse_circle(L, name);
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchpath");
  lua_pushvalue(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_call(L, 2, 2);
  if (lua_isnil(L, -2)) return 1; /* where it looked */
  const char *path = lua_tostring(L, -2);
  lua_pop(L, 1);
  if (load_file(L, path)) return luaL_error(L, "error loading module '%s':\n\t%s", name, lua_tostring(L, -1));
  tl__reg(L, &key_loaded);
  lua_pushvalue(L, 1);
  lua_pushboolean(L, 1);
  lua_rawset(L, -3);
  lua_pop(L, 1);
  note_chunk(L, name);
  lua_pushvalue(L, -2);
  return 2;
}

/* The searcher of the app's folder stands first after preload; a second app (in tests) replaces it. */
static void set_searcher(lua_State *L, const char *pattern) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "searchers");
  bool have = lua_getfield(L, LUA_REGISTRYINDEX, "tidelock.searcher") == LUA_TBOOLEAN;
  lua_pop(L, 1);
  if (!have)
    for (lua_Integer i = (lua_Integer)lua_rawlen(L, -1); i >= 2; i--) {
      lua_rawgeti(L, -1, i);
      lua_rawseti(L, -2, i + 1);
    }
  lua_pushstring(L, pattern);
  lua_pushcclosure(L, app_searcher, 1);
  lua_rawseti(L, -2, 2);
  lua_pushboolean(L, 1);
  lua_setfield(L, LUA_REGISTRYINDEX, "tidelock.searcher");
  lua_pop(L, 2);
}

/* package.path begins with the app's folder, too, for what looks there by itself: tl.work, package.searchpath. A second
 * app (in tests) takes the place of the first. */
static void set_path(lua_State *L, const char *pattern) {
  lua_getglobal(L, "package");
  lua_getfield(L, -1, "path");
  lua_getfield(L, LUA_REGISTRYINDEX, "tidelock.path");
  size_t path_n, before_n;
  const char *path = lua_tolstring(L, -2, &path_n), *before = lua_tolstring(L, -1, &before_n);
  if (path && before && path_n >= before_n && !memcmp(path, before, before_n)) path += before_n;
  lua_pushfstring(L, "%s;", pattern);
  lua_pushfstring(L, "%s%s", lua_tostring(L, -1), path ? path : "");
  lua_setfield(L, -5, "path");
  lua_setfield(L, LUA_REGISTRYINDEX, "tidelock.path");
  lua_pop(L, 3);
}

static void forget_modules(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  tl__reg(L, &key_loaded);
  lua_pushnil(L);
  while (lua_next(L, -2)) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_pushnil(L);
    lua_rawset(L, -5);
  }
  lua_pop(L, 2);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_loaded);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_chunks);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_env);
  tl__forget_on_error(L);
}

/* Stack: +1 the chunk of main.lua. Raises when it is missing or has a syntax error. */
void tl_lua_load_main(lua_State *L, const char *path) {
  forget_modules(L);
  tl__files_forget(tl_lua_of(L));
  const char *slash = strrchr(path, '/');
  lua_pushlstring(L, slash ? path : ".", slash ? (size_t)(slash - path) : 1);
  const char *dir = lua_tostring(L, -1);
  const char *pattern = lua_pushfstring(L, "%s/?.lua;%s/?/init.lua", dir, dir);
  set_searcher(L, pattern);
  set_path(L, pattern);
  lua_pop(L, 2);
  if (load_file(L, path)) lua_error(L);
  note_chunk(L, "main");
}

void tl__open_globals(lua_State *L) {
  lua_pushcfunction(L, raise_value);
  lua_setglobal(L, "error");
  lua_getglobal(L, "assert");
  lua_pushcclosure(L, assert_value, 1);
  lua_setglobal(L, "assert");
  lua_getglobal(L, "os");
  lua_pushcfunction(L, no_exit);
  lua_setfield(L, -2, "exit");
  lua_pop(L, 1);
}

void tl__open_env(lua_State *L) {
  lua_pushcfunction(L, native_give);
  lua_setfield(L, -2, "give");
  lua_pushcfunction(L, native_load_by);
  lua_setfield(L, -2, "load_by");
}
