/* class.c: declaring a state: its vars, computed vars and handlers. The Lua side of it (what tl.state accepts, event
 * references) is lua/tidelock/state.lua; here is what must not be got round.
 *
 * A class is a userdata. User values: 1 members, name -> light userdata (tl_var) or function, what instances look up; 2
 * functions of computed vars, by name; where it extends another also 3 that class, 4 what it has from there, name ->
 * light userdata (tl_class, the one that declares it). */
#include "lua/class.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lua/inner.h"
#include "lua/state.h"

static char class_tag;
static char key_index, key_newindex; /* registry: what state.lua does with Job.x and Job.x = y */

static const char *const reserved[] = {"reset", "get_token", "get_state", "with_state", "router", "setter", "tasks"};
static const char *const type_names[] = {"any", "integer", "number", "string", "boolean", "list", "map", NULL};

const char *tl__type_name(tl_type t) { return type_names[t]; }
const char *tl_class_name(const tl_class *c) { return c->name; }

tl_class *tl_class_at(lua_State *L, int idx) { return tl__tagged(L, idx, &class_tag, sizeof(tl_class)); }

tl_class *tl__class_arg(lua_State *L, int idx) {
  tl_class *c = tl_class_at(L, idx);
  if (c) return c;
  tl_app *a = tl_app_current(L);
  size_t len;
  const char *name = lua_type(L, idx) == LUA_TSTRING ? lua_tolstring(L, idx, &len) : NULL;
  c = name && a ? tl_smap_get(a->by_name, name, len) : NULL;
  if (c && c == a->own) c = NULL;
  if (!c && name) tl_raise(L, "TypeError", "there is no state \"%s\"", name);
  if (!c)
    tl_raise(L, "TypeError", "a state (what tl.state returned) or its name is expected, not a %s",
             luaL_typename(L, idx));
  return c;
}

void tl__class_push(lua_State *L, const tl_class *c) {
  if (!c->app) tl_raise(L, "DeclarationError", "the app of the state %s has ended", c->name);
  tl__app_table(L, c->app);
  lua_rawgetp(L, -1, c);
  lua_remove(L, -2);
}

void tl__class_function(lua_State *L, const tl_class *c, const char *name) {
  tl__class_push(L, c);
  lua_getiuservalue(L, -1, 2);
  lua_getfield(L, -1, name);
  lua_replace(L, -3);
  lua_pop(L, 1);
}

/* ---- memory ---- */

static void var_free(tl_var *v) {
  tl_free(v->name);
  tl_free(v->key);
  tl_release(v->initial);
  tl_free(v);
}

static int class_gc(lua_State *L) {
  tl_class *c = lua_touserdata(L, 1);
  for (size_t i = 0; i < c->n_vars; i++) var_free(c->vars[i]);
  tl_free(c->vars);
  tl_free(c->name);
  c->vars = NULL;
  c->n_vars = 0;
  c->name = NULL;
  return 0;
}

static void *push_item(void *list, size_t *n, size_t *cap, void *item) {
  void **items = list;
  if (*n == *cap) {
    *cap = *cap ? 2 * *cap : 8;
    items = tl_realloc(items, *cap * sizeof *items);
  }
  items[(*n)++] = item;
  return items;
}

/* ---- names ---- */

static bool is_identifier(const char *s, size_t len) {
  if (!len || len > 100 || (s[0] >= '0' && s[0] <= '9')) return false;
  for (size_t i = 0; i < len; i++)
    if (!(s[i] == '_' || (s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z')))
      return false;
  return true;
}

static bool is_reserved(const char *name) {
  for (size_t i = 0; i < sizeof reserved / sizeof *reserved; i++)
    if (!strcmp(reserved[i], name)) return true;
  return false;
}

/* The new member's name at idx 2 of a class at idx 1. Raises. */
static const char *check_member(lua_State *L, tl_class *c, tl__member_kind kind, size_t *len) {
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, len) : NULL;
  if (!name || !is_identifier(name, *len))
    tl_raise(L, "DeclarationError", "%s: the name of a var or handler is an identifier, not %s", c->name,
             luaL_tolstring(L, 2, NULL));
  if (is_reserved(name))
    tl_raise(L, "DeclarationError",
             "%s.%s: this name is reserved (reset, get_token, get_state, with_state, router, setter, tasks)", c->name,
             name);
  lua_getiuservalue(L, 1, 1);
  if (lua_getfield(L, -1, name) != LUA_TNIL && tl__member_owner(L, c, name) == c)
    tl_raise(L, "DeclarationError", "%s.%s is declared twice; rename one", c->name, name);
  lua_pop(L, 2);
  tl__extend_check(L, c, name, kind);
  return name;
}

static tl_class *open_class(lua_State *L) {
  tl_class *c = tl_class_at(L, 1);
  if (!c) luaL_typeerror(L, 1, "state class");
  tl_app *a = tl__app_open(L);
  if (c->app != a) tl_raise(L, "DeclarationError", "%s belongs to an app that has ended", c->name);
  return c;
}

/* ---- declaring ---- */

static void class_meta(lua_State *L) {
  lua_pushcfunction(L, class_gc);
  lua_setfield(L, -2, "__gc");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_index);
  lua_setfield(L, -2, "__index");
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_newindex);
  lua_setfield(L, -2, "__newindex");
  lua_pushliteral(L, "tidelock.class");
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__name");
  lua_setfield(L, -2, "__metatable");
}

/* class_hooks(index, newindex): what reading and assigning a class's member does; called once, by state.lua. */
static int native_class_hooks(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_newindex);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_index);
  return 0;
}

/* class_new(name [, base]) -> class */
static int native_class_new(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 1, &len);
  tl_app *a = tl__app_open(L);
  tl_class *base = tl_class_at(L, 2);
  if (base && base->app != a) return tl_raise(L, "DeclarationError", "%s belongs to an app that has ended", base->name);
  if (!is_identifier(name, len) || name[0] == '_')
    return tl_raise(L, "DeclarationError",
                    "tl.state(\"%s\", ...): the name of a state is an identifier: letters, digits and _", name);
  if (tl_smap_get(a->by_name, name, len))
    return tl_raise(L, "DeclarationError", "the state \"%s\" is declared twice; give each its own name", name);
  tl_class *c = lua_newuserdatauv(L, sizeof *c, 4);
  *c = (tl_class){.tag = &class_tag, .meta = LUA_NOREF, .instances = LUA_NOREF};
  tl__set_meta(L, &class_tag, class_meta);
  c->app = a;
  c->name = tl_strndup(name, len);
  c->name_len = len;
  c->router = (tl_var){.member = TL_M_ROUTER, .cls = c, .name = "router"};
  lua_newtable(L);
  tl__state_members(L, c);
  lua_setiuservalue(L, -2, 1);
  lua_newtable(L);
  lua_setiuservalue(L, -2, 2);
  if (base) tl__extend(L, c, base);
  tl__state_prepare(L, c);
  tl__app_table(L, a);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, c);
  lua_pop(L, 1);
  tl_smap_set(a->by_name, name, len, c);
  a->classes = push_item(a->classes, &a->n_classes, &a->cap_classes, c);
  return 1;
}

/* The var is in the class's list, which owns it; the class is at stack index 1. */
static tl_var *add_var(lua_State *L, tl_class *c, const char *name, size_t len, bool is_public, const char *key) {
  tl_var *v = tl_calloc(sizeof *v);
  *v = (tl_var){.cls = c,
                .name = tl_strndup(name, len),
                .key = tl_strndup(key, strlen(key)),
                .key_len = strlen(key),
                .is_public = is_public,
                .initial = tl_nil()};
  c->vars = push_item(c->vars, &c->n_vars, &c->cap_vars, v);
  lua_getiuservalue(L, 1, 1);
  lua_pushlightuserdata(L, v);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
  return v;
}

static tl_kind fixed_kind(tl_type type, tl_value v) {
  if (type == TL_T_MAP || tl_kind_of(v) == TL_MAP) return TL_MAP;
  if (type == TL_T_LIST || (tl_kind_of(v) == TL_LIST && !tl_list_fluid(v))) return TL_LIST;
  return TL_NIL;
}

/* class_var(class, name, default, type|nil) */
static int native_class_var(lua_State *L) {
  tl_class *c = open_class(L);
  lua_settop(L, 4);
  size_t len;
  const char *name = check_member(L, c, TL__VAR, &len);
  tl_type type = lua_isnil(L, 4) ? TL_T_ANY : (tl_type)luaL_checkoption(L, 4, NULL, type_names);
  tl_place place = {.state = c->name, .var = name, .is_public = name[0] != '_'};
  tl__take take = {.place = &place, .empty = type == TL_T_MAP ? TL_MAP : type == TL_T_LIST ? TL_LIST : TL_NIL};
  tl_value *box = tl__push_box(L);
  *box = tl__from_lua(L, 3, &take);
  tl_var *v = add_var(L, c, name, len, place.is_public, name);
  v->initial = tl_retain(*box);
  v->type = type;
  v->empty = fixed_kind(type, v->initial);
  tl__check_type(L, v, *box);
  return 0;
}

static uint64_t seconds_to_ns(double s) { return s < 1e9 ? (uint64_t)(s * 1e9) : UINT64_MAX; }

/* class_computed(class, name, fn, backend, uncached, max_age in s) */
static int native_class_computed(lua_State *L) {
  tl_class *c = open_class(L);
  lua_settop(L, 6);
  size_t len;
  const char *name = check_member(L, c, TL__COMPUTED, &len), *key = name;
  luaL_checktype(L, 3, LUA_TFUNCTION);
  bool backend = lua_toboolean(L, 4) || name[0] == '_';
  if (backend && name[0] != '_') key = lua_pushfstring(L, "_c:%s", name);
  tl_var *v = add_var(L, c, name, len, !backend, key);
  v->member = TL_M_COMPUTED;
  v->uncached = lua_toboolean(L, 5);
  v->max_age = seconds_to_ns(luaL_optnumber(L, 6, 0));
  if (v->uncached || v->max_age) c->app->n_timely++;
  v->slot = c->app->n_computed;
  c->app->computed = push_item(c->app->computed, &c->app->n_computed, &c->app->cap_computed, v);
  lua_getiuservalue(L, 1, 2);
  lua_pushvalue(L, 3);
  lua_setfield(L, -2, name);
  tl__extend_pass(L, c, name);
  return 0;
}

static int call_of_background(lua_State *L) {
  const char *name = lua_tostring(L, lua_upvalueindex(1));
  return tl_raise(L, "BackgroundCallError",
                  "%s is a background task, which is not called; start it by return %s or coroutine.yield(%s)", name,
                  name, name);
}

tl_handler *tl__add_handler(lua_State *L, int fn, tl_class *c, const char *full, bool background) {
  tl_handler *h = tl_calloc(sizeof *h);
  *h = (tl_handler){.name = tl_strndup(full, strlen(full)), .cls = c, .background = background, .fn = LUA_NOREF};
  tl_smap_set(c->app->handlers, full, strlen(full), h);
  lua_pushvalue(L, fn);
  h->fn = luaL_ref(L, LUA_REGISTRYINDEX);
  return h;
}

/* class_function(class, name, fn, background): a handler, or (names with _) a method. */
static int native_class_function(lua_State *L) {
  tl_class *c = open_class(L);
  lua_settop(L, 4);
  size_t len;
  const char *name = check_member(L, c, TL__FUNCTION, &len);
  bool background = lua_toboolean(L, 4);
  luaL_checktype(L, 3, LUA_TFUNCTION);
  if (background && name[0] == '_')
    return tl_raise(L, "DeclarationError",
                    "%s.%s: names with _ are methods only, which nothing can start; give the task a public name",
                    c->name, name);
  const char *full = lua_pushfstring(L, "%s.%s", c->name, name);
  lua_getiuservalue(L, 1, 1);
  if (background) {
    lua_pushstring(L, full);
    lua_pushcclosure(L, call_of_background, 1);
  } else {
    lua_pushvalue(L, 3);
  }
  lua_setfield(L, -2, name);
  tl__extend_pass(L, c, name);
  if (name[0] != '_') tl__add_handler(L, 3, c, full, background);
  return 0;
}

/* class_builtin(class, name, fn): a method that every state has. */
static int native_class_builtin(lua_State *L) {
  if (!tl_class_at(L, 1)) return luaL_typeerror(L, 1, "state class");
  luaL_checktype(L, 3, LUA_TFUNCTION);
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, 3);
  lua_setfield(L, -2, luaL_checkstring(L, 2));
  return 0;
}

/* ---- asking ---- */

/* class_member(class, name) -> "var", "computed", "handler", "background", "method", "builtin", or nil */
static int native_class_member(lua_State *L) {
  tl_class *c = tl_class_at(L, 1);
  if (!c) return luaL_typeerror(L, 1, "state class");
  size_t len;
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tolstring(L, 2, &len) : NULL;
  if (!name) return 0;
  lua_getiuservalue(L, 1, 1);
  int type = lua_getfield(L, -1, name);
  const char *full = lua_pushfstring(L, "%s.%s", tl__member_owner(L, c, name)->name, name);
  const tl_handler *h = c->app ? tl_app_handler(c->app, full, strlen(full)) : NULL;
  if (type == LUA_TNIL)
    lua_pushnil(L);
  else if (is_reserved(name))
    lua_pushliteral(L, "builtin");
  else if (type == LUA_TLIGHTUSERDATA)
    lua_pushstring(L, ((tl_var *)lua_touserdata(L, -2))->member == TL_M_VAR ? "var" : "computed");
  else
    lua_pushstring(L, !h ? "method" : h->background ? "background" : "handler");
  return 1;
}

/* class_owner(class, name) -> the class that declares this member: itself, or one that it extends */
static int native_class_owner(lua_State *L) {
  tl_class *c = tl_class_at(L, 1);
  if (!c) return luaL_typeerror(L, 1, "state class");
  tl_class *owner = tl__member_owner(L, c, luaL_checkstring(L, 2));
  if (owner == c)
    lua_pushvalue(L, 1);
  else
    tl__class_push(L, owner);
  return 1;
}

/* class_names(class) -> list of what was declared, sorted by table.sort's caller */
static int native_class_names(lua_State *L) {
  if (!tl_class_at(L, 1)) return luaL_typeerror(L, 1, "state class");
  lua_settop(L, 1);
  lua_newtable(L);
  lua_getiuservalue(L, 1, 1);
  for (lua_pushnil(L); lua_next(L, 3); lua_pop(L, 1)) {
    if (is_reserved(lua_tostring(L, -2))) continue;
    lua_pushvalue(L, -2);
    lua_rawseti(L, 2, (lua_Integer)lua_rawlen(L, 2) + 1);
  }
  lua_settop(L, 2);
  return 1;
}

tl_type tl__type_of(tl_value v) {
  switch (tl_kind_of(v)) {
  case TL_INT:
  case TL_FLOAT: return TL_T_NUMBER;
  case TL_STRING: return TL_T_STRING;
  case TL_BOOL: return TL_T_BOOLEAN;
  case TL_LIST: return tl_list_fluid(v) ? TL_T_ANY : TL_T_LIST;
  case TL_MAP: return TL_T_MAP;
  default: return TL_T_ANY;
  }
}

/* var_type(class, name) -> type, declared or that of the default; whether nil is a value that it starts with */
static int native_var_type(lua_State *L) {
  if (!tl_class_at(L, 1)) return luaL_typeerror(L, 1, "state class");
  lua_getiuservalue(L, 1, 1);
  lua_getfield(L, -1, luaL_checkstring(L, 2));
  const tl_var *v = lua_touserdata(L, -1);
  if (lua_type(L, -1) != LUA_TLIGHTUSERDATA || v->member != TL_M_VAR) return 0;
  lua_pushstring(L, type_names[v->type ? v->type : tl__type_of(v->initial)]);
  lua_pushboolean(L, tl_kind_of(v->initial) == TL_NIL);
  return 2;
}

static int native_class_name(lua_State *L) {
  tl_class *c = tl_class_at(L, 1);
  if (c)
    lua_pushstring(L, c->name);
  else
    lua_pushnil(L);
  return 1;
}

void tl__open_class(lua_State *L) {
  static const luaL_Reg natives[] = {
      {"class_hooks", native_class_hooks},
      {"class_new", native_class_new},
      {"class_var", native_class_var},
      {"class_computed", native_class_computed},
      {"class_function", native_class_function},
      {"class_builtin", native_class_builtin},
      {"class_member", native_class_member},
      {"class_owner", native_class_owner},
      {"class_names", native_class_names},
      {"class_name", native_class_name},
      {"var_type", native_var_type},
      {NULL, NULL},
  };
  luaL_setfuncs(L, natives, 0);
}
