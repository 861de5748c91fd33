/* router.c: self.router: where the tab's page is and who asks. Built when it is read. */
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

static void push_headers(lua_State *L, const char *lines) {
  lua_newtable(L);
  while (lines && *lines) {
    size_t n = strcspn(lines, "\n"), k = strcspn(lines, ":");
    lua_pushlstring(L, lines, k);
    lua_pushlstring(L, lines + k + 2, n - k - 2);
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

void tl_router_push(void *ctx, lua_State *L, tl_cell *c) {
  (void)ctx;
  tl_tab *t = c->owner;
  lua_newtable(L);
  if (!t) return;
  const char *path = t->path ? t->path : "/", *query = strchr(path, '?');
  size_t n = query ? (size_t)(query - path) : strlen(path);
  lua_pushlstring(L, path, n);
  lua_setfield(L, -2, "path");
  push_params(L, path, n);
  lua_setfield(L, -2, "params");
  push_query(L, query ? query + 1 : NULL);
  lua_setfield(L, -2, "query");
  push_headers(L, t->headers);
  lua_setfield(L, -2, "headers");
  set(L, "client_ip", t->ip);
  set(L, "token", c->token);
  set(L, "session_id", t->session_id);
}
