/* The WebSocket handshake over real sockets (RFC 6455 section 4.2): what is accepted, what is refused and how. */
#include <stdio.h>
#include <unistd.h>

#include "base/mem.h"
#include "spec.h"
#include "wire.h"

/* The handshake with one line, or a part of it, replaced; `with` may be empty to leave it out. */
static void with_line(const char *line, const char *with, tl_buf *request) {
  static const char whole[] = WIRE_HANDSHAKE;
  const char *at = strstr(whole, line);
  tl_buf_put(request, whole, (size_t)(at - whole));
  tl_buf_puts(request, with);
  tl_buf_puts(request, at + strlen(line));
}

static void handshake(wire *w, const char *line, const char *with, int status) {
  tl_buf request = {0}, in = {0};
  with_line(line, with, &request);
  spec_check_int(wire_status(wire_ask(w, tl_buf_cstr(&request), &in)), status, __FILE__, __LINE__, with);
  if (status == 426) CHECK_HAS(in.data, "Sec-WebSocket-Version: 13\r\n");
  if (status == 426) CHECK_HAS(in.data, "Connection: upgrade");
  tl_buf_free(&request);
  tl_buf_free(&in);
}

#define PROTOCOL "Sec-WebSocket-Protocol: tidelock.1\r\n"
#define VERSION "Sec-WebSocket-Version: 13\r\n"
#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define UPGRADE "Upgrade: websocket\r\n"
#define CONNECTION "Connection: Upgrade\r\n"
#define PATH "/_tidelock/ws"

static const struct {
  const char *line, *with;
  int status;
} wrong[] = {
    /* the subprotocol */
    {PROTOCOL, "", 400},
    {PROTOCOL, "Sec-WebSocket-Protocol:\r\n", 400},
    {PROTOCOL, "Sec-WebSocket-Protocol: tidelock.2\r\n", 400},
    {PROTOCOL, "Sec-WebSocket-Protocol: tidelock\r\n", 400},
    {PROTOCOL, "Sec-WebSocket-Protocol: tidelock.1.0\r\n", 400},
    {PROTOCOL, "Sec-WebSocket-Protocol: \"tidelock.1\"\r\n", 400},
    {PROTOCOL, "Sec-WebSocket-Protocol: tidelock.11, TIDELOCK.1\r\n", 400},
    /* the version */
    {VERSION, "", 426},
    {VERSION, "Sec-WebSocket-Version:\r\n", 426},
    {VERSION, "Sec-WebSocket-Version: 8\r\n", 426},
    {VERSION, "Sec-WebSocket-Version: 14\r\n", 426},
    {VERSION, "Sec-WebSocket-Version: 013\r\n", 426},
    {VERSION, "Sec-WebSocket-Version: 13.0\r\n", 426},
    {VERSION, "Sec-WebSocket-Version: 13, 8\r\n", 426},
    {VERSION, VERSION VERSION, 426},
    {VERSION, "Sec-WebSocket-Version: 8\r\n" VERSION, 426},
    /* the key: 16 bytes in base64 */
    {KEY, "", 400},
    {KEY, "Sec-WebSocket-Key:\r\n", 400},
    {KEY, "Sec-WebSocket-Key: short==\r\n", 400},
    {KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=!\r\n", 400},
    {KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ\r\n", 400},
    {KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQA=\r\n", 400},
    {KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQAA\r\n", 400},
    {KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==A\r\n", 400},
    {KEY, "Sec-WebSocket-Key: dGhlIHNhbXBs ZSBub25jZQ=\r\n", 400},
    {KEY, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j-_==\r\n", 400},
    {KEY, KEY KEY, 400},
    /* that it is to be an upgrade */
    {CONNECTION, "", 400},
    {CONNECTION, "Connection: close\r\n", 400},
    {CONNECTION, "Connection: Upgrades\r\n", 400},
    {CONNECTION, "Connection: keep-alive\r\n", 400},
    {UPGRADE, "Connection: close\r\n", 200}, /* an ordinary request */
    {UPGRADE, "Upgrade: websockets\r\nConnection: close\r\n", 200},
    {UPGRADE, "Upgrade: h2c\r\nConnection: close\r\n", 200},
    /* the request */
    {"GET ", "POST ", 405},
    {"GET ", "HEAD ", 405},
    {"GET ", "PUT ", 405},
    {"GET ", "OPTIONS ", 405},
    {"HTTP/1.1", "HTTP/1.0", 400},
    {"Host: x\r\n", "", 400},
    {"Host: x\r\n", "Host: a b\r\n", 400},
    {"Host: x\r\n", "Host: a/b<script>\r\n", 400},
    {"Host: x\r\n", "Host: u@x\r\n", 400},
    {"Host: x\r\n", "Host: x\r\nHost: x\r\n", 400},
    {CONNECTION, CONNECTION "Origin: http://a\r\nOrigin: http://b\r\n", 400},
    {CONNECTION, CONNECTION "Bad Name: x\r\n", 400},
    {CONNECTION, CONNECTION "X: a\r\n b\r\n", 400},
    {CONNECTION, CONNECTION "X : a\r\n", 400},
    {"tidelock.1\r\n\r\n", "tidelock.1\r\nContent-Length: 1\r\n\r\nx", 400},
    {"tidelock.1\r\n\r\n", "tidelock.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n", 400},
    /* where to */
    {PATH, "/elsewhere", 404},
    {PATH, PATH "/", 404},
    {PATH, "/_TIDELOCK/ws", 404},
    {PATH, "/_tidelock", 404},
    {PATH, PATH "%00", 400},
    {PATH, PATH "/../ws", 400},
};

static void refused(wire *w) {
  spec_group("websocket handshake refused");
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) handshake(w, wrong[i].line, wrong[i].with, wrong[i].status);
  static const int by_handler[] = {400, 403, 404, 503};
  for (size_t i = 0; i < sizeof by_handler / sizeof *by_handler; i++) {
    w->refuse_upgrade = by_handler[i];
    handshake(w, PROTOCOL, PROTOCOL, by_handler[i]);
  }
  w->refuse_upgrade = 0;
  CHECK_INT(w->opened, 0);
}

static const struct {
  const char *line, *with;
} right[] = {
    {PROTOCOL, PROTOCOL},
    {PROTOCOL, "Sec-WebSocket-Protocol: other, tidelock.1\r\n"},
    {PROTOCOL, "Sec-WebSocket-Protocol:tidelock.1,other\r\n"},
    {PROTOCOL, "Sec-WebSocket-Protocol: other\r\n" PROTOCOL},
    {PROTOCOL, "SEC-WEBSOCKET-PROTOCOL:\ttidelock.1\t\r\n"},
    {VERSION, "sec-websocket-version:  13  \r\n"},
    {KEY, "Sec-WebSocket-Key: ++++////0000AAAAzzzzZg==\r\n"},
    {UPGRADE, "Upgrade: WebSocket\r\n"},
    {UPGRADE, "Upgrade: h2c, websocket\r\n"},
    {CONNECTION, "Connection: keep-alive, UPGRADE\r\n"},
    {CONNECTION, "Connection: keep-alive\r\n" CONNECTION},
    {CONNECTION, CONNECTION "Origin: http://a\r\nX-More: yes\r\nCookie: a=b\r\n"},
    {CONNECTION, CONNECTION "Content-Length: 0\r\n"},
    {PATH, PATH "?query=1"},
    {PATH, "http://x" PATH},
    {PATH, "/_tidelock/%77s"},
};

static void accepted(wire *w) {
  spec_group("websocket handshake accepted");
  for (size_t i = 0; i < sizeof right / sizeof *right; i++) {
    tl_buf request = {0}, in = {0};
    with_line(right[i].line, right[i].with, &request);
    wire_frame(&request, 0x81, "first", 5);
    int fd = wire_connect(w, 0);
    wire_send(w, fd, request.data, request.len);
    spec_check(wire_wait(w, fd, &in,
                         "\x81\x05"
                         "first",
                         1000),
               __FILE__, __LINE__, right[i].with);
    spec_check_int(wire_status(tl_buf_cstr(&in)), 101, __FILE__, __LINE__, right[i].with);
    close(fd);
    tl_buf_free(&request);
    tl_buf_free(&in);
  }
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

static void offered(wire *w, const char *lines, const char *agreed) {
  tl_buf answer = {0};
  int fd = wire_open_with(w, lines, &answer);
  CHECK_INT(wire_status(answer.data), 101);
  if (agreed)
    CHECK_HAS(answer.data, agreed);
  else
    CHECK_LACKS(answer.data, "Extensions");
  close(fd);
  tl_buf_free(&answer);
}

static void offers(wire *w) {
  spec_group("websocket offers");
#define AGREED \
  "\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover"
  offered(w, "", NULL);
  offered(w, WIRE_OFFER, AGREED "\r\n");
  offered(w, "sec-websocket-extensions:permessage-deflate;server_max_window_bits=10\r\n",
          AGREED "; server_max_window_bits=10\r\n");
  offered(w, "Sec-WebSocket-Extensions: other\r\n" WIRE_OFFER, AGREED "\r\n");
  offered(w, "Sec-WebSocket-Extensions: permessage-deflate; unknown\r\n", NULL);
  offered(w, "Sec-WebSocket-Extensions: x-webkit-deflate-frame\r\n", NULL);
  offered(w, "Sec-WebSocket-Extensions:\r\n", NULL);
  static const char last[] = "tidelock.1\r\n\r\n";
  handshake(w, last, "tidelock.1\r\nSec-WebSocket-Extensions: permessage-deflate;\r\n\r\n", 400);
  handshake(w, last, "tidelock.1\r\n" WIRE_OFFER "Sec-WebSocket-Extensions: a;b=\"\r\n\r\n", 400);
}

/* An offer of what is switched off is declined. */
static void no_compression(void) {
  spec_group("websocket without compression");
  wire w;
  tl_server_opts o = {.no_compression = true};
  wire_start(&w, &o);
  offered(&w, WIRE_OFFER, NULL);
  wire_stop(&w);
}

void handshake_spec(void) {
  wire w;
  wire_start(&w, NULL);
  refused(&w);
  accepted(&w);
  handshake_answer(&w);
  cut_everywhere(&w);
  offers(&w);
  wire_turn(&w, 5);
  CHECK_INT(tl_server_conns(w.server), 0);
  CHECK_INT(w.opened, w.closed);
  wire_stop(&w);
  no_compression();
}
