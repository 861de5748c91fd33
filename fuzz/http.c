/* http.c: bytes to the server, over a pair of sockets. The first line of the input says in what pieces the rest is sent
 * (each of its bytes a size); the server's handlers must be told the same as when all comes at once, and nothing
 * that could fool them. */
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "io/conn.h"

enum { MAX_HEADER = 1024, MAX_BODY = 2048, MAX_FRAME = 1000, INPUT_MAX = 16384 };

static tl_loop *loop;
static tl_server *server;
static tl_buf heard; /* what the handlers were told */
static tl_http_req *held[8];
static size_t held_n;

/* ---- the handlers ---- */

static void check_path(const char *path) {
  CHECKF(path[0] == '/' && tl_utf8_valid(path, strlen(path)), "%s", path);
  for (const char *p = path; *p; p++) {
    CHECK((unsigned char)*p >= 0x20 && *p != 0x7f && *p != '\\');
    CHECK(strncmp(p, "/..", 3) || (p[3] && p[3] != '/'));
  }
}

static void note(tl_http_req *r, const char *what) {
  size_t n;
  const char *body = tl_http_body(r, &n), *name, *value;
  CHECK(n <= MAX_BODY);
  check_path(tl_http_path(r));
  tl_buf_printf(&heard, "%s %s %s?%s\n", what, tl_http_method(r), tl_http_path(r), tl_http_query(r));
  for (size_t i = 0; i < tl_http_header_count(r); i++) {
    tl_http_header_at(r, i, &name, &value);
    CHECK(*name && !strpbrk(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ \t\r\n:") && !strpbrk(value, "\r\n"));
    CHECK(tl_http_header(r, name) != NULL);
    tl_buf_printf(&heard, "%s: %s\n", name, value);
  }
  tl_buf_put(&heard, body, n);
  tl_buf_putc(&heard, '\n');
}

static void request(void *ctx, tl_http_req *r) {
  (void)ctx;
  const char *path = tl_http_path(r);
  note(r, "request");
  if (!strncmp(path, "/files/", 7) && tl_http_respond_file(r, FUZZ_DIR "/files", path + 7)) return;
  if (!strncmp(path, "/forget", 7)) return;
  if (!strncmp(path, "/hold", 5) && held_n < sizeof held / sizeof *held) {
    tl_http_hold(r);
    held[held_n++] = r;
    return;
  }
  tl_http_respond(r, 200, "X-A: b\r\n", path, strlen(path));
}

static int upgrade(void *ctx, tl_http_req *r) {
  (void)ctx;
  note(r, "upgrade");
  return strcmp(tl_http_path(r), "/no") ? 0 : 403;
}

static void ws_open(void *ctx, tl_conn *c, tl_http_req *r) { (void)ctx, (void)c, (void)r; }

static void ws_text(void *ctx, tl_conn *c, const char *text, size_t n) {
  (void)ctx;
  CHECK(tl_utf8_valid(text, n) && n <= MAX_FRAME);
  tl_buf_printf(&heard, "text %.*s\n", (int)n, text);
  if (n == 5 && !memcmp(text, "close", 5))
    tl_conn_close(c, 1000, text[0] == 'c' ? "asked" : NULL);
  else
    tl_conn_send(c, text, n);
}

static void ws_binary(void *ctx, tl_conn *c) {
  (void)ctx, (void)c;
  tl_buf_puts(&heard, "binary\n");
}

static void ignore(void *ctx, tl_conn *c) { (void)ctx, (void)c; }

/* ---- a connection ---- */

static void answer_held(void) {
  for (size_t i = 0; i < held_n; i++) tl_http_respond(held[i], 201, NULL, "later", 5);
  held_n = 0;
}

static void turn(void) {
  for (int i = 0; i < 2; i++) {
    tl_loop_poll(loop, 0);
    answer_held();
  }
}

/* What tl__conn_accept does, with a socket that nobody listened for. */
static int connect_pair(void) {
  int fds[2];
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0);
  tl_conn *c = tl_calloc(sizeof *c);
  c->server = server;
  c->tcp.data = c;
  CHECK(uv_tcp_init(tl_loop_uv(loop), &c->tcp) == 0);
  tl__server_add(server, c);
  c->heard = tl__now(server);
  tl__http_new(c);
  CHECK(uv_tcp_open(&c->tcp, fds[0]) == 0);
  tl__conn_read(c, true);
  return fds[1];
}

static void read_answers(int fd, tl_buf *answers) {
  char part[4096];
  for (ssize_t n; (n = recv(fd, part, sizeof part, 0)) > 0;) tl_buf_put(answers, part, (size_t)n);
}

static void talk(fuzz_in in, fuzz_in *cuts) {
  tl_buf answers = {0};
  int fd = connect_pair();
  while (in.p < in.end) {
    size_t n = (size_t)(in.end - in.p), piece = cuts ? fuzz_byte(cuts) % 64 + 1u : n;
    if (cuts && cuts->p == cuts->end) piece = n;
    if (n > piece) n = piece;
    ssize_t sent = send(fd, in.p, n, MSG_NOSIGNAL);
    if (sent < 0) break;
    in.p += sent;
    turn();
    read_answers(fd, &answers);
  }
  shutdown(fd, SHUT_WR);
  for (int i = 0; i < 20 && tl_server_conns(server); i++) {
    turn();
    read_answers(fd, &answers);
  }
  close(fd);
  for (int i = 0; i < 5 && tl_server_conns(server); i++) turn();
  CHECKF(tl_server_conns(server) == 0, "the connection is still there");
  CHECK(!answers.len || (answers.len > 12 && !memcmp(answers.data, "HTTP/1.1 ", 9)));
  tl_buf_free(&answers);
}

static void start(void) {
  static const tl_server_handlers handlers = {request, upgrade, ws_open, ws_text, ws_binary, ignore, ignore, ignore};
  static const tl_server_opts opts = {.max_header = MAX_HEADER, .max_body = MAX_BODY, .max_frame = MAX_FRAME};
  const char *err = NULL;
  tl_log_set_level(TL_LOG_OFF);
  loop = tl_loop_new();
  server = tl_server_start(loop, &opts, &handlers, NULL, &err);
  CHECKF(server, "%s", err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > INPUT_MAX) return -1;
  if (!loop) start();
  size_t blocks = tl_mem_live();
  fuzz_in in = {data, data + size}, cuts;
  if (!fuzz_line(&in, &cuts)) return -1;
  talk(in, NULL);
  tl_buf whole = heard;
  memset(&heard, 0, sizeof heard);
  talk(in, &cuts);
  CHECKF(whole.len == heard.len && (!whole.len || !memcmp(whole.data, heard.data, whole.len)),
         "at once\n%.*s\nin pieces\n%.*s", (int)whole.len, whole.data, (int)heard.len, heard.data);
  tl_buf_free(&whole);
  tl_buf_free(&heard);
  CHECK(tl_mem_live() == blocks);
  return 0;
}
