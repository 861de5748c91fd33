/* proxy_walk.c: pairs and next. A walk shows what was there when it began: scalars come from the content that was
 * sealed then, and elements as the live proxies that they are. As long as the container does not change, position i of
 * the content is position i of the node; right before it changes, the proxies that are still to be shown are kept in a
 * table (which costs a walk once). */
#include "base/mem.h"
#include "lua/proxy.h"

static char walk_tag;
static char key_walks; /* registry: weak table, walk -> its userdata */

/* A userdata. User values: 1 the proxy, 2 the elements kept, by position. */
struct tl_walk {
  const void *tag;
  tl_walk *next;    /* of the same proxy */
  tl_proxy *proxy;  /* NULL: no longer in its list */
  tl_value content; /* owned: as it was when the walk began */
  tl_iter at;
  bool kept;
};

static void unlink_walk(tl_walk *w) {
  if (!w->proxy) return;
  tl_walk **link = &w->proxy->walks;
  while (*link && *link != w) link = &(*link)->next;
  if (*link) *link = w->next;
  w->proxy = NULL;
}

static int walk_gc(lua_State *L) {
  tl_walk *w = lua_touserdata(L, 1);
  unlink_walk(w);
  tl_release(w->content);
  w->content = tl_nil();
  return 0;
}

static void walk_meta(lua_State *L) {
  lua_pushcfunction(L, walk_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushliteral(L, "tidelock.walk");
  lua_setfield(L, -2, "__metatable");
}

/* ---- keeping what is still to be shown ---- */

/* Walk w's userdata is on top. */
static void keep_rest(lua_State *L, int idx, tl_proxy *p, tl_walk *w) {
  luaL_checkstack(L, 8, NULL);
  int self = lua_gettop(L);
  lua_newtable(L);
  tl_iter it = w->at;
  const tl_value *key;
  tl_value v;
  while (tl_iter_next(&it, &key, &v)) {
    if (!tl_is_container(v)) continue;
    if (key) {
      tl__push_scalar(L, key, false);
      tl__proxy_push_key(L, idx, p, lua_gettop(L));
      lua_remove(L, -2);
    } else {
      tl__proxy_push_at(L, idx, p, it.pos - 1);
    }
    lua_rawseti(L, self + 1, (lua_Integer)it.pos);
  }
  lua_setiuservalue(L, self, 2);
  w->kept = true;
}

void tl__walks_keep(lua_State *L, int idx, tl_proxy *p) {
  while (p->walks) {
    tl_walk *w = p->walks;
    luaL_checkstack(L, 3, NULL);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &key_walks);
    if (lua_rawgetp(L, -1, w) == LUA_TUSERDATA) keep_rest(L, idx, p, w);
    unlink_walk(w);
    lua_pop(L, 2);
  }
}

/* ---- pairs ---- */

static void push_element(lua_State *L, tl_walk *w, const tl_value *key, const tl_value *v) {
  int key_index = lua_gettop(L);
  if (w->kept) {
    lua_getiuservalue(L, 1, 2);
    lua_rawgeti(L, -1, (lua_Integer)w->at.pos);
    lua_remove(L, -2);
    return;
  }
  lua_getiuservalue(L, 1, 1);
  int parent = lua_gettop(L);
  tl_proxy *p = tl__proxy_test(L, parent);
  if (!tl__proxy_draft(p)) {
    tl__hang h = {.parent = parent, .key = key_index, .var = p->var, .view = p->view, .clean = p->clean};
    tl__push_value(L, &h, v, NULL);
  } else if (key) {
    tl__proxy_push_key(L, parent, p, key_index);
  } else {
    tl__proxy_push_at(L, parent, p, w->at.pos - 1);
  }
  lua_remove(L, parent);
}

static int walk_step(lua_State *L) {
  tl_walk *w = tl__tagged(L, 1, &walk_tag, sizeof *w);
  if (!w) return luaL_typeerror(L, 1, "walk of a list or map");
  const tl_value *key;
  tl_value v;
  lua_settop(L, 1);
  if (!tl_iter_next(&w->at, &key, &v)) {
    unlink_walk(w);
    lua_pushnil(L);
    return 1;
  }
  if (key)
    tl__push_scalar(L, key, false);
  else
    lua_pushinteger(L, (lua_Integer)w->at.pos);
  if (tl_is_container(v))
    push_element(L, w, key, &v);
  else
    tl__push_scalar(L, &v, true);
  return 2;
}

int tl__proxy_pairs(lua_State *L) {
  tl_proxy *p = tl__proxy_check(L, 1);
  tl__proxy_read_whole(L, p);
  lua_settop(L, 1);
  lua_pushcfunction(L, walk_step);
  tl_walk *w = lua_newuserdatauv(L, sizeof *w, 2);
  *w = (tl_walk){.tag = &walk_tag};
  tl__set_meta(L, &walk_tag, walk_meta);
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_walks);
  lua_pushvalue(L, -2);
  lua_rawsetp(L, -2, w);
  lua_pop(L, 1);
  w->content = tl__proxy_value(p);
  tl_iter_start(&w->at, w->content, 0);
  if (tl__proxy_draft(p)) {
    w->proxy = p;
    w->next = p->walks;
    p->walks = w;
  }
  lua_pushnil(L);
  return 3;
}

/* ---- next: no memory of its own, so it walks what is there now ---- */

static int next_in_list(lua_State *L, int idx, tl_proxy *p, int key) {
  int is_int = 1;
  lua_Integer i = lua_isnil(L, key) ? 0 : lua_tointegerx(L, key, &is_int);
  if (!is_int || i < 0) return luaL_error(L, "invalid key to 'next'");
  if ((size_t)i >= tl__proxy_count(p)) {
    lua_pushnil(L);
    return 1;
  }
  lua_pushinteger(L, i + 1);
  tl__proxy_push_at(L, idx, p, (size_t)i);
  return 2;
}

static void push_key_at(lua_State *L, tl_proxy *p, size_t i) {
  tl_value *box = tl__push_box(L);
  if (p->handle.node)
    tl_dnode_entry(p->handle.node, i, box);
  else
    *box = tl_retain(tl_map_entry(p->value, i)->key);
  tl__push_scalar(L, box, false);
  lua_remove(L, -2);
}

static int next_in_map(lua_State *L, int idx, tl_proxy *p, int key) {
  size_t i = 0, len;
  if (!lua_isnil(L, key)) {
    bool found;
    if (lua_type(L, key) != LUA_TSTRING) return luaL_error(L, "invalid key to 'next'");
    const char *s = lua_tolstring(L, key, &len);
    i = p->handle.node ? tl_dnode_rank(p->handle.node, s, len, &found) : tl_map_rank(p->value, s, len, &found);
    if (found) i++;
  }
  if (i >= tl__proxy_count(p)) {
    lua_pushnil(L);
    return 1;
  }
  push_key_at(L, p, i);
  tl__proxy_push_key(L, idx, p, lua_gettop(L));
  return 2;
}

int tl__proxy_next(lua_State *L, int idx, int key) {
  tl_proxy *p = tl__proxy_check(L, idx);
  tl__dep_whole(p->dep);
  tl__proxy_read_whole(L, p);
  return tl__proxy_kind(p) == TL_MAP ? next_in_map(L, idx, p, key) : next_in_list(L, idx, p, key);
}

void tl__open_proxy_walk(lua_State *L) {
  lua_createtable(L, 0, 0);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_walks);
}
