/* convert_push.c: from the value tree to Lua, boxed C memory, and the markers of empty tables. */
#include <string.h>

#include "base/mem.h"
#include "lua/convert.h"
#include "lua/proxy.h"

/* ---- boxes ---- */

void tl__set_meta(lua_State *L, const void *key, void (*make)(lua_State *L)) {
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, key) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_createtable(L, 0, 8);
    make(L);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, key);
  }
  lua_setmetatable(L, -2);
}

static char key_box, key_buf, key_list, key_map;

typedef struct box {
  tl__owned head;
  tl_value v;
} box;

static void box_release(void *object) { tl_release(((box *)object)->v); }

static void box_meta(lua_State *L) {
  lua_pushliteral(L, "tidelock.value");
  lua_setfield(L, -2, "__metatable");
}

tl_value *tl__push_box(lua_State *L) {
  box *b = tl__owned_push(L, TL__OWNED_BOX, &key_box);
  return &b->v;
}

void tl_push_boxed(lua_State *L, tl_value v) {
  tl_value *box = tl__push_box(L);
  *box = tl_retain(v);
}

tl_value *tl_test_boxed(lua_State *L, int idx) {
  box *b = tl__tagged(L, idx, &key_box, sizeof *b);
  return b ? &b->v : NULL;
}

typedef struct buf_box {
  tl__owned head;
  tl_buf buf;
} buf_box;

static void buf_release(void *object) { tl_buf_free(&((buf_box *)object)->buf); }

static void buf_meta(lua_State *L) {
  lua_pushliteral(L, "tidelock.buffer");
  lua_setfield(L, -2, "__metatable");
}

tl_buf *tl__push_buf(lua_State *L) {
  buf_box *b = tl__owned_push(L, TL__OWNED_BUF, &key_buf);
  return &b->buf;
}

void tl__open_boxes(lua_State *L) {
  lua_createtable(L, 0, 1);
  box_meta(L);
  tl__owned_open(L, TL__OWNED_BOX, sizeof(box), 0, box_release);
  lua_createtable(L, 0, 1);
  buf_meta(L);
  tl__owned_open(L, TL__OWNED_BUF, sizeof(buf_box), 0, buf_release);
}

/* ---- null and markers ---- */

/* tl.null is the light userdata NULL, which is cjson.null too. */
void tl__push_null(lua_State *L) { lua_pushlightuserdata(L, NULL); }

bool tl__is_null(lua_State *L, int idx) { return lua_type(L, idx) == LUA_TLIGHTUSERDATA && !lua_touserdata(L, idx); }

static void list_meta(lua_State *L) {
  lua_pushliteral(L, "tl.list");
  lua_setfield(L, -2, "__name");
}

static void map_meta(lua_State *L) {
  lua_pushliteral(L, "tl.map");
  lua_setfield(L, -2, "__name");
}

static void mark(lua_State *L, int idx, tl_kind kind) {
  lua_pushvalue(L, idx);
  if (kind == TL_MAP)
    tl__set_meta(L, &key_map, map_meta);
  else
    tl__set_meta(L, &key_list, list_meta);
  lua_pop(L, 1);
}

tl_kind tl__marker(lua_State *L, int idx) {
  if (lua_type(L, idx) != LUA_TTABLE || !lua_getmetatable(L, idx)) return TL_NIL;
  const void *meta = lua_topointer(L, -1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_list);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_map);
  tl_kind kind = meta == lua_topointer(L, -2) ? TL_LIST : meta == lua_topointer(L, -1) ? TL_MAP : TL_NIL;
  lua_pop(L, 3);
  return kind;
}

static int native_mark(lua_State *L, tl_kind kind, const char *name) {
  lua_settop(L, 1);
  if (lua_isnil(L, 1)) {
    lua_newtable(L);
  } else {
    luaL_checktype(L, 1, LUA_TTABLE);
    if (tl__marker(L, 1) == TL_NIL && lua_getmetatable(L, 1))
      return luaL_error(L, "%s: the table has a metatable of its own", name);
    lua_pushvalue(L, 1);
  }
  mark(L, lua_gettop(L), kind);
  return 1;
}

int tl__native_list(lua_State *L) { return native_mark(L, TL_LIST, "tl.list"); }
int tl__native_map(lua_State *L) { return native_mark(L, TL_MAP, "tl.map"); }

/* ---- values as plain Lua ---- */

void tl__push_scalar(lua_State *L, const tl_value *v, bool inside) {
  size_t len;
  const char *s;
  switch (tl_kind_of(*v)) {
  case TL_BOOL: lua_pushboolean(L, v->b); break;
  case TL_INT: lua_pushinteger(L, v->i); break;
  case TL_FLOAT: lua_pushnumber(L, v->f); break;
  case TL_STRING:
    s = tl_string_bytes(v, &len);
    lua_pushlstring(L, s, len);
    break;
  default:
    if (inside)
      tl__push_null(L);
    else
      lua_pushnil(L);
  }
}

static void push_inside(lua_State *L, const tl_value *v);

static void push_container(lua_State *L, tl_value v) {
  size_t n = tl_count(v);
  bool map = tl_kind_of(v) == TL_MAP;
  luaL_checkstack(L, 6, "nested values");
  lua_createtable(L, map ? 0 : n > INT32_MAX ? INT32_MAX : (int)n, map ? n > INT32_MAX ? INT32_MAX : (int)n : 0);
  if (!n && !tl_list_fluid(v)) mark(L, lua_gettop(L), tl_kind_of(v));
  tl_iter it;
  const tl_value *key;
  tl_value item;
  tl_iter_start(&it, v, 0);
  while (tl_iter_next(&it, &key, &item)) {
    if (key) tl__push_scalar(L, key, false);
    push_inside(L, &item);
    if (key)
      lua_rawset(L, -3);
    else
      lua_rawseti(L, -2, (lua_Integer)it.pos);
  }
}

static void push_inside(lua_State *L, const tl_value *v) {
  if (tl_is_container(*v))
    push_container(L, *v);
  else
    tl__push_scalar(L, v, true);
}

void tl_push_plain(lua_State *L, tl_value v) {
  if (tl_is_container(v))
    push_container(L, v);
  else
    tl__push_scalar(L, &v, false);
}

int tl__native_copy(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  const tl_proxy *p = tl__proxy_test(L, 1);
  if (!lua_istable(L, 1) && !p) return 1;
  tl__take take = {0};
  tl_value *box = tl__push_box(L);
  *box = tl__from_lua(L, 1, &take);
  tl_push_plain(L, *box);
  return 1;
}
