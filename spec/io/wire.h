/* wire.h: a server on a free loopback port and raw clients beside it, both in one thread: whoever waits turns the loop.
 * What the server's handlers were told is written to `log` as short words. */
#ifndef SPEC_IO_WIRE_H
#define SPEC_IO_WIRE_H
#include "base/buf.h"
#include "io/server.h"

typedef struct wire {
  tl_loop *loop;
  tl_server *server;
  int port;
  const char *dir;   /* of /files/ */
  tl_conn *conn;     /* the last that was opened or said a text, while it is open */
  tl_http_req *held; /* of /hold */
  int opened, closed, drained, pongs, requests, refuse_upgrade;
  bool mute; /* texts are logged, not echoed */
  tl_buf log;
} wire;

void wire_start(wire *w, const tl_server_opts *o); /* o may be NULL */
void wire_stop(wire *w);

int wire_connect(wire *w, int receive_buffer); /* 0: the system's */
void wire_send(wire *w, int fd, const void *p, size_t n);
void wire_puts(wire *w, int fd, const char *text);
/* Appends what comes to `in` until `until` was seen (NULL: until the end). False: not within ms. */
bool wire_wait(wire *w, int fd, tl_buf *in, const char *until, int ms);
bool wire_wait_bytes(wire *w, int fd, tl_buf *in, size_t n, int ms);
void wire_turn(wire *w, int ms); /* lets the server work for that long */
bool wire_until(wire *w, const int *counter, int value, int ms);

/* One connection: sends, reads to the end (the request should say Connection: close). The caller frees *in. */
const char *wire_ask(wire *w, const char *request, tl_buf *in);
int wire_status(const char *answer);

/* WebSocket as a client: a connected one, and masked frames. */
int wire_open(wire *w, int receive_buffer);
/* The same with more header lines, each with its end; *answer is the head of what comes, as a C string. */
int wire_open_with(wire *w, const char *lines, tl_buf *answer);
#define WIRE_OFFER "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
void wire_frame(tl_buf *out, int first_byte, const void *payload, size_t n);
void wire_send_frame(wire *w, int fd, int first_byte, const void *payload, size_t n);

#define WIRE_HANDSHAKE                                                                                                 \
  "GET /_tidelock/ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"                             \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: tidelock.1\r\n" \
  "\r\n"

#endif
