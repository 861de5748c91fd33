/* peer.c: what a page sends: hello, events, moves, bye (protocol.md sections 2 and 5). A peer that breaks the protocol
 * is closed with a code; what is wrong in a handler's name or arguments is answered and changes nothing. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "core/json.h"
#include "runtime/frame.h"
#include "runtime/host.h"

static const int64_t ID_MAX = 9007199254740991; /* 2^53-1 */

static uint64_t now(tl_host *h) { return tl_lua_now(h->lua); }

static void arm(tl_peer *p, double seconds, void (*fire)(tl_timer *)) {
  p->timer.fire = fire;
  tl_timer_add(tl_lua_timers(p->host->lua), &p->timer, now(p->host) + (uint64_t)(seconds * 1e9));
}

static tl_peer *peer_of(tl_timer *t) { return (tl_peer *)((char *)t - offsetof(tl_peer, timer)); }

static void no_hello(tl_timer *t) { tl_peer_close(peer_of(t), 4408, "no hello in time"); }

tl_peer *tl_peer_new(tl_host *h, const tl_peer_ops *ops, void *io) {
  tl_peer *p = tl_calloc(sizeof *p);
  *p = (tl_peer){.host = h, .ops = ops, .io = io, .tokens = h->config.event_burst, .tokens_at = now(h)};
  if (h->config.hello_timeout) arm(p, h->config.hello_timeout, no_hello);
  return p;
}

static void forget_challenge(tl_peer *p) {
  if (p->challenged) p->challenged->challenger = NULL;
  p->challenged = NULL;
}

static void forget_hello(tl_peer *p) {
  tl_free(p->hello.instance);
  tl_free(p->hello.path);
  p->hello = (tl_hello){0};
}

static void free_peer(tl_peer *p) {
  tl_timer_remove(tl_lua_timers(p->host->lua), &p->timer);
  forget_challenge(p);
  if (p->tab) tl_tab_detach(p->tab);
  forget_hello(p);
  tl_free(p->headers);
  tl_free(p->session_id);
  tl_free(p);
}

static void close_peer(tl_peer *p, int code, const char *reason) {
  const tl_peer_ops *ops = p->ops;
  void *io = p->io;
  free_peer(p);
  ops->close(io, code, reason);
}

static void let_in(tl_tab *t);

void tl_peer_gone(tl_peer *p) {
  tl_tab *t = p->tab;
  free_peer(p);
  if (t) let_in(t);
}

void tl_peer_close(tl_peer *p, int code, const char *reason) {
  tl_tab *t = p->tab;
  close_peer(p, code, reason);
  if (t) let_in(t);
}

static void malformed(tl_peer *p, const char *what) { tl_peer_close(p, 4400, what); }

/* ---- reading a message ---- */

static bool get(tl_value map, const char *key, tl_value *out) {
  return map.kind == TL_MAP && tl_map_get(map, key, strlen(key), out);
}

static bool get_string(tl_value map, const char *key, tl_value *out) {
  return get(map, key, out) && out->kind == TL_STRING;
}

/* An id is an integer from 1 to 2^53-1. */
static bool get_id(tl_value map, uint64_t *id) {
  tl_value v;
  if (!get(map, "id", &v) || v.kind != TL_INT || v.i < 1 || v.i > ID_MAX) return false;
  *id = (uint64_t)v.i;
  return true;
}

/* ---- hello ---- */

static void start_instance(tl_tab *t, const char *instance) {
  if (t->pages.now.name) {
    tl_buf_clear(&t->errors); /* they name ids of the page load before */
    t->errors_n = 0;
  }
  tl_instance_begin(&t->pages, instance);
  if (tl_identical(t->cell->root, tl_app_default_root(t->host->app))) tl_failures_tell(t);
  tl_lua_look(t->host->lua, t->cell);
}

/* Some of the moves that the page has yet to hear of may have been made: the host knows which. */
static void take_path(tl_tab *t, const tl_hello *h) {
  if (h->moves_wait && t->pages.now.path) return;
  tl_tab_route(t, h->path, strlen(h->path));
}

/* The peer gets the tab: resume when its version is still held, else init. What ended meanwhile is told by last_event;
 * of what ended before an earlier one the page asks again. */
static void join(tl_peer *p, tl_tab *t, uint64_t version, bool has_version) {
  tl_timer_remove(tl_lua_timers(p->host->lua), &p->timer);
  bool same = tl_instance_is(&t->pages, p->hello.instance);
  tl_tab_keep_route(t);
  if (!same) start_instance(t, p->hello.instance);
  take_path(t, &p->hello);
  forget_hello(p);
  tl_tab_attach(t, p);
  tl_buf_clear(&t->done);
  bool resumed = has_version && tl_send_resume(t, version);
  if (!resumed) tl_send_init(t);
  if (!same && !resumed) tl_tab_on_load(t);
  tl_flush_tab(t);
}

/* model: the tab that it is a copy of; NULL: none. storage: what the browser has kept, for a tab that is no copy; nil:
 * nothing. */
static void new_tab(tl_peer *p, const tl_tab *model, tl_value storage) {
  tl_value initial = tl_app_default_root(p->host->app);
  tl_value root = model ? tl_lua_copied_root(p->host->lua, model->cell->root, initial) : tl_retain(initial);
  tl_tab *t = tl_tab_new(p->host, root);
  tl_release(root);
  if (!t) {
    tl_peer_close(p, 4413, "too many tabs (max_tabs)");
    return;
  }
  if (tl_kind_of(storage) == TL_MAP) tl_kept_fill(t, storage);
  if (model) tl_instance_copy(&t->pages, &model->pages, p->hello.instance);
  join(p, t, 0, false);
}

/* ---- two pages for one tab ---- */

/* Makes room for a newcomer that is let in by the caller. */
static void close_old(tl_tab *t) {
  if (t->peer) close_peer(t->peer, 4409, "another connection took this tab over");
}

/* Whoever waits for the tab gets it once it has no page. */
static void let_in(tl_tab *t) {
  tl_peer *p = t->challenger;
  if (!p || t->peer || t->ending) return;
  forget_challenge(p);
  join(p, t, 0, false);
}

/* The other page did not answer: it is gone, and the newcomer takes over. */
static void take_over(tl_timer *timer) {
  tl_tab *t = peer_of(timer)->challenged;
  close_old(t);
  let_in(t);
}

/* The other page lives: the newcomer is a duplicated tab, with a token and a copy of its own. */
static void page_lives(tl_tab *t) {
  tl_peer *p = t->challenger;
  if (!p) return;
  forget_challenge(p);
  new_tab(p, t, tl_nil());
}

void tl_peer_pong(tl_peer *p) {
  if (p->tab) page_lives(p->tab);
}

static void challenge(tl_peer *p, tl_tab *t) {
  if (t->challenger) tl_peer_close(t->challenger, 4409, "another connection asked for this tab");
  p->challenged = t;
  t->challenger = p;
  arm(p, p->host->config.takeover_time, take_over);
  t->peer->ops->ping(t->peer->io);
}

/* An owned copy; NULL: it is no path. */
static char *path_of(tl_value v) {
  size_t n;
  if (v.kind != TL_STRING) return NULL;
  const char *bytes = tl_string_bytes(&v, &n);
  return n && n <= 4096 && bytes[0] == '/' ? tl_strndup(bytes, n) : NULL;
}

/* What is wrong with it; NULL: nothing. */
static const char *read_hello(tl_value m, tl_hello *out) {
  tl_value instance, path, before;
  size_t n;
  if (!get_string(m, "instance", &instance) || !get_string(m, "path", &path)) return "hello needs instance and path";
  const char *name = tl_string_bytes(&instance, &n);
  if (n < 1 || n > 64) return "hello: instance of 1 to 64 bytes";
  out->instance = tl_strndup(name, n);
  out->moves_wait = get(m, "before", &before) && before.kind != TL_NIL;
  out->path = path_of(out->moves_wait ? before : path);
  return out->path ? NULL : "hello: path and before are paths from /, of 4096 bytes at most";
}

static tl_tab *tab_of(tl_host *h, tl_value m) {
  tl_value token;
  size_t n;
  if (!get_string(m, "token", &token)) return NULL;
  const char *bytes = tl_string_bytes(&token, &n);
  tl_tab *t = tl_tab_find(h, bytes, n);
  return t && !t->ending ? t : NULL;
}

static void hello(tl_peer *p, tl_value m) {
  tl_value version, storage = tl_nil();
  if (p->tab || p->challenged) return malformed(p, "a second hello");
  const char *wrong = read_hello(m, &p->hello);
  if (wrong) return malformed(p, wrong);
  tl_tab *t = tab_of(p->host, m);
  if (!t) {
    get(m, "storage", &storage);
    new_tab(p, NULL, storage);
  } else if (t->peer && !t->bye && !tl_instance_is(&t->pages, p->hello.instance)) {
    challenge(p, t);
  } else {
    close_old(t);
    bool has_version = get(m, "version", &version) && version.kind == TL_INT && version.i >= 0;
    join(p, t, has_version ? (uint64_t)version.i : 0, has_version);
    page_lives(t);
  }
}

/* ---- events ---- */

static bool rate_ok(tl_peer *p) {
  const tl_config *c = &p->host->config;
  if (!c->event_rate) return true;
  uint64_t at = now(p->host);
  p->tokens = fmin(c->event_burst, p->tokens + (double)(at - p->tokens_at) / 1e9 * c->event_rate);
  p->tokens_at = at;
  if (p->tokens < 1) return false;
  p->tokens--;
  return true;
}

static void answer(tl_tab *t, uint64_t id) { tl_tab_event_done(t, id, t->pages.now.no); }

/* Else it was seen before: it is still at work (nothing to do), or has ended (`done` again). */
static bool event_is_new(tl_tab *t, uint64_t id) {
  tl_event_seen seen = tl_instance_see(&t->pages, id);
  if (seen == TL_EVENT_ENDED) answer(t, id);
  return seen == TL_EVENT_NEW;
}

static void refuse_event(tl_tab *t, uint64_t id, const char *fmt, const char *what) {
  char message[200];
  snprintf(message, sizeof message, fmt, what);
  char ref[5];
  tl_random_ref(ref);
  tl_failure f = {.event = id, .name = "EventError", .message = message, .ref = ref};
  tl_log(TL_LOG_WARN, "an event was refused (ref %s): %s", ref, message);
  tl_tab_failure(t, &f);
  answer(t, id);
}

static void refuse_handler(tl_tab *t, uint64_t id, const char *fmt, const char *name, size_t n) {
  char shown[64];
  snprintf(shown, sizeof shown, "%.*s", (int)(n < 60 ? n : 60), name);
  refuse_event(t, id, fmt, shown);
}

static bool has_all_tasks(const tl_tab *t) {
  size_t limit = t->host->config.task_limit;
  return limit && t->cell->tasks >= limit;
}

/* The event's id is new. args NULL: there are none, or they are no list. */
static void run_event(tl_peer *p, uint64_t id, const char *name, size_t n, const tl_value *args) {
  tl_tab *t = p->tab;
  const tl_handler *h = tl_app_handler(p->host->app, name, n);
  size_t limit = p->host->config.queue_limit;
  if (!h || !h->offered)
    refuse_handler(t, id, "no page offers the handler \"%s\" (tl.expose would)", name, n);
  else if (!args)
    refuse_handler(t, id, "the arguments of \"%s\" must be a list", name, n);
  else if (limit && t->cell->lock.waiting >= limit)
    refuse_handler(t, id, "the tab's queue is full (queue_limit); \"%s\" was not run", name, n);
  else if (h->background && has_all_tasks(t))
    refuse_handler(t, id, "the tab has as many background tasks as it may have (task_limit); \"%s\" was not run", name,
                   n);
  else
    tl_lua_event(p->host->lua, t->cell, h, *args, id, t->pages.now.no);
}

/* Counts against the rate; false: the event was seen before, or its sender has been closed. */
static bool admit_event(tl_peer *p, uint64_t id) {
  if (rate_ok(p)) return event_is_new(p->tab, id);
  tl_log(TL_LOG_WARN, "a page at %s sent events faster than event_rate allows: its connection is closed (4429)", p->ip);
  tl_peer_close(p, 4429, "too many events (event_rate)");
  return false;
}

static void event(tl_peer *p, tl_value m) {
  uint64_t id;
  if (!get_id(m, &id)) return malformed(p, "event: id must be an integer from 1 to 2^53-1");
  if (!admit_event(p, id)) return;
  tl_value name, args;
  if (!get_string(m, "handler", &name)) return refuse_event(p->tab, id, "the event names no handler%s", "");
  size_t n;
  const char *bytes = tl_string_bytes(&name, &n);
  run_event(p, id, bytes, n, get(m, "args", &args) && args.kind == TL_LIST ? &args : NULL);
}

static void nav(tl_peer *p, tl_value m) {
  uint64_t id;
  tl_value path;
  if (!get_id(m, &id)) return malformed(p, "nav: id must be an integer from 1 to 2^53-1");
  if (!admit_event(p, id)) return;
  tl_tab *t = p->tab;
  size_t n = 0;
  const char *bytes = NULL;
  if (get_string(m, "path", &path)) bytes = tl_string_bytes(&path, &n);
  if (!bytes || !n || bytes[0] != '/' || n > 4096) return refuse_event(t, id, "nav: the path must begin with /%s", "");
  tl_tab_route(t, bytes, n);
  tl_tab_on_load(t);
  answer(t, id);
}

static void bye(tl_tab *t) {
  t->bye = true;
  if (!t->challenger) return;
  close_old(t);
  let_in(t);
}

/* One message: an object with exactly one known key. */
static void dispatch(tl_peer *p, tl_value m) {
  tl_value inner;
  if (m.kind != TL_MAP || tl_count(m) != 1) return malformed(p, "a message is an object with one key");
  if (get(m, "hello", &inner) && inner.kind == TL_MAP) return hello(p, inner);
  if (!p->tab) return malformed(p, "the first message must be hello");
  if (get(m, "event", &inner) && inner.kind == TL_MAP) return event(p, inner);
  if (get(m, "nav", &inner) && inner.kind == TL_MAP) return nav(p, inner);
  if (get(m, "bye", &inner)) return bye(p->tab);
  malformed(p, "no known message");
}

/* True: the text was an event in the common form, and has been taken. */
static bool common_event(tl_peer *p, const char *text, size_t n) {
  tl_event_frame e;
  if (!p->tab || !tl_event_frame_read(text, n, &e)) return false;
  if (admit_event(p, e.id)) run_event(p, e.id, e.handler, e.handler_len, &e.args);
  tl_release(e.args);
  return true;
}

void tl_peer_message(tl_peer *p, const char *text, size_t n) {
  tl_value m;
  tl_json_err err;
  if (p->host->stopping) return; /* the page keeps it, and sends it to the next host */
  if (common_event(p, text, n)) return;
  if (tl_json_read(text, n, &m, &err)) {
    char why[100];
    snprintf(why, sizeof why, "not JSON: %.60s at byte %zu", err.message, err.offset);
    malformed(p, why);
    return;
  }
  dispatch(p, m);
  tl_release(m);
}

void tl_peer_binary(tl_peer *p) { malformed(p, "frames are text"); }

void tl_peer_drained(tl_peer *p) {
  if (p->tab) tl_flush_tab(p->tab);
}
