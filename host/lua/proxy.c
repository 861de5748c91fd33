/* proxy.c: proxies: how they are made, found again, and read. A proxy is bound to a draft node while it is inside, and
 * holds an immutable value outside. The same node has the same proxy: a weak table from the node's handle to the
 * userdata.
 *
 * Nothing in here waits, and nothing runs user code. Raises: lack of memory, and an integer key on a map. */
#include "lua/proxy.h"

#include <string.h>

#include "base/mem.h"
#include "lua/stale.h"

static char proxy_tag;

tl_proxy *tl__proxy_test(lua_State *L, int idx) { return tl__tagged(L, idx, &proxy_tag, sizeof(tl_proxy)); }

tl_proxy *tl__proxy_check(lua_State *L, int idx) {
  tl_proxy *p = tl__proxy_test(L, idx);
  if (!p)
    tl_raise(L, "TypeError",
             "a list or map of a state is needed, not %s; methods of lists are called with a colon: list:push(x)",
             luaL_typename(L, idx));
  return p;
}

tl_kind tl__proxy_kind(const tl_proxy *p) {
  return p->handle.node ? tl_dnode_kind(p->handle.node) : tl_kind_of(p->value);
}

size_t tl__proxy_count(tl_proxy *p) {
  if (p->handle.node) return tl_dnode_count(p->handle.node);
  tl__dep_count(p->dep);
  return tl_count(p->value);
}

tl_value tl__proxy_value(tl_proxy *p) {
  if (p->handle.node) return tl_dnode_value(p->handle.node);
  tl__dep_whole(p->dep);
  return tl_retain(p->value);
}

tl_draft *tl__proxy_draft(const tl_proxy *p) {
  return p->handle.node && tl_dnode_live(p->handle.node) ? tl_dnode_draft(p->handle.node) : NULL;
}

/* ---- making ---- */

/* User value 3 and line: where it is read. Only vars note it; what is read through them asks its parents. */
static void note_place(lua_State *L, tl_proxy *p, int idx) {
  lua_Debug ar;
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (ar.currentline <= 0) continue;
    lua_pushstring(L, ar.short_src);
    lua_setiuservalue(L, idx, 3);
    p->line = ar.currentline;
    return;
  }
}

static tl_proxy *push_new(lua_State *L, const tl__hang *h) {
  luaL_checkstack(L, 4, NULL);
  tl_proxy *p = tl__owned_push(L, TL__OWNED_PROXY, &proxy_tag);
  int idx = lua_gettop(L);
  p->var = h->var;
  p->view = h->view;
  p->clean = h->clean;
  lua_pushvalue(L, h->parent);
  lua_setiuservalue(L, idx, 1);
  lua_pushvalue(L, h->key);
  lua_setiuservalue(L, idx, 2);
  if (h->outside) note_place(L, p, idx);
  return p;
}

void tl__push_value(lua_State *L, const tl__hang *h, const tl_value *v, tl_dep *dep) {
  if (!tl_is_container(*v)) {
    tl__push_scalar(L, v, true);
    return;
  }
  tl_value *hold = tl__push_box(L); /* making the proxy may collect whatever v was borrowed from */
  *hold = tl_retain(*v);
  tl_proxy *p = push_new(L, h);
  p->value = *hold;
  p->dep = dep;
  *hold = tl_nil();
  lua_remove(L, -2);
}

/* A proxy that is in no table any more is on its way out, but a finalizer of the app may still read it: it reads what
 * the node holds now. */
static void retire(tl_handle *h) {
  tl_proxy *p = (tl_proxy *)((char *)h - offsetof(tl_proxy, handle));
  p->value = tl_dnode_value(h->node);
  tl_handle_unbind(h);
}

/* +1 and true when the node has a proxy that lives. */
static bool push_known(lua_State *L, tl_dnode *node) {
  for (tl_handle *h; (h = tl_dnode_handle(node)); retire(h)) {
    lua_rawgeti(L, LUA_REGISTRYINDEX, tl_lua_of(L)->proxies);
    bool known = lua_rawgetp(L, -1, h) == LUA_TUSERDATA;
    lua_remove(L, -2);
    if (known) return true;
    lua_pop(L, 1);
  }
  return false;
}

/* The new proxy on top becomes the node's. No finalizer runs here. */
static void bind(lua_State *L, tl_proxy *p, tl_dnode *node) {
  lua_rawgeti(L, LUA_REGISTRYINDEX, tl_lua_of(L)->proxies);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, &p->handle);
  lua_pop(L, 1);
  tl_handle_bind(&p->handle, node);
}

/* An element of a draft: of a list by its position, of a map by its key. */
typedef struct element {
  tl_dnode *container;
  size_t i;
  const char *key; /* NULL: of a list */
  size_t len;
} element;

static tl_slot look(const element *e) {
  return e->key ? tl_dnode_get(e->container, e->key, e->len) : tl_dnode_at(e->container, e->i);
}

static void push_plain(lua_State *L, const tl__hang *h, const tl_slot *s) {
  if (s->found)
    tl__push_value(L, h, &s->v, NULL);
  else
    lua_pushnil(L);
}

/* Making a proxy may run a finalizer of the app, which may write: so the element is looked up again then. */
static void push_element(lua_State *L, const tl__hang *h, const element *e) {
  luaL_checkstack(L, 6, NULL);
  tl_slot s = look(e);
  if (!s.node) {
    push_plain(L, h, &s);
    return;
  }
  if (push_known(L, s.node)) return;
  tl_proxy *p = push_new(L, h);
  s = look(e);
  if (s.node && !push_known(L, s.node)) {
    bind(L, p, s.node);
    return;
  }
  if (!s.node) push_plain(L, h, &s);
  lua_remove(L, -2);
}

void tl__push_member(lua_State *L, const tl__hang *h, tl_dnode *container) {
  element e = {.container = container};
  e.key = lua_tolstring(L, h->key, &e.len);
  push_element(L, h, &e);
}

/* ---- reading ---- */

void tl__proxy_push_at(lua_State *L, int idx, tl_proxy *p, size_t i) {
  luaL_checkstack(L, 8, NULL);
  lua_pushinteger(L, (lua_Integer)i + 1);
  tl__hang h = {.parent = idx, .key = lua_gettop(L), .var = p->var, .view = p->view, .clean = p->clean};
  tl_value v;
  tl_dep *dep = NULL;
  if (p->handle.node)
    push_element(L, &h, &(element){.container = p->handle.node, .i = i});
  else if (tl__dep_at(p->dep, p->value, i, &v, &dep))
    tl__push_value(L, &h, &v, dep);
  else
    lua_pushnil(L);
  lua_remove(L, h.key);
}

bool tl__proxy_stale_path(lua_State *L, int idx, int key) {
  tl__proxy_path(L, idx, key);
  for (const char *at = lua_tostring(L, -1); (at = strchr(at, '[')); at++)
    if (at[1] >= '0' && at[1] <= '9') {
      lua_pop(L, 1);
      return false;
    }
  return true;
}

void tl__proxy_read_whole(lua_State *L, const tl_proxy *p) {
  tl_task *t = tl__stale_reader(L);
  if (t && p->view && p->handle.node) tl__stale_all(t, p->view->cell, p->var);
}

static void note_outside(lua_State *L, int idx, const tl_proxy *p, int key, tl_value seen) {
  if (!p->view || tl_is_container(seen) || !tl__proxy_stale_path(L, idx, key)) return;
  tl__stale_outside(L, p->view->cell, p->var, lua_tostring(L, -1), seen);
  lua_pop(L, 1);
}

static void note_inside(lua_State *L, int idx, const tl_proxy *p, int key) {
  tl_task *t = tl__stale_reader(L);
  if (!t || !p->view || !tl__stale_below(t) || !tl__proxy_stale_path(L, idx, key)) return;
  tl__stale_inside(t, p->view->cell, p->var, lua_tostring(L, -1));
  lua_pop(L, 1);
}

void tl__proxy_push_key(lua_State *L, int idx, tl_proxy *p, int key) {
  tl__hang h = {.parent = idx, .key = key, .var = p->var, .view = p->view, .clean = p->clean};
  size_t len;
  tl_value v;
  tl_dep *dep = NULL;
  const char *s = lua_tolstring(L, key, &len);
  if (p->handle.node) {
    note_inside(L, idx, p, key);
    tl__push_member(L, &h, p->handle.node);
    return;
  }
  bool found = tl__dep_get(p->dep, p->value, s, len, &v, &dep);
  if (tl__stale_watched(L)) note_outside(L, idx, p, key, found ? v : tl_nil());
  if (found)
    tl__push_value(L, &h, &v, dep);
  else
    lua_pushnil(L);
}

static int raise_integer_key(lua_State *L) {
  tl__proxy_path(L, 1, 0);
  const char *path = lua_tostring(L, -1), *key = luaL_tolstring(L, 2, NULL);
  return tl_raise(L, "SerializationError", "%s[%s]: a map has string keys; write [tostring(id)]", path, key);
}

static int proxy_index(lua_State *L) {
  tl_proxy *p = tl__proxy_check(L, 1);
  int is_int, type = lua_type(L, 2);
  if (tl__proxy_kind(p) == TL_MAP) {
    if (type == LUA_TNUMBER) return raise_integer_key(L);
    if (type == LUA_TSTRING)
      tl__proxy_push_key(L, 1, p, 2);
    else
      lua_pushnil(L);
    return 1;
  }
  lua_Integer i = type == LUA_TNUMBER ? lua_tointegerx(L, 2, &is_int) : 0;
  if (type == LUA_TSTRING)
    tl__list_method(L, 2);
  else if (i < 1)
    lua_pushnil(L);
  else
    tl__proxy_push_at(L, 1, p, (size_t)i - 1);
  return 1;
}

static int proxy_newindex(lua_State *L) {
  tl__proxy_check(L, 1);
  tl__proxy_set(L, 1, 2, 3);
  return 0;
}

static int proxy_len(lua_State *L) {
  lua_pushinteger(L, (lua_Integer)tl__proxy_count(tl__proxy_check(L, 1)));
  return 1;
}

/* Two live nodes are two elements, whatever they hold; where one is of the past, they are equal when they share their
 * content. */
static int proxy_eq(lua_State *L) {
  tl_proxy *a = tl__proxy_test(L, 1), *b = tl__proxy_test(L, 2);
  bool equal = a && b && (a == b || (a->handle.node && a->handle.node == b->handle.node));
  if (a && b && !equal && !(tl__proxy_draft(a) && tl__proxy_draft(b))) {
    tl_value va = tl__proxy_value(a), vb = tl__proxy_value(b);
    equal = tl_identical(va, vb);
    tl_release(va);
    tl_release(vb);
  }
  lua_pushboolean(L, equal);
  return 1;
}

static int proxy_tostring(lua_State *L) {
  tl_proxy *p = tl__proxy_check(L, 1);
  tl__proxy_path(L, 1, 0);
  lua_pushfstring(L, "%s %s (%I)", tl__proxy_kind(p) == TL_MAP ? "map" : "list", lua_tostring(L, -1),
                  (LUAI_UACINT)tl__proxy_count(p));
  return 1;
}

static void proxy_release(void *object) { /* a walk that is under way keeps its proxy */
  tl_proxy *p = object;
  if (p->handle.node) tl_handle_unbind(&p->handle);
  tl_release(p->value);
}

/* ---- paths ---- */

/* The path it was read by; the proxy is on top of the stack. */
static void write_read_path(lua_State *L, tl_buf *out) {
  tl_proxy *p = tl__proxy_test(L, -1);
  if (!p) return;
  luaL_checkstack(L, 4, NULL);
  lua_getiuservalue(L, -1, 1);
  bool of_var = !tl__proxy_test(L, -1);
  if (of_var)
    tl_buf_printf(out, "%s.%s", p->var->cls->name, p->var->name);
  else
    write_read_path(L, out);
  lua_pop(L, 1);
  if (of_var) return;
  lua_getiuservalue(L, -1, 2);
  tl__write_lua_key(L, lua_gettop(L), out);
  lua_pop(L, 1);
}

void tl__proxy_path(lua_State *L, int idx, int key) {
  luaL_checkstack(L, 6, NULL);
  tl_proxy *p = tl__proxy_test(L, idx);
  tl_buf *b = tl__push_buf(L);
  if (tl__proxy_draft(p)) {
    tl_dnode_path(p->handle.node, b);
  } else {
    lua_pushvalue(L, idx);
    write_read_path(L, b);
    lua_pop(L, 1);
  }
  if (key) tl__write_lua_key(L, key, b);
  lua_pushlstring(L, b->data ? b->data : "", b->len);
  lua_remove(L, -2);
}

/* ---- opening ---- */

static void proxy_meta(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"__index", proxy_index},     {"__newindex", proxy_newindex}, {"__len", proxy_len}, {"__eq", proxy_eq},
      {"__pairs", tl__proxy_pairs}, {"__tostring", proxy_tostring}, {NULL, NULL},
  };
  luaL_setfuncs(L, methods, 0);
  lua_pushliteral(L, "tidelock.proxy");
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "__name");
  lua_setfield(L, -2, "__metatable");
}

static int native_kind(lua_State *L) {
  luaL_checkany(L, 1);
  tl_proxy *p = tl__proxy_test(L, 1);
  tl_kind kind = p ? tl__proxy_kind(p) : tl__marker(L, 1);
  if (kind == TL_NIL)
    lua_pushnil(L);
  else
    lua_pushstring(L, kind == TL_MAP ? "map" : "list");
  return 1;
}

static int native_is_proxy(lua_State *L) {
  lua_pushboolean(L, tl__proxy_test(L, 1) != NULL);
  return 1;
}

void tl__open_proxy(lua_State *L) {
  lua_createtable(L, 0, 8);
  proxy_meta(L);
  tl__owned_open(L, TL__OWNED_PROXY, sizeof(tl_proxy), 3, proxy_release);
  static const luaL_Reg natives[] = {
      {"kind", native_kind},     {"is_proxy", native_is_proxy}, {"copy", tl__native_copy},
      {"list", tl__native_list}, {"map", tl__native_map},       {NULL, NULL},
  };
  luaL_setfuncs(L, natives, 0);
  tl__push_null(L);
  lua_setfield(L, -2, "null");
  lua_createtable(L, 0, 0);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  tl_lua_of(L)->proxies = luaL_ref(L, LUA_REGISTRYINDEX);
}
