/* http_lua.c: requests for http.lua. A request is a userdata: it owns the transfer while that runs, then the answer.
 * Its task waits for a chunk or for the end; closing it (an error, a cancel) cancels the transfer. */
#include <string.h>

#include "base/mem.h"
#include "lua/task.h"
#include "runtime/host.h"

static const char request_name[] = "tidelock.http_request";
enum { CHUNKS_MAX = 256 * 1024 }; /* bytes kept for a reader that is slow; then the transfer pauses */

typedef struct request {
  tl_host *host;
  tl_fetch *fetch; /* NULL: done */
  tl_buf chunks;   /* streamed, not read yet */
  bool paused, waiting;
  tl_wake wake;
  int status;
  tl_buf headers, body;
  char *error;
  char code[16];
} request;

static void wake(request *q) {
  if (!q->waiting) return;
  q->waiting = false;
  tl_wake_task(q->host->lua, q->wake);
}

static void on_chunk(void *ctx, const char *data, size_t n) {
  request *q = ctx;
  tl_buf_put(&q->chunks, data, n);
  if (q->chunks.len > CHUNKS_MAX && !q->paused) {
    q->paused = true;
    tl_fetch_pause(q->fetch);
  }
  wake(q);
}

static void on_done(void *ctx, const tl_fetch_result *r) {
  request *q = ctx;
  q->fetch = NULL;
  q->status = r->status;
  if (r->status) {
    tl_buf_put(&q->headers, r->headers, r->headers_len);
    tl_buf_put(&q->body, r->body, r->body_len);
  } else {
    q->error = tl_strndup(r->error, strlen(r->error));
    snprintf(q->code, sizeof q->code, "%s", r->code);
  }
  wake(q);
}

static int request_close(lua_State *L) {
  request *q = luaL_checkudata(L, 1, request_name);
  if (q->fetch) tl_fetch_cancel(q->fetch);
  q->fetch = NULL;
  tl_buf_free(&q->chunks);
  tl_buf_free(&q->headers);
  tl_buf_free(&q->body);
  tl_free(q->error);
  q->error = NULL;
  return 0;
}

/* method, url, headers, body, timeout, max_size, follow, streamed -> request */
static int http_start(lua_State *L) {
  tl_host *h = tl_host_of(L);
  size_t body_len = 0, n = lua_rawlen(L, 3);
  tl_fetch_req r = {.method = luaL_checkstring(L, 1), .url = luaL_checkstring(L, 2)};
  r.body = luaL_optlstring(L, 4, NULL, &body_len);
  r.body_len = body_len;
  r.timeout_s = luaL_checknumber(L, 5);
  r.max_size = (size_t)luaL_checkinteger(L, 6);
  r.follow = (int)luaL_checkinteger(L, 7);
  r.done = on_done;
  r.chunk = lua_toboolean(L, 8) ? on_chunk : NULL;
  const char **headers = lua_newuserdatauv(L, (n + 1) * sizeof *headers, 0);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 3, (lua_Integer)i + 1);
    headers[i] = lua_tostring(L, -1); /* the list keeps it */
    lua_pop(L, 1);
  }
  r.headers = headers;
  r.n_headers = n;
  request *q = lua_newuserdatauv(L, sizeof *q, 0);
  *q = (request){.host = h};
  luaL_setmetatable(L, request_name);
  r.ctx = q;
  const char *err;
  if (!h->fetcher && !(h->fetcher = tl_fetcher_new(h->loop, &err)))
    return luaL_error(L, "tl.http needs libcurl (libcurl.so.4): %s", err);
  q->fetch = tl_fetch_start(h->fetcher, &r);
  return 1;
}

static int wait_for(lua_State *L, request *q, const char *what, lua_KFunction k) {
  q->wake = tl_wait_begin(L, TL_WAITING, what);
  q->waiting = true;
  return tl_park(L, 0, k);
}

static int chunk_k(lua_State *L, int status, lua_KContext ctx);

/* request -> the bytes that came since, or nil at the end */
static int http_chunk(lua_State *L) {
  request *q = luaL_checkudata(L, 1, request_name);
  if (q->chunks.len) {
    lua_pushlstring(L, q->chunks.data, q->chunks.len);
    tl_buf_clear(&q->chunks);
    if (q->paused && q->fetch) {
      q->paused = false;
      tl_fetch_resume(q->fetch);
    }
    return 1;
  }
  if (!q->fetch) {
    lua_pushnil(L);
    return 1;
  }
  return wait_for(L, q, "tl.http", chunk_k);
}

static int chunk_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  ((request *)lua_touserdata(L, 1))->waiting = false;
  tl_wait_end(L);
  return http_chunk(L);
}

static int finish_k(lua_State *L, int status, lua_KContext ctx);

/* request -> status, headers, body; or nil, nil, nil, message, code */
static int http_finish(lua_State *L) {
  request *q = luaL_checkudata(L, 1, request_name);
  if (q->fetch) return wait_for(L, q, "tl.http", finish_k);
  if (!q->status) {
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushnil(L);
    lua_pushstring(L, q->error);
    lua_pushstring(L, q->code);
    return 5;
  }
  lua_pushinteger(L, q->status);
  lua_pushlstring(L, q->headers.data, q->headers.len);
  lua_pushlstring(L, q->body.data, q->body.len);
  return 3;
}

static int finish_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  ((request *)lua_touserdata(L, 1))->waiting = false;
  tl_wait_end(L);
  return http_finish(L);
}

/* The app's own address; a test run listens when it is asked for first. */
static int own_address(lua_State *L) {
  tl_host *h = tl_host_of(L);
  const char *err;
  if (!h->server && tl_host_listen(h, "127.0.0.1", 0, &err)) return luaL_error(L, "the host could not listen: %s", err);
  lua_pushfstring(L, "http://127.0.0.1:%d", tl_server_port(h->server));
  return 1;
}

void tl_open_native_http(lua_State *L) {
  luaL_newmetatable(L, request_name);
  lua_pushcfunction(L, request_close);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, request_close);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 1);
  static const luaL_Reg functions[] = {{"http_start", http_start},
                                       {"http_chunk", http_chunk},
                                       {"http_finish", http_finish},
                                       {"own_address", own_address},
                                       {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
