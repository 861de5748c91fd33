/* protocol.c: pages that say anything to a host with a small app, without sockets. The input is a script, a line each:
 *
 *     h0 [/path]          page 0 connects (when it is not) and says hello, with its token and version
 *     r0 [/path]          the same as another instance: the page was loaded anew, with the tab's token
 *     d1 0                page 1 is given page 0's token, as a duplicated tab has it
 *     e0 Job.add [5]      page 0 sends an event, with the next id
 *     m0 {"bye":{}}       page 0 sends these bytes; @0 in them is page 0's token
 *     x0  p0  b0          its connection goes; it answers a ping; it sends a binary frame
 *     q0                  it stops taking messages, or takes them again
 *     t3                  3 tenths of a second pass
 *
 * A line that begins with a semicolon is carried out without a turn of the host. Each page follows what it is told as
 * protocol.md says: versions without gaps, patches that fit; in the end it has what the tab has. */
#include <string.h>

#include "base/mem.h"
#include "core/json.h"
#include "core/patch.h"
#include "lua/task.h"
#include "vm.h"

enum { PAGES = 4, LINES = 200 };

typedef struct page {
  tl_peer *peer; /* NULL: not connected */
  char token[27], instance[16];
  bool blocked, joined; /* joined: was told init or resume in this connection */
  int loads;
  int64_t version; /* -1: none */
  int64_t last_id;
  tl_value state; /* as it was told; nil: nothing yet */
} page;

static tl_host *host;
static page pages[PAGES];

/* ---- what a page is told ---- */

static tl_value need(tl_value m, const char *key, tl_kind kind) {
  tl_value v = tl_nil();
  CHECKF(m.kind == TL_MAP && tl_map_get(m, key, strlen(key), &v) && tl_kind_of(v) == kind, "no %s in a message", key);
  return v;
}

static bool has(tl_value m, const char *key, tl_value *v) { return tl_map_get(m, key, strlen(key), v); }

static void patched(page *p, tl_value m) {
  tl_value patch, new = tl_nil();
  tl_buf err = {0};
  if (!has(m, "patch", &patch)) return;
  CHECKF(tl_patch_apply(p->state, patch, &new, &err) == 0, "a patch does not fit: %s", tl_buf_cstr(&err));
  CHECKF(!tl_equal(p->state, new), "a patch changes nothing");
  tl_release(p->state);
  p->state = new;
}

static void told_init(page *p, tl_value m) {
  size_t n;
  CHECK(!p->joined);
  tl_value token = need(m, "token", TL_STRING);
  const char *s = tl_string_bytes(&token, &n);
  CHECK(n == 26);
  memcpy(p->token, s, n);
  need(m, "route", TL_STRING);
  tl_release(p->state);
  p->state = tl_retain(need(m, "state", TL_MAP));
  p->version = need(m, "version", TL_INT).i;
  CHECK(need(m, "last_event", TL_INT).i >= 0);
  p->joined = true;
}

/* A page that said an older version than it has is told the difference to that one: it must not follow. */
static void told_resume(page *p, tl_value m) {
  CHECK(!p->joined);
  int64_t from = need(m, "from", TL_INT).i, version = need(m, "version", TL_INT).i;
  tl_value token = need(m, "token", TL_STRING);
  size_t n;
  const char *s = tl_string_bytes(&token, &n);
  CHECK(from <= version && n == 26);
  p->joined = true;
  if (p->state.kind == TL_MAP && !memcmp(s, p->token, 26) && from == p->version) {
    patched(p, m);
  } else {
    tl_release(p->state);
    p->state = tl_nil();
  }
  memcpy(p->token, s, 26);
  p->version = version;
}

static void told_delta(page *p, tl_value m) {
  CHECK(p->joined);
  tl_value v;
  int64_t version = need(m, "version", TL_INT).i, from = has(m, "from", &v) ? v.i : version - 1;
  CHECKF(from == p->version && version >= from, "from %lld to %lld, the page has %lld", (long long)from,
         (long long)version, (long long)p->version);
  CHECK(version > from || !has(m, "patch", &v));
  p->version = version;
  if (p->state.kind == TL_MAP) patched(p, m);
  static const char *const lists[] = {"done", "effects", "errors"};
  for (int i = 0; i < 3; i++)
    if (has(m, lists[i], &v)) CHECK(v.kind == TL_LIST && tl_count(v) > 0);
}

static void on_send(void *io, const char *text, size_t n) {
  tl_value m = fuzz_json(text, n, 1000), inner;
  CHECK(m.kind == TL_MAP);
  if (has(m, "init", &inner))
    told_init(io, inner);
  else if (has(m, "resume", &inner))
    told_resume(io, inner);
  else
    told_delta(io, m);
  tl_release(m);
}

static size_t on_queued(void *io) { return ((page *)io)->blocked ? 1000 : 0; }
static void on_ping(void *io) { CHECK(((page *)io)->peer != NULL); }

static void on_close(void *io, int code, const char *reason) {
  static const int codes[] = {1012, 4400, 4408, 4409, 4413, 4429};
  bool known = false;
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) known = known || code == codes[i];
  CHECKF(known && reason, "closed with %d", code);
  ((page *)io)->peer = NULL;
}

static const tl_peer_ops ops = {on_send, on_queued, on_ping, on_close};

/* ---- what a page does ---- */

static void connect_page(page *p) {
  if (p->peer) return;
  p->joined = p->blocked = false;
  p->peer = tl_peer_new(host, &ops, p);
  p->peer->headers = tl_strndup("host: x\n", 8);
  p->peer->session_id = tl_strndup("fuzz", 4);
}

static void say(page *p, const tl_buf *b) {
  if (p->peer) tl_peer_message(p->peer, b->data ? b->data : "", b->len);
}

static void hello(page *p, const char *path, size_t n) {
  tl_buf b = {0};
  connect_page(p);
  tl_buf_puts(&b, "{\"hello\":{\"token\":");
  if (*p->token)
    tl_buf_printf(&b, "\"%s\"", p->token);
  else
    tl_buf_puts(&b, "null");
  if (p->version >= 0)
    tl_buf_printf(&b, ",\"version\":%lld", (long long)p->version);
  else
    tl_buf_puts(&b, ",\"version\":null");
  tl_buf_printf(&b, ",\"instance\":\"%s\",\"storage\":{},\"path\":", p->instance);
  tl_json_write_string(&b, n ? path : "/", n ? n : 1);
  tl_buf_puts(&b, "}}");
  say(p, &b);
  tl_buf_free(&b);
}

static void event(page *p, const char *s, size_t n) {
  tl_buf b = {0};
  const char *space = memchr(s, ' ', n);
  size_t name = space ? (size_t)(space - s) : n;
  tl_buf_printf(&b, "{\"event\":{\"id\":%lld,\"handler\":", (long long)++p->last_id);
  tl_json_write_string(&b, s, name);
  tl_buf_puts(&b, ",\"args\":");
  if (space)
    tl_buf_put(&b, space + 1, n - name - 1);
  else
    tl_buf_puts(&b, "[]");
  tl_buf_puts(&b, "}}");
  say(p, &b);
  tl_buf_free(&b);
}

static void message(page *p, const char *s, size_t n) {
  tl_buf b = {0};
  for (size_t i = 0; i < n; i++) {
    if (s[i] == '@' && i + 1 < n && s[i + 1] >= '0' && s[i + 1] < '0' + PAGES)
      tl_buf_puts(&b, pages[s[++i] - '0'].token);
    else
      tl_buf_putc(&b, s[i]);
  }
  connect_page(p);
  say(p, &b);
  tl_buf_free(&b);
}

static void gone(page *p) {
  tl_peer *peer = p->peer;
  p->peer = NULL;
  if (peer) tl_peer_gone(peer);
}

static void unblock(page *p) {
  p->blocked = false;
  if (p->peer) tl_peer_drained(p->peer);
}

/* ---- the host's turns ---- */

static void pass(double seconds) {
  uint64_t target = tl_lua_now(host->lua) + (uint64_t)(seconds * 1e9);
  for (int i = 0; i < 5000; i++) {
    uint64_t next = tl_lua_turn(host->lua), now = tl_lua_now(host->lua);
    tl_flush(host);
    if (!next) continue;
    if (next == UINT64_MAX || now + next > target) break;
    tl_lua_jump(host->lua, now + next);
  }
  if (seconds > 0) tl_lua_jump(host->lua, target);
}

static void reload(page *p, const char *path, size_t n) {
  gone(p);
  snprintf(p->instance, sizeof p->instance, "p%d-%d", (int)(p - pages), ++p->loads);
  p->version = -1;
  p->last_id = 0;
  hello(p, path, n);
}

/* Of the other tab it has the token, and nothing else. */
static void duplicate(page *p, char other) {
  if (other < '0' || other >= '0' + PAGES || p == &pages[other - '0']) return;
  gone(p);
  memcpy(p->token, pages[other - '0'].token, sizeof p->token);
  tl_release(p->state);
  p->state = tl_nil();
  p->version = -1;
}

static void carry_out(const char *s, size_t n) {
  if (n < 2 || s[1] < '0' || s[1] > '9') return;
  page *p = &pages[(s[1] - '0') % PAGES];
  const char *rest = s + 2;
  size_t left = n - 2;
  if (left && *rest == ' ') rest++, left--;
  switch (s[0]) {
  case 'h': hello(p, rest, left); break;
  case 'r': reload(p, rest, left); break;
  case 'd': duplicate(p, left ? *rest : 'x'); break;
  case 'e': event(p, rest, left); break;
  case 'm': message(p, rest, left); break;
  case 'x': gone(p); break;
  case 'p':
    if (p->peer) tl_peer_pong(p->peer);
    break;
  case 'b':
    if (p->peer) tl_peer_binary(p->peer);
    break;
  case 'q':
    if (p->blocked)
      unblock(p);
    else
      p->blocked = p->peer != NULL;
    break;
  case 't': pass((s[1] - '0') / 10.0); break;
  default: break;
  }
}

/* ---- the end ---- */

static void has_what_the_tab_has(page *p) {
  if (!p->peer || !p->peer->tab || p->state.kind != TL_MAP) return;
  tl_buf b = {0};
  tl_json_write_public(&b, p->peer->tab->cell->root);
  tl_value want = fuzz_json(b.data, b.len, 1000);
  CHECKF(tl_equal(p->state, want), "the tab has %.*s", (int)b.len, b.data);
  CHECK((uint64_t)p->version == p->peer->tab->version);
  tl_release(want);
  tl_buf_free(&b);
}

static void end(void) {
  for (int i = 0; i < PAGES; i++)
    if (pages[i].blocked) unblock(&pages[i]);
  pass(0);
  for (int i = 0; i < PAGES; i++) has_what_the_tab_has(&pages[i]);
  for (int i = 0; i < PAGES; i++) {
    gone(&pages[i]);
    tl_release(pages[i].state);
  }
  tl_host_end_tabs(host, "the end");
  tl_lua_cancel_all(host->lua, "the end");
  for (int i = 0; i < 10 && (i == 0 || tl_lua_tasks(host->lua, NULL) || host->store->count(host->store)); i++) pass(i);
  CHECKF(tl_lua_tasks(host->lua, NULL) == 0, "a task is left");
  CHECKF(host->store->count(host->store) == 0, "a tab is left");
}

static void start(void) {
  host = fuzz_host();
  CHECKF(tl_host_load(host, FUZZ_DIR "/apps/protocol.lua") == 0, "the app does not load (FUZZ_LOG=1 tells why)");
  host->config.dev = true; /* messages of errors go to the page, too */
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (!host) start();
  fuzz_in in = {data, data + size}, line;
  for (int i = 0; i < PAGES; i++) {
    pages[i] = (page){.version = -1, .state = tl_nil()};
    snprintf(pages[i].instance, sizeof pages[i].instance, "p%d", i);
  }
  for (int i = 0; i < LINES && fuzz_line(&in, &line); i++) {
    bool quick = line.p < line.end && *line.p == ';';
    line.p += quick;
    carry_out((const char *)line.p, (size_t)(line.end - line.p));
    if (!quick) pass(0);
  }
  end();
  fuzz_check_memory();
  return 0;
}
