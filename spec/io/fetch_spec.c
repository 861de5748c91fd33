/* Requests as a client, against a server in the same loop: every outcome, and every moment to end one. */
#include "io/fetch.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "spec.h"
#include "wire.h"

typedef struct outcome {
  tl_fetcher *fetcher;
  tl_fetch *fetch, *other; /* other: cancelled by done */
  int done, status, chunks, pause_at, cancel_at, free_at;
  bool free_in_done, again;
  size_t received;
  tl_fetch_req next;
  tl_buf body, code, error, headers;
} outcome;

static void on_done(void *ctx, const tl_fetch_result *r) {
  outcome *o = ctx;
  o->done++;
  o->status = r->status;
  tl_buf_put(&o->body, r->body, r->body_len);
  tl_buf_put(&o->headers, r->headers, r->headers_len);
  if (r->code) tl_buf_puts(&o->code, r->code);
  if (r->error) tl_buf_puts(&o->error, r->error);
  if (o->other) tl_fetch_cancel(o->other);
  if (o->again) tl_fetch_cancel(o->fetch); /* too late: nothing happens */
  if (o->again && o->done < 3) o->fetch = tl_fetch_start(o->fetcher, &o->next);
  if (o->free_in_done) tl_fetcher_free(o->fetcher);
}

static void on_chunk(void *ctx, const char *data, size_t n) {
  outcome *o = ctx;
  (void)data;
  o->received += n;
  o->chunks++;
  if (o->chunks == o->pause_at) tl_fetch_pause(o->fetch);
  if (o->chunks == o->cancel_at) tl_fetch_cancel(o->fetch);
  if (o->chunks == o->free_at) tl_fetcher_free(o->fetcher);
}

static void clear(outcome *o) {
  tl_buf_free(&o->body);
  tl_buf_free(&o->code);
  tl_buf_free(&o->error);
  tl_buf_free(&o->headers);
  memset(o, 0, sizeof *o);
}

static char url[256];
static const char *own(wire *w, const char *path) {
  snprintf(url, sizeof url, "http://127.0.0.1:%d%s", w->port, path);
  return url;
}

static void start(tl_fetcher *f, tl_fetch_req r, outcome *o) {
  r.done = on_done;
  r.ctx = o;
  o->fetcher = f;
  o->fetch = tl_fetch_start(f, &r);
  CHECK_INT(o->done, 0); /* never from within the start */
}

static void run(wire *w, tl_fetcher *f, tl_fetch_req r, outcome *o) {
  start(f, r, o);
  CHECK_INT(tl_loop_io_count(w->loop), 1);
  CHECK(wire_until(w, &o->done, 1, 8000));
  CHECK_INT(tl_loop_io_count(w->loop), 0);
}

static void expect_body(wire *w, tl_fetcher *f, tl_fetch_req r, const char *part) {
  outcome o = {0};
  run(w, f, r, &o);
  CHECK_INT(o.status, 200);
  CHECK_HAS(tl_buf_cstr(&o.body), part);
  CHECK_INT(o.code.len, 0);
  clear(&o);
}

static void expect_failure(wire *w, tl_fetcher *f, tl_fetch_req r, const char *code, const char *error) {
  outcome o = {0};
  run(w, f, r, &o);
  CHECK_INT(o.status, 0);
  spec_check(strcmp(tl_buf_cstr(&o.code), code) == 0, __FILE__, __LINE__, r.url);
  CHECK_HAS(tl_buf_cstr(&o.error), error);
  clear(&o);
}

#define REQ(...) ((tl_fetch_req){.follow = -1, __VA_ARGS__})

static void answers(wire *w, tl_fetcher *f) {
  static const char *const lines[] = {"X-One: 1", "X-Empty:", "Content-Type: a/b"};
  spec_group("fetch answers");
  expect_body(w, f, REQ(.url = own(w, "/hello")), "hello");
  expect_body(w, f, REQ(.url = own(w, "/x?q=1")), "GET [/x] [q=1]");
  expect_body(w, f, REQ(.url = own(w, "/x"), .headers = lines, .n_headers = 3),
              "x-one=<1>\nx-empty=<>\ncontent-type=<a/b>");
  expect_body(w, f, REQ(.url = own(w, "/x")), "accept-encoding=<gzip>");
  expect_body(w, f, REQ(.method = "POST", .url = own(w, "/x"), .body = "a\0b", .body_len = 3), "POST [/x]");
  expect_body(w, f, REQ(.method = "POST", .url = own(w, "/x")), "content-length=<0>");
  expect_body(w, f, REQ(.method = "PUT", .url = own(w, "/x"), .body = "text", .body_len = 4), "body=text");
  expect_body(w, f, REQ(.method = "GET", .url = own(w, "/x"), .body = "text", .body_len = 4), "GET [/x]");
  expect_body(w, f, REQ(.method = "DELETE", .url = own(w, "/x")), "DELETE [/x]");
  expect_body(w, f, REQ(.method = "HEAD", .url = own(w, "/x"), .body = "ignored", .body_len = 7), "");
  expect_body(w, f, REQ(.url = own(w, "/gzip")), "hello gzip");
  outcome o = {0};
  run(w, f, REQ(.method = "POST", .url = own(w, "/x"), .body = "t", .body_len = 1), &o);
  CHECK_LACKS(tl_buf_cstr(&o.body), "content-type");
  CHECK_LACKS(tl_buf_cstr(&o.body), "expect");
  CHECK_HAS(tl_buf_cstr(&o.headers), "content-type: text/plain\r\n");
  CHECK_LACKS(o.headers.data, "HTTP/");
  clear(&o);
  run(w, f, REQ(.url = own(w, "/big?1000000")), &o);
  CHECK_INT(o.body.len, 1000000);
  clear(&o);
}

static void redirects(wire *w, tl_fetcher *f) {
  spec_group("fetch redirects");
  outcome o = {0};
  expect_body(w, f, REQ(.url = own(w, "/redirect?/hello")), "hello");
  run(w, f, REQ(.url = own(w, "/redirect?/hello")), &o);
  CHECK_LACKS(tl_buf_cstr(&o.headers), "location"); /* only the last answer's */
  clear(&o);
  run(w, f, (tl_fetch_req){.url = own(w, "/redirect?/hello"), .follow = 0}, &o);
  CHECK_INT(o.status, 302);
  CHECK_HAS(tl_buf_cstr(&o.headers), "location: /hello\r\n");
  clear(&o);
  expect_failure(w, f, (tl_fetch_req){.url = own(w, "/redirect?/redirect?/x"), .follow = 1}, "redirects",
                 "redirected too often");
  expect_failure(w, f, REQ(.url = own(w, "/redirect?file:///etc/passwd")), "redirects", "not http");
  expect_failure(w, f, REQ(.url = own(w, "/redirect?gopher://127.0.0.1/")), "redirects", "not http");
}

static int free_port(void) {
  struct sockaddr_in a = {.sin_family = AF_INET};
  socklen_t n = sizeof a;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(fd, (struct sockaddr *)&a, n) || getsockname(fd, (struct sockaddr *)&a, &n)) perror("bind");
  close(fd);
  return ntohs(a.sin_port);
}

static void failures(wire *w, tl_fetcher *f) {
  static const char *const injected[] = {"X: 1\r\nY: 2"}, *const nameless[] = {"no colon"};
  spec_group("fetch failures");
  char closed[64], error[96], https[64];
  int port = free_port();
  snprintf(closed, sizeof closed, "http://127.0.0.1:%d/x", port);
  snprintf(error, sizeof error, "could not connect to 127.0.0.1:%d: connection refused", port);
  snprintf(https, sizeof https, "https://127.0.0.1:%d/x", w->port);
  expect_failure(w, f, REQ(.url = closed), "connect", error);
  expect_failure(w, f, REQ(.url = "http://host.invalid/", .timeout_s = 5), "dns",
                 "could not find the address of host.invalid:80");
  expect_failure(w, f, REQ(.url = https), "tls", "127.0.0.1");
  expect_failure(w, f, REQ(.url = "file:///etc/passwd"), "url", "not an http or https URL: file:///etc/passwd");
  expect_failure(w, f, REQ(.url = "http://"), "url", "not an http or https URL");
  expect_failure(w, f, REQ(.url = ""), "url", "not an http or https URL");
  expect_failure(w, f, REQ(.url = "http://127.0.0.1:99999/"), "url", "not an http or https URL");
  expect_failure(w, f, REQ(.url = own(w, "/x"), .headers = injected, .n_headers = 1), "protocol", "not a header line");
  expect_failure(w, f, REQ(.url = own(w, "/x"), .headers = nameless, .n_headers = 1), "protocol", "not a header line");
  expect_failure(w, f, REQ(.url = own(w, "/x"), .method = "GET /evil"), "protocol", "not a method");
  expect_failure(w, f, REQ(.url = own(w, "/big?5000"), .max_size = 4999), "too_large", "larger than 4999 bytes");
  expect_failure(w, f, REQ(.url = own(w, "/big?5000"), .max_size = 4999, .chunk = on_chunk), "too_large",
                 "larger than");
  expect_failure(w, f, REQ(.url = own(w, "/hold"), .timeout_s = 0.2), "timeout",
                 "no whole answer in time from 127.0.0.1");
  tl_http_respond(w->held, 200, NULL, "", 0);
}

static void cancels(wire *w, tl_fetcher *f) {
  spec_group("fetch cancel");
  outcome o = {0}, p = {0};
  start(f, REQ(.url = own(w, "/hello")), &o);
  tl_fetch_cancel(o.fetch); /* before it has begun */
  start(f, REQ(.url = "file:///x"), &o);
  tl_fetch_cancel(o.fetch); /* before its failure is told */
  CHECK_INT(tl_loop_io_count(w->loop), 0);
  w->held = NULL;
  start(f, REQ(.url = own(w, "/hold")), &o);
  for (int i = 0; i < 200 && !w->held; i++) wire_turn(w, 5);
  tl_fetch_cancel(o.fetch); /* while it waits */
  tl_http_respond(w->held, 200, NULL, "", 0);
  start(f, REQ(.url = "http://host.invalid/"), &p);
  wire_turn(w, 0);
  if (!p.done) tl_fetch_cancel(p.fetch); /* while its name is looked up */
  clear(&p);
  o.cancel_at = 2;
  start(f, REQ(.url = own(w, "/big?3000000"), .chunk = on_chunk), &o);
  wire_until(w, &o.chunks, 2, 2000);
  wire_turn(w, 50);
  CHECK_INT(o.chunks, 2);
  CHECK_INT(o.done, 0);
  CHECK_INT(tl_loop_io_count(w->loop), 0);
  start(f, REQ(.url = own(w, "/hold")), &p);
  o.other = p.fetch;
  start(f, REQ(.url = own(w, "/hello")), &o);
  CHECK(wire_until(w, &o.done, 1, 2000));
  CHECK_INT(p.done, 0); /* cancelled by the other's done */
  wire_turn(w, 10);
  if (w->held) tl_http_respond(w->held, 200, NULL, "", 0);
  clear(&o);
  o.again = true;
  o.next = REQ(.url = url, .done = on_done, .ctx = &o);
  own(w, "/hello");
  start(f, o.next, &o);
  CHECK(wire_until(w, &o.done, 3, 2000)); /* each started by the done before */
  clear(&o);
}

static void chunks(wire *w, tl_fetcher *f) {
  spec_group("fetch chunks");
  outcome o = {0};
  run(w, f, REQ(.url = own(w, "/big?20000000"), .chunk = on_chunk), &o); /* beyond the default limit */
  CHECK_INT(o.received, 20000000);
  CHECK_INT(o.body.len, 0);
  CHECK(o.chunks > 100);
  clear(&o);
  o.pause_at = 2;
  start(f, REQ(.url = own(w, "/big?3000000"), .chunk = on_chunk), &o);
  CHECK(wire_until(w, &o.chunks, 2, 2000));
  wire_turn(w, 50);
  CHECK_INT(o.chunks, 2);
  CHECK_INT(o.done, 0);
  tl_fetch_resume(o.fetch);
  CHECK_INT(o.chunks, 2); /* not from within the call */
  CHECK(wire_until(w, &o.done, 1, 3000));
  CHECK_INT(o.received, 3000000);
  clear(&o);
  o.pause_at = 1;
  start(f, REQ(.url = own(w, "/big?3000000"), .chunk = on_chunk), &o);
  CHECK(wire_until(w, &o.chunks, 1, 2000));
  wire_turn(w, 20);
  tl_fetch_cancel(o.fetch); /* while paused */
  wire_turn(w, 20);
  CHECK_INT(o.chunks, 1);
  clear(&o);
  o.pause_at = 1;
  expect_failure(w, f, REQ(.url = own(w, "/big?3000000"), .chunk = on_chunk, .max_size = 10), "too_large", "");
}

static void many(wire *w, tl_fetcher *f) {
  spec_group("fetch many");
  static outcome o[60];
  int done = 0;
  for (int i = 0; i < 60; i++) start(f, REQ(.url = own(w, i % 3 ? "/hello" : "/big?70000")), &o[i]);
  for (int i = 0; i < 60; i++) done += wire_until(w, &o[i].done, 1, 3000) && o[i].status == 200;
  CHECK_INT(done, 60);
  for (int i = 0; i < 60; i++) clear(&o[i]);
}

/* The fetcher ends while requests run, from outside, from a chunk, from a done. */
static void endings(void) {
  spec_group("fetch endings");
  for (int way = 0; way < 3; way++) {
    wire w;
    outcome o = {0}, p = {0};
    wire_start(&w, NULL);
    tl_fetcher *f = tl_fetcher_new(w.loop, &(const char *){NULL});
    o.free_at = way == 1 ? 2 : 0;
    o.free_in_done = way == 2;
    start(f, REQ(.url = own(&w, "/hold")), &p);
    start(f, REQ(.url = own(&w, "/big?300000"), .chunk = on_chunk), &o);
    for (int i = 0; i < 500 && (!w.held || (way == 1 ? o.chunks < 2 : way == 2 && !o.done)); i++) wire_turn(&w, 2);
    int before = o.done;
    if (way == 0) tl_fetcher_free(f);
    wire_turn(&w, 20);
    CHECK_INT(p.done, 0);
    CHECK_INT(o.done, before);
    CHECK_INT(tl_loop_io_count(w.loop), 0);
    tl_http_respond(w.held, 200, NULL, "", 0);
    clear(&o);
    wire_stop(&w);
  }
}

void fetch_spec(void) {
  wire w;
  wire_start(&w, NULL);
  tl_fetcher *f = tl_fetcher_new(w.loop, &(const char *){NULL});
  answers(&w, f);
  redirects(&w, f);
  failures(&w, f);
  cancels(&w, f);
  chunks(&w, f);
  many(&w, f);
  tl_fetcher_free(f);
  wire_stop(&w);
  endings();
}
