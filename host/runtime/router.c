/* router.c: self.router: where the tab's page is and who asks. Built when it is read; it cannot be written. */
#include <string.h>

#include "base/hex.h"
#include "base/mem.h"
#include "runtime/host.h"

/* Decodes %XX and '+' of a query part into Lua's buffer. */
static void push_decoded(lua_State *L, const char *s, size_t n) {
  luaL_Buffer b;
  luaL_buffinit(L, &b);
  for (size_t i = 0; i < n; i++) {
    int hi, lo;
    if (s[i] == '%' && i + 2 < n && (hi = tl_hex_digit(s[i + 1])) >= 0 && (lo = tl_hex_digit(s[i + 2])) >= 0) {
      luaL_addchar(&b, (char)(hi * 16 + lo));
      i += 2;
    } else {
      luaL_addchar(&b, s[i] == '+' ? ' ' : s[i]);
    }
  }
  luaL_pushresult(&b);
}

/* Of a key that comes several times the last counts. */
static void push_query(lua_State *L, const char *query) {
  lua_newtable(L);
  while (query && *query) {
    size_t n = strcspn(query, "&"), k = strcspn(query, "=&");
    if (n) {
      push_decoded(L, query, k);
      if (k < n)
        push_decoded(L, query + k + 1, n - k - 1);
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

/* Into the table on top: params, query and headers. */
static void push_maps(lua_State *L, const char *path, size_t n, const char *query, const char *headers) {
  static const char *const names[] = {"params", "query", "headers"};
  lua_newtable(L);
  push_params(L, path, n);
  lua_setfield(L, -2, "params");
  push_query(L, query);
  lua_setfield(L, -2, "query");
  push_headers(L, headers);
  lua_setfield(L, -2, "headers");
  tl_push_router_maps(L, 1, -1);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    lua_getfield(L, -1, names[i]);
    lua_setfield(L, -4, names[i]);
  }
  lua_pop(L, 2);
}

static void set(lua_State *L, const char *key, const char *value) {
  lua_pushstring(L, value ? value : "");
  lua_setfield(L, -2, key);
}

/* ---- read-only: a userdata, whose value is the table of what is there ---- */

static const char router_name[] = "tidelock.router";
static const char *const fields[] = {"path", "params", "query", "headers", "client_ip", "token", "session_id"};

static int router_index(lua_State *L) {
  lua_getiuservalue(L, 1, 1);
  lua_pushvalue(L, 2);
  if (lua_rawget(L, -2) != LUA_TNIL) return 1;
  const char *key = luaL_tolstring(L, 2, NULL);
  for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
    if (!strcmp(fields[i], key)) return lua_pushnil(L), 1; /* the tab has ended */
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
  lua_getglobal(L, "next");
  lua_getiuservalue(L, 1, 1);
  return 2;
}

/* Takes over the table on top. */
static void wrap(lua_State *L) {
  static const luaL_Reg meta[] = {
      {"__index", router_index}, {"__newindex", router_newindex}, {"__pairs", router_pairs}, {NULL, NULL}};
  lua_newuserdatauv(L, 0, 1);
  lua_insert(L, -2);
  lua_setiuservalue(L, -2, 1);
  if (luaL_newmetatable(L, router_name)) luaL_setfuncs(L, meta, 0);
  lua_setmetatable(L, -2);
}

static void push_fields(lua_State *L, tl_cell *c) {
  tl_tab *t = c->owner;
  lua_newtable(L);
  if (!t) return;
  const tl_value *from = tl_lua_route(t->host->lua, c); /* where the handler's event came from */
  size_t all;
  const char *at = t->pages.now.path ? t->pages.now.path : "/";
  const char *path = from ? tl_string_bytes(from, &all) : at, *query = strchr(path, '?');
  size_t n = query ? (size_t)(query - path) : strlen(path);
  lua_pushlstring(L, path, n);
  lua_setfield(L, -2, "path");
  push_maps(L, path, n, query ? query + 1 : NULL, t->headers);
  set(L, "client_ip", t->ip);
  set(L, "token", c->token);
  set(L, "session_id", t->session_id);
}

void tl_router_push(void *ctx, lua_State *L, tl_cell *c) {
  (void)ctx;
  push_fields(L, c);
  wrap(L);
}
