/* router.c: self.router: where the tab's page is and who asks; it cannot be written. What it tells is built when it is
 * read for the first time at a place of the page, and kept with the tab (tl_router); the object that tells it, with
 * each `self`. One that is kept over a move goes on telling of the place before. */
#include <string.h>

#include "base/mem.h"
#include "base/percent.h"
#include "runtime/host.h"

/* ---- what is there to be told ---- */

static void push_decoded(lua_State *L, const char *s, size_t n, unsigned rules) {
  luaL_Buffer b;
  luaL_buffinitsize(L, &b, n);
  luaL_pushresultsize(&b, tl_percent_decode(s, n, rules, luaL_buffaddr(&b)));
}

int tl_native_percent_decode(lua_State *L) {
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  push_decoded(L, text, n, 0);
  return 1;
}

/* Of a key that comes several times the last counts. */
static void push_query(lua_State *L, const char *query) {
  lua_newtable(L);
  while (query && *query) {
    size_t n = strcspn(query, "&"), k = strcspn(query, "=&");
    if (n) {
      push_decoded(L, query, k, TL_PERCENT_FORM);
      if (k < n)
        push_decoded(L, query + k + 1, n - k - 1, TL_PERCENT_FORM);
      else
        lua_pushliteral(L, "");
      lua_rawset(L, -3);
    }
    query += n + (query[n] == '&');
  }
}

/* One that came several times is one value, joined as HTTP has it. */
static void push_headers(lua_State *L, const char *lines) {
  lua_newtable(L);
  while (lines && *lines) {
    size_t n = strcspn(lines, "\n"), k = strcspn(lines, ":");
    lua_pushlstring(L, lines, k);
    lua_pushvalue(L, -1);
    bool again = lua_rawget(L, -3) != LUA_TNIL;
    lua_pushstring(L, again ? ", " : "");
    lua_pushlstring(L, lines + k + 2, n - k - 2);
    if (again) {
      lua_concat(L, 3);
    } else {
      lua_replace(L, -3);
      lua_pop(L, 1);
    }
    lua_rawset(L, -3);
    lines += n + 1;
  }
}

static void push_params(lua_State *L, const char *path, size_t n) {
  tl_push_serve(L, "params");
  lua_pushlstring(L, path, n);
  lua_call(L, 1, 1);
}

static void set(lua_State *L, const char *key, const char *value) {
  lua_pushstring(L, value ? value : "");
  lua_setfield(L, -2, key);
}

static void push_fields(lua_State *L, const tl_tab *t, const char *at) {
  size_t n = strcspn(at, "?");
  lua_newtable(L);
  lua_pushlstring(L, at, n);
  lua_setfield(L, -2, "path");
  push_params(L, at, n);
  lua_setfield(L, -2, "params");
  push_query(L, at[n] ? at + n + 1 : NULL);
  lua_setfield(L, -2, "query");
  push_headers(L, t->headers);
  lua_setfield(L, -2, "headers");
  set(L, "client_ip", t->ip);
  set(L, "token", t->cell->token);
  set(L, "session_id", t->session_id);
}

/* ---- built once for each place of a page and connection ---- */

void tl_router_forget(tl_tab *t) {
  tl_release(t->router.told);
  tl_free(t->router.at);
  t->router = (tl_router){0};
}

static bool told_of(const tl_router *r, const char *at, size_t n) {
  return tl_kind_of(r->told) == TL_MAP && strlen(r->at) == n && !memcmp(r->at, at, n);
}

/* Borrowed until the next call. What raises leaves nothing that is taken for the router. */
static const tl_value *tell(lua_State *L, tl_tab *t) {
  const tl_value *from = tl_lua_route(t->host->lua, t->cell); /* where the handler's event came from */
  const char *now = t->pages.now.path ? t->pages.now.path : "/";
  size_t n = strlen(now);
  const char *at = from ? tl_string_bytes(from, &n) : now;
  if (told_of(&t->router, at, n)) return &t->router.told;
  tl_router_forget(t);
  t->router.at = tl_strndup(at, n);
  push_fields(L, t, t->router.at);
  t->router.told = tl_router_value(L, -1);
  lua_pop(L, 1);
  return &t->router.told;
}

/* ---- read-only: a userdata; user values: 1 the proxy of what it tells, 2 the fields that were read ---- */

static const char router_name[] = "tidelock.router";
static const char *const fields[] = {"path", "params", "query", "headers", "client_ip", "token", "session_id"};
enum { FIELDS = sizeof fields / sizeof *fields };
static char routers; /* registry: the last one of each `self`, which it does not keep alive */

/* Field `name` of the router at index 1, the table of its fields at `known`: +1. */
static void push_field(lua_State *L, int known, const char *name) {
  if (lua_getfield(L, known, name) != LUA_TNIL) return;
  lua_pop(L, 1);
  if (lua_getiuservalue(L, 1, 1) == LUA_TNIL) return; /* the tab has ended */
  lua_getfield(L, -1, name);
  lua_remove(L, -2);
  lua_pushvalue(L, -1);
  lua_setfield(L, known, name);
}

static int router_index(lua_State *L) {
  const char *key = luaL_tolstring(L, 2, NULL);
  lua_getiuservalue(L, 1, 2);
  for (size_t i = 0; i < FIELDS; i++)
    if (!strcmp(fields[i], key)) return push_field(L, 4, key), 1;
  return tl_raise(L, "TypeError",
                  "self.router has no \"%s\"; there are path, params, query, headers, client_ip, token, session_id",
                  key);
}

static int router_newindex(lua_State *L) {
  return tl_raise(L, "ImmutableStateError",
                  "self.router.%s: the router only tells where the page is; to move it return tl.redirect(path)",
                  luaL_tolstring(L, 2, NULL));
}

static int router_pairs(lua_State *L) {
  lua_settop(L, 1);
  lua_getglobal(L, "next");
  lua_newtable(L); /* one of its own: who gets it may do what he likes with it */
  lua_getiuservalue(L, 1, 2);
  for (size_t i = 0; i < FIELDS; i++) {
    push_field(L, 4, fields[i]);
    lua_setfield(L, 3, fields[i]);
  }
  lua_settop(L, 3);
  return 2;
}

/* Of what is told, nil when the tab has ended, for the `self` at index 1. */
static void push_new(lua_State *L, tl_value told) {
  static const luaL_Reg meta[] = {
      {"__index", router_index}, {"__newindex", router_newindex}, {"__pairs", router_pairs}, {NULL, NULL}};
  tl_value *of = lua_newuserdatauv(L, sizeof *of, 2);
  *of = told; /* only to be compared: the proxy keeps it */
  if (tl_is_container(told)) {
    tl_push_router_value(L, 1, &told);
    lua_setiuservalue(L, -2, 1);
  }
  lua_newtable(L);
  lua_setiuservalue(L, -2, 2);
  if (luaL_newmetatable(L, router_name)) {
    luaL_setfuncs(L, meta, 0);
    lua_pushstring(L, router_name);
    lua_setfield(L, -2, "__metatable");
  }
  lua_setmetatable(L, -2);
}

static void push_known(lua_State *L) { /* +1: the table of the routers that were read */
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &routers) == LUA_TTABLE) return;
  lua_pop(L, 1);
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &routers);
}

void tl_router_push(void *ctx, lua_State *L, tl_cell *c) {
  (void)ctx;
  luaL_checkstack(L, 12, NULL);
  tl_tab *t = c->owner;
  tl_value told = t ? *tell(L, t) : tl_nil();
  push_known(L);
  lua_pushvalue(L, 1);
  if (lua_rawget(L, -2) != LUA_TUSERDATA || !tl_identical(*(tl_value *)lua_touserdata(L, -1), told)) {
    lua_pop(L, 1);
    push_new(L, told);
    lua_pushvalue(L, 1);
    lua_pushvalue(L, -2);
    lua_rawset(L, -4);
  }
  lua_remove(L, -2);
}
