/* state.c: instances of a state, `self`: reading and writing vars. Inside the lock both go to the holder's draft;
 * outside, reads go to the view's snapshot and writes are refused. In a computed var's function reads go through its
 * trace.
 *
 * Nothing here waits. What may run user code: reading a computed var inside the lock. */
#include "lua/state.h"

#include <string.h>

#include "base/mem.h"
#include "lua/board.h"
#include "lua/inner.h"
#include "lua/proxy.h"
#include "lua/stale.h"

static char instance_tag;
static char key_native; /* registry: the table of natives */

tl_instance *tl__instance_test(lua_State *L, int idx) { return tl__tagged(L, idx, &instance_tag, sizeof(tl_instance)); }

static tl_instance *check_instance(lua_State *L, int idx) {
  tl_instance *s = tl__instance_test(L, idx);
  if (!s)
    tl_raise(L, "TypeError",
             "a state instance (self) is needed, not %s; its methods are called with a colon: self:reset()",
             tl_class_at(L, idx) ? "a class" : luaL_typename(L, idx));
  return s;
}

tl_view *tl_state_view(lua_State *L, int idx) {
  tl_instance *s = tl__instance_test(L, idx);
  return s ? s->view : NULL;
}

tl_class *tl_state_class(lua_State *L, int idx) {
  tl_instance *s = tl__instance_test(L, idx);
  return s ? s->cls : NULL;
}

/* ---- making ---- */

static tl_instance *push_instance(lua_State *L, tl_class *c) {
  luaL_checkstack(L, 6, NULL);
  if (!c->app) tl_raise(L, "DeclarationError", "the app of the state %s has ended", c->name);
  tl_instance *s = tl__owned_push(L, TL__OWNED_STATE, &instance_tag);
  s->cls = c;
  lua_rawgeti(L, LUA_REGISTRYINDEX, c->meta);
  lua_setmetatable(L, -2);
  return s;
}

void tl_state_push(lua_State *L, tl_view *v, tl_class *c) {
  tl_instance *s = push_instance(L, c);
  s->view = v;
  v->refs++;
}

/* That a view has one instance of each class is seen only by those who ask for others: then they are noted. */
static void note_instance(lua_State *L, int idx) {
  const tl_instance *s = tl__instance_test(L, idx);
  lua_rawgeti(L, LUA_REGISTRYINDEX, s->cls->instances);
  lua_pushvalue(L, idx);
  lua_rawsetp(L, -2, s->view);
  lua_pop(L, 1);
}

static void push_noted(lua_State *L, tl_view *v, tl_class *c) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, c->instances);
  bool known = lua_rawgetp(L, -1, v) == LUA_TUSERDATA;
  lua_remove(L, -2);
  if (known) return;
  lua_pop(L, 1);
  tl_state_push(L, v, c);
  note_instance(L, lua_gettop(L));
}

void tl__state_push_self(lua_State *L, tl_view *v, tl_class *c) {
  if (v != v->cell->self) {
    tl_state_push(L, v, c);
  } else if (v->self_class == c) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, v->self);
  } else if (!v->self_class) {
    tl_state_push(L, v, c);
    lua_pushvalue(L, -1);
    v->self = luaL_ref(L, LUA_REGISTRYINDEX);
    v->self_class = c;
  } else { /* handlers of several classes: a view has one instance of each */
    lua_rawgeti(L, LUA_REGISTRYINDEX, v->self);
    note_instance(L, lua_gettop(L));
    lua_pop(L, 1);
    push_noted(L, v, c);
    lua_pushvalue(L, -1);
    lua_rawseti(L, LUA_REGISTRYINDEX, v->self);
    v->self_class = c;
  }
}

void tl_state_push_new(lua_State *L, tl_cell *cell, tl_class *c) {
  tl_instance *s = push_instance(L, c);
  s->view = tl_view_new(cell);
}

void tl__push_traced(lua_State *L, tl_class *c, tl_trace *t) {
  tl_instance *s = push_instance(L, c);
  s->trace = tl__trace_retain(t);
}

static void instance_release(void *object) {
  tl_instance *s = object;
  if (s->view) tl_view_release(s->view);
  if (s->trace) tl__trace_release(s->trace);
}

/* ---- reading ---- */

static tl_draft *draft_of(lua_State *L, const tl_instance *s) {
  return s->view && tl_view_inside(L, s->view) ? s->view->cell->draft : NULL;
}

static tl_dnode *state_node(tl_draft *d, const tl_class *c) {
  return tl_dnode_get(tl_draft_root(d), c->name, c->name_len).node;
}

static tl_value vars_in(tl_value root, const tl_var *v) {
  tl_value vars, out;
  if (!tl_map_get(root, v->cls->name, v->cls->name_len, &vars) || !tl_map_get(vars, v->key, v->key_len, &out))
    return tl_nil();
  return out;
}

/* +1: a value of an immutable root, borrowed. */
static void push_immutable(lua_State *L, const tl__hang *h, const tl_value *v, tl_dep *dep) {
  if (tl_is_container(*v))
    tl__push_value(L, h, v, dep);
  else
    tl__push_scalar(L, v, false);
}

static void push_from_draft(lua_State *L, const tl__hang *h, tl_draft *d) {
  const tl_var *v = h->var;
  tl_dnode *vars = state_node(d, v->cls);
  tl_slot s = {0};
  if (vars) s = tl_dnode_get(vars, v->key, v->key_len);
  if (!s.node) {
    tl__push_scalar(L, &s.v, false);
    return;
  }
  if (v->empty == TL_LIST && tl_dnode_fluid(s.node)) tl_dnode_fix(s.node);
  tl__push_member(L, h, vars);
}

/* For the blocks that come after this one. */
static void note_in_block(lua_State *L, const tl_instance *s, const tl_var *v, tl_draft *d) {
  tl_dnode *vars = state_node(d, v->cls);
  if (!vars) return;
  tl_slot slot = tl_dnode_get(vars, v->key, v->key_len);
  if (!slot.node && !tl_is_container(slot.v)) tl__stale_in_block(L, s->view->cell, v, slot.v);
}

static void read_var(lua_State *L, tl_instance *s, const tl_var *v) {
  tl__hang h = {.parent = 1, .key = 2, .var = v, .view = s->view, .clean = v->is_public};
  tl_draft *d = draft_of(L, s);
  tl_value value;
  tl_dep *dep = NULL;
  if (s->trace) {
    tl__trace_var(s->trace, v, &value, &dep);
    push_immutable(L, &h, &value, dep);
  } else if (d) {
    tl_task *reader = tl__stale_reader(L);
    if (reader) tl__stale_inside(reader, s->view->cell, v, NULL);
    push_from_draft(L, &h, d);
    if (tl__stale_watched(L)) note_in_block(L, s, v, d);
  } else {
    h.outside = true;
    value = vars_in(tl_view_root(s->view), v);
    if (tl__stale_watched(L)) tl__stale_outside(L, s->view->cell, v, NULL, value);
    push_immutable(L, &h, &value, NULL);
  }
}

static void read_computed(lua_State *L, tl_instance *s, const tl_var *v) {
  tl__hang h = {.parent = 1, .key = 2, .var = v, .view = s->view, .clean = v->is_public};
  tl_value value;
  if (s->trace) {
    value = tl__computed_traced(L, s->trace, v);
  } else if (draft_of(L, s)) {
    tl_value *box = tl__push_box(L);
    tl__computed_inside(L, s->view->cell, v, box);
    tl_task *reader = tl__stale_reader(L);
    if (reader) tl__stale_computed(reader, s->view->cell, v, tl__computed_depends);
    value = *box;
  } else {
    h.outside = true;
    value = vars_in(tl_view_root(s->view), v);
  }
  push_immutable(L, &h, &value, NULL);
}

static int read_router(lua_State *L, const tl_instance *s) {
  if (s->trace)
    return tl_raise(L, "ImmutableStateError",
                    "%s.router cannot be read in a computed var, which would not be told when it changes; copy what it "
                    "needs into a var",
                    s->cls->name);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_native);
  lua_getfield(L, -1, "router");
  lua_pushvalue(L, 1);
  lua_call(L, 1, 1);
  return 1;
}

static int state_index(lua_State *L) { /* upvalue 1: members */
  tl_instance *s = check_instance(L, 1);
  lua_pushvalue(L, 2);
  int type = lua_rawget(L, lua_upvalueindex(1));
  if (type == LUA_TFUNCTION) return 1;
  if (type != LUA_TLIGHTUSERDATA) return tl__undeclared(L, s->cls, lua_upvalueindex(1), 2);
  const tl_var *v = lua_touserdata(L, -1);
  if (v->member == TL_M_ROUTER) return read_router(L, s);
  if (v->member == TL_M_COMPUTED)
    read_computed(L, s, v);
  else
    read_var(L, s, v);
  return 1;
}

/* ---- writing ---- */

static bool fits(tl_type type, tl_kind kind) {
  switch (type) {
  case TL_T_ANY: return true;
  case TL_T_INTEGER: return kind == TL_INT;
  case TL_T_NUMBER: return kind == TL_INT || kind == TL_FLOAT;
  case TL_T_STRING: return kind == TL_STRING;
  case TL_T_BOOLEAN: return kind == TL_BOOL;
  case TL_T_LIST: return kind == TL_LIST;
  case TL_T_MAP: return kind == TL_MAP;
  }
  return false;
}

bool tl__type_fits(const tl_var *var, tl_kind kind) { return kind == TL_NIL || fits(var->type, kind); }

const char *tl__kind_name(tl_kind kind) {
  static const char *const kinds[] = {"nil", "a boolean", "an integer", "a float", "a string", "a list", "a map"};
  return kinds[kind];
}

static int raise_type(lua_State *L, const tl_var *var, tl_kind kind) {
  return tl_raise(L, "VarTypeError", "%s.%s is declared with type=\"%s\" and was given %s%s", var->cls->name, var->name,
                  tl__type_name(var->type), tl__kind_name(kind),
                  var->type == TL_T_INTEGER && kind == TL_FLOAT ? "; use // or math.tointeger" : "");
}

void tl__check_type(lua_State *L, const tl_var *var, tl_value v) {
  if (!tl__type_fits(var, tl_kind_of(v))) raise_type(L, var, tl_kind_of(v));
}

static int refuse_write(lua_State *L, const tl_instance *s, const tl_class *c, const char *name) {
  const tl_app *a = c->app;
  const char *path = lua_pushfstring(L, "%s.%s", c->name, name);
  if (s->trace || (a && a->evaluating)) tl__computed_write(L, path);
  tl__hold_refuse(L, s->view->cell, path);
  return tl_raise(
      L, "ImmutableStateError",
      "%s: a background task may write its state only inside with_state (tl.with_state(self, function() ... "
      "end)); outside it sees the snapshot of the last refresh",
      path);
}

/* The draft that may be written now. Raises, about what is to be written: the member `name` of c. */
static tl_draft *writable(lua_State *L, const tl_instance *s, const tl_class *c, const char *name) {
  const tl_app *a = c->app;
  tl_draft *d = draft_of(L, s);
  if (!d || (a && a->evaluating)) refuse_write(L, s, c, name);
  return d;
}

void tl__state_guard(lua_State *L, int idx, const char *name) {
  const tl_instance *s = check_instance(L, idx);
  writable(L, s, s->cls, name);
}

static inline tl_dnode *vars_node(tl_draft *d, const tl_class *c) {
  tl_dnode *n = state_node(d, c);
  if (n) return n;
  tl_dnode_put(tl_draft_root(d), c->name, c->name_len,
               tl_map(NULL, 0)); /* a stored root that is older than the state */
  return state_node(d, c);
}

static void put(lua_State *L, tl_draft *d, const tl_var *v, tl_value value) { /* takes over value */
  switch (tl_dnode_put(vars_node(d, v->cls), v->key, v->key_len, value)) {
  case TL_D_OK: return;
  case TL_D_DEPTH:
    tl_raise(L, "SerializationError", "%s.%s: values nest at most 64 deep; flatten it, or refer to parts by their id",
             v->cls->name, v->name);
    break;
  default: tl_raise(L, "ImmutableStateError", "%s.%s cannot be written any more", v->cls->name, v->name);
  }
}

static bool fits_limit(tl_draft *d, const tl_var *v, tl_value value) {
  size_t excess = tl__excess(v, d, value);
  if (!excess) return true;
  tl_slot old = tl_dnode_get(vars_node(d, v->cls), v->key, v->key_len);
  return excess <= tl__slot_weight(&old);
}

/* Takes over value, which must be gone before anything raises. */
static void check_value(lua_State *L, tl_draft *d, const tl_var *v, tl_value value) {
  tl_kind kind = tl_kind_of(value) == TL_DRAFT ? tl_dnode_kind(value.draft) : tl_kind_of(value);
  bool fit = tl__type_fits(v, kind);
  if (fit && fits_limit(d, v, value)) return;
  tl_release(value);
  if (!fit) raise_type(L, v, kind);
  lua_pushfstring(L, "%s.%s", v->cls->name, v->name);
  tl__raise_limit(L, lua_tostring(L, -1), v);
}

static void write_var(lua_State *L, const tl_instance *s, const tl_var *v) {
  tl_draft *d = writable(L, s, v->cls, v->name);
  tl_place place = {.state = v->cls->name, .var = v->name, .is_public = v->is_public};
  tl__take take = {.place = &place, .draft = d, .empty = v->empty};
  tl_value value = tl__from_lua(L, 3, &take);
  check_value(L, d, v, value);
  tl_task *reader = tl__stale_reader(L);
  if (reader) {
    tl_slot old = tl_dnode_get(vars_node(d, v->cls), v->key, v->key_len);
    tl__stale_write(L, reader, s->view->cell, v, NULL, &old, value);
  }
  put(L, d, v, value);
}

static int refuse_member(lua_State *L, const tl_instance *s, int key) {
  const tl_var *v = lua_touserdata(L, -1);
  const char *name = lua_tostring(L, key);
  if (lua_type(L, -1) == LUA_TFUNCTION)
    return tl_raise(L, "UndeclaredVarError",
                    "%s.%s is a function of the state, not a var; it cannot be assigned, take another name",
                    s->cls->name, name);
  if (v->member == TL_M_ROUTER)
    return tl_raise(L, "ImmutableStateError",
                    "%s.router is read-only; to move to another page return tl.redirect(path)", s->cls->name);
  return tl_raise(L, "ImmutableStateError", "%s.%s is computed; change what it is computed from", v->cls->name, name);
}

/* The var that the string at stack index `key` names, which may be assigned, or this raises. +1: its member. members:
 * the index of the class's. */
static inline const tl_var *assignable(lua_State *L, const tl_instance *s, int members, int key) {
  lua_pushvalue(L, key);
  int type = lua_rawget(L, members);
  const tl_var *v = lua_touserdata(L, -1);
  if (type == LUA_TNIL) tl__undeclared(L, s->cls, members, key);
  if (type != LUA_TLIGHTUSERDATA || v->member != TL_M_VAR) refuse_member(L, s, key);
  return v;
}

static int state_newindex(lua_State *L) { /* upvalue 1: members */
  tl_instance *s = check_instance(L, 1);
  lua_settop(L, 3);
  write_var(L, s, assignable(L, s, lua_upvalueindex(1), 2));
  return 0;
}

const tl_var *tl__state_open_var(lua_State *L, int idx, int key, tl_dnode **vars) {
  const tl_instance *s = check_instance(L, idx);
  tl__class_push(L, s->cls);
  lua_getiuservalue(L, -1, 1);
  const tl_var *v = assignable(L, s, lua_gettop(L), key);
  lua_pop(L, 3);
  *vars = vars_node(writable(L, s, v->cls, v->name), v->cls);
  tl_task *reader = tl__stale_reader(L);
  if (reader) tl__stale_inside(reader, s->view->cell, v, NULL);
  return v;
}

/* ---- what every state has ---- */

void tl__state_other(lua_State *L, int idx, tl_class *c) {
  tl_instance *s = check_instance(L, idx);
  if (c == s->cls) {
    lua_pushvalue(L, idx);
  } else if (s->trace) {
    tl__push_traced(L, c, s->trace);
  } else {
    if (!s->cls->app || !c->app)
      tl_raise(L, "DeclarationError", "the app of the state %s has ended", (s->cls->app ? c : s->cls)->name);
    note_instance(L, idx);
    push_noted(L, s->view, c);
  }
}

static int state_get_state(lua_State *L) {
  check_instance(L, 1);
  tl__state_other(L, 1, tl__class_arg(L, 2));
  return 1;
}

static int state_reset(lua_State *L) {
  tl_instance *s = check_instance(L, 1);
  tl_draft *d = writable(L, s, s->cls, "reset()");
  tl_task *reader = tl__stale_reader(L);
  for (size_t i = 0; i < s->cls->n_vars; i++) {
    const tl_var *v = s->cls->vars[i];
    if (v->member != TL_M_VAR) continue;
    put(L, d, v, tl_retain(v->initial));
    if (reader) tl__stale_all(reader, s->view->cell, v);
  }
  return 0;
}

static int state_get_token(lua_State *L) {
  tl_instance *s = check_instance(L, 1);
  if (s->trace) return tl_raise(L, "ImmutableStateError", "%s:get_token() is not for computed vars", s->cls->name);
  lua_pushstring(L, s->view->cell->token);
  return 1;
}

static int state_tostring(lua_State *L) {
  lua_pushfstring(L, "state %s", check_instance(L, 1)->cls->name);
  return 1;
}

/* An instance of the same state and view is the same one, unless it was collected meanwhile: then by what it stands
 * for. */
static int state_eq(lua_State *L) {
  tl_instance *a = tl__instance_test(L, 1), *b = tl__instance_test(L, 2);
  lua_pushboolean(L, a && b && a->cls == b->cls && a->view == b->view && a->trace == b->trace);
  return 1;
}

void tl__state_members(lua_State *L, tl_class *c) {
  static const luaL_Reg builtins[] = {
      {"get_state", state_get_state}, {"reset", state_reset}, {"get_token", state_get_token}, {NULL, NULL}};
  luaL_setfuncs(L, builtins, 0);
  lua_pushlightuserdata(L, &c->router);
  lua_setfield(L, -2, "router");
}

void tl__state_prepare(lua_State *L, tl_class *c) {
  static const luaL_Reg methods[] = {{"__tostring", state_tostring}, {"__eq", state_eq}, {NULL, NULL}};
  luaL_newlib(L, methods);
  lua_getiuservalue(L, -2, 1);
  lua_pushcclosure(L, state_index, 1);
  lua_setfield(L, -2, "__index");
  lua_getiuservalue(L, -2, 1);
  lua_pushcclosure(L, state_newindex, 1);
  lua_setfield(L, -2, "__newindex");
  lua_pushliteral(L, "tidelock.state");
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__name");
  lua_setfield(L, -2, "__metatable");
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, "class"); /* keeps the class alive as long as its instances */
  c->meta = luaL_ref(L, LUA_REGISTRYINDEX);
  lua_createtable(L, 0, 0);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  c->instances = luaL_ref(L, LUA_REGISTRYINDEX);
}

/* ---- opening ---- */

static int native_is_state(lua_State *L) {
  lua_pushboolean(L, tl__instance_test(L, 1) != NULL);
  return 1;
}

int tl_open_state(lua_State *L) {
  tl__open_boxes(L);
  tl__open_parts(L);
  lua_pushnil(L);
  tl__owned_open(L, TL__OWNED_STATE, sizeof(tl_instance), 0, instance_release);
  lua_createtable(L, 0, 64);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_native);
  lua_pushcfunction(L, native_is_state);
  lua_setfield(L, -2, "is_state");
  tl__open_proxy(L);
  tl__open_proxy_write(L);
  tl__open_proxy_walk(L);
  tl__open_append(L);
  tl__open_class(L);
  tl__open_app(L);
  tl__open_stored(L);
  tl__open_policy(L);
  tl__open_board(L);
  tl__open_watch(L);
  tl__open_json(L);
  tl__open_tablelib(L);
  tl__open_debug(L);
  return 1;
}
