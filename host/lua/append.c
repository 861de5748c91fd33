/* append.c: tl.append(t, key, piece): a piece more at the end of a string of the state, for what it is long; t is
 * `self`, or a list or map inside. What an assignment of the whole string would refuse is refused here, with the same
 * words.
 *
 * Nothing waits, and no user code runs. All that raises comes before the write, and holds no C memory. */
#include "base/utf8.h"
#include "lua/proxy.h"
#include "lua/state.h"

enum { TARGET = 1, KEY, PIECE }; /* stack indexes */

typedef struct end { /* of a string that grows */
  const tl_var *var;
  tl_dnode *node;  /* that the string lies in, live */
  tl_proxy *proxy; /* of that node; NULL: the string is a var */
} end;

static end end_of_var(lua_State *L) {
  end e = {0};
  e.var = tl__state_open_var(L, TARGET, KEY, &e.node);
  return e;
}

static bool can_be_key(lua_State *L, tl_kind kind) {
  int is_int = 0;
  if (kind == TL_MAP) return lua_type(L, KEY) == LUA_TSTRING;
  if (lua_type(L, KEY) == LUA_TNUMBER) lua_tointegerx(L, KEY, &is_int);
  return is_int;
}

static end end_in(lua_State *L, tl_proxy *p) {
  tl__proxy_guard(L, TARGET, p, KEY);
  tl_kind kind = tl__proxy_kind(p);
  if (!can_be_key(L, kind)) tl__proxy_raise_key(L, TARGET, KEY, kind);
  return (end){p->var, p->handle.node, p};
}

static end find_end(lua_State *L) {
  tl_proxy *p = tl__proxy_test(L, TARGET);
  if (p) return end_in(L, p);
  if (!tl__instance_test(L, TARGET))
    tl_raise(L, "TypeError", "tl.append(t, key, piece): t is a state (self), or a list or map of one, not %s",
             tl_class_at(L, TARGET) ? "a class" : luaL_typename(L, TARGET));
  return end_of_var(L);
}

static const char *push_path(lua_State *L, const end *e) { /* +1 */
  if (!e->proxy) return lua_pushfstring(L, "%s.%s", e->var->cls->name, e->var->name);
  tl__proxy_path(L, TARGET, KEY);
  return lua_tostring(L, -1);
}

static tl_slot slot_of(lua_State *L, const end *e) {
  return e->proxy ? tl__proxy_slot(L, e->proxy, KEY) : tl_dnode_get(e->node, e->var->key, e->var->key_len);
}

/* The string as it is, borrowed up to the next write. */
static tl_value need_string(lua_State *L, const end *e) {
  tl_slot s = slot_of(L, e);
  tl_kind kind = tl_kind_of(s.v);
  if (kind == TL_STRING) return s.v;
  const char *path = push_path(L, e);
  if (kind == TL_NIL) tl_raise(L, "TypeError", "%s is nil; set it to \"\" before tl.append adds to it", path);
  tl_raise(L, "TypeError", "%s is %s; tl.append adds to strings", path, tl__kind_name(kind));
}

static const char *need_piece(lua_State *L, const end *e, size_t *n) {
  if (lua_type(L, PIECE) != LUA_TSTRING) {
    const char *path = push_path(L, e);
    tl_raise(L, "TypeError", "%s: tl.append adds a string or a number, not %s", path, luaL_typename(L, PIECE));
  }
  return lua_tolstring(L, PIECE, n);
}

/* What a public string begins with is valid already, so the whole is when the piece is. */
static void check_utf8(lua_State *L, const end *e, const char *piece, size_t n) {
  if (tl_utf8_valid(piece, n)) return;
  tl_place place = {.state = e->var->cls->name, .var = e->var->name, .is_public = e->var->is_public};
  if (e->proxy) {
    place.node = e->node;
    place.key = KEY;
  }
  tl__take take = {.place = &place, .piece = true};
  tl_release(tl__from_lua(L, PIECE, &take)); /* raises where it may not be */
  if (e->proxy) tl__proxy_dirty(L, TARGET);
}

static void check_limit(lua_State *L, const end *e, tl_value string, size_t n) {
  size_t had;
  tl_string_bytes(&string, &had);
  if (tl__excess_by(e->var, tl_dnode_draft(e->node), tl_string_weight(had + n) - tl_bytes(string)))
    tl__raise_limit(L, push_path(L, e), e->var);
}

static tl_dstatus append_to(lua_State *L, const end *e, const char *piece, size_t n) {
  size_t len;
  if (!e->proxy) return tl_dnode_append(e->node, e->var->key, e->var->key_len, piece, n);
  if (lua_type(L, KEY) == LUA_TNUMBER) return tl_dnode_append_at(e->node, (size_t)lua_tointeger(L, KEY) - 1, piece, n);
  const char *key = lua_tolstring(L, KEY, &len);
  return tl_dnode_append(e->node, key, len, piece, n);
}

static int native_append(lua_State *L) {
  size_t n;
  lua_settop(L, PIECE);
  /* Numbers become text, as in `..`; now, since that may run finalizers, which may write: from here on all lies still.
   */
  if (lua_type(L, PIECE) == LUA_TNUMBER) lua_tostring(L, PIECE);
  end e = find_end(L);
  tl_value string = need_string(L, &e);
  const char *piece = need_piece(L, &e, &n);
  check_utf8(L, &e, piece, n);
  check_limit(L, &e, string, n);
  if (append_to(L, &e, piece, n) != TL_D_OK)
    tl_raise(L, "ImmutableStateError", "%s: the value cannot be changed any more", push_path(L, &e));
  return 0;
}

void tl__open_append(lua_State *L) {
  lua_pushcfunction(L, native_append);
  lua_setfield(L, -2, "append");
}
