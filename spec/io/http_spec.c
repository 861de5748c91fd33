/* HTTP: what is refused, what is answered, and in which order. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"
#include "spec.h"
#include "wire.h"

static void expect_status(wire *w, const char *request, int status) {
  tl_buf in = {0};
  int got = wire_status(wire_ask(w, request, &in));
  spec_check_int(got, status, __FILE__, __LINE__, request);
  tl_buf_free(&in);
}

static void expect_body(wire *w, const char *request, const char *part) {
  tl_buf in = {0};
  CHECK_HAS(wire_ask(w, request, &in), part);
  tl_buf_free(&in);
}

#define CLOSE "Host: x\r\nConnection: close\r\n"

static void answers(wire *w) {
  spec_group("http answers");
  expect_body(w, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "\r\n\r\nhello");
  expect_body(w, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "Content-Length: 5\r\n");
  expect_body(w, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "Date: ");
  expect_body(w, "GET /x?a=1&b HTTP/1.1\r\n" CLOSE "\r\n", "GET [/x] [a=1&b] ip=127.0.0.1 n=2");
  expect_body(w, "GET /a%20b%2Fc HTTP/1.1\r\n" CLOSE "\r\n", "[/a b/c] []");
  expect_body(w, "GET http://other/abs?q HTTP/1.1\r\n" CLOSE "\r\n", "[/abs] [q]");
  expect_body(w, "GET http://other?q HTTP/1.1\r\n" CLOSE "\r\n", "[/] [q]");
  expect_body(w, "GET http://other HTTP/1.1\r\n" CLOSE "\r\n", "[/] []");
  expect_body(w, "GET /x HTTP/1.1\r\n" CLOSE "X-Empty:\r\nX-Sp:   \t \r\nX-Trim:  v w \t\r\n\r\n",
              "x-empty=<>\nx-sp=<>\nx-trim=<v w>\n");
  expect_body(w, "POST /x HTTP/1.1\r\n" CLOSE "Content-Length: 4\r\n\r\nbody", "body=body");
  expect_body(
      w, "POST /x HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\nX-T: 1\r\n\r\n",
      "body=body");
  expect_body(w, "POST /x HTTP/1.1\r\n" CLOSE "Transfer-Encoding: Chunked\r\n\r\nA;x=\"y\"\r\n0123456789\r\n00\r\n\r\n",
              "body=0123456789");
  expect_status(w, "GET /forgotten HTTP/1.1\r\n" CLOSE "\r\n", 500);
  expect_body(w, "GET /hello HTTP/1.0\r\n\r\n", "hello");
  expect_body(w, "GET /evil HTTP/1.1\r\n" CLOSE "\r\n", "X-A: 1\r\n");
  expect_body(w, "GET /evil HTTP/1.1\r\n" CLOSE "\r\n", "X-B: 2\r\nX-C: 3\r\nContent-Length: 1\r\n");
}

/* What two readers could see differently is refused, and nothing after it is read. */
static void smuggling(wire *w) {
  static const char *const probes[] = {
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 4\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4, 4\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: +4\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: -4\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 0x4\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 4 4\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length:\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999999\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nContent-Length : 4\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\n Content-Length: 4\r\n\r\nbody",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: \x0b"
      "chunked\r\n\r\n0\r\n\r\n",
      "POST /x HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n-1\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\nbo\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nboXX0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nbo\r\r0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2;a=\nb\r\nbo\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n X: 1\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n 1\r\nx\r\n0\r\n\r\n",
      "POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n\r\n0\r\n\r\n",
      "GET /x HTTP/1.1\nHost: x\n\n",
      "GET /x HTTP/1.1\r\nHost: x\nX: y\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\nX: y\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\n\n",
      "GET /x HTTP/1.1\r\nHost: x\r\n\rX",
      "GET /x HTTP/1.1\r\nHost: x\r\nX: y\rZ: 1\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\nX: y\r\n folded\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\nX: y\r\n\tfolded\r\n\r\n",
      "GET /x HTTP/1.1\r\n folded: x\r\nHost: x\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
      "GET /x HTTP/1.1\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\n: no name\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\nName : 1\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\nA name: 1\r\n\r\n",
      "GET /x HTTP/1.1\r\nHost: x\r\nB\xe4"
      "d: name\r\n\r\n",
      "GET /x HTTP/1.1 \r\nHost: x\r\n\r\n",
      "GET /x\r\nHost: x\r\n\r\n",
      "GET /x HTTP/1.2\r\nHost: x\r\n\r\n",
      "GET /x HTTP/2.0\r\nHost: x\r\n\r\n",
      "GET /x HTTP/0.9\r\n\r\n",
      "GET /x HTTQ/1.1\r\nHost: x\r\n\r\n",
      "get /x HTTP/1.1\r\nHost: x\r\n\r\n",
      "BREW /x HTTP/1.1\r\nHost: x\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n",
      "OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n",
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
  };
  spec_group("http smuggling");
  for (size_t i = 0; i < sizeof probes / sizeof *probes; i++) {
    tl_buf all = {0}, in = {0};
    int before = w->requests;
    tl_buf_puts(&all, probes[i]);
    tl_buf_puts(&all, "GET /hello HTTP/1.1\r\nHost: smuggled\r\n\r\n");
    int status = wire_status(wire_ask(w, tl_buf_cstr(&all), &in));
    bool refused = status >= 400 && status != 408 && w->requests == before;
    spec_check(refused, __FILE__, __LINE__, probes[i]);
    if (!refused) printf("    %.300s\n", tl_buf_cstr(&in));
    CHECK_HAS(tl_buf_cstr(&in), "Connection: close\r\n");
    CHECK_LACKS(tl_buf_cstr(&in), "hello");
    tl_buf_free(&all);
    tl_buf_free(&in);
  }
}

static void target(wire *w, const char *target, const char *want) {
  tl_buf request = {0};
  tl_buf_printf(&request, "GET %s HTTP/1.1\r\n" CLOSE "\r\n", target);
  if (want)
    expect_body(w, tl_buf_cstr(&request), want);
  else
    expect_status(w, tl_buf_cstr(&request), 400);
  tl_buf_free(&request);
}

static void targets(wire *w) {
  static const char *const bad[] = {
      "/%",        "/%4",     "/%zz",      "/%00",     "/a%00b", "/..",    "/../x",          "/a/../b", "/a/..",
      "/%2e%2e/x", "/.%2e/x", "/a/%2E%2E", "/..%2fx",  "/a\\b",  "/a%5cb", "/%5c..%5c",      "/a#b",    "x",
      "ftp://x/y", "/%c0%af", "/%ff",      "/%0d%0aX", "/a%7f",  "//../x", "/a/%2e%2e%2f..", "/%u0041", "/x/..;/",
      "/%e2%82"};
  spec_group("http targets");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    if (strcmp(bad[i], "/x/..;/")) target(w, bad[i], NULL);
  target(w, "/a..b/...", "[/a..b/...] []");
  target(w, "/caf%C3%A9?%zz", "[/caf\xc3\xa9] [%zz]");
  target(w, "/?", "[/] []");
  target(w, "/x?a?b#", NULL);
  target(w, "/%41%2f", "[/A/] []");
}

static void repeat(tl_buf *b, const char *s, size_t n) {
  for (size_t i = 0; i < n; i++) tl_buf_puts(b, s);
}

static void limits(wire *w) {
  spec_group("http limits");
  tl_buf b = {0};
  tl_buf_puts(&b, "GET /");
  repeat(&b, "a", 9000);
  tl_buf_puts(&b, " HTTP/1.1\r\n" CLOSE "\r\n");
  expect_status(w, tl_buf_cstr(&b), 414);
  tl_buf_clear(&b);
  tl_buf_puts(&b, "GET /x HTTP/1.1\r\n" CLOSE "X: ");
  repeat(&b, "v", 17000);
  tl_buf_puts(&b, "\r\n\r\n");
  expect_status(w, tl_buf_cstr(&b), 431);
  tl_buf_clear(&b);
  tl_buf_puts(&b, "GET /x HTTP/1.1\r\n" CLOSE "X:");
  repeat(&b, " ", 17000);
  expect_status(w, tl_buf_cstr(&b), 431);
  tl_buf_clear(&b);
  repeat(&b, "\r\n", 9000);
  expect_status(w, tl_buf_cstr(&b), 431);
  tl_buf_clear(&b);
  tl_buf_puts(&b, "GET /x HTTP/1.1\r\n" CLOSE);
  repeat(&b, "A: b\r\n", 99);
  tl_buf_puts(&b, "\r\n");
  expect_status(w, tl_buf_cstr(&b), 431);
  tl_buf_clear(&b);
  tl_buf_puts(&b, "GET /x HTTP/1.1\r\n" CLOSE);
  repeat(&b, "A: b\r\n", 98);
  tl_buf_puts(&b, "\r\n");
  expect_status(w, tl_buf_cstr(&b), 200);
  tl_buf_clear(&b);
  expect_status(w, "POST /x HTTP/1.1\r\n" CLOSE "Content-Length: 1048577\r\n\r\n", 413);
  expect_status(w, "POST /x HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n100001\r\n", 413);
  tl_buf_puts(&b, "POST /x HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n1;");
  repeat(&b, "x", 20000);
  expect_status(w, tl_buf_cstr(&b), 413);
  tl_buf_free(&b);
}

static void expectations(wire *w) {
  spec_group("http expect");
  tl_buf in = {0};
  int fd = wire_connect(w, 0);
  wire_puts(w, fd, "POST /x HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  CHECK(wire_wait(w, fd, &in, "HTTP/1.1 100 Continue\r\n\r\n", 1000));
  wire_puts(w, fd, "body");
  CHECK(wire_wait(w, fd, &in, "body=body", 1000));
  close(fd);
  tl_buf_free(&in);
  expect_status(w, "POST /x HTTP/1.1\r\n" CLOSE "Expect: 100-continue\r\nContent-Length: 2000000\r\n\r\n", 413);
  expect_status(w, "GET /x HTTP/1.1\r\n" CLOSE "Expect: wonders\r\n\r\n", 417);
}

static const char pipeline[] = "GET /one HTTP/1.1\r\nHost: x\r\n\r\n"
                               "POST /two HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
                               "HEAD /three HTTP/1.1\r\nHost: x\r\n\r\n"
                               "POST /four HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nz\r\n0\r\n\r\n"
                               "GET /five HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";

/* The same answers in the same order, wherever the bytes are cut. */
static void pipelining(wire *w) {
  spec_group("http pipelining");
  size_t wrong = 0;
  for (size_t cut = 0; cut < sizeof pipeline - 1; cut++) {
    tl_buf in = {0};
    int fd = wire_connect(w, 0);
    wire_send(w, fd, pipeline, cut);
    wire_turn(w, 0);
    wire_send(w, fd, pipeline + cut, sizeof pipeline - 1 - cut);
    wire_wait(w, fd, &in, NULL, 2000);
    const char *p = tl_buf_cstr(&in);
    static const char *const order[] = {"[/one]", "[/two]", "body=abcHTTP/1.1 200", "[/four]", "body=zHTTP/1.1 200",
                                        "[/five]"};
    for (size_t i = 0; i < sizeof order / sizeof *order && p; i++) p = strstr(p, order[i]);
    wrong += !p || strstr(in.data, "[/three]");
    close(fd);
    tl_buf_free(&in);
  }
  CHECK_INT(wrong, 0);
}

static void head(wire *w) {
  spec_group("http head");
  tl_buf in = {0};
  const char *answer = wire_ask(w, "HEAD /hello HTTP/1.1\r\n" CLOSE "\r\n", &in);
  CHECK_HAS(answer, "Content-Length: 5\r\n");
  CHECK_LACKS(answer, "hello");
  tl_buf_clear(&in);
  answer = wire_ask(w, "GET /empty HTTP/1.1\r\n" CLOSE "\r\n", &in);
  CHECK_INT(wire_status(answer), 204);
  CHECK_LACKS(answer, "Content-Length");
  CHECK_LACKS(answer, "not sent");
  tl_buf_free(&in);
}

static void keep_alive(wire *w) {
  spec_group("http keep-alive");
  tl_buf in = {0};
  int fd = wire_connect(w, 0);
  for (int i = 0; i < 3; i++) {
    wire_puts(w, fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(wire_wait(w, fd, &in, "\r\n\r\nhello", 1000));
    CHECK_LACKS(tl_buf_cstr(&in), "Connection:");
    tl_buf_clear(&in);
  }
  wire_puts(w, fd, "GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(wire_wait(w, fd, &in, "hello", 1000));
  CHECK_HAS(tl_buf_cstr(&in), "Connection: keep-alive\r\n");
  tl_buf_clear(&in);
  wire_puts(w, fd, "GET /hello HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nConnection: upgrade\r\n\r\n");
  CHECK(wire_wait(w, fd, &in, "hello", 1000));
  tl_buf_clear(&in);
  wire_puts(w, fd, "GET /hello HTTP/1.0\r\n\r\n");
  CHECK(wire_wait(w, fd, &in, NULL, 1000));
  close(fd);
  tl_buf_free(&in);
}

static void holding(wire *w) {
  spec_group("http hold");
  tl_buf in = {0};
  int fd = wire_connect(w, 0);
  wire_puts(w, fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\nGET /after HTTP/1.1\r\n" CLOSE "\r\n");
  wire_turn(w, 20);
  CHECK(w->held != NULL);
  CHECK(!wire_wait(w, fd, &in, "HTTP", 20));
  int before = w->requests;
  tl_http_respond(w->held, 200, NULL, "late", 4);
  CHECK_INT(w->requests, before); /* the next one is not handled from within the answer */
  CHECK(wire_wait(w, fd, &in, NULL, 1000));
  CHECK_HAS(tl_buf_cstr(&in), "lateHTTP/1.1 200");
  CHECK_HAS(tl_buf_cstr(&in), "[/after]");
  close(fd);
  tl_buf_free(&in);
}

/* A held request outlives the server that it came to; its answer goes nowhere and frees it. */
static void held_and_gone(void) {
  spec_group("http held and gone");
  wire w;
  wire_start(&w, NULL);
  int fd = wire_connect(&w, 0);
  wire_puts(&w, fd, "GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
  wire_turn(&w, 20);
  CHECK(w.held != NULL);
  wire_stop(&w);
  CHECK_HAS(tl_http_path(w.held), "/hold");
  tl_http_respond(w.held, 200, NULL, "late", 4);
  close(fd);
}

/* A client that ends its half after the request reads the whole answer all the same. */
static void half_close(wire *w) {
  spec_group("http half close");
  tl_buf in = {0};
  int fd = wire_connect(w, 4096);
  wire_puts(w, fd, "GET /big?3000000 HTTP/1.1\r\nHost: x\r\n\r\n");
  shutdown(fd, SHUT_WR);
  wire_turn(w, 10);
  CHECK(wire_wait(w, fd, &in, NULL, 5000));
  CHECK(in.len > 3000000);
  close(fd);
  tl_buf_free(&in);
}

/* What a client on the same machine (a proxy) gets in a second: many MB, not what a delayed acknowledgement per piece
 * leaves. */
static void throughput(wire *w) {
  spec_group("http throughput");
  tl_buf in = {0};
  uint64_t start = tl_loop_now();
  int fd = wire_connect(w, 0);
  wire_puts(w, fd, "GET /big?20000000 HTTP/1.1\r\n" CLOSE "\r\n");
  CHECK(wire_wait(w, fd, &in, NULL, 5000));
  CHECK(in.len > 20000000 && tl_loop_now() - start < 2000000000ull);
  close(fd);
  tl_buf_free(&in);
}

/* Who asks without reading is not read: the server holds one answer, not ten thousand. */
static void no_reader(wire *w) {
  spec_group("http back-pressure");
  tl_buf in = {0}, many = {0};
  int fd = wire_connect(w, 4096), before = w->requests;
  repeat(&many, "GET /big?300000 HTTP/1.1\r\nHost: x\r\n\r\n", 20);
  tl_buf_puts(&many, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n");
  wire_send(w, fd, many.data, many.len);
  wire_turn(w, 50);
  CHECK(w->requests - before < 4);
  CHECK(wire_wait(w, fd, &in, NULL, 5000));
  CHECK_INT(w->requests - before, 21);
  CHECK(in.len > 6000000);
  close(fd);
  tl_buf_free(&in);
  tl_buf_free(&many);
}

static void timeouts(void) {
  spec_group("http timeouts");
  wire w;
  tl_server_opts o = {.header_timeout_s = 1};
  tl_buf in = {0}, silent_in = {0};
  wire_start(&w, &o);
  int slow = wire_connect(&w, 0), silent = wire_connect(&w, 0);
  wire_puts(&w, slow, "GET /x HTTP/1.1\r\nHost:");
  CHECK(wire_wait(&w, slow, &in, NULL, 3500));
  CHECK_INT(wire_status(tl_buf_cstr(&in)), 408);
  CHECK(wire_wait(&w, silent, &silent_in, NULL, 3500));
  CHECK_INT(silent_in.len, 0);
  close(slow);
  close(silent);
  wire_turn(&w, 5);
  CHECK_INT(tl_server_conns(w.server), 0);
  tl_buf_free(&in);
  wire_stop(&w);
}

/* Without a descriptor left, clients are sent away and the loop does not spin; with one again, they are served. */
static void no_descriptors(wire *w) {
  spec_group("http no descriptors");
  struct rlimit limit, less;
  tl_buf in[3] = {{0}};
  int fd[3], polls = 0;
  wire_turn(w, 5); /* earlier connections are gone, and give no descriptor back meanwhile */
  for (int i = 0; i < 3; i++) fd[i] = wire_connect(w, 0);
  getrlimit(RLIMIT_NOFILE, &limit);
  less = limit;
  less.rlim_cur = (rlim_t)fd[2] + 1;
  setrlimit(RLIMIT_NOFILE, &less);
  int filled[64], n = 0; /* whatever is free below the limit */
  while (n < 64 && (filled[n] = dup(0)) >= 0) n++;
  for (uint64_t end = tl_loop_now() + 50000000; tl_loop_now() < end; polls++) tl_loop_poll(w->loop, 10000000);
  CHECK(polls < 20);
  setrlimit(RLIMIT_NOFILE, &limit);
  while (n) close(filled[--n]);
  for (int i = 0; i < 3; i++) {
    CHECK(wire_wait(w, fd[i], &in[i], NULL, 1000));
    close(fd[i]);
    tl_buf_free(&in[i]);
  }
  CHECK_INT(tl_server_conns(w->server), 0);
  expect_body(w, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "hello");
}

/* A server that no longer listens ends its connections with their next answer. */
static void stopping(void) {
  spec_group("http stopping");
  wire w;
  tl_buf in = {0};
  wire_start(&w, &(tl_server_opts){.host = "localhost"});
  int fd = wire_connect(&w, 0);
  wire_puts(&w, fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(wire_wait(&w, fd, &in, "hello", 1000));
  tl_server_stop_listening(w.server);
  tl_server_stop_listening(w.server);
  wire_puts(&w, fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(wire_wait(&w, fd, &in, NULL, 1000));
  CHECK_HAS(tl_buf_cstr(&in), "Connection: close\r\n\r\nhello");
  close(fd);
  tl_buf_free(&in);
  wire_stop(&w);
}

static void start_errors(wire *w) {
  spec_group("http start");
  const char *err = NULL;
  tl_server_handlers none = {0};
  tl_server_opts taken = {.port = w->port}, bad = {.host = "nowhere"};
  CHECK(!tl_server_start(w->loop, &taken, &none, NULL, &err));
  CHECK_HAS(err, "address already in use");
  CHECK(!tl_server_start(w->loop, &bad, &none, NULL, &err));
  CHECK_HAS(err, "not an IP address");
}

void http_spec(void) {
  wire w;
  wire_start(&w, NULL);
  answers(&w);
  smuggling(&w);
  targets(&w);
  limits(&w);
  expectations(&w);
  pipelining(&w);
  head(&w);
  keep_alive(&w);
  holding(&w);
  half_close(&w);
  throughput(&w);
  no_reader(&w);
  start_errors(&w);
  no_descriptors(&w);
  wire_turn(&w, 5);
  CHECK_INT(tl_server_conns(w.server), 0);
  wire_stop(&w);
  held_and_gone();
  stopping();
  timeouts();
}
