/* driven.c: the driver's pages: peers without a socket. Each is a userdata, which owns what it was sent until it is
 * taken and, while it lives, closes its peer; its tab tells it of each public commit (observer.h). */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/diff.h"
#include "core/json.h"
#include "runtime/host.h"
#include "runtime/mirror.h"
#include "runtime/observer.h"

static const char page_name[] = "tidelock.test_peer";

typedef struct test_page {
  tl_host *host;
  tl_peer *peer;  /* NULL: closed */
  tl_buf inbox;   /* messages, each with a size_t of its length before it */
  tl_buf commits; /* the same: version as text, a space, the patch */
  int code;       /* with which the host closed it; 0: not */
} test_page;

static void put_message(tl_buf *b, const char *text, size_t n) {
  tl_buf_put(b, &n, sizeof n);
  tl_buf_put(b, text, n);
}

static void page_send(void *io, const char *text, size_t n) { put_message(&((test_page *)io)->inbox, text, n); }

static size_t page_queued(void *io) {
  (void)io;
  return 0;
}

/* A driver's page answers as a browser would: at once. */
static void page_ping(void *io) {
  test_page *p = io;
  if (p->peer) tl_peer_pong(p->peer);
}

static void page_close(void *io, int code, const char *reason) {
  (void)reason;
  test_page *p = io;
  p->peer = NULL;
  p->code = code;
}

static const tl_peer_ops page_ops = {page_send, page_queued, page_ping, page_close};

void tl_observe_commit(tl_tab *t, tl_value before) {
  test_page *p = t->observer;
  tl_buf b = {0};
  tl_diff_opts o = tl_app_diff_opts(t->host->app);
  tl_buf_printf(&b, "%llu ", (unsigned long long)t->version);
  tl_diff(before, t->cell->root, &o, &b);
  put_message(&p->commits, b.data, b.len);
  tl_buf_free(&b);
}

static test_page *check_page(lua_State *L) { return luaL_checkudata(L, 1, page_name); }

static int peer_open(lua_State *L) { /* the session's id, or none: "test" */
  tl_host *h = tl_host_of(L);
  size_t n;
  const char *session = luaL_optlstring(L, 1, "test", &n);
  if (!h->app) {
    lua_pushliteral(L, "the host is down: no page can connect to it");
    return lua_error(L);
  }
  test_page *p = lua_newuserdatauv(L, sizeof *p, 0);
  *p = (test_page){.host = h};
  luaL_setmetatable(L, page_name);
  p->peer = tl_peer_new(h, &page_ops, p);
  snprintf(p->peer->ip, sizeof p->peer->ip, "127.0.0.1");
  p->peer->headers = tl_strndup("", 0);
  p->peer->session_id = tl_strndup(session, n);
  return 1;
}

static int peer_send(lua_State *L) {
  test_page *p = check_page(L);
  size_t n;
  const char *text = luaL_checklstring(L, 2, &n);
  if (!p->peer) return luaL_error(L, "this page's connection is closed");
  tl_peer_message(p->peer, text, n);
  if (p->peer && p->peer->tab) p->peer->tab->observer = p;
  return 0;
}

/* Pushes a list of what is in the buffer, and empties it. */
static int push_messages(lua_State *L, tl_buf *b) {
  lua_newtable(L);
  lua_Integer count = 0;
  for (size_t at = 0, n; at < b->len; at += sizeof n + n) {
    memcpy(&n, b->data + at, sizeof n);
    lua_pushlstring(L, b->data + at + sizeof n, n);
    lua_rawseti(L, -2, ++count);
  }
  tl_buf_clear(b);
  return 1;
}

static int peer_take(lua_State *L) { return push_messages(L, &check_page(L)->inbox); }

static int peer_commits(lua_State *L) { /* { { version, patch }, ... } */
  test_page *p = check_page(L);
  push_messages(L, &p->commits);
  for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, -1); i <= n; i++) {
    lua_rawgeti(L, -1, i);
    const char *text = lua_tostring(L, -1), *patch = strchr(text, ' ');
    lua_createtable(L, 2, 0);
    lua_pushinteger(L, strtoll(text, NULL, 10));
    lua_rawseti(L, -2, 1);
    lua_pushstring(L, patch + 1);
    lua_rawseti(L, -2, 2);
    lua_rawseti(L, -3, i);
    lua_pop(L, 1);
  }
  return 1;
}

static int peer_gone(lua_State *L) {
  test_page *p = check_page(L);
  if (!p->peer) return 0;
  tl_peer *peer = p->peer;
  p->peer = NULL;
  tl_peer_gone(peer);
  return 0;
}

/* What its tab holds that is public, as init would say it; nil: it has none. For specs of the protocol. */
static int peer_holds(lua_State *L) {
  const test_page *p = check_page(L);
  if (!p->peer || !p->peer->tab) return lua_pushnil(L), 1;
  tl_buf b = {0};
  tl_json_write_public(&b, p->peer->tab->cell->root);
  lua_pushlstring(L, b.data, b.len);
  tl_buf_free(&b);
  return 1;
}

static int peer_closed(lua_State *L) {
  test_page *p = check_page(L);
  if (p->code)
    lua_pushinteger(L, p->code);
  else
    lua_pushnil(L);
  return 1;
}

static void forget_observer(test_page *p) {
  size_t cursor = 0;
  void *tab;
  while (p->host->store->next(p->host->store, &cursor, &tab))
    if (((tl_tab *)tab)->observer == p) ((tl_tab *)tab)->observer = NULL;
}

static int peer_gc(lua_State *L) {
  test_page *p = check_page(L);
  peer_gone(L);
  forget_observer(p);
  tl_buf_free(&p->inbox);
  tl_buf_free(&p->commits);
  return 0;
}

void tl_open_driven(lua_State *L) {
  static const luaL_Reg methods[] = {{"send", peer_send},  {"take", peer_take},     {"commits", peer_commits},
                                     {"close", peer_gone}, {"closed", peer_closed}, {"holds", peer_holds},
                                     {NULL, NULL}};
  luaL_newmetatable(L, page_name);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, peer_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_pushcfunction(L, peer_open);
  lua_setfield(L, -2, "peer_open");
}
