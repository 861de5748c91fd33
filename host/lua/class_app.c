/* class_app.c: the app of a VM: its states, its handlers by name, its default root. Made before main.lua runs, frozen
 * after. Owns handlers and key hints; its classes are userdata that it anchors in the registry, in a table of its own:
 * { table = the app's Lua table, [class's address] = class }. */
#include <string.h>

#include "base/mem.h"
#include "lua/computed.h"
#include "lua/inner.h"

static char key_app; /* registry: the current app's address */

tl_app *tl_app_current(lua_State *L) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_app);
  tl_app *a = lua_touserdata(L, -1);
  lua_pop(L, 1);
  return a;
}

tl_app *tl__app_open(lua_State *L) {
  tl_app *a = tl_app_current(L);
  if (!a) tl_raise(L, "DeclarationError", "states are declared while main.lua loads; no app is being loaded");
  if (a->frozen)
    tl_raise(L, "DeclarationError",
             "states and their members are declared while main.lua loads, not later; move this to its top level");
  return a;
}

static int keep_app(lua_State *L) { /* its table, its address */
  void *a = lua_touserdata(L, 2);
  lua_pushvalue(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, a);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_app);
  return 0;
}

tl_app *tl_app_new(lua_State *L) {
  lua_createtable(L, 0, 8);
  lua_newtable(L);
  lua_setfield(L, -2, "table");
  tl_app *a = tl_calloc(sizeof *a);
  a->handlers = tl_smap_new();
  a->by_name = tl_smap_new();
  a->keys = tl_keyhint_new();
  a->state_limit = 64 << 20;
  a->root = tl_nil();
  lua_pushcfunction(L, keep_app);
  lua_insert(L, -2);
  lua_pushlightuserdata(L, a);
  if (!lua_pcall(L, 2, 0, 0)) return a;
  tl_smap_free(a->handlers); /* no memory: there is no such app */
  tl_smap_free(a->by_name);
  tl_keyhint_free(a->keys);
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, a);
  tl_free(a);
  lua_error(L);
  return NULL;
}

void tl__app_table(lua_State *L, const tl_app *a) { lua_rawgetp(L, LUA_REGISTRYINDEX, a); }

static void free_handlers(lua_State *L, tl_app *a) {
  size_t cursor = 0, len;
  const char *key;
  void *value;
  while (tl_smap_next(a->handlers, &cursor, &key, &len, &value)) {
    tl_handler *h = value;
    luaL_unref(L, LUA_REGISTRYINDEX, h->fn);
    tl__terms_free(L, h->terms);
    tl_free(h->name);
    tl_free(h);
  }
  tl_smap_free(a->handlers);
}

void tl_app_free(lua_State *L, tl_app *a) {
  for (size_t i = 0; i < a->n_classes; i++) {
    a->classes[i]->app = NULL;
    luaL_unref(L, LUA_REGISTRYINDEX, a->classes[i]->meta);
    luaL_unref(L, LUA_REGISTRYINDEX, a->classes[i]->instances);
    a->classes[i]->meta = a->classes[i]->instances = LUA_NOREF;
  }
  tl__computed_free(a);
  if (tl_app_current(L) == a) {
    tl_lua_of(L)->timely = tl_lua_of(L)->has_boards = false;
    lua_pushnil(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &key_app);
  }
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, a);
  tl__tasks_name(tl_lua_of(L));
  free_handlers(L, a);
  tl_smap_free(a->by_name);
  tl_keyhint_free(a->keys);
  tl_release(a->root);
  tl_free(a->classes);
  tl_free(a->computed);
  tl__stored_free(a);
  tl_free(a);
}

/* ---- freezing ---- */

static tl_value default_vars(const tl_class *c) {
  tl_entry *e = tl_alloc((c->n_vars + 1) * sizeof *e);
  for (size_t i = 0; i < c->n_vars; i++) {
    const tl_var *v = c->vars[i];
    e[i] = (tl_entry){tl_string(v->key, v->key_len), tl_retain(v->initial)};
  }
  tl_value vars = tl_map(e, c->n_vars);
  tl_free(e);
  return vars;
}

static tl_value default_root(const tl_app *a) {
  tl_entry *e = tl_alloc((a->n_classes + 1) * sizeof *e);
  for (size_t i = 0; i < a->n_classes; i++)
    e[i] = (tl_entry){tl_string(a->classes[i]->name, a->classes[i]->name_len), default_vars(a->classes[i])};
  tl_value root = tl_map(e, a->n_classes);
  tl_free(e);
  return root;
}

void tl_app_freeze(lua_State *L, tl_app *a) {
  if (a->frozen) return;
  a->frozen = true;
  a->root = default_root(a);
  tl__computed_defaults(L, a);
  tl_lua_of(L)->timely = a->n_timely > 0;
  tl_lua_of(L)->has_boards = a->own != NULL;
}

tl_value tl_app_default_root(const tl_app *a) { return a->root; }
tl_diff_opts tl_app_diff_opts(const tl_app *a) { return (tl_diff_opts){.keys = a->keys, .public_only = true}; }
size_t *tl_app_state_limit(tl_app *a) { return &a->state_limit; }
tl_handler *tl_app_handler(tl_app *a, const char *name, size_t len) { return tl_smap_get(a->handlers, name, len); }

void tl_handler_push(lua_State *L, const tl_handler *h) { lua_rawgeti(L, LUA_REGISTRYINDEX, h->fn); }

/* ---- natives ---- */

static int native_app_table(lua_State *L) {
  tl_app *a = tl_app_current(L);
  if (!a) return tl_raise(L, "DeclarationError", "no app is being loaded");
  tl__app_table(L, a);
  lua_getfield(L, -1, "table");
  return 1;
}

static int native_frozen(lua_State *L) {
  tl_app *a = tl_app_current(L);
  lua_pushboolean(L, a && a->frozen);
  return 1;
}

static int native_in_task(lua_State *L) {
  lua_pushboolean(L, tl_task_current(L) != NULL);
  return 1;
}

/* offer("Job.add") -> whether there is such a handler; clients may send it from then on. */
static int native_offer(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 1, &len);
  tl_app *a = tl_app_current(L);
  tl_handler *h = a ? tl_app_handler(a, name, len) : NULL;
  if (h) h->offered = true;
  lua_pushboolean(L, h != NULL);
  return 1;
}

/* keyhint({ "Job", "items" }, "id") */
static int native_keyhint(lua_State *L) {
  enum { STEPS_MAX = 64 };
  const char *path[STEPS_MAX], *key = luaL_checkstring(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  size_t n = lua_rawlen(L, 1);
  luaL_argcheck(L, n <= STEPS_MAX, 1, "too many steps");
  luaL_checkstack(L, (int)n, NULL);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 1, (lua_Integer)i + 1);
    path[i] = luaL_checkstring(L, -1);
  }
  tl_app *a = tl_app_current(L);
  if (a) tl_keyhint_add(a->keys, path, n, key);
  return 0;
}

/* raise(name, message [, words for the person at the page]) */
static int native_raise(lua_State *L) {
  return tl_raise_saying(L, luaL_optstring(L, 3, NULL), luaL_checkstring(L, 1), "%s", luaL_checkstring(L, 2));
}

void tl__open_app(lua_State *L) {
  static const luaL_Reg natives[] = {
      {"app_table", native_app_table},
      {"frozen", native_frozen},
      {"in_task", native_in_task},
      {"offer", native_offer},
      {"keyhint", native_keyhint},
      {"raise", native_raise},
      {NULL, NULL},
  };
  luaL_setfuncs(L, natives, 0);
}
