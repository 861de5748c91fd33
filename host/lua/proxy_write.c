/* proxy_write.c: writing through proxies, and the methods of lists. Every write first asks the guard (proxy_guard.c).
 * Conversion comes before the write, so whatever raises leaves the state as it was. Sorting runs user code (the
 * comparison); nothing here may wait. */
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "lua/inner.h"
#include "lua/proxy.h"
#include "lua/stale.h"
#include "lua/state.h"

static char key_methods; /* registry: the methods of lists */

/* ---- converting what is written ---- */

void tl__proxy_dirty(lua_State *L, int idx) {
  lua_pushvalue(L, idx);
  for (tl_proxy *p; (p = tl__proxy_test(L, -1)); lua_remove(L, -2)) {
    p->clean = false;
    lua_getiuservalue(L, -1, 1);
  }
  lua_pop(L, 1);
}

tl_slot tl__proxy_slot(lua_State *L, tl_proxy *p, int key) {
  size_t len, i = lua_type(L, key) == LUA_TNUMBER ? (size_t)lua_tointeger(L, key) - 1 : 0;
  if (lua_type(L, key) == LUA_TNUMBER)
    return i < tl_dnode_count(p->handle.node) ? tl_dnode_at(p->handle.node, i) : (tl_slot){0};
  const char *s = lua_tolstring(L, key, &len);
  return tl_dnode_get(p->handle.node, s, len);
}

/* The value at stack index `value`, as it will lie in p under the key at index `key`; owned. inserted: it replaces
 * nothing. */
static tl_value take(lua_State *L, int idx, tl_proxy *p, int key, int value, bool inserted) {
  tl_place place = {.state = p->var->cls->name,
                    .var = p->var->name,
                    .node = p->handle.node,
                    .key = key,
                    .is_public = p->var->is_public};
  tl__take t = {.place = &place, .draft = tl__proxy_draft(p)};
  tl_value v = tl__from_lua(L, value, &t);
  if (t.dirty) tl__proxy_dirty(L, idx);
  size_t excess = tl__excess(p->var, t.draft, v);
  if (!excess) return v;
  tl_slot old = {0};
  if (!inserted) old = tl__proxy_slot(L, p, key);
  if (excess <= tl__slot_weight(&old)) return v;
  tl_release(v);
  tl__proxy_path(L, idx, key);
  tl__raise_limit(L, lua_tostring(L, -1), p->var);
  return v;
}

/* A key is text that goes to the page as well. Raises, or marks what holds it. */
static void check_key(lua_State *L, int idx, tl_proxy *p, int key) {
  size_t len;
  const char *s = lua_tolstring(L, key, &len);
  if (tl_utf8_valid(s, len)) return;
  tl_place place = {.state = p->var->cls->name, .var = p->var->name, .node = p->handle.node};
  tl__take t = {.place = &place};
  tl_release(tl__from_lua(L, key, &t));
  tl__proxy_dirty(L, idx);
}

static void check_status(lua_State *L, int idx, int key, tl_dstatus status) {
  if (status == TL_D_OK) return;
  tl__proxy_path(L, idx, key);
  if (status == TL_D_DEPTH)
    tl_raise(L, "SerializationError", "%s: values nest at most 64 deep; flatten it, or refer to parts by their id",
             lua_tostring(L, -1));
  tl_raise(L, "ImmutableStateError", "%s: the value cannot be changed any more (%d)", lua_tostring(L, -1), (int)status);
}

/* What lies there is what is written: nothing to do. */
static bool is_there(const tl_slot *s, tl_value v) {
  if (!s->found) return false;
  if (tl_kind_of(v) == TL_DRAFT) return s->node == v.draft;
  return !s->node && tl_identical(s->v, v);
}

/* Before p changes by v (owned by the caller): lets walks keep what they have still to show, which may raise. */
static void keep_walks(lua_State *L, int idx, tl_proxy *p, tl_value v) {
  if (!p->walks) return;
  tl_value *box = tl__push_box(L);
  *box = v;
  tl__walks_keep(L, idx, p);
  *box = tl_nil();
  lua_pop(L, 1);
}

/* ---- maps ---- */

/* +1: the path of what is written, and the task that has read something there before; NULL, +0: none has. */
static tl_task *push_stale(lua_State *L, int idx, const tl_proxy *p, int key) {
  tl_task *t = tl__stale_reader(L);
  return t && p->view && tl__stale_below(t) && tl__proxy_stale_path(L, idx, key) ? t : NULL;
}

static void remove_key(lua_State *L, int idx, tl_proxy *p, int key) {
  size_t len;
  const char *s = lua_tolstring(L, key, &len);
  tl__walks_keep(L, idx, p);
  tl_task *reader = push_stale(L, idx, p, key);
  if (reader) {
    tl_slot old = tl_dnode_get(p->handle.node, s, len);
    tl__stale_write(L, reader, p->view->cell, p->var, lua_tostring(L, -1), &old, tl_nil());
    lua_pop(L, 1);
  }
  tl_dnode_del(p->handle.node, s, len);
}

static void set_in_map(lua_State *L, int idx, tl_proxy *p, int key, int value) {
  size_t len;
  const char *s = lua_tolstring(L, key, &len);
  if (lua_isnil(L, value)) {
    remove_key(L, idx, p, key);
    return;
  }
  check_key(L, idx, p, key);
  tl_task *reader = push_stale(L, idx, p, key);
  tl_value v = take(L, idx, p, key, value, false);
  tl_slot old = tl_dnode_get(p->handle.node, s, len);
  if (reader) {
    tl__stale_write(L, reader, p->view->cell, p->var, lua_tostring(L, -1), &old, v);
    lua_pop(L, 1);
  }
  if (is_there(&old, v)) {
    tl_release(v);
    return;
  }
  keep_walks(L, idx, p, v);
  check_status(L, idx, key, tl_dnode_put(p->handle.node, s, len, v));
}

/* ---- lists ---- */

static int raise_position(lua_State *L, int idx, lua_Integer i, size_t n) {
  tl__proxy_path(L, idx, 0);
  return tl_raise(
      L, "SerializationError",
      "%s[%lld]: a list of %zu can be written at 1..%zu; for holes use a map with string keys: tostring(id)",
      lua_tostring(L, -1), (long long)i, n, n + 1);
}

static void clear_position(lua_State *L, int idx, tl_proxy *p, lua_Integer i, size_t n) {
  if (i == (lua_Integer)n + 1) return;
  if (i < 1 || i > (lua_Integer)n) raise_position(L, idx, i, n);
  if (i < (lua_Integer)n) {
    tl__proxy_path(L, idx, 0);
    tl_raise(L, "SerializationError", "%s[%lld]: nil would leave a hole; use table.remove(list, %lld), or tl.null",
             lua_tostring(L, -1), (long long)i, (long long)i);
  }
  tl__walks_keep(L, idx, p);
  check_status(L, idx, 0, tl_dnode_remove(p->handle.node, n - 1, NULL));
}

static void set_in_list(lua_State *L, int idx, tl_proxy *p, lua_Integer i, int key, int value) {
  size_t n = tl_dnode_count(p->handle.node);
  if (lua_isnil(L, value)) {
    clear_position(L, idx, p, i, n);
    return;
  }
  if (i < 1 || i > (lua_Integer)n + 1) raise_position(L, idx, i, n);
  size_t at = (size_t)i - 1;
  tl_value v = take(L, idx, p, key, value, false);
  tl_slot old = {0};
  if (at < n) old = tl_dnode_at(p->handle.node, at);
  if (is_there(&old, v)) {
    tl_release(v);
    return;
  }
  keep_walks(L, idx, p, v);
  check_status(L, idx, key, tl_dnode_set_at(p->handle.node, at, v));
}

void tl__proxy_raise_key(lua_State *L, int idx, int key, tl_kind kind) {
  tl__proxy_path(L, idx, 0);
  const char *path = lua_tostring(L, -1), *name = luaL_tolstring(L, key, NULL);
  if (kind == TL_MAP && lua_type(L, key) == LUA_TNUMBER)
    tl_raise(L, "SerializationError", "%s[%s]: a map has string keys; write [tostring(id)]", path, name);
  if (lua_type(L, key) == LUA_TSTRING)
    tl_raise(L, "SerializationError",
             "%s[\"%s\"]: this is a list, it has positions 1..n; string keys need a map (tl.map{})", path, name);
  tl_raise(L, "SerializationError", "%s: a %s cannot be a key here; lists have positions 1..n, maps string keys", path,
           luaL_typename(L, key));
}

void tl__proxy_set(lua_State *L, int idx, int key, int value) {
  tl_proxy *p = tl__proxy_check(L, idx);
  tl__proxy_guard(L, idx, p, key);
  int is_int = 0, type = lua_type(L, key);
  tl_kind kind = tl_dnode_kind(p->handle.node);
  bool fluid = tl_dnode_fluid(p->handle.node);
  lua_Integer i = type == LUA_TNUMBER ? lua_tointegerx(L, key, &is_int) : 0;
  if (kind == TL_LIST && is_int)
    set_in_list(L, idx, p, i, key, value);
  else if (type == LUA_TSTRING && (kind == TL_MAP || fluid))
    set_in_map(L, idx, p, key, value);
  else
    tl__proxy_raise_key(L, idx, key, kind);
}

static tl_proxy *need_list(lua_State *L, int idx) {
  tl_proxy *p = tl__proxy_check(L, idx);
  tl__proxy_guard(L, idx, p, 0);
  if (tl__proxy_kind(p) != TL_LIST) {
    tl__proxy_path(L, idx, 0);
    tl_raise(L, "TypeError", "%s is a map, and this works on lists", lua_tostring(L, -1));
  }
  return p;
}

static void refuse_nil(lua_State *L, int idx, int value) {
  if (!lua_isnil(L, value)) return;
  tl__proxy_path(L, idx, 0);
  tl_raise(L, "SerializationError", "%s: nil cannot be inserted into a list; use tl.null", lua_tostring(L, -1));
}

/* pos from 1. Raises when it is out of bounds. */
static void insert_at(lua_State *L, int idx, lua_Integer pos, int value) {
  tl_proxy *p = need_list(L, idx);
  size_t n = tl_dnode_count(p->handle.node);
  if (pos < 1 || pos > (lua_Integer)n + 1) raise_position(L, idx, pos, n);
  refuse_nil(L, idx, value);
  lua_pushinteger(L, pos);
  int key = lua_gettop(L);
  tl_value v = take(L, idx, p, key, value, true);
  keep_walks(L, idx, p, v);
  check_status(L, idx, key, tl_dnode_insert(p->handle.node, (size_t)pos - 1, v));
  lua_settop(L, key - 1);
}

/* The element is read first: its proxy keeps it alive when it has left the list. */
static int remove_at(lua_State *L, int idx, lua_Integer pos) {
  tl_proxy *p = need_list(L, idx);
  size_t n = tl_dnode_count(p->handle.node);
  if ((pos == 0 && n == 0) || pos == (lua_Integer)n + 1) {
    lua_pushnil(L);
    return 1;
  }
  if (pos < 1 || pos > (lua_Integer)n) raise_position(L, idx, pos, n);
  tl__proxy_push_at(L, idx, p, (size_t)pos - 1);
  tl__walks_keep(L, idx, p);
  check_status(L, idx, 0, tl_dnode_remove(p->handle.node, (size_t)pos - 1, NULL));
  return 1;
}

/* ---- sorting: a merge sort of positions, stable, so that no comparison however odd can lead it astray ---- */

typedef struct sort {
  lua_State *L;
  int items, less; /* stack indexes: table of the elements; function or 0 */
  size_t *order, *spare;
} sort;

static bool comes_before(const sort *s, size_t a, size_t b) {
  lua_State *L = s->L;
  if (s->less) lua_pushvalue(L, s->less);
  lua_rawgeti(L, s->items, (lua_Integer)a + 1);
  lua_rawgeti(L, s->items, (lua_Integer)b + 1);
  bool before;
  if (s->less) {
    lua_call(L, 2, 1);
    before = lua_toboolean(L, -1);
    lua_pop(L, 1);
  } else {
    before = lua_compare(L, -2, -1, LUA_OPLT);
    lua_pop(L, 2);
  }
  return before;
}

static void merge_sort(const sort *s, size_t from, size_t to) {
  if (to - from < 2) return;
  size_t mid = from + (to - from) / 2, a = from, b = mid, k = from;
  merge_sort(s, from, mid);
  merge_sort(s, mid, to);
  memcpy(s->spare + from, s->order + from, (to - from) * sizeof *s->order);
  while (a < mid && b < to) s->order[k++] = comes_before(s, s->spare[b], s->spare[a]) ? s->spare[b++] : s->spare[a++];
  while (a < mid) s->order[k++] = s->spare[a++];
  while (b < to) s->order[k++] = s->spare[b++];
}

/* An order by which a sorted neighbour still comes before the other contradicts itself (`<=` on equal elements). */
static void check_order(const sort *s, size_t n) {
  for (size_t i = 1; i < n; i++)
    if (comes_before(s, s->order[i], s->order[i - 1])) luaL_error(s->L, "invalid order function for sorting");
}

static void sort_list(lua_State *L, int idx, int less) {
  tl_proxy *p = need_list(L, idx);
  size_t n = tl_dnode_count(p->handle.node);
  if (n < 2) return;
  luaL_checkstack(L, 10, NULL);
  lua_createtable(L, n > INT32_MAX ? INT32_MAX : (int)n, 0);
  sort s = {.L = L, .items = lua_gettop(L), .less = less};
  for (size_t i = 0; i < n; i++) {
    tl__proxy_push_at(L, idx, p, i);
    lua_rawseti(L, s.items, (lua_Integer)i + 1);
  }
  s.order = lua_newuserdatauv(L, 2 * n * sizeof *s.order, 0);
  s.spare = s.order + n;
  for (size_t i = 0; i < n; i++) s.order[i] = i;
  merge_sort(&s, 0, n);
  check_order(&s, n);
  tl__proxy_guard(L, idx, p, 0); /* the comparison was user code */
  if (tl_dnode_count(p->handle.node) != n) luaL_error(L, "the list was changed while it was being sorted");
  tl__walks_keep(L, idx, p);
  check_status(L, idx, 0, tl_dnode_permute(p->handle.node, s.order));
  lua_settop(L, s.items - 1);
}

/* ---- the methods of lists ---- */

/* +1: a box with the argument at index `value`, converted for position pos. The argument stays where it is: it may be a
 * proxy, which keeps alive what the box refers to. */
static void take_pushed(lua_State *L, tl_proxy *p, lua_Integer pos, int value) {
  refuse_nil(L, 1, value);
  tl_value *box = tl__push_box(L);
  lua_pushinteger(L, pos);
  *box = take(L, 1, p, lua_gettop(L), value, true);
  lua_pop(L, 1);
}

/* Pushes what the box holds. Where it does not fit, what was pushed before it goes again: n were there. */
static void push_taken(lua_State *L, tl_proxy *p, size_t n, tl_value *box) {
  tl_dnode *list = p->handle.node;
  tl_dstatus status = TL_D_OK;
  size_t at = tl_dnode_count(list);
  bool fits = !tl__excess(p->var, tl__proxy_draft(p), *box);
  if (fits) {
    tl_value v = *box;
    *box = tl_nil();
    status = tl_dnode_insert(list, at, v);
  }
  if (fits && status == TL_D_OK) return;
  while (tl_dnode_count(list) > n) tl_dnode_remove(list, tl_dnode_count(list) - 1, NULL);
  lua_pushinteger(L, (lua_Integer)at + 1);
  check_status(L, 1, lua_gettop(L), status);
  tl__proxy_path(L, 1, lua_gettop(L));
  tl__raise_limit(L, lua_tostring(L, -1), p->var);
}

/* All of them or none. */
static int list_push(lua_State *L) {
  int top = lua_gettop(L);
  tl_proxy *p = need_list(L, 1);
  size_t n = tl_dnode_count(p->handle.node);
  if (top == 2) {
    insert_at(L, 1, (lua_Integer)n + 1, 2);
    return 0;
  }
  luaL_checkstack(L, top + 8, NULL);
  for (int i = 2; i <= top; i++) take_pushed(L, p, (lua_Integer)n + i - 1, i);
  tl__walks_keep(L, 1, p);
  for (int i = 2; i <= top; i++) push_taken(L, p, n, tl_test_boxed(L, top + i - 1));
  return 0;
}

int tl__list_insert(lua_State *L) {
  tl_proxy *p = need_list(L, 1);
  if (lua_gettop(L) == 2)
    insert_at(L, 1, (lua_Integer)tl_dnode_count(p->handle.node) + 1, 2);
  else if (lua_gettop(L) == 3)
    insert_at(L, 1, luaL_checkinteger(L, 2), 3);
  else
    return luaL_error(L, "wrong number of arguments to 'insert'");
  return 0;
}

int tl__list_remove(lua_State *L) {
  tl_proxy *p = need_list(L, 1);
  lua_Integer n = (lua_Integer)tl_dnode_count(p->handle.node);
  return remove_at(L, 1, luaL_optinteger(L, 2, n));
}

int tl__list_sort(lua_State *L) {
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  sort_list(L, 1, lua_isnil(L, 2) ? 0 : 2);
  return 0;
}

static int list_clear(lua_State *L) {
  tl_proxy *p = need_list(L, 1);
  tl__walks_keep(L, 1, p);
  check_status(L, 1, 0, tl_dnode_clear(p->handle.node));
  return 0;
}

void tl__list_method(lua_State *L, int key) {
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_methods);
  lua_pushvalue(L, key);
  lua_rawget(L, -2);
  lua_remove(L, -2);
}

void tl__open_proxy_write(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"push", list_push},     {"insert", tl__list_insert}, {"remove", tl__list_remove},
      {"sort", tl__list_sort}, {"clear", list_clear},       {NULL, NULL},
  };
  luaL_newlib(L, methods);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_methods);
}
