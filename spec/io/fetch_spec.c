/* Requests as a client, against a server in the same loop. */
#include <stdio.h>

#include "io/fetch.h"
#include "spec.h"
#include "wire.h"

typedef struct outcome {
  int done, status;
  tl_buf body, code, error;
} outcome;

static void on_done(void *ctx, const tl_fetch_result *r) {
  outcome *o = ctx;
  o->done++;
  o->status = r->status;
  tl_buf_put(&o->body, r->body, r->body_len);
  if (r->code) tl_buf_puts(&o->code, r->code), tl_buf_puts(&o->error, r->error);
}

static void ok(wire *w, tl_fetcher *f) {
  spec_group("fetch ok");
  char url[100];
  outcome o = {0};
  snprintf(url, sizeof url, "http://127.0.0.1:%d/hello", w->port);
  tl_fetch_req r = {.url = url, .follow = -1, .done = on_done, .ctx = &o};
  tl_fetch_start(f, &r);
  CHECK(wire_until(w, &o.done, 1, 2000));
  CHECK_INT(o.status, 200);
  CHECK_HAS(tl_buf_cstr(&o.body), "hello");
  tl_buf_free(&o.body);
}

void fetch_spec(void) {
  wire w;
  wire_start(&w, NULL);
  tl_fetcher *f = tl_fetcher_new(w.loop);
  ok(&w, f);
  tl_fetcher_free(f);
  wire_stop(&w);
}
