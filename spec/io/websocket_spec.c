/* WebSocket connections over real sockets: the handshake, the ways to end, a peer that does not read, pings. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

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

/* The handshake with one line replaced; `with` may be empty to leave it out. */
static void handshake(wire *w, const char *line, const char *with, int status) {
  static const char whole[] = WIRE_HANDSHAKE;
  tl_buf request = {0}, in = {0};
  const char *at = strstr(whole, line);
  tl_buf_put(&request, whole, (size_t)(at - whole));
  tl_buf_puts(&request, with);
  tl_buf_puts(&request, at + strlen(line));
  spec_check_int(wire_status(wire_ask(w, tl_buf_cstr(&request), &in)), status, __FILE__, __LINE__, with);
  if (status == 426) CHECK_HAS(in.data, "Sec-WebSocket-Version: 13\r\n");
  tl_buf_free(&request);
  tl_buf_free(&in);
}

static void handshakes(wire *w) {
  spec_group("websocket handshake");
  static const char protocol[] = "Sec-WebSocket-Protocol: tidelock.1\r\n", version[] = "Sec-WebSocket-Version: 13\r\n",
                    key[] = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", up[] = "Connection: Upgrade\r\n";
  int before = w->opened;
  handshake(w, protocol, "", 400);
  handshake(w, protocol, "Sec-WebSocket-Protocol: tidelock.2\r\n", 400);
  handshake(w, protocol, "Sec-WebSocket-Protocol: tidelock.11, TIDELOCK.1\r\n", 400);
  handshake(w, version, "", 426);
  handshake(w, version, "Sec-WebSocket-Version: 8\r\n", 426);
  handshake(w, version, "Sec-WebSocket-Version: 13, 8\r\n", 426);
  handshake(w, key, "", 400);
  handshake(w, key, "Sec-WebSocket-Key: short==\r\n", 400);
  handshake(w, key, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=!\r\n", 400);
  handshake(w, key, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
            400);
  handshake(w, up, "Connection: close\r\n", 400);
  handshake(w, up, "Connection: Upgrade\r\nOrigin: http://a\r\nOrigin: http://b\r\n", 400);
  handshake(w, "GET ", "POST ", 405);
  handshake(w, "HTTP/1.1", "HTTP/1.0", 400);
  handshake(w, "Host: x\r\n", "", 400);
  handshake(w, "tidelock.1\r\n\r\n", "tidelock.1\r\nContent-Length: 1\r\n\r\nx", 400);
  handshake(w, "/_tidelock/ws", "/elsewhere", 404);
  w->refuse_upgrade = 403;
  handshake(w, protocol, protocol, 403);
  w->refuse_upgrade = 0;
  CHECK_INT(w->opened, before);
}

static void handshake_answer(wire *w) {
  spec_group("websocket handshake answer");
  tl_buf in = {0}, request = {0};
  int fd = wire_connect(w, 0);
  tl_buf_puts(&request,
              "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n" /* on a connection that served a page before */
              "GET /_tidelock/ws HTTP/1.1\r\nhost: x\r\nupgrade: WebSocket\r\nconnection: keep-alive, upgrade\r\n"
              "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
              "sec-websocket-protocol: other,tidelock.1 , more\r\n\r\n");
  wire_frame(&request, 0x81, "early", 5); /* in the same packet */
  wire_send(w, fd, request.data, request.len);
  CHECK(wire_wait(w, fd, &in,
                  "\x81\x05"
                  "early",
                  1000));
  CHECK_HAS(tl_buf_cstr(&in), "HTTP/1.1 101 Switching Protocols\r\n");
  CHECK_HAS(in.data, "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n");
  CHECK_HAS(in.data, "Sec-WebSocket-Protocol: tidelock.1\r\n");
  close(fd);
  tl_buf_free(&in);
  tl_buf_free(&request);
}

/* The handshake and a frame, cut at every byte. */
static void cut_everywhere(wire *w) {
  spec_group("websocket cut");
  tl_buf all = {0};
  size_t wrong = 0;
  tl_buf_puts(&all, WIRE_HANDSHAKE);
  wire_frame(&all, 0x81, "cut", 3);
  for (size_t cut = 0; cut < all.len; cut++) {
    tl_buf in = {0};
    int fd = wire_connect(w, 0);
    wire_send(w, fd, all.data, cut);
    wire_turn(w, 0);
    wire_send(w, fd, all.data + cut, all.len - cut);
    wrong += !wire_wait(w, fd, &in,
                        "\x81\x03"
                        "cut",
                        1000);
    close(fd);
    tl_buf_free(&in);
  }
  CHECK_INT(wrong, 0);
  tl_buf_free(&all);
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
  handshakes(&w);
  handshake_answer(&w);
  cut_everywhere(&w);
  failures(&w);
  closing(&w);
  slow_reader(&w);
  dead_reader(&w);
  wire_turn(&w, 5);
  CHECK_INT(tl_server_conns(w.server), 0);
  CHECK_INT(w.opened, w.closed);
  wire_stop(&w);
  pings();
  teardown();
}
