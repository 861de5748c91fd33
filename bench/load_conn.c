/* load_conn.c: the client's connections, all of one thread: dialling, the upgrade, frames in and out.
 *
 * What the client says is small and answered before it says more, so a socket that does not take it whole is
 * an error and not a reason to queue. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "load.h"

enum { READ_MAX = 1 << 20, SAY_MAX = 1024, EVENTS_MAX = 512 };
enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

static char read_buf[READ_MAX + 1]; /* what was read is used up before the next read */

static void lose(ld_client *c, ld_conn *conn, const char *why) {
  if (conn->stage == LD_LOST) return;
  if (c->lost++ < 3) fprintf(stderr, "load: connection %u is lost: %s\n", conn->index, why);
  if (conn->stage == LD_LIVE) c->live--;
  conn->stage = LD_LOST;
  if (conn->fd >= 0) close(conn->fd);
  conn->fd = -1;
}

static bool put(ld_client *c, ld_conn *conn, const char *bytes, size_t n) {
  ssize_t took = send(conn->fd, bytes, n, MSG_NOSIGNAL);
  if (took == (ssize_t)n) return true;
  lose(c, conn, took < 0 ? strerror(errno) : "the socket is full");
  return false;
}

/* ---- frames out ---- */

static bool put_frame(ld_client *c, ld_conn *conn, int opcode, const char *payload, size_t n) {
  unsigned char frame[SAY_MAX + 8];
  if (n > SAY_MAX) return lose(c, conn, "a frame that is too long to say"), false;
  size_t head = n < 126 ? 2 : 4;
  frame[0] = (unsigned char)(0x80 | opcode);
  frame[1] = (unsigned char)(0x80 | (n < 126 ? n : 126));
  if (n >= 126) frame[2] = (unsigned char)(n >> 8), frame[3] = (unsigned char)n;
  c->mask = c->mask * 1664525u + 1013904223u;
  memcpy(frame + head, &c->mask, 4);
  for (size_t i = 0; i < n; i++) frame[head + 4 + i] = (unsigned char)payload[i] ^ frame[head + (i & 3)];
  return put(c, conn, (char *)frame, head + 4 + n);
}

bool ld_conn_say(ld_client *c, ld_conn *conn, ld_event e, unsigned row) {
  char text[SAY_MAX];
  size_t n = c->dialect->event(text, sizeof text, e, ++conn->sent, row);
  return put_frame(c, conn, TEXT, text, n);
}

/* ---- dialling ---- */

static bool watch(ld_client *c, ld_conn *conn, int op, uint32_t events) {
  struct epoll_event e = {.events = events, .data.ptr = conn};
  return !epoll_ctl(c->epoll, op, conn->fd, &e);
}

static void dial(ld_client *c, ld_conn *conn) {
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)c->port)};
  int on = 1;
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  conn->stage = LD_UPGRADING;
  conn->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (conn->fd < 0) return lose(c, conn, strerror(errno));
  setsockopt(conn->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (connect(conn->fd, (struct sockaddr *)&to, sizeof to) && errno != EINPROGRESS)
    return lose(c, conn, strerror(errno));
  if (!watch(c, conn, EPOLL_CTL_ADD, EPOLLOUT)) lose(c, conn, strerror(errno));
}

static void ask_upgrade(ld_client *c, ld_conn *conn) {
  char head[SAY_MAX];
  int n = snprintf(head, sizeof head,
                   "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGlkZWxvY2stYmVuY2gtMQ==\r\n%s\r\n",
                   c->dialect->target, c->port, c->dialect->header);
  if (put(c, conn, head, (size_t)n) && !watch(c, conn, EPOLL_CTL_MOD, EPOLLIN)) lose(c, conn, strerror(errno));
}

static void join(ld_client *c, ld_conn *conn) {
  char text[SAY_MAX];
  conn->stage = LD_JOINING;
  put_frame(c, conn, TEXT, text, c->dialect->hello(text, sizeof text, conn->index));
}

void ld_client_dial_some(ld_client *c, unsigned at_once) {
  while (c->dialled < c->n && c->dialled - c->live - c->lost < at_once) dial(c, &c->conns[c->dialled++]);
}

/* ---- bytes in ---- */

static void hear(ld_client *c, ld_conn *conn, const char *text, size_t n, uint64_t now) {
  int64_t counter = -1;
  ld_heard what = c->dialect->hear(text, n, &counter);
  if (what == LD_REFUSAL) return lose(c, conn, "the server refused an event");
  if (what == LD_WELCOME && conn->stage == LD_JOINING) {
    conn->stage = LD_LIVE;
    c->live++;
  } else if (what == LD_DELTA && conn->stage == LD_LIVE) {
    c->delta(c, conn, counter, now);
  }
}

static void take_frame(ld_client *c, ld_conn *conn, int opcode, const char *payload, size_t n, uint64_t now) {
  if (opcode == TEXT)
    hear(c, conn, payload, n, now);
  else if (opcode == PING)
    put_frame(c, conn, PONG, payload, n);
  else if (opcode == CLOSE)
    lose(c, conn, "the server closed it");
  else if (opcode != PONG)
    lose(c, conn, "a frame of a kind that no server here sends");
}

/* How long the frame at p is, head included, and where its payload begins; 0: not all of it is there. */
static size_t frame_at(const unsigned char *p, size_t n, size_t *head) {
  if (n < 2) return 0;
  uint64_t len = p[1] & 127;
  *head = len == 126 ? 4 : len == 127 ? 10 : 2;
  if (n < *head) return 0;
  if (*head > 2) len = 0;
  for (size_t i = 2; i < *head; i++) len = len << 8 | p[i];
  return n - *head >= len ? *head + (size_t)len : 0;
}

static size_t take_upgrade(ld_client *c, ld_conn *conn, const char *p, size_t n) {
  const char *end = memmem(p, n, "\r\n\r\n", 4);
  if (!end) return 0;
  if (n < 12 || memcmp(p + 9, "101", 3))
    lose(c, conn, "the upgrade was refused");
  else
    join(c, conn);
  return (size_t)(end + 4 - p);
}

/* Takes what is whole; gives how much that was. */
static size_t take(ld_client *c, ld_conn *conn, const char *p, size_t n, uint64_t now) {
  size_t at = 0;
  while (at < n && conn->stage != LD_LOST) {
    size_t head = 0, whole = 0;
    if (conn->stage == LD_UPGRADING) {
      whole = take_upgrade(c, conn, p + at, n - at);
    } else if ((whole = frame_at((const unsigned char *)p + at, n - at, &head))) {
      if (!(p[at] & 0x80) || (p[at + 1] & 0x80))
        lose(c, conn, "a fragmented or masked frame");
      else
        take_frame(c, conn, p[at] & 15, p + at + head, whole - head, now);
    }
    if (!whole) break;
    at += whole;
  }
  return at;
}

static void keep(ld_conn *conn, const char *p, size_t n) {
  if (conn->rest_len + n > conn->rest_cap) {
    conn->rest_cap = 2 * (conn->rest_len + n);
    conn->rest = realloc(conn->rest, conn->rest_cap);
    if (!conn->rest) abort();
  }
  memcpy(conn->rest + conn->rest_len, p, n);
  conn->rest_len += n;
}

static void drop_rest(ld_conn *conn) {
  free(conn->rest);
  conn->rest = NULL;
  conn->rest_len = conn->rest_cap = 0;
}

static void on_bytes(ld_client *c, ld_conn *conn, size_t n, uint64_t now) {
  if (!conn->rest_len) {
    size_t used = take(c, conn, read_buf, n, now);
    if (used < n) keep(conn, read_buf + used, n - used);
    return;
  }
  keep(conn, read_buf, n);
  size_t used = take(c, conn, conn->rest, conn->rest_len, now);
  if (used == conn->rest_len) return drop_rest(conn);
  memmove(conn->rest, conn->rest + used, conn->rest_len - used);
  conn->rest_len -= used;
}

static void on_ready(ld_client *c, ld_conn *conn, uint32_t events) {
  if (conn->stage == LD_LOST) return;
  if (events & EPOLLOUT) return ask_upgrade(c, conn);
  ssize_t n = recv(conn->fd, read_buf, READ_MAX, 0);
  if (n < 0 && errno == EAGAIN) return;
  if (n <= 0) return lose(c, conn, n ? strerror(errno) : "the server hung up");
  c->rx_bytes += (uint64_t)n;
  on_bytes(c, conn, (size_t)n, ld_now());
}

void ld_client_turn(ld_client *c, uint64_t until) {
  static struct epoll_event ready[EVENTS_MAX];
  uint64_t now = ld_now(), wait = until > now ? until - now : 0;
  struct timespec t = {(time_t)(wait / 1000000000u), (long)(wait % 1000000000u)};
  int n = epoll_pwait2(c->epoll, ready, EVENTS_MAX, &t, NULL);
  for (int i = 0; i < n; i++) on_ready(c, ready[i].data.ptr, ready[i].events);
}

/* ---- all of them ---- */

bool ld_client_open(ld_client *c, unsigned n) {
  c->n = n;
  c->conns = calloc(n, sizeof *c->conns);
  c->epoll = epoll_create1(EPOLL_CLOEXEC);
  if (!c->conns || c->epoll < 0) return false;
  for (unsigned i = 0; i < n; i++) c->conns[i] = (ld_conn){.fd = -1, .index = i, .counter = -1};
  return true;
}

void ld_client_close(ld_client *c) {
  for (unsigned i = 0; i < c->n; i++) {
    if (c->conns[i].fd >= 0) close(c->conns[i].fd);
    free(c->conns[i].rest);
  }
  free(c->conns);
  close(c->epoll);
}
