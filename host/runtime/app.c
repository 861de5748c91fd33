/* app.c: loads an app into the host: main.lua in its strict environment, then the freeze, then the pages; and gives the
 * Lua half the natives that only the runtime can answer. */
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "core/json.h"
#include "runtime/host.h"

/* Stack: +1 the function of serve.lua. */
void tl_push_serve(lua_State *L, const char *name) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "tidelock.serve");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
}

static void finish_pages(lua_State *L) {
  lua_getglobal(L, "require");
  lua_pushliteral(L, "tidelock.pages");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "finish");
  lua_getglobal(L, "require");
  lua_pushliteral(L, "tidelock.native");
  lua_call(L, 1, 1);
  lua_getfield(L, -1, "app_table");
  lua_remove(L, -2);
  lua_call(L, 0, 1);
  lua_call(L, 1, 0);
  lua_pop(L, 1);
}

/* The app's defaults fail before any tab is there: each new one is told when it comes. */
static void computed_failed(void *ctx, tl_cell *c, const tl_failure *f) {
  tl_host *h = ctx;
  if (!c)
    tl_failures_keep(h, f);
  else if (c->owner)
    tl_tab_failure(c->owner, f);
}

/* Until this C function has returned, the stack neither grows nor shrinks below that. Lua 5.4.4 goes on with the old
 * stack where an operator of three and more operands ("a" .. Job.n .. "b") moved it in a metamethod, and a page's Vars
 * have one. */
enum { STACK_OF_LOADING = 8000 };

void tl_host_load_app(lua_State *L, tl_host *h, const char *file) {
  luaL_checkstack(L, STACK_OF_LOADING, "an app is loaded");
  tl_free(h->file);
  h->file = tl_strndup(file, strlen(file));
  h->app = tl_app_new(L);
  tl_computed_on_error(L, computed_failed, h);
  tl_lua_load_main(L, file);
  lua_call(L, 0, 0);
  *tl_app_state_limit(h->app) = h->config.state_limit;
  tl_lua_options(h->lua)->memory_limit = h->config.memory_limit;
  tl_lua_options(h->lua)->cleanup_time = h->config.cleanup_time;
  tl_lua_options(h->lua)->lock_warn_time = h->config.lock_warn_time;
  tl_lua_options(h->lua)->queue_limit = h->config.queue_limit;
  tl_lua_options(h->lua)->task_limit = h->config.task_limit;
  finish_pages(L); /* a page may still declare: a setter that stands inline in it */
  tl_app_freeze(L, h->app);
  tl_buf_clear(&h->default_state);
  tl_json_write_public(&h->default_state, tl_app_default_root(h->app));
}

static int traceback(lua_State *L) {
  const char *text = luaL_tolstring(L, 1, NULL);
  luaL_traceback(L, L, text, 1);
  return 1;
}

static int load_protected(lua_State *L) { /* file (light) */
  tl_host_load_app(L, tl_host_of(L), lua_touserdata(L, 1));
  return 0;
}

int tl_host_load(tl_host *h, const char *file) {
  lua_State *L = tl_lua_state(h->lua);
  lua_pushcfunction(L, traceback);
  lua_pushcfunction(L, load_protected);
  lua_pushlightuserdata(L, (void *)file);
  int status = lua_pcall(L, 1, 0, -3);
  if (status) tl_log(TL_LOG_ERROR, "%s could not be loaded: %s", file, lua_tostring(L, -1));
  lua_settop(L, 0);
  return status ? -1 : 0;
}

void tl_host_unload(tl_host *h) {
  if (h->app) tl_app_free(tl_lua_state(h->lua), h->app);
  h->app = NULL;
  tl_free(h->assets);
  h->assets = NULL;
  tl_failures_forget(h);
}

/* ---- natives ---- */

static int native_config(lua_State *L) { /* name, value -> nil or what is wrong */
  tl_host *h = tl_host_of(L);
  const char *err, *name = luaL_checkstring(L, 1);
  if (!tl_config_set(&h->config, name, luaL_checknumber(L, 2), &err)) return 0;
  char names[400];
  tl_config_names(names, sizeof names);
  if (err)
    lua_pushfstring(L, "%s: %s", name, err);
  else
    lua_pushfstring(L, "there is no option %s; there are %s", name, names);
  return 1;
}

/* A folder, relative to main.lua -> nil; its files are served from now on. Or the path that is no folder. */
static int native_assets(lua_State *L) {
  tl_host *h = tl_host_of(L);
  const char *dir = luaL_checkstring(L, 1), *slash = h->file ? strrchr(h->file, '/') : NULL;
  if (dir[0] != '/' && slash) {
    lua_pushlstring(L, h->file, (size_t)(slash - h->file + 1));
    lua_pushvalue(L, 1);
    lua_concat(L, 2);
  } else {
    lua_pushvalue(L, 1);
  }
  struct stat st;
  const char *path = lua_tostring(L, -1);
  if (stat(path, &st) || !S_ISDIR(st.st_mode)) return 1;
  tl_free(h->assets);
  h->assets = tl_strndup(path, strlen(path));
  return 0;
}

static int native_router(lua_State *L) { /* self -> router table */
  tl_view *v = tl_state_view(L, 1);
  if (!v) return luaL_error(L, "router: a state instance is needed");
  tl_router_push(tl_host_of(L), L, v->cell);
  return 1;
}

static int random_token(lua_State *L) {
  char token[27];
  tl_random_token(token);
  lua_pushstring(L, token);
  return 1;
}

void tl_open_native_host(lua_State *L) {
  static const luaL_Reg functions[] = {{"config", native_config},
                                       {"assets", native_assets},
                                       {"router", native_router},
                                       {"random_token", random_token},
                                       {"percent_decode", tl_native_percent_decode},
                                       {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
