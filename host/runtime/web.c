/* web.c: HTTP and WebSocket upgrades (protocol.md sections 1 and 6): pages, their trees, the client, assets; which
 * origins may connect. */
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/percent.h"
#include "base/rng.h"
#include "runtime/client.h"
#include "runtime/host.h"

/* ---- origins ---- */

static bool is_loopback(const char *bind) {
  return !strncmp(bind, "127.", 4) || !strcmp(bind, "::1") || !strcmp(bind, "localhost");
}

bool tl_origin_allowed(const tl_host *h, const char *origin) {
  for (size_t i = 0; i < h->origins_n; i++)
    if (!strcmp(h->origins[i], origin)) return true;
  if (!is_loopback(h->bind)) return false;
  static const char *const names[] = {"localhost", "127.0.0.1", "[::1]"};
  char allowed[64];
  int port = tl_server_port(h->server);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    int n = snprintf(allowed, sizeof allowed, "http://%s", names[i]);
    if (port != 80)
      snprintf(allowed + n, sizeof allowed - (size_t)n, ":%d", port); /* an origin leaves http's own port out */
    if (!strcmp(allowed, origin)) return true;
  }
  return false;
}

static int upgrade(void *ctx, tl_http_req *r) {
  tl_host *h = ctx;
  if (strcmp(tl_http_path(r), "/_tidelock/ws")) return 404;
  if (h->stopping) return 503;
  const char *origin = tl_http_header(r, "origin");
  if (!origin || tl_origin_allowed(h, origin)) return 0;
  tl_log(TL_LOG_WARN, "refused a connection from the origin %.100s; --origin %.100s would allow it", origin, origin);
  return 403;
}

/* ---- sockets as peers ---- */

static void conn_send(void *io, const char *text, size_t n) { tl_conn_send(io, text, n); }
static size_t conn_queued(void *io) { return tl_conn_queued(io); }
static void conn_ping(void *io) { tl_conn_ping(io); }

static void conn_close(void *io, int code, const char *reason) {
  tl_conn_set_user(io, NULL);
  tl_conn_close(io, code, reason);
}

static const tl_peer_ops conn_ops = {conn_send, conn_queued, conn_ping, conn_close};

static const char session_name[] = "tidelock_session=";

/* The session's cookie: "a=1; tidelock_session=xyz". What the host would never have set is passed over. Copy, or NULL.
 */
static char *session_of(const tl_http_req *r) {
  const char *cookie = tl_http_header(r, "cookie");
  for (; cookie && *cookie; cookie += strcspn(cookie, ";"), cookie += strspn(cookie, "; ")) {
    if (strncmp(cookie, session_name, sizeof session_name - 1) != 0) continue;
    const char *value = cookie + sizeof session_name - 1;
    size_t n = strcspn(value, ";");
    if (n == 26 && strspn(value, "abcdefghijklmnopqrstuvwxyz234567") == n) return tl_strndup(value, n);
  }
  return NULL;
}

/* A new session for a browser that has none: a header line, or "". */
static void session_line(const tl_host *h, const tl_http_req *r, char *out, size_t size) {
  char token[27], *known = session_of(r);
  const char *secure = tl_trust_secure(h, r) ? "; Secure" : "";
  tl_random_token(token);
  out[0] = 0;
  if (!known)
    snprintf(out, size, "Set-Cookie: %s%s; Path=/; HttpOnly; SameSite=Lax%s\r\n", session_name, token, secure);
  tl_free(known);
}

static char *header_lines(const tl_http_req *r) {
  tl_buf b = {0};
  for (size_t i = 0; i < tl_http_header_count(r); i++) {
    const char *name, *value;
    tl_http_header_at(r, i, &name, &value);
    if (!strcmp(name, "cookie") || !strncmp(name, "sec-websocket-", 14)) continue;
    tl_buf_printf(&b, "%s: %s\n", name, value);
  }
  char *copy = tl_strndup(b.len ? b.data : "", b.len);
  tl_buf_free(&b);
  return copy;
}

static void ws_open(void *ctx, tl_conn *c, tl_http_req *r) {
  tl_peer *p = tl_peer_new(ctx, &conn_ops, c);
  p->headers = header_lines(r);
  p->session_id = session_of(r);
  tl_trust_ip(ctx, r, p->ip);
  tl_conn_set_user(c, p);
}

static void ws_text(void *ctx, tl_conn *c, const char *text, size_t n) {
  (void)ctx;
  if (tl_conn_user(c)) tl_peer_message(tl_conn_user(c), text, n);
}

static void ws_binary(void *ctx, tl_conn *c) {
  (void)ctx;
  if (tl_conn_user(c)) tl_peer_binary(tl_conn_user(c));
}

static void ws_pong(void *ctx, tl_conn *c) {
  (void)ctx;
  if (tl_conn_user(c)) tl_peer_pong(tl_conn_user(c));
}

static void ws_drained(void *ctx, tl_conn *c) {
  (void)ctx;
  if (tl_conn_user(c)) tl_peer_drained(tl_conn_user(c));
}

static void ws_closed(void *ctx, tl_conn *c) {
  (void)ctx;
  if (tl_conn_user(c)) tl_peer_gone(tl_conn_user(c));
}

/* ---- requests ---- */

static const char page_headers[] =
    "Content-Type: text/html; charset=utf-8\r\n"
    "Cache-Control: no-store\r\n"
    "Content-Security-Policy: default-src 'self'; base-uri 'self'; form-action 'self'; frame-ancestors "
    "'self'; object-src 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "Referrer-Policy: same-origin\r\n";

typedef struct asked { /* what a page or its tree is made of; all that Lua needs is made under protection */
  const char *path;
  size_t n;
} asked;

static int parts_of_pages(lua_State *L) { /* -> default state as JSON, dev mode, addresses: style, bare style, client */
  const tl_host *h = tl_host_of(L);
  lua_pushlstring(L, h->default_state.data, h->default_state.len);
  lua_pushboolean(L, h->config.dev);
  lua_pushstring(L, h->config.style ? tl_client_css.path : tl_client_bare_css.path);
  lua_pushstring(L, tl_client_bare_css.path);
  lua_pushstring(L, tl_client_js.path);
  return 5;
}

static int text_gc(lua_State *L) {
  tl_buf_free(lua_touserdata(L, 1));
  return 0;
}

/* Pages are kept as long as the app is. As strings they would be live to Lua's collector, which lets as much garbage
 * gather as half of what is live: that of the handlers would lie in no cache. */
static int kept_text(lua_State *L) { /* text -> userdata */
  size_t n;
  const char *text = luaL_checklstring(L, 1, &n);
  tl_buf *kept = lua_newuserdatauv(L, sizeof *kept, 0);
  *kept = (tl_buf){0};
  if (luaL_newmetatable(L, "tidelock.page_text")) {
    lua_pushcfunction(L, text_gc);
    lua_setfield(L, -2, "__gc");
  }
  lua_setmetatable(L, -2);
  tl_buf_put(kept, text, n);
  return 1;
}

static int make_page(lua_State *L) { /* asked (light) -> status, kept HTML */
  const asked *a = lua_touserdata(L, 1);
  tl_push_serve(L, "html");
  lua_pushlstring(L, a->path, a->n);
  lua_pushcfunction(L, parts_of_pages);
  lua_pushcfunction(L, kept_text);
  lua_call(L, 3, 2);
  return 2;
}

static int make_tree(lua_State *L) { /* asked (light) -> status, JSON */
  const asked *a = lua_touserdata(L, 1);
  tl_push_serve(L, "tree");
  lua_pushlstring(L, a->path, a->n);
  lua_call(L, 1, 2);
  return 2;
}

/* Pushes status and text. False: it failed, and the answer says so. */
static bool make(lua_State *L, lua_CFunction fn, asked *a, tl_http_req *r) {
  static const char text[] = "The page could not be made; the host's log says why.\n";
  lua_pushcfunction(L, tl_error_text);
  lua_pushcfunction(L, fn);
  lua_pushlightuserdata(L, a);
  if (lua_pcall(L, 1, 2, -3) == LUA_OK) return true;
  const char *why = lua_tostring(L, -1);
  tl_log(TL_LOG_ERROR, "%s could not be served: %s", tl_http_path(r), why ? why : "no text");
  tl_http_respond(r, 500, "Content-Type: text/plain; charset=utf-8\r\n", text, sizeof text - 1);
  return false;
}

static void serve_page(tl_host *h, tl_http_req *r) {
  lua_State *L = tl_lua_state(h->lua);
  int top = lua_gettop(L);
  asked a = {tl_http_raw_path(r), strlen(tl_http_raw_path(r))}; /* routes decode segment by segment */
  if (make(L, make_page, &a, r)) {
    char session[120], headers[sizeof page_headers + sizeof session];
    session_line(h, r, session, sizeof session);
    snprintf(headers, sizeof headers, "%s%s", page_headers, session);
    const tl_buf *html = lua_touserdata(L, -1);
    tl_http_respond(r, (int)lua_tointeger(L, -2), headers, html->data, html->len);
  }
  lua_settop(L, top);
}

/* The decoded value of path= in the query. The client escapes all that has to be; a "+" is itself, as in a path. */
static void wanted_path(const char *query, tl_buf *out) {
  const char *at = strncmp(query, "path=", 5) ? strstr(query, "&path=") : query - 1;
  if (!at) return;
  size_t n = strcspn(at + 6, "&");
  tl_buf_grow(out, n);
  out->len = tl_percent_decode(at + 6, n, 0, out->data);
}

static void serve_tree(tl_host *h, tl_http_req *r) {
  lua_State *L = tl_lua_state(h->lua);
  tl_buf path = {0};
  int top = lua_gettop(L);
  wanted_path(tl_http_query(r), &path);
  asked a = {path.len ? path.data : "/", path.len ? path.len : 1};
  if (make(L, make_tree, &a, r)) {
    size_t n;
    const char *json = lua_tolstring(L, -1, &n);
    tl_http_respond(r, (int)lua_tointeger(L, -2), "Content-Type: application/json\r\nCache-Control: no-store\r\n", json,
                    n);
  }
  tl_buf_free(&path);
  lua_settop(L, top);
}

static bool serve_client(tl_http_req *r, const tl_client_file *f, const char *type) {
  if (strcmp(tl_http_path(r), f->path)) return false;
  char headers[192];
  bool packed = tl_http_takes_gzip(r);
  snprintf(headers, sizeof headers,
           "Content-Type: %s\r\nCache-Control: public, max-age=31536000, immutable\r\nVary: Accept-Encoding\r\n%s",
           type, packed ? "Content-Encoding: gzip\r\n" : "");
  tl_http_respond(r, 200, headers, packed ? f->packed : f->text, packed ? f->packed_size : f->size);
  return true;
}

static void request(void *ctx, tl_http_req *r) {
  tl_host *h = ctx;
  const char *method = tl_http_method(r), *path = tl_http_path(r);
  if (strcmp(method, "GET") && strcmp(method, "HEAD")) {
    tl_http_respond(r, 405, "Allow: GET, HEAD\r\n", NULL, 0);
    return;
  }
  if (serve_client(r, &tl_client_js, "text/javascript; charset=utf-8")) return;
  if (serve_client(r, &tl_client_css, "text/css; charset=utf-8")) return;
  if (serve_client(r, &tl_client_bare_css, "text/css; charset=utf-8")) return;
  if (!strcmp(path, "/_tidelock/page")) {
    serve_tree(h, r);
    return;
  }
  if (h->assets && strcmp(path, "/") && tl_http_respond_file(r, h->assets, path + 1)) return;
  if (!strcmp(path,
              "/favicon.ico")) { /* browsers ask by themselves: an app without an icon is no error in their console */
    tl_http_respond(r, 204, NULL, NULL, 0);
    return;
  }
  serve_page(h, r);
}

tl_server_handlers tl_web_handlers(void) {
  return (tl_server_handlers){request, upgrade, ws_open, ws_text, ws_binary, ws_pong, ws_drained, ws_closed};
}
