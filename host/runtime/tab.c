/* tab.c: tabs: made, joined by a page, left alone, ended; and the event ids of the page that is there. */
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"
#include "runtime/host.h"

tl_tab *tl_tab_find(tl_host *h, const char *token, size_t n) { return h->store->get(h->store, token, n); }

tl_tab *tl_tab_new(tl_host *h, tl_value root) {
  if (h->config.max_tabs && h->store->count(h->store) >= h->config.max_tabs) return NULL;
  char token[27];
  tl_random_token(token);
  tl_tab *t = tl_calloc(sizeof *t);
  t->host = h;
  t->cell = tl_cell_new(root, token);
  t->cell->owner = t;
  t->sent = (tl_sent){0, tl_retain(root)};
  tl_kept_begin(t);
  h->store->put(h->store, token, t);
  return t;
}

static void forget_history(tl_tab *t) {
  for (unsigned i = 0; i < t->history_n; i++) tl_release(t->history[i].root);
  tl_free(t->history);
  t->history = NULL;
  t->history_n = t->history_at = 0;
}

void tl_tab_free(tl_tab *t) {
  tl_host *h = t->host;
  h->store->remove(h->store, t->cell->token);
  h->ended++;
  tl_timer_remove(tl_lua_timers(h->lua), &t->expiry);
  for (tl_tab **at = &h->dirty; *at; at = &(*at)->next_dirty)
    if (*at == t) {
      *at = t->next_dirty;
      break;
    }
  forget_history(t);
  tl_kept_end(t);
  tl_release(t->sent.root);
  tl_buf_free(&t->done);
  tl_buf_free(&t->effects);
  tl_buf_free(&t->errors);
  tl_instances_free(&t->pages);
  tl_router_forget(t);
  tl_free(t->headers);
  tl_free(t->session_id);
  t->cell->gone = true;
  t->cell->owner = NULL;
  tl_view_forget(h->lua, t->cell);
  tl_computed_drop(tl_lua_state(h->lua), t->cell);
  tl_lua_board_drop(h->lua, t->cell);
  tl_cell_release(t->cell);
  tl_free(t);
}

void tl_tab_end(tl_tab *t, const char *reason) {
  if (t->ending) return;
  t->ending = true;
  t->cell->gone = true;
  tl_host *h = t->host;
  if (t->challenger) tl_peer_close(t->challenger, 1012, reason);
  if (t->peer) tl_peer_close(t->peer, 1012, reason);
  tl_cell *cell = tl_cell_retain(t->cell); /* tasks that end may be the last to hold it */
  tl_lua_cancel_cell(h->lua, cell, reason);
  bool alive = tl_lua_tasks(h->lua, cell) > 0;
  tl_cell_release(cell);
  if (!alive)
    tl_tab_free(t);
  else
    tl_tab_mark(t); /* looked at again at the end of each turn, until its tasks have ended */
}

void tl_tab_mark(tl_tab *t) {
  if (t->dirty) return;
  t->dirty = true;
  t->next_dirty = t->host->dirty;
  t->host->dirty = t;
}

/* ---- a page comes and goes ---- */

static void expired(tl_timer *timer);

static void arm_expiry(tl_tab *t) {
  double ttl = t->host->config.tab_ttl;
  if (!ttl) return;
  t->expiry.fire = expired;
  tl_timer_add(tl_lua_timers(t->host->lua), &t->expiry, tl_lua_now(t->host->lua) + (uint64_t)(ttl * 1e9));
}

/* A task that was declared to keep its tab does so for as long as it runs. What somebody did on the page before it
 * went, and what is still at work, gets as long again, once: it may wait for ever. */
static void expired(tl_timer *timer) {
  tl_tab *t = (tl_tab *)((char *)timer - offsetof(tl_tab, expiry));
  if (tl_lua_keeps(t->cell)) {
    arm_expiry(t);
  } else if (t->prolonged || !tl_instance_busy(&t->pages)) {
    tl_tab_end(t, "the tab was left alone for tab_ttl");
  } else {
    t->prolonged = true;
    arm_expiry(t);
  }
}

void tl_tab_attach(tl_tab *t, tl_peer *p) {
  tl_timer_remove(tl_lua_timers(t->host->lua), &t->expiry);
  t->peer = p;
  p->tab = t;
  t->bye = t->prolonged = false;
  tl_lua_page(t->host->lua, t->cell, true);
  tl_router_forget(t);
  tl_free(t->headers);
  tl_free(t->session_id);
  t->headers = p->headers;
  t->session_id = p->session_id;
  p->headers = p->session_id = NULL;
  memcpy(t->ip, p->ip, sizeof t->ip);
}

void tl_tab_detach(tl_tab *t) {
  if (t->peer) t->peer->tab = NULL;
  t->peer = NULL;
  if (t->ending) return;
  arm_expiry(t);
  tl_lua_page(t->host->lua, t->cell, false);
}

void tl_tab_keep_route(tl_tab *t) {
  const char *path = t->pages.now.path;
  if (path && (t->cell->lock.holder || t->cell->tasks)) tl_lua_keep_route(t->host->lua, t->cell, path);
}

void tl_tab_route(tl_tab *t, const char *path, size_t n) {
  tl_tab_keep_route(t);
  tl_instance_move(&t->pages, path, n);
}

/* ---- event ids ---- */

void tl_tab_event_done(tl_tab *t, uint64_t id, uint64_t no) {
  tl_instance_end(&t->pages, no, id);
  if (no != t->pages.now.no) return;
  if (t->done.len) tl_buf_putc(&t->done, ',');
  tl_buf_put_uint(&t->done, id);
  tl_tab_mark(t);
}

/* ---- on_load ---- */

static int run_on_load(lua_State *L) { /* tab: queues what its page declares */
  tl_tab *t = lua_touserdata(L, 1);
  tl_push_serve(L, "on_load");
  lua_pushstring(L, t->pages.now.path ? t->pages.now.path : "/");
  lua_call(L, 1, 1);
  if (!lua_isnil(L, -1)) tl_lua_trigger(L, t->cell, -1);
  return 0;
}

static int on_load_failed(lua_State *L) { /* tab, error value */
  tl_lua_failed(L, ((tl_tab *)lua_touserdata(L, 1))->cell, "on_load", 2);
  return 0;
}

void tl_tab_on_load(tl_tab *t) {
  lua_State *L = tl_lua_state(t->host->lua);
  int top = lua_gettop(L);
  lua_pushcfunction(L, tl_error_trace);
  lua_pushcfunction(L, run_on_load);
  lua_pushlightuserdata(L, t);
  if (lua_pcall(L, 1, 0, -3)) {
    lua_pushcfunction(L, on_load_failed);
    lua_pushlightuserdata(L, t);
    lua_rotate(L, -3, -1);
    lua_pcall(L, 2, 0, 0); /* no memory, not even to tell */
  }
  lua_settop(L, top);
}
