/* page.c: a page without a socket. Each message is read as a browser reads it: versions chain, patches fit, and no
 * state is ever half of a handler's work. */
#include <string.h>

#include "base/mem.h"
#include "core/json.h"
#include "core/patch.h"
#include "spec.h"

static bool get(tl_value map, const char *key, tl_value *out) {
  return map.kind == TL_MAP && tl_map_get(map, key, strlen(key), out);
}

static int64_t get_int(tl_value map, const char *key) {
  tl_value v;
  return get(map, key, &v) && v.kind == TL_INT ? v.i : -1;
}

static size_t get_count(tl_value map, const char *key) {
  tl_value v;
  return get(map, key, &v) ? tl_count(v) : 0;
}

int64_t page_int(const page *p, const char *var) {
  tl_value job;
  return get(p->state, "Job", &job) ? get_int(job, var) : -1;
}

size_t page_items(const page *p) {
  tl_value job;
  return get(p->state, "Job", &job) ? get_count(job, "items") : SIZE_MAX;
}

static size_t length_of(const page *p, const char *var) {
  tl_value job, v;
  size_t n = SIZE_MAX;
  if (get(p->state, "Job", &job) && get(job, var, &v) && v.kind == TL_STRING) tl_string_bytes(&v, &n);
  return n;
}

static void check_whole(const page *p) {
  CHECK(page_int(p, "a") == page_int(p, "b"));
  CHECK(page_int(p, "a") == (int64_t)page_items(p));
  CHECK(page_items(p) * 100 == length_of(p, "log"));
}

static void take_errors(page *p, tl_value m) {
  tl_value errors, event;
  if (!get(m, "errors", &errors)) return;
  for (size_t i = 0; i < tl_count(errors); i++) {
    CHECK(get(tl_list_at(errors, i), "event", &event));
    if (event.kind == TL_INT)
      p->errors++;
    else
      p->failed_tasks++;
  }
}

static void take_patch(page *p, tl_value m) {
  tl_value patch, next, from;
  tl_buf err = {0};
  CHECK(get(m, "from", &from) ? from.i == p->version : get_int(m, "version") == p->version + 1);
  p->version = get_int(m, "version");
  if (get(m, "patch", &patch) && CHECK(!tl_patch_apply(p->state, patch, &next, &err))) {
    tl_release(p->state);
    p->state = next;
  }
  tl_buf_free(&err);
}

static void take(void *io, const char *text, size_t n) {
  page *p = io;
  tl_value m, init, state;
  tl_json_err err;
  if (!CHECK(!tl_json_read(text, n, &m, &err))) return;
  if (get(m, "init", &init)) {
    CHECK(get(init, "state", &state));
    tl_release(p->state);
    p->state = tl_retain(state);
    p->version = get_int(init, "version");
  } else {
    take_patch(p, m);
    p->done += get_count(m, "done");
    p->effects += (unsigned)get_count(m, "effects");
    take_errors(p, m);
  }
  check_whole(p);
  tl_release(m);
}

static size_t queued(void *io) {
  (void)io;
  return 0;
}

static void ping(void *io) { (void)io; }

static void closed(void *io, int code, const char *reason) {
  (void)code, (void)reason;
  ((page *)io)->peer = NULL;
}

static const tl_peer_ops ops = {take, queued, ping, closed};

static void say(page *p, const char *text) {
  if (CHECK(p->peer != NULL)) tl_peer_message(p->peer, text, strlen(text));
}

void page_open(page *p, tl_host *h) {
  *p = (page){.state = tl_nil()};
  p->peer = tl_peer_new(h, &ops, p);
  p->peer->headers = tl_strndup("", 0);
  p->peer->session_id = tl_strndup("spec", 4);
  say(p, "{\"hello\":{\"instance\":\"spec\",\"path\":\"/?a=x%20y&b\"}}");
}

void page_event(page *p, const char *handler) {
  char text[120];
  snprintf(text, sizeof text, "{\"event\":{\"id\":%llu,\"handler\":\"%s\",\"args\":[]}}", (unsigned long long)++p->sent,
           handler);
  say(p, text);
}

void page_close(page *p) {
  if (p->peer) tl_peer_gone(p->peer);
  p->peer = NULL;
  tl_release(p->state);
  p->state = tl_nil();
}
