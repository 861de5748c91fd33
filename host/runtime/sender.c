/* sender.c: what a tab's page is sent. The patch is the difference between what the page was last sent and what is, so
 * a page that is slow gets one message where others got many. Nothing is kept for a page beyond two roots, the last
 * TL_HISTORY sent ones (shared nodes), and bounded lists of effects and errors. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/json.h"
#include "runtime/host.h"

/* ---- what goes with the next message ---- */

/* Drops the oldest of a comma-joined list of JSON values (each was written by us: brackets and strings balance). */
static void drop_first(tl_buf *b) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < b->len; i++) {
    char c = b->data[i];
    if (in_string) {
      if (c == '\\')
        i++;
      else if (c == '"')
        in_string = false;
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      depth++;
    } else if (c == ']' || c == '}') {
      depth--;
    } else if (c == ',' && !depth) {
      tl_buf_drop_front(b, i + 1);
      return;
    }
  }
  tl_buf_clear(b);
}

static bool over(const tl_tab *t, const tl_buf *b) {
  size_t limit = t->host->config.effect_limit;
  return limit && b->len > limit;
}

static bool takes(const tl_tab *t) { return t->peer && !t->peer->ops->queued(t->peer->io); }

/* A page that takes messages gets all; for one that does not the last TL_KEPT are kept, in effect_limit bytes. */
static void begin_item(tl_tab *t, tl_buf *b, unsigned *n) {
  if (*n == TL_KEPT || over(t, b)) tl_flush_tab(t);
  if (*n == TL_KEPT) {
    drop_first(b);
    --*n;
  }
  if (b->len) tl_buf_putc(b, ',');
  ++*n;
}

/* The newest is dropped only where nobody is there to take it soon. */
static void end_item(tl_tab *t, tl_buf *b, unsigned *n, const char *what) {
  tl_tab_mark(t);
  if (!over(t, b) || takes(t)) return;
  for (; *n > 1 && over(t, b); --*n) drop_first(b);
  if (t->peer || !over(t, b)) return;
  tl_log(TL_LOG_WARN, "%s of %zu bytes is more than is kept for a page without a connection (effect_limit); dropped",
         what, b->len);
  tl_buf_free(b);
  *n = 0;
}

void tl_tab_effect(tl_tab *t, tl_value effect) {
  if (t->kept && tl_kept_minds(effect)) tl_kept_tell(t);
  begin_item(t, &t->effects, &t->effects_n);
  tl_json_write(&t->effects, effect);
  end_item(t, &t->effects, &t->effects_n, "an effect");
}

void tl_tab_failure(tl_tab *t, const tl_failure *f) {
  begin_item(t, &t->errors, &t->errors_n);
  tl_failure_write(&t->errors, t->host, f);
  end_item(t, &t->errors, &t->errors_n, "an error");
}

/* ---- versions ----
 *
 * version counts the commits that changed something public. To know, the roots before and after are compared; that of
 * a first commit after a message is left to the writing of the next one, which compares the same two (`uncounted`). */

static bool count_commit(tl_tab *t, tl_value before, tl_value after) {
  tl_diff_opts o = tl_app_diff_opts(t->host->app);
  if (!tl_differs(before, after, &o)) return false;
  t->version++;
  tl_tab_mark(t);
  return true;
}

static void count_earlier(tl_tab *t, tl_value after) {
  if (!t->uncounted) return;
  t->uncounted = false;
  count_commit(t, t->sent.root, after);
}

void tl_tab_count(tl_tab *t) { count_earlier(t, t->cell->root); }

bool tl_tab_committed(tl_tab *t, tl_value before) {
  count_earlier(t, before);
  if (t->observer || !t->peer || t->version != t->sent.version || !tl_identical(before, t->sent.root))
    return count_commit(t, before, t->cell->root);
  t->uncounted = true;
  tl_tab_mark(t);
  return false;
}

static void remember(tl_tab *t) {
  tl_value old = t->sent.root;
  t->sent = (tl_sent){t->version, tl_retain(t->cell->root)};
  tl_release(old);
  if (t->history_n && t->history[t->history_at].version == t->version) return;
  if (!t->history) t->history = tl_calloc(TL_HISTORY * sizeof *t->history);
  unsigned at = t->history_n ? (t->history_at + 1) % TL_HISTORY : 0;
  if (t->history_n == TL_HISTORY)
    tl_release(t->history[at].root);
  else
    t->history_n++;
  t->history[at] = (tl_sent){t->sent.version, tl_retain(t->sent.root)};
  t->history_at = at;
}

static const tl_sent *held(const tl_tab *t, uint64_t version) {
  if (t->sent.version == version) return &t->sent;
  for (unsigned i = 0; i < t->history_n; i++)
    if (t->history[i].version == version) return &t->history[i];
  return NULL;
}

/* ---- messages ---- */

static void put_list(tl_buf *out, const char *key, tl_buf *items) {
  if (!items->len) return;
  tl_buf_puts(out, ",\"");
  tl_buf_puts(out, key);
  tl_buf_puts(out, "\":[");
  tl_buf_put(out, items->data, items->len);
  tl_buf_putc(out, ']');
  if (items->cap > 512)
    tl_buf_free(items);
  else
    tl_buf_clear(items);
}

static void send_text(tl_tab *t, const tl_buf *b) { t->peer->ops->send(t->peer->io, b->data, b->len); }

/* False: there is no difference, nothing is written. */
static bool put_patch(tl_tab *t, tl_value from, tl_buf *out) {
  static const char head[] = ",\"patch\":";
  tl_diff_opts o = tl_app_diff_opts(t->host->app);
  size_t len = out->len;
  tl_buf_put(out, head, sizeof head - 1);
  if (tl_diff(from, t->cell->root, &o, out)) return true;
  out->len = len;
  return false;
}

static void put_state(tl_tab *t, tl_buf *out) {
  tl_host *h = t->host;
  if (tl_identical(t->cell->root, tl_app_default_root(h->app)))
    tl_buf_put(out, h->default_state.data, h->default_state.len);
  else
    tl_json_write_public(out, t->cell->root);
}

static int push_route(lua_State *L) { /* path (light) -> route */
  tl_push_serve(L, "route");
  lua_pushstring(L, lua_touserdata(L, 1));
  lua_call(L, 1, 1);
  return 1;
}

/* The declared route of the tab's path ("/post/[id]"). */
static void put_route(tl_tab *t, tl_buf *out) {
  lua_State *L = tl_lua_state(t->host->lua);
  int top = lua_gettop(L);
  lua_pushcfunction(L, push_route);
  lua_pushlightuserdata(L, t->pages.now.path);
  size_t n = 1;
  const char *route = lua_pcall(L, 1, 1, 0) ? "/" : lua_tolstring(L, -1, &n);
  tl_json_write_string(out, route ? route : "/", route ? n : 1);
  lua_settop(L, top);
}

void tl_send_init(tl_tab *t) {
  tl_tab_count(t);
  tl_buf *b = &t->host->scratch;
  tl_buf_clear(b);
  tl_buf_printf(b, "{\"init\":{\"token\":\"%s\",\"version\":%llu,\"route\":", t->cell->token,
                (unsigned long long)t->version);
  put_route(t, b);
  tl_buf_puts(b, ",\"state\":");
  put_state(t, b);
  tl_buf_printf(b, ",\"last_event\":%llu}}", (unsigned long long)tl_instance_last(&t->pages));
  send_text(t, b);
  remember(t);
}

bool tl_send_resume(tl_tab *t, uint64_t version) {
  tl_tab_count(t);
  const tl_sent *from = held(t, version);
  if (!from) return false;
  tl_buf *b = &t->host->scratch;
  tl_buf_clear(b);
  tl_buf_printf(b, "{\"resume\":{\"token\":\"%s\",\"from\":%llu,\"version\":%llu", t->cell->token,
                (unsigned long long)version, (unsigned long long)t->version);
  put_patch(t, from->root, b);
  tl_buf_printf(b, ",\"last_event\":%llu}}", (unsigned long long)tl_instance_last(&t->pages));
  send_text(t, b);
  remember(t);
  return true;
}

static bool nothing_to_send(const tl_tab *t) {
  return t->sent.version == t->version && !t->uncounted && !t->done.len && !t->effects.len && !t->errors.len;
}

/* A message that carries one commit is the most frequent one, and goes without saying: its `from` is left out. */
static void put_head(const tl_tab *t, uint64_t version, tl_buf *out) {
  tl_buf_clear(out);
  if (version == t->sent.version + 1) {
    tl_buf_puts(out, "{\"version\":");
  } else {
    tl_buf_puts(out, "{\"from\":");
    tl_buf_put_uint(out, t->sent.version);
    tl_buf_puts(out, ",\"version\":");
  }
  tl_buf_put_uint(out, version);
}

/* The message's head and its patch. A commit that turns out to have changed nothing public is not counted. False: the
 * version stays. */
static bool put_change(tl_tab *t, tl_buf *out) {
  uint64_t version = t->version + t->uncounted;
  put_head(t, version, out);
  if (version == t->sent.version) return false;
  bool differs = put_patch(t, t->sent.root, out);
  if (!differs && t->uncounted) put_head(t, --version, out);
  t->version = version;
  t->uncounted = false;
  bool counts = version != t->sent.version;
  remember(t);
  return counts;
}

/* One message, if there is something and the page takes it: else it is sent when the page has drained, or is there
 * again. */
void tl_flush_tab(tl_tab *t) {
  if (!t->peer || t->peer->ops->queued(t->peer->io)) return;
  tl_kept_tell(t);
  if (nothing_to_send(t)) return;
  tl_buf *b = &t->host->scratch;
  bool counts = put_change(t, b);
  if (!counts && nothing_to_send(t)) return;
  put_list(b, "done", &t->done);
  put_list(b, "effects", &t->effects);
  put_list(b, "errors", &t->errors);
  t->effects_n = t->errors_n = 0;
  tl_buf_putc(b, '}');
  send_text(t, b);
}

static void end_when_idle(tl_tab *t) {
  if (tl_lua_tasks(t->host->lua, t->cell))
    tl_tab_mark(t);
  else
    tl_tab_free(t);
}

void tl_flush(tl_host *h) {
  tl_tab *list = h->dirty;
  h->dirty = NULL;
  for (tl_tab *t = list, *next; t; t = next) {
    next = t->next_dirty;
    t->dirty = false;
    t->next_dirty = NULL;
    if (t->ending)
      end_when_idle(t);
    else
      tl_flush_tab(t);
  }
}
