/* wire.c: see wire.h. The handlers answer by path; each path is for one kind of spec. */
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/mem.h"

enum { MS = 1000000, STEP_MS = 2 };

static void answer_big(tl_http_req *r) {
  size_t n = (size_t)strtoul(tl_http_query(r), NULL, 10);
  char *p = tl_alloc(n);
  memset(p, 'b', n);
  tl_http_respond(r, 200, NULL, p, n);
  tl_free(p);
}

static void answer_seen(tl_http_req *r) {
  tl_buf out = {0};
  size_t n;
  const char *body = tl_http_body(r, &n);
  tl_buf_printf(&out, "%s [%s] [%s] ip=%s n=%zu\n", tl_http_method(r), tl_http_path(r), tl_http_query(r),
                tl_http_peer_ip(r), tl_http_header_count(r));
  for (size_t i = 0; i < tl_http_header_count(r); i++) {
    const char *name, *value;
    tl_http_header_at(r, i, &name, &value);
    tl_buf_printf(&out, "%s=<%s>\n", name, value);
  }
  tl_buf_puts(&out, "body=");
  tl_buf_put(&out, body, n);
  tl_http_respond(r, 200, "Content-Type: text/plain\r\n", out.data, out.len);
  tl_buf_free(&out);
}

static void answer_redirect(tl_http_req *r) {
  tl_buf lines = {0};
  tl_buf_printf(&lines, "Location: %s\r\n", tl_http_query(r));
  tl_http_respond(r, 302, tl_buf_cstr(&lines), "moved", 5);
  tl_buf_free(&lines);
}

static void answer_gzip(tl_http_req *r) {
  static const char packed[] = "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xcb\x48\xcd\xc9\xc9\x57\x48\xaf\xca\x2c\x00"
                               "\x00\x19\x6a\xd2\xdf\x0a\x00\x00\x00"; /* "hello gzip" */
  tl_http_respond(r, 200, "Content-Encoding: gzip\r\n", packed, sizeof packed - 1);
}

static void on_request(void *ctx, tl_http_req *r) {
  wire *w = ctx;
  const char *path = tl_http_path(r);
  w->requests++;
  if (strcmp(path, "/hello") == 0)
    tl_http_respond(r, 200, "Content-Type: text/plain\r\n", "hello", 5);
  else if (strcmp(path, "/big") == 0)
    answer_big(r);
  else if (strcmp(path, "/gzip") == 0)
    answer_gzip(r);
  else if (strcmp(path, "/redirect") == 0)
    answer_redirect(r);
  else if (strcmp(path, "/empty") == 0)
    tl_http_respond(r, 204, NULL, "not sent", 8);
  else if (strcmp(path, "/forgotten") == 0)
    return;
  else if (strcmp(path, "/evil") == 0)
    tl_http_respond(r, 200, "X-A: 1\r\nContent-Length: 999\r\n\r\nno line\r\nX-B: 2\nX-C: 3", "e", 1);
  else if (strcmp(path, "/hold") == 0) {
    tl_http_hold(r);
    w->held = r;
  } else if (strncmp(path, "/files", 6) == 0) {
    if (!tl_http_respond_file(r, w->dir, path + 6)) tl_http_respond(r, 404, NULL, "no such file", 12);
  } else
    answer_seen(r);
}

static int on_upgrade(void *ctx, tl_http_req *r) {
  wire *w = ctx;
  return strcmp(tl_http_path(r), "/_tidelock/ws") == 0 ? w->refuse_upgrade : 404;
}

static void on_open(void *ctx, tl_conn *c, tl_http_req *r) {
  wire *w = ctx;
  tl_conn_set_user(c, w);
  w->conn = c;
  w->opened++;
  tl_buf_printf(&w->log, "open:%s ", tl_http_path(r));
}

static void on_text(void *ctx, tl_conn *c, const char *text, size_t n) {
  wire *w = ctx;
  w->conn = c;
  tl_buf_printf(&w->log, "text:%.*s ", (int)(n < 40 ? n : 40), text);
  if (n == 5 && memcmp(text, "close", 5) == 0)
    tl_conn_close(c, 4400, "bye");
  else if (!w->mute)
    tl_conn_send(c, text, n);
}

static void on_binary(void *ctx, tl_conn *c) {
  wire *w = ctx;
  (void)c;
  tl_buf_puts(&w->log, "binary ");
}

static void on_pong(void *ctx, tl_conn *c) {
  wire *w = ctx;
  (void)c;
  w->pongs++;
}

static void on_drained(void *ctx, tl_conn *c) {
  wire *w = ctx;
  (void)c;
  w->drained++;
}

static void on_closed(void *ctx, tl_conn *c) {
  wire *w = ctx;
  tl_buf_puts(&w->log, "closed ");
  w->closed++;
  if (tl_conn_user(c) != w) abort();
  if (w->conn == c) w->conn = NULL;
}

void wire_start(wire *w, const tl_server_opts *o) {
  static const tl_server_handlers on = {on_request, on_upgrade, on_open,    on_text,
                                        on_binary,  on_pong,    on_drained, on_closed};
  tl_server_opts none = {0};
  const char *err = NULL;
  memset(w, 0, sizeof *w);
  w->loop = tl_loop_new();
  w->server = tl_server_start(w->loop, o ? o : &none, &on, w, &err);
  if (!w->server) {
    printf("cannot start a server: %s\n", err);
    exit(1);
  }
  w->port = tl_server_port(w->server);
}

void wire_stop(wire *w) {
  tl_server_free(w->server);
  tl_loop_free(w->loop);
  tl_buf_free(&w->log);
}

void wire_turn(wire *w, int ms) {
  uint64_t end = tl_loop_now() + (uint64_t)ms * MS;
  do tl_loop_poll(w->loop, (uint64_t)(ms < STEP_MS ? ms : STEP_MS) * MS);
  while (tl_loop_now() < end);
}

bool wire_until(wire *w, const int *counter, int value, int ms) {
  uint64_t end = tl_loop_now() + (uint64_t)ms * MS;
  while (*counter < value && tl_loop_now() < end) tl_loop_poll(w->loop, STEP_MS * MS);
  return *counter >= value;
}

int wire_connect(wire *w, int receive_buffer) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)w->port)};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (receive_buffer) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
  if (connect(fd, (struct sockaddr *)&a, sizeof a)) {
    perror("connect");
    exit(1);
  }
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

void wire_send(wire *w, int fd, const void *p, size_t n) {
  uint64_t end = tl_loop_now() + 3000ull * MS;
  while (n && tl_loop_now() < end) {
    ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
    if (k < 0 && errno != EAGAIN) return;
    if (k > 0) p = (const char *)p + k, n -= (size_t)k;
    tl_loop_poll(w->loop, k > 0 ? 0 : STEP_MS * MS);
  }
}

void wire_puts(wire *w, int fd, const char *text) { wire_send(w, fd, text, strlen(text)); }

/* 1 more has come, 0 nothing yet, -1 the end */
static int take(int fd, tl_buf *in) {
  char buf[65536];
  ssize_t k = recv(fd, buf, sizeof buf, 0);
  if (k < 0 && errno == EAGAIN) return 0;
  if (k <= 0) return -1;
  tl_buf_put(in, buf, (size_t)k);
  return 1;
}

static bool wait_for(wire *w, int fd, tl_buf *in, const char *until, size_t bytes, int ms) {
  uint64_t end = tl_loop_now() + (uint64_t)ms * MS;
  for (;;) {
    int k = take(fd, in);
    if (bytes ? in->len >= bytes : until && in->len && memmem(in->data, in->len, until, strlen(until))) return true;
    if (k < 0) return !until && !bytes;
    if (tl_loop_now() > end) return false;
    tl_loop_poll(w->loop, k ? 0 : MS);
  }
}

bool wire_wait(wire *w, int fd, tl_buf *in, const char *until, int ms) { return wait_for(w, fd, in, until, 0, ms); }
bool wire_wait_bytes(wire *w, int fd, tl_buf *in, size_t n, int ms) { return wait_for(w, fd, in, NULL, n, ms); }

const char *wire_ask(wire *w, const char *request, tl_buf *in) {
  int fd = wire_connect(w, 0);
  wire_puts(w, fd, request);
  wire_wait(w, fd, in, NULL, 2000);
  close(fd);
  wire_turn(w, 0);
  return tl_buf_cstr(in);
}

int wire_status(const char *answer) { return strncmp(answer, "HTTP/1.1 ", 9) ? 0 : atoi(answer + 9); }

static void upgrade(wire *w, int fd, const char *request, tl_buf *answer) {
  wire_puts(w, fd, request);
  if (!wire_wait(w, fd, answer, "\r\n\r\n", 2000)) printf("no upgrade: %s\n", tl_buf_cstr(answer));
  tl_buf_cstr(answer);
}

int wire_open(wire *w, int receive_buffer) {
  tl_buf answer = {0};
  int fd = wire_connect(w, receive_buffer);
  upgrade(w, fd, WIRE_HANDSHAKE, &answer);
  tl_buf_free(&answer);
  return fd;
}

int wire_open_with(wire *w, const char *lines, tl_buf *answer) {
  static const char whole[] = WIRE_HANDSHAKE;
  tl_buf request = {0};
  int fd = wire_connect(w, 0);
  tl_buf_put(&request, whole, sizeof whole - 3); /* without the empty line */
  tl_buf_printf(&request, "%s\r\n", lines);
  upgrade(w, fd, tl_buf_cstr(&request), answer);
  tl_buf_free(&request);
  return fd;
}

void wire_frame(tl_buf *out, int first_byte, const void *payload, size_t n) {
  static const char mask[4] = {0x37, (char)0xfa, 0x21, 0x3d};
  tl_buf_putc(out, (char)first_byte);
  if (n < 126)
    tl_buf_putc(out, (char)(0x80 | n));
  else {
    int bytes = n < 65536 ? 2 : 8;
    tl_buf_putc(out, (char)(bytes == 2 ? 0xfe : 0xff));
    for (int i = bytes - 1; i >= 0; i--) tl_buf_putc(out, (char)((unsigned long long)n >> (8 * i)));
  }
  tl_buf_put(out, mask, 4);
  for (size_t i = 0; i < n; i++) tl_buf_putc(out, (char)(((const char *)payload)[i] ^ mask[i & 3]));
}

void wire_send_frame(wire *w, int fd, int first_byte, const void *payload, size_t n) {
  tl_buf f = {0};
  wire_frame(&f, first_byte, payload, n);
  wire_send(w, fd, f.data, f.len);
  tl_buf_free(&f);
}
