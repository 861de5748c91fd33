/* WebSocket connections over real sockets: compression, the ways to end, a peer that does not read, pings. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "base/mem.h"
#include "spec.h"
#include "wire.h"

static void echo(wire *w) {
  spec_group("websocket echo");
  tl_buf in = {0};
  int fd = wire_open(w, 0);
  wire_send_frame(w, fd, 0x81, "hello", 5);
  CHECK(wire_wait(w, fd, &in, "\x81\x05hello", 1000));
  wire_send_frame(w, fd, 0x01, "two ", 4);
  wire_send_frame(w, fd, 0x89, "ping", 4);
  wire_send_frame(w, fd, 0x80, "parts", 5);
  CHECK(wire_wait(w, fd, &in, "\x8a\x04ping\x81\x09two parts", 1000));
  wire_send_frame(w, fd, 0x82, "\xff", 1);
  wire_send_frame(w, fd, 0x8a, "", 0);
  CHECK(wire_until(w, &w->pongs, 1, 1000));
  CHECK_HAS(tl_buf_cstr(&w->log), "open:/_tidelock/ws text:hello text:two parts binary ");
  close(fd);
  CHECK(wire_until(w, &w->closed, 1, 1000));
  CHECK_HAS(tl_buf_cstr(&w->log), "binary closed ");
  tl_buf_free(&in);
}

/* What breaks a rule is answered with a close frame that arrives although the peer is still sending. */
static void failed(wire *w, const void *bytes, size_t n, const char *close_frame) {
  tl_buf in = {0};
  int fd = wire_open(w, 0);
  wire_send(w, fd, bytes, n);
  CHECK(wire_wait(w, fd, &in, NULL, 3000));
  CHECK(in.len == 4 && memcmp(in.data, close_frame, 4) == 0);
  close(fd);
  tl_buf_free(&in);
}

static void failures(wire *w) {
  spec_group("websocket failures");
  tl_buf big = {0};
  failed(w, "\x81\x02xx", 4, "\x88\x02\x03\xea");
  failed(w, "\x81\x81\0\0\0\0\xff", 7, "\x88\x02\x03\xef");
  char *p = tl_calloc(3 << 20);
  wire_frame(&big, 0x81, p, 3 << 20);
  failed(w, big.data, big.len, "\x88\x02\x03\xf1");
  tl_free(p);
  tl_buf_free(&big);
}

/* ---- compression ---- */

/* The one frame in `in`, which the client inflates. */
static void check_inflated(const tl_buf *in, const char *want, size_t n) {
  const uint8_t *p = (const uint8_t *)in->data;
  size_t head = p[1] < 126 ? 2 : p[1] == 126 ? 4 : 10;
  tl_buf payload = {0}, out = {0};
  tl_buf_put(&payload, p + head, in->len - head);
  tl_buf_put(&payload, "\0\0\xff\xff", 4);
  tl_buf_grow(&out, n + 1);
  z_stream s = {.zalloc = Z_NULL};
  CHECK(inflateInit2(&s, -15) == Z_OK);
  s.next_in = (Bytef *)payload.data;
  s.avail_in = (uInt)payload.len;
  s.next_out = (Bytef *)out.data;
  s.avail_out = (uInt)n + 1;
  CHECK(inflate(&s, Z_SYNC_FLUSH) == Z_OK);
  CHECK(s.avail_out == 1 && memcmp(out.data, want, n) == 0);
  inflateEnd(&s);
  tl_buf_free(&payload);
  tl_buf_free(&out);
}

/* Sends a text, which the server says as well; gives the first byte of its frame, and the frame. */
static int echoed(wire *w, int fd, const char *text, size_t n, tl_buf *in) {
  tl_buf_clear(in);
  wire_send_frame(w, fd, 0x81, text, n);
  if (!wire_wait_bytes(w, fd, in, 4, 2000)) return -1;
  wire_turn(w, 20);
  wire_wait(w, fd, in, "never said", 20); /* whatever else has come */
  return (uint8_t)in->data[0];
}

/* Noise is sent as it is. */
static void not_smaller(wire *w, int fd) {
  char noise[5000];
  unsigned long long state = 88172645463325252u;
  tl_buf in = {0};
  for (size_t i = 0; i < sizeof noise; i++) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    noise[i] = (char)(state >> 32);
  }
  w->conn = NULL;
  wire_send_frame(w, fd, 0x81, "me", 2); /* whose connection it is */
  CHECK(wire_wait(w, fd, &in, "\x81\x02me", 1000));
  tl_buf_clear(&in);
  tl_conn_send(w->conn, noise, sizeof noise);
  CHECK(wire_wait_bytes(w, fd, &in, sizeof noise + 4, 1000));
  CHECK(in.len == sizeof noise + 4 && (uint8_t)in.data[0] == 0x81 && !memcmp(in.data + 4, noise, sizeof noise));
  tl_buf_free(&in);
}

static void compression(wire *w) {
  spec_group("websocket compression");
  enum { SIZE = 50000 };
  static char text[SIZE];
  for (size_t i = 0; i < SIZE; i++) {
    text[i] = "{\"id\":17,\"name\":\"row\"},"[i % 23];
  }
  tl_buf in = {0}, answer = {0};
  int fd = wire_open_with(w, WIRE_OFFER, &answer), plain = wire_open(w, 0);
  for (int i = 0; i < 2; i++) { /* once more, and between other sizes */
    CHECK_INT(echoed(w, fd, text, SIZE, &in), 0xc1);
    CHECK(in.len < SIZE / 20);
    check_inflated(&in, text, SIZE);
    CHECK_INT(echoed(w, fd, text, 1025, &in), 0xc1);
    check_inflated(&in, text, 1025);
    CHECK_INT(echoed(w, fd, text, 1024, &in), 0x81);
    CHECK_INT(in.len, 1024 + 4);
    CHECK_INT(echoed(w, fd, text, 100, &in), 0x81);
    CHECK_INT(in.len, 102);
    CHECK_INT(echoed(w, plain, text, SIZE, &in), 0x81);
    CHECK_INT(in.len, SIZE + 4);
  }
  tl_buf_clear(&in);
  wire_send_frame(w, fd, 0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
  CHECK(wire_wait(w, fd, &in, "\x81\x05Hello", 1000));
  close(plain);
  wire_turn(w, 5);
  not_smaller(w, fd);
  close(fd);
  tl_buf_free(&in);
  tl_buf_free(&answer);
}

/* Each of these is closed with its code; others are served as before. */
static void compressed_failures(wire *w) {
  spec_group("websocket compressed failures");
  static const struct {
    int first;
    const char *payload;
    size_t n;
    const char *close_frame;
  } bad[] = {
      {0xc1, "\x07\x00", 2, "\x88\x02\x03\xef"},                     /* 1007: cannot be inflated */
      {0xc1, "\x00\x01\x00\xfe\xff\xff\x00", 7, "\x88\x02\x03\xef"}, /* 1007: not UTF-8 */
      {0xc9, "", 0, "\x88\x02\x03\xea"},                             /* 1002 */
      {0xa1, "x", 1, "\x88\x02\x03\xea"},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    tl_buf in = {0};
    int fd = wire_open_with(w, WIRE_OFFER, &in);
    tl_buf_clear(&in);
    wire_send_frame(w, fd, bad[i].first, bad[i].payload, bad[i].n);
    CHECK(wire_wait(w, fd, &in, NULL, 3000));
    CHECK(in.len == 4 && memcmp(in.data, bad[i].close_frame, 4) == 0);
    close(fd);
    tl_buf_free(&in);
  }
}

/* Two MiB of one letter, in 2 KB: over the limit of 1 MiB. */
static void bomb(wire *w) {
  spec_group("websocket bomb");
  tl_buf in = {0};
  char *text = tl_alloc(2 << 20);
  static char payload[10000];
  memset(text, 'a', 2 << 20);
  z_stream s = {
      .next_in = (Bytef *)text, .avail_in = 2 << 20, .next_out = (Bytef *)payload, .avail_out = sizeof payload};
  CHECK(deflateInit2(&s, 9, Z_DEFLATED, -15, 9, 0) == Z_OK && deflate(&s, Z_SYNC_FLUSH) == Z_OK && s.avail_out);
  int fd = wire_open_with(w, WIRE_OFFER, &in);
  tl_buf_clear(&in);
  wire_send_frame(w, fd, 0xc1, payload, sizeof payload - s.avail_out - 4);
  CHECK(wire_wait(w, fd, &in, NULL, 3000));
  CHECK(in.len == 4 && memcmp(in.data, "\x88\x02\x03\xf1", 4) == 0);
  close(fd);
  deflateEnd(&s);
  tl_free(text);
  tl_buf_free(&in);
}

static void closing(wire *w) {
  spec_group("websocket closing");
  tl_buf in = {0};
  int before = w->closed, fd = wire_open(w, 0);
  wire_send_frame(w, fd, 0x88,
                  "\x03\xe8"
                  "bye",
                  5);
  CHECK(wire_wait(w, fd, &in, NULL, 1000)); /* the peer closes: its code comes back, then the end */
  CHECK(in.len == 4 && memcmp(in.data, "\x88\x02\x03\xe8", 4) == 0);
  close(fd);
  CHECK(wire_until(w, &w->closed, before + 1, 1000));
  tl_buf_clear(&in);
  fd = wire_open(w, 0);
  tl_buf_clear(&w->log);
  wire_send_frame(w, fd, 0x81, "close", 5);
  CHECK(wire_wait(w, fd, &in,
                  "\x88\x05\x11\x30"
                  "bye",
                  1000)); /* we close: the peer answers, then the end */
  wire_send_frame(w, fd, 0x81, "not delivered", 13);
  wire_send_frame(w, fd, 0x88, "\x11\x30", 2);
  CHECK(wire_until(w, &w->closed, before + 2, 500));
  CHECK_LACKS(tl_buf_cstr(&w->log), "not delivered");
  close(fd);
  tl_buf_clear(&in);
  fd = wire_open(w, 0);
  wire_send_frame(w, fd, 0x81, "close", 5);
  CHECK(wire_until(w, &w->closed, before + 3, 4000)); /* we close, and the peer says nothing */
  close(fd);
  tl_buf_free(&in);
}

/* The peer's code comes back, and nothing after its frame is heard. */
static void close_codes(wire *w) {
  spec_group("websocket close codes");
  static const int codes[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1014, 3000, 3999, 4000, 4999};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    tl_buf in = {0};
    int fd = wire_open(w, 0);
    tl_buf_clear(&w->log);
    const char payload[] = {(char)(codes[i] >> 8), (char)codes[i], 'w', 'h', 'y'};
    wire_send_frame(w, fd, 0x88, payload, i % 2 ? 2 : 5);
    wire_send_frame(w, fd, 0x81, "after", 5);
    CHECK(wire_wait(w, fd, &in, NULL, 1000));
    CHECK(in.len == 4 && !memcmp(in.data, "\x88\x02", 2) && !memcmp(in.data + 2, payload, 2));
    CHECK_LACKS(tl_buf_cstr(&w->log), "after");
    close(fd);
    tl_buf_free(&in);
  }
  static const struct {
    const char *payload;
    size_t n;
    const char *answer;
    size_t answer_n;
  } odd[] = {
      {"", 0, "\x88\x00", 2},                 /* no code: none comes back */
      {"\x03", 1, "\x88\x02\x03\xea", 4},     /* half a code */
      {"\x03\xed", 2, "\x88\x02\x03\xea", 4}, /* 1005, which is never sent */
      {"\x03\xee", 2, "\x88\x02\x03\xea", 4}, /* 1006 */
      {"\x03\xf7", 2, "\x88\x02\x03\xea", 4}, /* 1015 */
      {"\x00\x00", 2, "\x88\x02\x03\xea", 4},
      {"\x13\x88", 2, "\x88\x02\x03\xea", 4},     /* 5000 */
      {"\x03\xe8\xff", 3, "\x88\x02\x03\xef", 4}, /* a reason that is no text */
      {"\x03\xe8\xe2\x82", 4, "\x88\x02\x03\xef", 4},
  };
  for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
    tl_buf in = {0};
    int fd = wire_open(w, 0);
    wire_send_frame(w, fd, 0x88, odd[i].payload, odd[i].n);
    CHECK(wire_wait(w, fd, &in, NULL, 1000));
    CHECK(in.len == odd[i].answer_n && !memcmp(in.data, odd[i].answer, in.len));
    close(fd);
    tl_buf_free(&in);
  }
}

/* In the midst of a message, and both at once. */
static void close_between(wire *w) {
  spec_group("websocket close between");
  tl_buf in = {0};
  int fd = wire_open(w, 0);
  wire_send_frame(w, fd, 0x01, "half ", 5);
  wire_send_frame(w, fd, 0x88, "\x03\xe9", 2);
  CHECK(wire_wait(w, fd, &in, NULL, 1000));
  CHECK(in.len == 4 && !memcmp(in.data, "\x88\x02\x03\xe9", 4));
  CHECK_LACKS(tl_buf_cstr(&w->log), "half");
  close(fd);
  tl_buf_clear(&in);
  fd = wire_open(w, 0);
  wire_send_frame(w, fd, 0x81, "close", 5);
  CHECK(wire_wait(w, fd, &in,
                  "\x88\x05\x11\x30"
                  "bye",
                  1000));
  wire_send_frame(w, fd, 0x89, "who?", 4); /* is not answered: our last frame was the last */
  wire_send_frame(w, fd, 0x01, "half", 4);
  wire_send_frame(w, fd, 0x88, "\x03\xe8", 2);
  CHECK(wire_wait(w, fd, &in, NULL, 1000));
  CHECK_INT(in.len, 7);
  close(fd);
  tl_buf_clear(&in);
  fd = wire_open(w, 0);
  wire_send_frame(w, fd, 0x81, "close", 5);
  wire_send(w, fd, "\x83\x80\0\0\0\0", 6); /* breaks a rule while we wait for its close: no second close frame */
  CHECK(wire_wait(w, fd, &in, NULL, 3000));
  CHECK_INT(in.len, 7);
  close(fd);
  tl_buf_free(&in);
}

/* Each ping has its pong, with the same bytes, in order, also within a message; a pong that nobody asked for has none.
 */
static void pongs(wire *w) {
  spec_group("websocket pongs");
  static const size_t sizes[] = {0, 1, 2, 7, 8, 9, 64, 124, 125};
  char payload[125];
  tl_buf in = {0}, want = {0};
  int fd = wire_open(w, 0), before = w->pongs;
  for (size_t i = 0; i < sizeof payload; i++) payload[i] = (char)(i * 37);
  wire_send_frame(w, fd, 0x01, "a ", 2);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    wire_send_frame(w, fd, 0x89, payload, sizes[i]);
    wire_send_frame(w, fd, 0x8a, payload, sizes[i]);
    wire_send_frame(w, fd, 0x00, "b", 1);
    tl_buf_putc(&want, (char)0x8a);
    tl_buf_putc(&want, (char)sizes[i]);
    tl_buf_put(&want, payload, sizes[i]);
  }
  wire_send_frame(w, fd, 0x80, "", 0);
  tl_buf_put(&want,
             "\x81\x0b"
             "a bbbbbbbbb",
             13);
  CHECK(wire_wait_bytes(w, fd, &in, want.len, 1000));
  CHECK(in.len == want.len && !memcmp(in.data, want.data, in.len));
  CHECK_INT(w->pongs - before, sizeof sizes / sizeof *sizes);
  close(fd);
  tl_buf_free(&in);
  tl_buf_free(&want);
}

static void send_mebibytes(wire *w, size_t n) {
  char *p = tl_alloc(n << 20);
  memset(p, 'm', n << 20);
  tl_conn_send(w->conn, p, n << 20);
  tl_free(p);
}

static void slow_reader(wire *w) {
  spec_group("websocket back-pressure");
  tl_buf in = {0};
  int fd = wire_open(w, 4096), drained = w->drained;
  send_mebibytes(w, 4);
  CHECK(tl_conn_queued(w->conn) > (4 << 20) - 300000); /* the kernel took little: we notice soon */
  size_t queued = tl_conn_queued(w->conn);
  tl_conn_send(w->conn, "last", 4);
  CHECK_INT(tl_conn_queued(w->conn), queued + 6);
  for (int i = 0; i < 2000; i++) wire_send_frame(w, fd, 0x89, "flood", 5);
  wire_turn(w, 20);
  CHECK(tl_conn_queued(w->conn) < queued + 200); /* pings of one who does not read are not all answered */
  CHECK_INT(w->drained, drained);
  CHECK(wire_wait(w, fd, &in, "\x81\x04last", 5000));
  CHECK(wire_until(w, &w->drained, drained + 1, 1000));
  wire_wait(w, fd, &in, "never said", 100); /* reads the answers to the pings that were left lying */
  CHECK_INT(tl_conn_queued(w->conn), 0);
  CHECK(in.len > (4 << 20));
  tl_buf_clear(&in);
  wire_send_frame(w, fd, 0x81, "alive", 5);
  CHECK(wire_wait(w, fd, &in,
                  "\x81\x05"
                  "alive",
                  3000));
  close(fd);
  tl_buf_free(&in);
}

/* Who never reads is closed without ceremony: its close frame could not be sent anyway. */
static void dead_reader(wire *w) {
  spec_group("websocket dead reader");
  int fd = wire_open(w, 4096), before = w->closed;
  send_mebibytes(w, 4);
  wire_turn(w, 2200); /* two sweeps without progress */
  tl_conn_close(w->conn, 1012, "restart");
  CHECK_INT(w->closed, before); /* never told from within the call */
  CHECK(wire_until(w, &w->closed, before + 1, 50));
  close(fd);
}

/* holds: ws.ping, ws.silent */
static void pings(void) {
  spec_group("websocket pings");
  wire w;
  tl_server_opts o = {.ping_every_s = 1, .silent_s = 3};
  tl_buf in = {0};
  wire_start(&w, &o);
  int fd = wire_open(&w, 0), quiet = wire_open(&w, 0);
  CHECK(wire_wait(&w, fd, &in, "\x89\0", 3500));
  for (int i = 0; i < 5; i++) {
    wire_turn(&w, 1000);
    wire_send_frame(&w, fd, 0x8a, "", 0);
  }
  CHECK_INT(w.closed, 1); /* the quiet one */
  CHECK_INT(tl_server_conns(w.server), 1);
  CHECK(w.pongs >= 3);
  close(fd);
  close(quiet);
  tl_buf_free(&in);
  wire_stop(&w);
}

/* Everything open, queued, half read when the server ends. */
static void teardown(void) {
  spec_group("websocket teardown");
  wire w;
  wire_start(&w, NULL);
  int a = wire_open(&w, 0), b = wire_open(&w, 4096), c = wire_connect(&w, 0);
  send_mebibytes(&w, 2);
  wire_send(&w, a, "\x81\x85\0\0\0\0he", 8);
  wire_send(&w, a, "\x01\x81\0\0\0\0h", 7);
  wire_puts(&w, c, "GET /x HT");
  wire_turn(&w, 10);
  tl_server_free(w.server);
  tl_server_free(w.server);
  CHECK_INT(w.closed, 0);
  tl_loop_free(w.loop);
  CHECK_INT(w.closed, 2);
  tl_buf_free(&w.log);
  close(a);
  close(b);
  close(c);
}

void websocket_spec(void) {
  wire w;
  wire_start(&w, NULL);
  echo(&w);
  failures(&w);
  compression(&w);
  compressed_failures(&w);
  bomb(&w);
  closing(&w);
  close_codes(&w);
  close_between(&w);
  pongs(&w);
  slow_reader(&w);
  dead_reader(&w);
  wire_turn(&w, 5);
  CHECK_INT(tl_server_conns(w.server), 0);
  CHECK_INT(w.opened, w.closed);
  wire_stop(&w);
  pings();
  teardown();
}
