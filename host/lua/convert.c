/* convert.c: from Lua values to the value tree. Rules of "Values" in the manual: keys 1..n make a list, string keys a
 * map, anything else is refused with the path of the culprit.
 *
 * While a tree is built its parts lie in a boxed stack (struct parts), so that a raise, also one for lack of memory,
 * leaks nothing. Uses core and the proxies' contents; knows nothing of classes. */
#include "lua/convert.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "lua/proxy.h"

enum { CONV_STACK = 8 };
enum { TEXT_DEPTH_MAX = TL_DEPTH_MAX + 4 }; /* around a value stand its state, the root, a message */
#define INT_MAX_PUBLIC 9007199254740991     /* 2^53 - 1: what a browser's number keeps */

typedef struct parts { /* a userdata */
  tl__owned head;
  tl_value *v;
  size_t n, cap;
} parts;

/* Where a value lies below the place that is written: a chain through the C stack, innermost first. */
typedef struct frame {
  const struct frame *up;
  const void *table;    /* the Lua table that holds it; NULL: held by a tree */
  int depth;            /* containers above it, below the place */
  lua_Integer pos;      /* list: position from 1; 0: a map */
  int key;              /* map in Lua: stack index of its key */
  const tl_value *tkey; /* map in a tree: its key */
} frame;

typedef struct conv {
  lua_State *L;
  tl__take *take;
  parts *parts; /* NULL until a container turns up */
  int known;    /* 0: not asked whether the place is public; 1: public; -1: not */
} conv;

static tl_value take_any(conv *c, int idx, const frame *f);

/* ---- the boxed stack of parts ---- */

static void parts_drop(parts *p) {
  for (size_t i = 0; i < p->n; i++) tl_release(p->v[i]);
  tl_free(p->v);
  p->v = NULL;
  p->n = p->cap = 0;
}

static void parts_release(void *object) { parts_drop(object); }

void tl__open_parts(lua_State *L) {
  lua_pushnil(L);
  tl__owned_open(L, TL__OWNED_PARTS, sizeof(parts), 0, parts_release);
}

static void parts_push(parts *p, tl_value v) {
  if (p->n == p->cap) {
    p->cap = p->cap ? 2 * p->cap : 16;
    p->v = tl_realloc(p->v, p->cap * sizeof *p->v);
  }
  p->v[p->n++] = v;
}

/* ---- complaints ---- */

static void write_key(tl_buf *out, const char *key, size_t len) {
  bool plain = len > 0 && !(key[0] >= '0' && key[0] <= '9');
  for (size_t i = 0; plain && i < len; i++)
    plain = key[i] == '_' || (key[i] >= '0' && key[i] <= '9') || (key[i] >= 'a' && key[i] <= 'z') ||
            (key[i] >= 'A' && key[i] <= 'Z');
  if (plain) {
    tl_buf_putc(out, '.');
    tl_buf_put(out, key, len);
    return;
  }
  tl_buf_puts(out, "[\"");
  tl_buf_put(out, key, len < 60 ? len : 60);
  tl_buf_puts(out, len < 60 ? "\"]" : "...\"]");
}

void tl__write_lua_key(lua_State *L, int key, tl_buf *out) {
  if (lua_isinteger(L, key)) {
    tl_buf_printf(out, "[%lld]", (long long)lua_tointeger(L, key));
  } else if (lua_type(L, key) == LUA_TSTRING) {
    size_t len;
    const char *s = lua_tolstring(L, key, &len);
    write_key(out, s, len);
  } else {
    tl_buf_printf(out, "[%s]", luaL_typename(L, key));
  }
}

static void write_place(lua_State *L, const tl_place *p, tl_buf *out) {
  if (p && p->node) {
    tl_dnode_path(p->node, out);
    if (p->key) tl__write_lua_key(L, p->key, out);
    return;
  }
  tl_buf_puts(out, p && p->state ? p->state : "value");
  if (p && p->var) tl_buf_printf(out, ".%s", p->var);
}

static void write_frames(lua_State *L, const frame *f, tl_buf *out) {
  if (!f) return;
  write_frames(L, f->up, out);
  if (f->pos) {
    tl_buf_printf(out, "[%lld]", (long long)f->pos);
  } else if (f->tkey) {
    size_t len;
    const char *s = tl_string_bytes(f->tkey, &len);
    write_key(out, s, len);
  } else {
    tl__write_lua_key(L, f->key, out);
  }
}

/* Raises. `what` may be a string on the stack. */
static void refuse(conv *c, const frame *f, const char *what) {
  lua_State *L = c->L;
  if (c->parts) parts_drop(c->parts);
  luaL_checkstack(L, CONV_STACK, NULL);
  tl_buf *b = tl__push_buf(L);
  write_place(L, c->take->place, b);
  write_frames(L, f, b);
  tl_raise(L, "SerializationError", "%s: %s", tl_buf_cstr(b), what);
}

/* ---- what only a public var refuses ---- */

/* A proxy may meanwhile live in another var than the one it was read from, so the draft is asked, and only when it
 * matters. */
static bool node_is_public(const tl_dnode *n) {
  tl_buf path = {0};
  tl_dnode_path(n, &path);
  const char *dot = path.len ? memchr(path.data, '.', path.len) : NULL;
  bool is_public = dot && dot + 1 < path.data + path.len && dot[1] != '_';
  tl_buf_free(&path);
  return is_public;
}

static bool place_is_public(conv *c) {
  const tl_place *p = c->take->place;
  if (!c->known) c->known = p && (p->node ? node_is_public(p->node) : p->is_public) ? 1 : -1;
  return c->known > 0;
}

static void check_text(conv *c, const char *s, size_t len, const frame *f, const char *what) {
  if (!c->take->place || tl_utf8_valid(s, len)) return;
  if (c->take->place->is_text || place_is_public(c)) refuse(c, f, what);
  c->take->dirty = true;
}

static void check_integer(conv *c, int64_t i, const frame *f) {
  if (i <= INT_MAX_PUBLIC && i >= -INT_MAX_PUBLIC) return;
  if (!c->take->place || c->take->place->is_text) return;
  if (place_is_public(c))
    refuse(c, f, "an integer beyond 2^53-1 does not reach a browser intact; use a string, or a backend var (_name)");
  c->take->dirty = true;
}

static const char bad_text[] =
    "a string that is not valid UTF-8 cannot go to a page; keep bytes in a backend var (_name), or encode them";
static const char bad_piece[] =
    "a piece that is not valid UTF-8 cannot go to a page; append whole characters (one may have been cut in two), or "
    "keep bytes in a backend var (_name)";
static const char bad_key[] =
    "a key that is not valid UTF-8 cannot go to a page; keep it in a backend var (_name), or encode it";

/* A tree that came from a backend var is looked through once more on its way to a public one. */
static void check_tree(conv *c, tl_value v, const frame *f) {
  size_t len;
  if (tl_kind_of(v) == TL_INT) check_integer(c, v.i, f);
  if (tl_kind_of(v) == TL_STRING) {
    const char *s = tl_string_bytes(&v, &len);
    check_text(c, s, len, f, bad_text);
  }
  if (!tl_is_container(v)) return;
  tl_iter it;
  tl_iter_start(&it, v, 0);
  const tl_value *key;
  tl_value item;
  while (tl_iter_next(&it, &key, &item)) {
    frame in = {.up = f, .pos = key ? 0 : (lua_Integer)it.pos, .tkey = key};
    if (key) {
      const char *s = tl_string_bytes(key, &len);
      check_text(c, s, len, &in, bad_key);
    }
    check_tree(c, item, &in);
  }
}

/* ---- scalars ---- */

static tl_value take_number(conv *c, int idx, const frame *f) {
  if (lua_isinteger(c->L, idx)) {
    lua_Integer i = lua_tointeger(c->L, idx);
    check_integer(c, i, f);
    return tl_int(i);
  }
  lua_Number n = lua_tonumber(c->L, idx);
  if (!isfinite(n))
    refuse(c, f,
           isnan(n) ? "not a number (0/0) cannot be kept; test with x ~= x before"
                    : "an infinite number cannot be kept; test for math.huge before");
  return tl_float(n);
}

static tl_value take_string(conv *c, int idx, const frame *f) {
  size_t len;
  const char *s = lua_tolstring(c->L, idx, &len);
  check_text(c, s, len, f, c->take->piece ? bad_piece : bad_text);
  return tl_string(s, len);
}

static int depth_max(const conv *c) {
  return !c->take->place || c->take->place->is_text ? TEXT_DEPTH_MAX : TL_DEPTH_MAX;
}

/* ---- proxies ---- */

static tl_value take_proxy(conv *c, tl_proxy *p, const frame *f) {
  tl__take *t = c->take;
  int depth = f ? f->depth : 0;
  bool node = t->draft && tl__proxy_draft(p) == t->draft;
  if (!p->clean && t->place) {
    if (t->place->is_text || place_is_public(c)) {
      lua_State *L = c->L;
      luaL_checkstack(L, CONV_STACK, NULL);
      tl_value *box = tl__push_box(L); /* check_tree may raise */
      *box = tl__proxy_value(p);
      check_tree(c, *box, f);
      lua_pop(L, 1);
    } else {
      t->dirty = true;
    }
  }
  if (node) return tl_draft_value(p->handle.node);
  tl_value v = tl__proxy_value(p);
  if (depth + tl_depth(v) > depth_max(c)) {
    tl_release(v);
    refuse(c, f, "values nest at most 64 deep; flatten it, or refer to parts by their id");
  }
  return v;
}

static tl_value take_userdata(conv *c, int idx, const frame *f) {
  if (tl__is_null(c->L, idx)) return tl_nil();
  tl_proxy *p = tl__proxy_test(c->L, idx);
  if (p) {
    tl__proxy_read_whole(c->L, p);
    return take_proxy(c, p, f);
  }
  if (tl_state_class(c->L, idx) || tl_class_at(c->L, idx))
    refuse(c, f, "a state cannot be kept in a state; assign the value of a var instead");
  refuse(c, f, "a userdata cannot be kept in state; keep plain data that it can be made from");
  return tl_nil();
}

/* ---- tables ---- */

static void check_nesting(conv *c, const void *table, const frame *f) {
  for (const frame *up = f; up; up = up->up)
    if (up->table == table) refuse(c, f, "the table contains itself; refer to parts by their id");
  if (f && f->depth >= depth_max(c))
    refuse(c, f, "values nest at most 64 deep; flatten it, or refer to parts by their id");
}

/* An object whose fields are not what reading it gives would lose its meaning silently. */
static void check_meta(conv *c, int idx, const frame *f) {
  static const char *const changing[] = {"__index", "__newindex", "__pairs", "__len", "__call"};
  lua_State *L = c->L;
  if (!lua_getmetatable(L, idx)) return;
  lua_pushliteral(L, "__tidelock");
  lua_rawget(L, -2);
  const char *mark = lua_tostring(L, -1);
  if (mark && !strcmp(mark, "var"))
    refuse(c, f,
           "a Var, which pages are built from, cannot be kept; a class has Vars, values are read from self: self.name");
  lua_pop(L, 1);
  for (size_t i = 0; i < sizeof changing / sizeof *changing; i++) {
    lua_pushstring(L, changing[i]);
    if (lua_rawget(L, -2) != LUA_TNIL)
      refuse(c, f,
             "an object (its metatable has __index or the like) cannot be kept; copy its fields into a plain table");
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
}

static void refuse_key(conv *c, int key, lua_Integer n, tl_kind kind, const frame *f) {
  lua_State *L = c->L;
  lua_Integer i = lua_isinteger(L, key) ? lua_tointeger(L, key) : 0;
  bool is_int = lua_isinteger(L, key), is_string = lua_type(L, key) == LUA_TSTRING;
  if (is_int && kind == TL_MAP)
    lua_pushfstring(L, "a map has the integer key %I; write tostring(id) as key", (LUAI_UACINT)i);
  else if (is_string && kind == TL_LIST)
    lua_pushfstring(
        L, "the table has the key \"%s\" beside positions; a value is a list (keys 1..n) or a map (string keys)",
        lua_tostring(L, key));
  else if (is_int)
    lua_pushfstring(
        L,
        "the list has a hole or a stray position (%I, while its length is %I); fill it with tl.null, or use "
        "string keys: tostring(id)",
        (LUAI_UACINT)i, (LUAI_UACINT)n);
  else
    lua_pushfstring(L, "a %s as key cannot be kept; keys are 1..n or strings", luaL_typename(L, key));
  refuse(c, f, lua_tostring(L, -1));
}

/* Raises unless the table's keys are exactly 1..n. */
static void check_list_keys(conv *c, int idx, lua_Integer n, const frame *f) {
  lua_State *L = c->L;
  lua_Integer seen = 0;
  int key = lua_gettop(L) + 1;
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1), seen++) {
    if (!lua_isinteger(L, key)) refuse_key(c, key, n, TL_LIST, f);
    lua_Integer i = lua_tointeger(L, key);
    if (i < 1 || i > n) refuse_key(c, key, n, TL_NIL, f);
  }
  if (seen != n) { /* rawlen is a border, not a count: a hole below it */
    for (lua_Integer i = 1; i <= n; i++)
      if (lua_rawgeti(L, idx, i) == LUA_TNIL) {
        lua_pushinteger(L, i);
        refuse_key(c, lua_gettop(L), n, TL_NIL, f);
      } else {
        lua_pop(L, 1);
      }
  }
}

static tl_value take_list(conv *c, int idx, const frame *f) {
  lua_State *L = c->L;
  lua_Integer n = (lua_Integer)lua_rawlen(L, idx);
  size_t base = c->parts->n;
  check_list_keys(c, idx, n, f);
  frame in = {.up = f, .table = lua_topointer(L, idx), .depth = (f ? f->depth : 0) + 1};
  for (in.pos = 1; in.pos <= n; in.pos++) {
    lua_rawgeti(L, idx, in.pos);
    parts_push(c->parts, take_any(c, lua_gettop(L), &in));
    lua_pop(L, 1);
  }
  c->parts->n = base;
  return tl_list(c->parts->v + base, (size_t)n);
}

static tl_value take_map(conv *c, int idx, const frame *f) {
  lua_State *L = c->L;
  size_t base = c->parts->n, len;
  int key = lua_gettop(L) + 1;
  frame in = {.up = f, .table = lua_topointer(L, idx), .depth = (f ? f->depth : 0) + 1, .key = key};
  for (lua_pushnil(L); lua_next(L, idx); lua_pop(L, 1)) {
    if (lua_type(L, key) != LUA_TSTRING) refuse_key(c, key, 0, TL_MAP, f);
    const char *s = lua_tolstring(L, key, &len);
    check_text(c, s, len, &in, bad_key);
    parts_push(c->parts, tl_string(s, len));
    parts_push(c->parts, take_any(c, key + 1, &in));
  }
  size_t n = (c->parts->n - base) / 2;
  c->parts->n = base;
  return tl_map((tl_entry *)(void *)(c->parts->v + base), n); /* key and value alternate, as in a tl_entry */
}

static tl_value take_empty(conv *c, tl_kind marker, const frame *f) {
  tl_kind kind = !f && marker == TL_NIL ? c->take->empty : marker;
  if (kind == TL_MAP) return tl_map(NULL, 0);
  return kind == TL_LIST ? tl_list_empty_fixed() : tl_list(NULL, 0);
}

static tl_value take_table(conv *c, int idx, const frame *f) {
  lua_State *L = c->L;
  check_nesting(c, lua_topointer(L, idx), f);
  luaL_checkstack(L, CONV_STACK, "nested values");
  tl_kind marker = tl__marker(L, idx);
  if (marker == TL_NIL) check_meta(c, idx, f);
  lua_pushnil(L);
  if (!lua_next(L, idx)) return take_empty(c, marker, f);
  bool map = marker == TL_NIL ? lua_type(L, -2) == LUA_TSTRING : marker == TL_MAP;
  bool fits = lua_type(L, -2) == LUA_TSTRING || lua_isinteger(L, -2);
  if (!fits) refuse_key(c, lua_gettop(L) - 1, 0, TL_NIL, f);
  lua_pop(L, 2);
  return map ? take_map(c, idx, f) : take_list(c, idx, f);
}

static tl_value take_outer_table(conv *c, int idx, const frame *f) {
  if (c->parts) return take_table(c, idx, f);
  lua_State *L = c->L;
  luaL_checkstack(L, CONV_STACK, NULL);
  static char key;
  parts *p = tl__owned_push(L, TL__OWNED_PARTS, &key);
  c->parts = p;
  tl_value v = take_table(c, idx, f);
  c->parts = NULL;
  parts_drop(p);
  lua_pop(L, 1);
  return v;
}

static tl_value take_any(conv *c, int idx, const frame *f) {
  switch (lua_type(c->L, idx)) {
  case LUA_TNONE:
  case LUA_TNIL: return tl_nil();
  case LUA_TBOOLEAN: return tl_bool(lua_toboolean(c->L, idx));
  case LUA_TNUMBER: return take_number(c, idx, f);
  case LUA_TSTRING: return take_string(c, idx, f);
  case LUA_TTABLE: return take_outer_table(c, idx, f);
  case LUA_TUSERDATA:
  case LUA_TLIGHTUSERDATA: return take_userdata(c, idx, f);
  case LUA_TFUNCTION: refuse(c, f, "a function cannot be kept in state; keep a name or its result instead"); break;
  default: refuse(c, f, "a thread cannot be kept in state; keep what it works on instead"); break;
  }
  return tl_nil();
}

tl_value tl__from_lua(lua_State *L, int idx, tl__take *take) {
  conv c = {.L = L, .take = take};
  take->dirty = false;
  return take_any(&c, lua_absindex(L, idx), NULL);
}

tl_value tl_from_lua(lua_State *L, int idx, const tl_place *place, bool keep_nodes) {
  tl__take take = {.place = place};
  if (keep_nodes && place && place->node) take.draft = tl_dnode_draft(place->node);
  return tl__from_lua(L, idx, &take);
}
