/* Files: what is served with which headers, and every way out of the folder that is closed. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "spec.h"
#include "wire.h"

static char top[] = "/tmp/io_spec.XXXXXX";
static char dir[64];

enum { BIG = 5 * 1024 * 1024 + 17 };

static void put_file(const char *name, const char *data, size_t n) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", top, name);
  FILE *f = fopen(path, "wb");
  if (!f || fwrite(data, 1, n, f) != n || fclose(f)) {
    perror(path);
    exit(1);
  }
}

static void put_link(const char *to, const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", top, name);
  if (symlink(to, path)) perror(path);
}

static void put_dir(const char *name) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", top, name);
  if (mkdir(path, 0700)) perror(path);
}

static void make_folder(void) {
  char path[128], *big = tl_alloc(BIG);
  for (size_t i = 0; i < BIG; i++) big[i] = (char)('a' + i % 23);
  if (!mkdtemp(top)) perror(top);
  snprintf(dir, sizeof dir, "%s/assets", top);
  put_dir("assets");
  put_dir("assets/sub");
  put_dir("assets/.git");
  put_dir("assets2");
  put_file("secret", "secret", 6);
  put_file("assets2/secret", "secret", 6);
  put_file("assets/a.txt", "0123456789", 10);
  put_file("assets/empty.css", "", 0);
  put_file("assets/app.js", "plain", 5);
  put_file("assets/app.js.gz", "packed", 6);
  put_file("assets/sub/page.html", "page", 4);
  put_file("assets/sub/a b\xc3\xa9.svg", "svg", 3);
  put_file("assets/.env", "secret", 6);
  put_file("assets/.git/config", "secret", 6);
  put_file("assets/big.bin", big, BIG);
  put_link("../secret", "assets/out");
  put_link("../../secret", "assets/sub/out");
  put_link("/etc/passwd", "assets/passwd");
  put_link("..", "assets/up");
  put_link("../assets2", "assets/beside");
  put_link(".env", "assets/visible");
  put_link(".git", "assets/git");
  put_link("a.txt", "assets/within.txt");
  put_link("sub", "assets/subdir");
  put_link("loop", "assets/loop");
  put_link("nowhere", "assets/dangling");
  put_link("/dev/zero", "assets/zero");
  snprintf(path, sizeof path, "%s/pipe", dir);
  if (mkfifo(path, 0600)) perror(path);
  tl_free(big);
}

static void remove_folder(void) {
  char command[128];
  snprintf(command, sizeof command, "rm -rf -- '%s'", top);
  if (system(command)) perror(command);
}

static const char *get(wire *w, const char *path, const char *lines, tl_buf *in) {
  tl_buf request = {0};
  tl_buf_clear(in);
  tl_buf_printf(&request, "GET /files/%s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%s\r\n", path, lines);
  wire_ask(w, tl_buf_cstr(&request), in);
  tl_buf_free(&request);
  return tl_buf_cstr(in);
}

static void served(wire *w) {
  static const char *const good[][3] = {
      {"a.txt", "Content-Type: text/plain; charset=utf-8\r\n", "\r\n\r\n0123456789"},
      {"/a.txt", "Content-Length: 10\r\n", "\r\n\r\n0123456789"},
      {"empty.css", "Content-Type: text/css; charset=utf-8\r\n", "Content-Length: 0\r\n"},
      {"sub/page.html", "Content-Type: text/html; charset=utf-8\r\n", "page"},
      {"sub//page.html", "Content-Type: text/html; charset=utf-8\r\n", "page"},
      {"sub/a%20b%C3%A9.svg", "Content-Type: image/svg+xml\r\n", "svg"},
      {"within.txt", "Cache-Control: no-cache\r\n", "0123456789"},
      {"subdir/page.html", "X-Content-Type-Options: nosniff\r\n", "page"}};
  tl_buf in = {0};
  spec_group("files served");
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
    const char *answer = get(w, good[i][0], "", &in);
    CHECK_INT(wire_status(answer), 200);
    CHECK_HAS(answer, good[i][1]);
    CHECK_HAS(answer, good[i][2]);
    CHECK_HAS(answer, "ETag: \"");
  }
  tl_buf_free(&in);
}

/* holds: http.assets.closed */
static void closed_ways(wire *w) {
  static const char *const bad[] = {"",
                                    "sub",
                                    "sub/",
                                    "a.txt/",
                                    "nothing",
                                    ".env",
                                    ".git/config",
                                    "sub/.hidden",
                                    "./a.txt",
                                    "%2e/a.txt",
                                    "visible",
                                    "git/config",
                                    "out",
                                    "sub/out",
                                    "passwd",
                                    "up/secret",
                                    "beside/secret",
                                    "loop",
                                    "dangling",
                                    "zero",
                                    "pipe",
                                    "sub/../a.txt",
                                    "../secret",
                                    "%2e%2e/secret",
                                    "..%2fsecret",
                                    "..%5csecret",
                                    "%2e%2e%2f%2e%2e%2fetc/passwd",
                                    "a.txt%00.png",
                                    "/etc/passwd",
                                    "//etc/passwd",
                                    "....//secret",
                                    "..;/secret",
                                    "..%c0%afsecret",
                                    "%252e%252e/secret",
                                    "../assets2/secret",
                                    "/../../../../etc/passwd",
                                    "a.txt%20",
                                    "sub%2f..%2f..%2fsecret"};
  tl_buf in = {0};
  spec_group("files closed ways");
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    const char *answer = get(w, bad[i], "", &in);
    int status = wire_status(answer);
    spec_check(status == 404 || status == 400, __FILE__, __LINE__, bad[i]);
    CHECK_LACKS(answer, "secret");
    CHECK_LACKS(answer, "root:");
    CHECK_LACKS(answer, "0123456789");
  }
  tl_buf_free(&in);
}

static void etag_line(const char *answer, const char *name, char *out, size_t size) {
  const char *tag = strstr(answer, "ETag: ");
  snprintf(out, size, "%s: %.*s\r\n", name, tag ? (int)strcspn(tag + 6, "\r") : 0, tag ? tag + 6 : "");
}

/* holds: http.assets.etag */
static void conditional(wire *w) {
  spec_group("files conditional");
  tl_buf in = {0}, lines = {0};
  char line[128], weak[160];
  etag_line(get(w, "a.txt", "", &in), "If-None-Match", line, sizeof line);
  const char *answer = get(w, "a.txt", line, &in);
  CHECK_INT(wire_status(answer), 304);
  CHECK_HAS(answer, "ETag: ");
  CHECK_LACKS(answer, "Content-Length");
  CHECK_LACKS(answer, "0123456789");
  snprintf(weak, sizeof weak, "If-None-Match: \"x\", W/%s", strchr(line, '"'));
  CHECK_INT(wire_status(get(w, "a.txt", weak, &in)), 304);
  CHECK_INT(wire_status(get(w, "a.txt", "If-None-Match: *\r\n", &in)), 304);
  CHECK_INT(wire_status(get(w, "a.txt", "If-None-Match: \"x\"\r\n", &in)), 200);
  tl_buf_free(&in);
  tl_buf_printf(&lines, "If-None-Match: \"x\"\r\n%s", line);
  CHECK_INT(wire_status(get(w, "a.txt", tl_buf_cstr(&lines), &in)), 304);
  snprintf(weak, sizeof weak, "If-None-Match: \"x%.*s\r\n", (int)strcspn(strchr(line, '"'), "\r"), strchr(line, '"'));
  CHECK_INT(wire_status(get(w, "a.txt", weak, &in)), 200); /* ours, but inside of another */
  etag_line(get(w, "a.txt", "", &in), "If-Match", line, sizeof line);
  CHECK_INT(wire_status(get(w, "a.txt", line, &in)), 200);
  CHECK_INT(wire_status(get(w, "a.txt", "If-Match: *\r\n", &in)), 200);
  CHECK_INT(wire_status(get(w, "a.txt", "If-Match: \"x\"\r\n", &in)), 412);
  snprintf(weak, sizeof weak, "If-Match: W/%s", strchr(line, '"'));
  CHECK_INT(wire_status(get(w, "a.txt", weak, &in)), 412);
  tl_buf_free(&lines);
  tl_buf_free(&in);
}

static void range(wire *w, const char *value, int status, const char *content_range, const char *body) {
  tl_buf in = {0}, line = {0}, end = {0};
  tl_buf_printf(&line, "Range: %s\r\n", value);
  const char *answer = get(w, "a.txt", tl_buf_cstr(&line), &in);
  spec_check_int(wire_status(answer), status, __FILE__, __LINE__, value);
  if (content_range) CHECK_HAS(answer, content_range);
  tl_buf_printf(&end, "\r\n\r\n%s", body);
  CHECK_HAS(answer, tl_buf_cstr(&end));
  CHECK(strlen(strstr(answer, "\r\n\r\n")) == end.len);
  tl_buf_free(&in);
  tl_buf_free(&line);
  tl_buf_free(&end);
}

/* holds: http.assets.ranges */
static void ranges(wire *w) {
  spec_group("files ranges");
  range(w, "bytes=0-3", 206, "Content-Range: bytes 0-3/10\r\n", "0123");
  range(w, "bytes=9-9", 206, "Content-Range: bytes 9-9/10\r\n", "9");
  range(w, "bytes=4-", 206, "Content-Range: bytes 4-9/10\r\n", "456789");
  range(w, "bytes=8-99", 206, "Content-Range: bytes 8-9/10\r\n", "89");
  range(w, "bytes=-3", 206, "Content-Range: bytes 7-9/10\r\n", "789");
  range(w, "bytes=-99", 206, "Content-Range: bytes 0-9/10\r\n", "0123456789");
  range(w, "bytes=10-", 416, "Content-Range: bytes */10\r\n", "");
  range(w, "bytes=-0", 416, "Content-Range: bytes */10\r\n", "");
  range(w, "bytes=5-2", 200, NULL, "0123456789");
  range(w, "bytes=0-1,3-4", 200, NULL, "0123456789");
  range(w, "bytes=x", 200, NULL, "0123456789");
  range(w, "bytes=-", 200, NULL, "0123456789");
  range(w, "lines=1-2", 200, NULL, "0123456789");
  range(w, "bytes=99999999999999999999-", 200, NULL, "0123456789");
  range(w, "bytes=0-3\r\nIf-Range: \"old\"", 200, NULL, "0123456789");
  tl_buf in = {0};
  char line[128];
  etag_line(get(w, "a.txt", "", &in), "Range: bytes=1-2\r\nIf-Range", line, sizeof line);
  CHECK_INT(wire_status(get(w, "a.txt", line, &in)), 206);
  CHECK_INT(wire_status(get(w, "empty.css", "Range: bytes=0-\r\n", &in)), 416);
  tl_buf_free(&in);
}

/* holds: http.assets.packed */
static void compressed(wire *w) {
  spec_group("files compressed");
  tl_buf in = {0};
  const char *answer = get(w, "app.js", "Accept-Encoding: br, gzip\r\n", &in);
  CHECK_HAS(answer, "\r\n\r\npacked");
  CHECK_HAS(answer, "Content-Encoding: gzip\r\n");
  CHECK_HAS(answer, "Content-Type: text/javascript; charset=utf-8\r\n");
  CHECK_HAS(answer, "Vary: Accept-Encoding\r\n");
  answer = get(w, "app.js", "", &in);
  CHECK_HAS(answer, "\r\n\r\nplain");
  CHECK_HAS(answer, "Vary: Accept-Encoding\r\n");
  CHECK_LACKS(answer, "Content-Encoding");
  CHECK_HAS(get(w, "app.js", "Accept-Encoding: gzip;q=0\r\n", &in), "\r\n\r\nplain");
  CHECK_HAS(get(w, "app.js", "Accept-Encoding: gzip;q=0.5\r\n", &in), "\r\n\r\npacked");
  answer = get(w, "app.js", "Accept-Encoding: gzip\r\nRange: bytes=0-1\r\n", &in);
  CHECK_HAS(answer, "\r\n\r\npl");
  CHECK_LACKS(get(w, "a.txt", "Accept-Encoding: gzip\r\n", &in), "Vary");
  tl_buf_free(&in);
}

static void methods(wire *w) {
  spec_group("files methods");
  tl_buf in = {0};
  const char *answer =
      wire_ask(w, "HEAD /files/big.bin HTTP/1.1\r\nHost: x\r\nConnection: close\r\nRange: bytes=0-1\r\n\r\n", &in);
  CHECK_INT(wire_status(answer), 200);
  CHECK_HAS(answer, "Content-Length: 5242897\r\n");
  CHECK_HAS(answer + strlen(answer) - 4, "\r\n\r\n");
  tl_buf_clear(&in);
  answer = wire_ask(w, "POST /files/a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &in);
  CHECK_INT(wire_status(answer), 405);
  CHECK_HAS(answer, "Allow: GET, HEAD\r\n");
  tl_buf_free(&in);
}

/* A big file in pieces to a slow reader, with the next request waiting behind it. */
static void big(wire *w) {
  spec_group("files big");
  tl_buf in = {0};
  int fd = wire_connect(w, 8192);
  wire_puts(
      w, fd,
      "GET /files/big.bin HTTP/1.1\r\nHost: x\r\n\r\nGET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  CHECK(wire_wait(w, fd, &in, NULL, 5000));
  const char *body = strstr(tl_buf_cstr(&in), "\r\n\r\n") + 4;
  size_t wrong = 0, n = in.len - (size_t)(body - in.data);
  for (size_t i = 0; i < BIG && i < n; i++) wrong += body[i] != (char)('a' + i % 23);
  CHECK_INT(wrong, 0);
  CHECK(n > BIG && strncmp(body + BIG, "HTTP/1.1 200", 12) == 0);
  close(fd);
  fd = wire_connect(w, 4096); /* gone in the middle: the file is closed with the connection */
  wire_puts(w, fd, "GET /files/big.bin HTTP/1.1\r\nHost: x\r\n\r\n");
  wire_turn(w, 5);
  struct linger reset = {1, 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  close(fd);
  wire_turn(w, 10);
  CHECK_INT(tl_server_conns(w->server), 0);
  tl_buf_free(&in);
}

void files_spec(void) {
  wire w;
  make_folder();
  wire_start(&w, NULL);
  w.dir = dir;
  served(&w);
  closed_ways(&w);
  conditional(&w);
  ranges(&w);
  compressed(&w);
  methods(&w);
  big(&w);
  wire_stop(&w);
  remove_folder();
}
