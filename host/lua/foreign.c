/* foreign.c: see foreign.h. Taking raises nothing, so that what was taken so far can be released. */
#include "lua/foreign.h"

#include <lauxlib.h>
#include <math.h>

#include "base/mem.h"

void tl_foreign_push(lua_State *L, tl_value v) {
  size_t len;
  const char *text;
  switch (v.kind) {
  case TL_NIL: lua_pushlightuserdata(L, NULL); return;
  case TL_BOOL: lua_pushboolean(L, v.b); return;
  case TL_INT: lua_pushinteger(L, v.i); return;
  case TL_FLOAT: lua_pushnumber(L, v.f); return;
  case TL_STRING:
    text = tl_string_bytes(&v, &len);
    lua_pushlstring(L, text, len);
    return;
  default: break;
  }
  luaL_checkstack(L, 4, NULL);
  lua_newtable(L);
  tl_iter it;
  const tl_value *key;
  tl_value element;
  tl_iter_start(&it, v, 0);
  for (lua_Integer i = 1; tl_iter_next(&it, &key, &element); i++) {
    if (key)
      tl_foreign_push(L, *key);
    else
      lua_pushinteger(L, i);
    tl_foreign_push(L, element);
    lua_rawset(L, -3);
  }
}

/* ---- taking ---- */

typedef struct taker {
  lua_State *L;
  tl_buf *why; /* the path, written from its end: each level puts its step in front */
} taker;

static bool take(taker *t, int idx, int depth, tl_value *out);

static bool refuse(taker *t, const char *what) {
  tl_buf_puts(t->why, what);
  return false;
}

static void step_in_front(taker *t, const char *step) {
  tl_buf whole = {0};
  tl_buf_puts(&whole, step);
  tl_buf_put(&whole, t->why->data, t->why->len);
  tl_buf_free(t->why);
  *t->why = whole;
}

static void release_all(tl_value *items, size_t n) {
  for (size_t i = 0; i < n; i++) tl_release(items[i]);
  tl_free(items);
}

static bool take_list(taker *t, int idx, size_t n, int depth, tl_value *out) {
  tl_value *items = tl_alloc(n * sizeof *items);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(t->L, idx, (lua_Integer)i + 1);
    bool ok = take(t, lua_gettop(t->L), depth + 1, &items[i]);
    lua_settop(t->L, -2);
    if (ok) continue;
    char step[32];
    snprintf(step, sizeof step, "[%zu]", i + 1);
    step_in_front(t, step);
    release_all(items, i);
    return false;
  }
  *out = tl_list(items, n);
  tl_free(items);
  return true;
}

static void release_entries(tl_entry *e, size_t n) {
  for (size_t i = 0; i < n; i++) {
    tl_release(e[i].key);
    tl_release(e[i].value);
  }
  tl_free(e);
}

static bool take_map(taker *t, int idx, size_t n, int depth, tl_value *out) {
  tl_entry *e = tl_alloc(n * sizeof *e);
  size_t done = 0;
  lua_pushnil(t->L);
  while (done < n && lua_next(t->L, idx)) {
    size_t len;
    const char *key = lua_tolstring(t->L, -2, &len);
    if (!take(t, lua_gettop(t->L), depth + 1, &e[done].value)) {
      step_in_front(t, key);
      step_in_front(t, ".");
      lua_settop(t->L, -3);
      release_entries(e, done);
      return false;
    }
    e[done++].key = tl_string(key, len);
    lua_settop(t->L, -2);
  }
  *out = tl_map(e, done);
  tl_free(e);
  return true;
}

typedef struct keys {
  size_t all, strings, positions; /* positions: from 1 to n */
} keys;

static keys count_keys(lua_State *L, int idx, size_t n) {
  keys k = {0};
  lua_pushnil(L);
  while (lua_next(L, idx)) {
    k.all++;
    k.strings += lua_type(L, -2) == LUA_TSTRING;
    lua_Integer i = lua_isinteger(L, -2) ? lua_tointeger(L, -2) : 0;
    k.positions += i >= 1 && (size_t)i <= n;
    lua_settop(L, -2);
  }
  return k;
}

static bool take_table(taker *t, int idx, int depth, tl_value *out) {
  size_t n = lua_rawlen(t->L, idx);
  if (depth >= TL_DEPTH_MAX) return refuse(t, ": values nest at most 64 deep");
  keys k = count_keys(t->L, idx, n);
  if (k.all == k.strings && k.all > 0) return take_map(t, idx, k.all, depth, out);
  if (k.all == n && k.positions == n) return take_list(t, idx, n, depth, out);
  return refuse(t, ": a table has the keys 1 to n, or strings");
}

static bool take_number(taker *t, int idx, tl_value *out) {
  if (lua_isinteger(t->L, idx)) {
    *out = tl_int(lua_tointeger(t->L, idx));
    return true;
  }
  double f = lua_tonumber(t->L, idx);
  if (!isfinite(f)) return refuse(t, ": not a finite number");
  *out = tl_float(f);
  return true;
}

static bool take(taker *t, int idx, int depth, tl_value *out) {
  size_t len;
  const char *text;
  *out = tl_nil();
  if (!lua_checkstack(t->L, 8)) return refuse(t, ": no room on the stack");
  switch (lua_type(t->L, idx)) {
  case LUA_TNIL: return true;
  case LUA_TBOOLEAN: *out = tl_bool(lua_toboolean(t->L, idx)); return true;
  case LUA_TNUMBER: return take_number(t, idx, out);
  case LUA_TSTRING:
    text = lua_tolstring(t->L, idx, &len);
    *out = tl_string(text, len);
    return true;
  case LUA_TTABLE: return take_table(t, idx, depth, out);
  case LUA_TLIGHTUSERDATA:
    if (!lua_touserdata(t->L, idx)) return true; /* tl.null */
    break;
  default: break;
  }
  tl_buf_printf(t->why, ": a %s is no plain value", lua_typename(t->L, lua_type(t->L, idx)));
  return false;
}

bool tl_foreign_take(lua_State *L, int idx, tl_value *out, tl_buf *why) {
  taker t = {L, why};
  return take(&t, lua_absindex(L, idx), 0, out);
}
