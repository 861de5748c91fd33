/* floor.c: the least that a server can do for the load client, to divide by.
 *
 * libuv, one struct a connection, and nothing of what a host is for: no Lua, no state tree, no JSON reader, no limits,
 * no queue. `floor PORT` listens on 127.0.0.1. It answers a GET with 200, or upgrades (without proving that it read the
 * key), and then:
 *
 *   {"join":true}   {"joined":true}
 *   {"add":true}    {"counter":N}
 *   {"beat":true}   {"counter":N} ten times a second from now on
 *   {"flip":I}      {"row":I,"done":true}, or false */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

enum { BUFFER = 1 << 16, ROWS = 1000, BEAT_MS = 100 };

typedef struct peer {
  uv_tcp_t socket;
  uv_timer_t beat;
  int handles; /* that are not yet closed */
  bool upgraded;
  unsigned counter;
  uint8_t *done; /* a byte a row, from the first flip on */
  size_t rest;   /* bytes of an incomplete message, in held */
  char held[];   /* HELD_MAX */
} peer;
enum { HELD_MAX = 512 };

static char buffer[BUFFER];

/* ---- life ---- */

static void on_close(uv_handle_t *h) {
  peer *p = h->data;
  if (--p->handles) return;
  free(p->done);
  free(p);
}

static void end(peer *p) {
  if (uv_is_closing((uv_handle_t *)&p->socket)) return;
  uv_close((uv_handle_t *)&p->socket, on_close);
  uv_close((uv_handle_t *)&p->beat, on_close);
}

/* ---- out ---- */

static void put(peer *p, const char *bytes, size_t n) {
  uv_buf_t b = uv_buf_init((char *)bytes, (unsigned)n);
  if (uv_try_write((uv_stream_t *)&p->socket, &b, 1) != (int)n) end(p);
}

/* Text of less than 126 bytes, for which two bytes in front of it are free. */
static void put_text(peer *p, char *frame, int n) {
  frame[0] = (char)0x81;
  frame[1] = (char)n;
  put(p, frame, (size_t)n + 2);
}

static void count_up(peer *p) {
  char frame[64];
  put_text(p, frame, snprintf(frame + 2, sizeof frame - 2, "{\"counter\":%u}", ++p->counter));
}

static void flip(peer *p, const char *number) {
  char frame[64];
  unsigned row = (unsigned)strtoul(number, NULL, 10) % ROWS;
  if (!p->done) p->done = calloc(ROWS, 1);
  const char *now = (p->done[row] ^= 1) ? "true" : "false";
  put_text(p, frame, snprintf(frame + 2, sizeof frame - 2, "{\"row\":%u,\"done\":%s}", row, now));
}

static void joined(peer *p) {
  char frame[32];
  put_text(p, frame, snprintf(frame + 2, sizeof frame - 2, "{\"joined\":true}"));
}

static void on_beat(uv_timer_t *t) { count_up(t->data); }

/* ---- in: each takes one whole message at `at` and gives its length, 0 when it is not whole ---- */

static size_t take_request(peer *p, char *at, size_t n) {
  static const char page[] = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\n\r\nfloor\n";
  static const char yes[] = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  char *last = memmem(at, n, "\r\n\r\n", 4);
  if (!last) return 0;
  p->upgraded = memmem(at, (size_t)(last - at), "Upgrade: websocket", 18) != NULL;
  if (p->upgraded)
    put(p, yes, sizeof yes - 1);
  else
    put(p, page, sizeof page - 1);
  return (size_t)(last + 4 - at);
}

static void on_text(peer *p, const char *text, size_t n) {
  if (n < 8) return;
  switch (text[2]) { /* behind {" */
  case 'a': count_up(p); break;
  case 'f': flip(p, text + 8); break;
  case 'b': uv_timer_start(&p->beat, on_beat, BEAT_MS, BEAT_MS); break;
  case 'j': joined(p); break;
  default: break;
  }
}

/* What the load client says to a floor is shorter than 126 bytes. */
static size_t take_frame(peer *p, char *at, size_t n) {
  unsigned char *head = (unsigned char *)at;
  if (n < 6) return 0;
  size_t len = head[1] & 127u, whole = len + 6;
  if (n < whole) return 0;
  for (size_t i = 0; i < len; i++) at[6 + i] ^= at[2 + (i & 3)];
  if ((head[0] & 15) == 1)
    on_text(p, at + 6, len);
  else
    end(p);
  return whole;
}

static void on_alloc(uv_handle_t *h, size_t size, uv_buf_t *out) {
  peer *p = h->data;
  (void)size;
  memcpy(buffer, p->held, p->rest);
  *out = uv_buf_init(buffer + p->rest, (unsigned)(BUFFER - p->rest));
}

static void on_read(uv_stream_t *s, ssize_t got, const uv_buf_t *b) {
  peer *p = s->data;
  (void)b;
  if (got < 0) return end(p);
  size_t n = p->rest + (size_t)got, at = 0, whole = 1;
  while (at < n && whole) {
    whole = p->upgraded ? take_frame(p, buffer + at, n - at) : take_request(p, buffer + at, n - at);
    at += whole;
  }
  p->rest = n - at;
  if (p->rest > HELD_MAX) return end(p);
  memcpy(p->held, buffer + at, p->rest);
}

static void on_peer(uv_stream_t *server, int status) {
  peer *p = status ? NULL : calloc(1, sizeof *p + HELD_MAX);
  if (!p) return;
  p->handles = 2;
  p->socket.data = p->beat.data = p;
  uv_tcp_init(server->loop, &p->socket);
  uv_timer_init(server->loop, &p->beat);
  if (uv_accept(server, (uv_stream_t *)&p->socket)) return end(p);
  uv_tcp_nodelay(&p->socket, 1);
  uv_read_start((uv_stream_t *)&p->socket, on_alloc, on_read);
}

/* libuv takes the time once a turn, before the timers; what they took would be slept on top. */
static void on_prepare(uv_prepare_t *p) { uv_update_time(p->loop); }

int main(int argc, char **argv) {
  uv_loop_t *loop = uv_default_loop();
  uv_prepare_t prepare;
  uv_tcp_t server;
  struct sockaddr_in here;
  int port = argc == 2 ? atoi(argv[1]) : 0;
  if (port < 1) return fputs("floor PORT\n", stderr), 2;
  uv_prepare_init(loop, &prepare);
  uv_prepare_start(&prepare, on_prepare);
  uv_tcp_init(loop, &server);
  uv_ip4_addr("127.0.0.1", port, &here);
  int bad = uv_tcp_bind(&server, (struct sockaddr *)&here, 0);
  if (!bad) bad = uv_listen((uv_stream_t *)&server, 4096, on_peer);
  if (bad) return fprintf(stderr, "floor: %s\n", uv_strerror(bad)), 1;
  return uv_run(loop, UV_RUN_DEFAULT);
}
