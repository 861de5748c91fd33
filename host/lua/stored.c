/* stored.c: vars that are kept in the browser (tl.var's in_client): which, where and under what name; what of the
 * browser's may be put into them. The runtime asks; lua/tidelock/stored.lua declares. What a browser brings is not to
 * be trusted: what does not fit the var's type is as if nothing were there. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "lua/class.h"
#include "lua/inner.h"
#include "lua/state.h"

static const int64_t INT_MAX_PUBLIC = 9007199254740991; /* 2^53-1 */
static const char *const keep_names[] = {"cookie", "local", "session", NULL};

const tl_stored *tl_app_stored(const tl_app *a, size_t *n) {
  *n = a->n_stored;
  return a->stored;
}

const char *tl_stored_kind(const tl_stored *s) { return keep_names[s->keep]; }

void tl_stored_name(const tl_stored *s, char *out, size_t size) {
  snprintf(out, size, "%s.%s", s->var->cls->name, s->var->name);
}

tl_value tl_stored_get(const tl_stored *s, tl_value root) {
  tl_value vars, out;
  if (!tl_map_get(root, s->var->cls->name, s->var->cls->name_len, &vars) ||
      !tl_map_get(vars, s->var->key, s->var->key_len, &out))
    return tl_nil();
  return out;
}

/* Nothing in it that a public var may not hold. */
static bool is_public(tl_value v) {
  if (tl_kind_of(v) == TL_INT) return v.i <= INT_MAX_PUBLIC && v.i >= -INT_MAX_PUBLIC;
  if (!tl_is_container(v)) return true;
  tl_iter it;
  const tl_value *key;
  tl_value element;
  tl_iter_start(&it, v, 0);
  while (tl_iter_next(&it, &key, &element))
    if (!is_public(element)) return false;
  return true;
}

/* A default of {} may become either kind of container. */
static bool fits_kind(const tl_var *v, tl_value value) {
  if (!v->type && tl_is_container(v->initial)) return tl_is_container(value);
  return tl_kind_of(value) != TL_NIL && tl__type_fits(v, tl_kind_of(value));
}

bool tl_stored_fits(const tl_stored *s, tl_value v) {
  return fits_kind(s->var, v) && tl_depth(v) <= TL_DEPTH_MAX && is_public(v);
}

tl_value tl_stored_initial(const tl_stored *s) { return s->var->initial; }

tl_value tl_stored_put(const tl_stored *s, tl_value root, tl_value v) {
  tl_draft *d = tl_draft_begin(root);
  tl_dnode *vars = tl_dnode_get(tl_draft_root(d), s->var->cls->name, s->var->cls->name_len).node;
  bool is_empty_list = s->var->empty == TL_LIST && tl_kind_of(v) == TL_LIST && !tl_count(v);
  if (vars) tl_dnode_put(vars, s->var->key, s->var->key_len, is_empty_list ? tl_list_empty_fixed() : tl_retain(v));
  tl_value out = tl_draft_finish(d);
  tl_release(root);
  return out;
}

void tl__stored_free(tl_app *a) {
  for (size_t i = 0; i < a->n_stored; i++) {
    tl_free(a->stored[i].key);
    tl_free(a->stored[i].options);
  }
  tl_free(a->stored);
}

/* ---- declaring ---- */

static void check_unique(lua_State *L, const tl_app *a, const tl_var *v, tl_keep keep, const char *key) {
  for (size_t i = 0; i < a->n_stored; i++) {
    const tl_stored *s = &a->stored[i];
    if (s->keep == keep && !strcmp(s->key, key))
      tl_raise(L, "DeclarationError", "%s.%s and %s.%s are both kept in the browser as \"%s\"; give one another name",
               s->var->cls->name, s->var->name, v->cls->name, v->name, key);
  }
}

static tl_var *check_var(lua_State *L) {
  if (!tl_class_at(L, 1)) luaL_typeerror(L, 1, "state class");
  lua_getiuservalue(L, 1, 1);
  lua_getfield(L, -1, luaL_checkstring(L, 2));
  tl_var *v = lua_touserdata(L, -1);
  luaL_argcheck(L, lua_type(L, -1) == LUA_TLIGHTUSERDATA && v->member == TL_M_VAR, 2, "a var");
  lua_pop(L, 2);
  return v;
}

/* class_stored(class, var, kind, key, options) -> its number. The var has the type of its default from then on. */
static int native_class_stored(lua_State *L) {
  tl_var *v = check_var(L);
  tl_keep keep = (tl_keep)luaL_checkoption(L, 3, NULL, keep_names);
  const char *key = luaL_checkstring(L, 4), *options = luaL_checkstring(L, 5);
  tl_app *a = tl__app_open(L);
  if (!v->is_public)
    return tl_raise(L, "DeclarationError",
                    "%s.%s: a backend var never leaves the host, so the browser cannot keep it; take another name",
                    v->cls->name, v->name);
  check_unique(L, a, v, keep, key);
  if (!v->type) v->type = tl__type_of(v->initial);
  a->stored = tl_realloc(a->stored, (a->n_stored + 1) * sizeof *a->stored);
  a->stored[a->n_stored++] = (tl_stored){v, keep, tl_strndup(key, strlen(key)), tl_strndup(options, strlen(options))};
  lua_pushinteger(L, (lua_Integer)a->n_stored - 1);
  return 1;
}

/* class_sync(class, var, fn): clients may send fn as the handler that is named like the var. */
static int native_class_sync(lua_State *L) {
  tl_var *v = check_var(L);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  tl__app_open(L);
  const char *full = lua_pushfstring(L, "%s.%s", v->cls->name, v->name);
  tl__add_handler(L, 3, v->cls, full, false)->offered = true;
  return 0;
}

void tl__open_stored(lua_State *L) {
  static const luaL_Reg natives[] = {
      {"class_stored", native_class_stored}, {"class_sync", native_class_sync}, {NULL, NULL}};
  luaL_setfuncs(L, natives, 0);
}
