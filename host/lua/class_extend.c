/* class_extend.c: what a state has from the one that it extends. Each member of a base is put into the tables of the
 * classes that extend it, when it is declared, so that looking a member up costs the same with a base as without. A var
 * knows its own class, so it is read and written where the base has it. A function of the base is wrapped there: it
 * runs on the base's instance.
 *
 * class.c says what a class consists of. */
#include "lua/inner.h"
#include "lua/state.h"

enum { MEMBERS = 1, BASE = 3, INHERITED = 4 }; /* user values of a class */

/* +1: a user value of c. */
static int push_part(lua_State *L, const tl_class *c, int part) {
  tl__class_push(L, c);
  int type = lua_getiuservalue(L, -1, part);
  lua_remove(L, -2);
  return type;
}

tl_class *tl__member_owner(lua_State *L, tl_class *c, const char *name) {
  if (!c->base || !c->app) return c;
  luaL_checkstack(L, 4, NULL);
  push_part(L, c, INHERITED);
  lua_getfield(L, -1, name);
  tl_class *owner = lua_touserdata(L, -1);
  lua_pop(L, 2);
  return owner ? owner : c;
}

static tl__member_kind kind_of(lua_State *L, const tl_class *c, const char *name) {
  push_part(L, c, MEMBERS);
  int type = lua_getfield(L, -1, name);
  const tl_var *v = lua_touserdata(L, -1);
  lua_pop(L, 2);
  if (type == LUA_TNIL) return TL__NO_MEMBER;
  if (type == LUA_TFUNCTION) return TL__FUNCTION;
  return v->member == TL_M_COMPUTED ? TL__COMPUTED : TL__VAR;
}

/* ---- what may be overridden ---- */

static const char *in_words(tl__member_kind kind) {
  return kind == TL__VAR ? "a var" : kind == TL__COMPUTED ? "a computed var" : "a function";
}

static bool overrides(tl__member_kind kind, tl__member_kind inherited) { return kind == inherited && kind != TL__VAR; }

static const char *hint(tl__member_kind kind, tl__member_kind other) {
  if (kind == TL__VAR && other == TL__VAR) return "both states would have one of it; rename one";
  return "only functions override functions, and computed vars computed vars; rename one";
}

static void check_above(lua_State *L, tl_class *c, const char *name, tl__member_kind kind) {
  const tl_class *owner = tl__member_owner(L, c, name);
  if (owner == c) return;
  tl__member_kind inherited = kind_of(L, c, name);
  if (!overrides(kind, inherited))
    tl_raise(L, "DeclarationError", "%s.%s: %s has from %s %s of this name; %s", c->name, name, c->name, owner->name,
             in_words(inherited), hint(kind, inherited));
}

static void check_below(lua_State *L, const tl_class *c, const char *name, tl__member_kind kind) {
  for (size_t i = 0; i < c->app->n_classes; i++) {
    tl_class *d = c->app->classes[i];
    if (d->base != c) continue;
    tl__member_kind own = tl__member_owner(L, d, name) == d ? kind_of(L, d, name) : TL__NO_MEMBER;
    if (own && !overrides(own, kind))
      tl_raise(L, "DeclarationError", "%s.%s: %s, which extends %s, has %s of this name; %s", c->name, name, d->name,
               c->name, in_words(own), hint(own, kind));
    if (!own) check_below(L, d, name, kind);
  }
}

void tl__extend_check(lua_State *L, const tl_class *c, const char *name, tl__member_kind kind) {
  luaL_checkstack(L, 6, NULL);
  check_above(L, (tl_class *)c, name, kind);
  check_below(L, c, name, kind);
}

/* ---- a function of the base ---- */

static int results(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  return lua_gettop(L);
}

static int run_on_base(lua_State *L) { /* self, ...; upvalues: the function, its class */
  tl__state_other(L, 1, lua_touserdata(L, lua_upvalueindex(2)));
  if (lua_gettop(L) > 1) lua_replace(L, 1);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, results);
  return lua_gettop(L);
}

bool tl__is_base_call(lua_State *L, lua_Debug *ar) {
  if (!lua_checkstack(L, 2) || !lua_getinfo(L, "f", ar)) return false;
  bool is = lua_tocfunction(L, -1) == run_on_base;
  lua_pop(L, 1);
  return is;
}

/* ---- handing on ---- */

/* Stack: the member's value; it becomes what classes that extend c have in its place. */
static void wrap(lua_State *L, const tl_class *c) {
  if (lua_type(L, -1) != LUA_TFUNCTION) return;
  tl__class_push(L, c);
  lua_pushcclosure(L, run_on_base, 2);
}

/* Stack: the value, which stays. */
static void receive(lua_State *L, const tl_class *d, const tl_class *owner, const char *name) {
  push_part(L, d, MEMBERS);
  lua_pushvalue(L, -2);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
  push_part(L, d, INHERITED);
  lua_pushlightuserdata(L, (void *)owner);
  lua_setfield(L, -2, name);
  lua_pop(L, 1);
}

/* Stack: the value, which stays. */
static void pass_below(lua_State *L, const tl_class *c, const tl_class *owner, const char *name) {
  for (size_t i = 0; i < c->app->n_classes; i++) {
    tl_class *d = c->app->classes[i];
    if (d->base != c || (tl__member_owner(L, d, name) == d && kind_of(L, d, name))) continue;
    receive(L, d, owner, name);
    pass_below(L, d, owner, name);
  }
}

void tl__extend_pass(lua_State *L, tl_class *c, const char *name) {
  luaL_checkstack(L, 8, NULL);
  if (c->base) { /* its own from here on */
    push_part(L, c, INHERITED);
    lua_pushnil(L);
    lua_setfield(L, -2, name);
    lua_pop(L, 1);
  }
  push_part(L, c, MEMBERS);
  lua_getfield(L, -1, name);
  lua_replace(L, -2);
  wrap(L, c);
  pass_below(L, c, c, name);
  lua_pop(L, 1);
}

/* Stack: the new class's members, its table of what it inherits, the base's members, a name, its value, which goes. */
static void take(lua_State *L, tl_class *base) {
  const char *name = lua_tostring(L, -2);
  tl_class *owner = tl__member_owner(L, base, name);
  if (owner == base) wrap(L, base);
  lua_setfield(L, -5, name);
  lua_pushlightuserdata(L, owner);
  lua_setfield(L, -4, name);
}

void tl__extend(lua_State *L, tl_class *c, tl_class *base) {
  luaL_checkstack(L, 12, NULL);
  c->base = base;
  tl__class_push(L, base);
  lua_setiuservalue(L, -2, BASE);
  lua_getiuservalue(L, -1, MEMBERS);
  lua_newtable(L);
  lua_pushvalue(L, -1);
  lua_setiuservalue(L, -4, INHERITED);
  push_part(L, base, MEMBERS);
  for (lua_pushnil(L); lua_next(L, -2);) {
    lua_pushvalue(L, -2);
    bool own = lua_rawget(L, -6) == LUA_TNIL; /* else every state has it */
    lua_pop(L, 1);
    if (own)
      take(L, base);
    else
      lua_pop(L, 1);
  }
  lua_pop(L, 3);
}
