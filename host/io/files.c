/* files.c: answers from a folder. What the path names is resolved by the system first and must then lie in the folder,
 * so no spelling and no link gets out; names that begin with a dot are never served, by whatever way they are reached.
 *
 * Files are read in pieces from within the loop (the page cache has them, as a rule), one piece a turn, and the next
 * only when the kernel has taken the last: a big file to a slow client costs one piece of memory. The descriptor is the
 * request's, and closed with it. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "io/http.h"

enum { PIECE = 64 * 1024 };

typedef struct entry {
  int fd;
  int64_t size, from, length; /* length bytes from `from` are sent */
  char etag[48];
} entry;

static const char *content_type(const char *path) {
  static const char *const types[][2] = {{"html", "text/html; charset=utf-8"},
                                         {"htm", "text/html; charset=utf-8"},
                                         {"css", "text/css; charset=utf-8"},
                                         {"js", "text/javascript; charset=utf-8"},
                                         {"mjs", "text/javascript; charset=utf-8"},
                                         {"json", "application/json"},
                                         {"map", "application/json"},
                                         {"webmanifest", "application/manifest+json"},
                                         {"txt", "text/plain; charset=utf-8"},
                                         {"md", "text/markdown; charset=utf-8"},
                                         {"csv", "text/csv; charset=utf-8"},
                                         {"xml", "application/xml"},
                                         {"svg", "image/svg+xml"},
                                         {"png", "image/png"},
                                         {"jpg", "image/jpeg"},
                                         {"jpeg", "image/jpeg"},
                                         {"gif", "image/gif"},
                                         {"webp", "image/webp"},
                                         {"avif", "image/avif"},
                                         {"ico", "image/x-icon"},
                                         {"woff", "font/woff"},
                                         {"woff2", "font/woff2"},
                                         {"ttf", "font/ttf"},
                                         {"otf", "font/otf"},
                                         {"mp3", "audio/mpeg"},
                                         {"ogg", "audio/ogg"},
                                         {"wav", "audio/wav"},
                                         {"mp4", "video/mp4"},
                                         {"webm", "video/webm"},
                                         {"pdf", "application/pdf"},
                                         {"wasm", "application/wasm"},
                                         {"zip", "application/zip"},
                                         {"gz", "application/gzip"}};
  const char *dot = strrchr(path, '.');
  for (size_t i = 0; dot && i < sizeof types / sizeof *types; i++)
    if (strcasecmp(dot + 1, types[i][0]) == 0) return types[i][1];
  return "application/octet-stream";
}

static bool has_hidden_segment(const char *path) { return *path == '.' || strstr(path, "/.") != NULL; }

/* The real path of dir/path when it lies in the real dir, else NULL. The caller frees with free(). */
static char *resolve(const char *dir, const char *path, const char *suffix) {
  tl_buf joined = {0};
  char *root = realpath(dir, NULL), *real = NULL;
  tl_buf_printf(&joined, "%s/%s%s", dir, path, suffix);
  if (root) real = realpath(tl_buf_cstr(&joined), NULL);
  size_t n = root ? strlen(root) : 0;
  if (n == 1) n = 0; /* "/" */
  if (real && (strncmp(real, root, n) || real[n] != '/' || has_hidden_segment(real + n))) {
    free(real);
    real = NULL;
  }
  free(root);
  tl_buf_free(&joined);
  return real;
}

/* O_NONBLOCK: opening a pipe must not wait for its other end before it is seen to be none of ours. */
static bool open_file(const char *dir, const char *path, const char *suffix, entry *e) {
  struct stat st;
  char *real = resolve(dir, path, suffix);
  if (!real) return false;
  e->fd = open(real, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
  free(real);
  if (e->fd < 0) return false;
  if (fstat(e->fd, &st) || !S_ISREG(st.st_mode)) {
    close(e->fd);
    return false;
  }
  e->size = e->length = st.st_size;
  e->from = 0;
  snprintf(e->etag, sizeof e->etag, "\"%llx-%llx.%lx\"", (unsigned long long)st.st_size,
           (unsigned long long)st.st_mtim.tv_sec, (unsigned long)st.st_mtim.tv_nsec);
  return true;
}

bool tl_http_takes_gzip(const tl_http_req *r) {
  const char *p = tl_http_header(r, "accept-encoding");
  while (p && *p) {
    p += strspn(p, " 	,");
    size_t word = strcspn(p, ",; 	"), item = strcspn(p, ",");
    const char *q = memmem(p, item, "q=", 2);
    if (word == 4 && strncasecmp(p, "gzip", 4) == 0) return !q || strtod(q + 2, NULL) > 0;
    p += item;
  }
  return false;
}

/* Whether one of the tags in the header's lines is ours, which is a strong one. */
static bool names_tag(const tl_http_req *r, const char *header, const char *etag) {
  return tl__http_has_token(r, header, etag, true) || tl__http_has_token(r, header, "*", true);
}

/* If-None-Match ignores a weak mark, If-Match does not. */
static bool names_tag_weakly(const tl_http_req *r, const char *header, const char *etag) {
  char weak[64];
  snprintf(weak, sizeof weak, "W/%s", etag);
  return names_tag(r, header, etag) || tl__http_has_token(r, header, weak, true);
}

static bool number(const char **p, int64_t *v) {
  if (**p < '0' || **p > '9') return false;
  for (*v = 0; **p >= '0' && **p <= '9'; ++*p) {
    if (*v > (INT64_MAX - 9) / 10) return false;
    *v = *v * 10 + (**p - '0');
  }
  return true;
}

/* One range: 206 with e->from and e->length, 416, or 200 when the header is to be ignored (malformed, several ranges).
 */
static int apply_range(const char *value, entry *e) {
  int64_t first = 0, last = e->size - 1, suffix;
  if (strncasecmp(value, "bytes=", 6)) return 200;
  value += 6;
  if (*value == '-') {
    value++;
    if (!number(&value, &suffix) || *value) return 200;
    if (!suffix || !e->size) return 416;
    if (suffix < e->size) first = e->size - suffix;
  } else {
    if (!number(&value, &first) || *value++ != '-') return 200;
    if (*value && (!number(&value, &last) || last < first)) return 200;
    if (*value) return 200;
    if (first >= e->size) return 416;
    if (last >= e->size) last = e->size - 1;
  }
  e->from = first;
  e->length = last - first + 1;
  return 206;
}

static int choose_status(const tl_http_req *r, entry *e) {
  const char *range = tl_http_header(r, "range"), *only_if = tl_http_header(r, "if-range");
  if (tl_http_header(r, "if-match") && !names_tag(r, "if-match", e->etag)) return 412;
  if (names_tag_weakly(r, "if-none-match", e->etag)) return 304;
  if (!range || r->parser.method != HTTP_GET || (only_if && strcmp(only_if, e->etag))) return 200;
  return apply_range(range, e);
}

static void put_headers(tl_buf *out, const entry *e, int status, const char *path, bool has_gzip, bool gzip) {
  tl_buf_printf(out, "ETag: %s\r\nCache-Control: no-cache\r\nX-Content-Type-Options: nosniff\r\n", e->etag);
  if (has_gzip) tl_buf_puts(out, "Vary: Accept-Encoding\r\n");
  if (gzip)
    tl_buf_puts(out, "Content-Encoding: gzip\r\n");
  else
    tl_buf_puts(out, "Accept-Ranges: bytes\r\n");
  if (status == 416)
    tl_buf_printf(out, "Content-Range: bytes */%lld\r\n", (long long)e->size);
  else
    tl_buf_printf(out, "Content-Type: %s\r\n", content_type(path));
  if (status == 206)
    tl_buf_printf(out, "Content-Range: bytes %lld-%lld/%lld\r\n", (long long)e->from,
                  (long long)(e->from + e->length - 1), (long long)e->size);
}

/* Reads n bytes; false when the file has become shorter meanwhile. */
static bool read_piece(int fd, int64_t at, char *out, size_t n) {
  while (n) {
    ssize_t k = pread(fd, out, n, at);
    if (k <= 0) return false;
    out += k;
    at += k;
    n -= (size_t)k;
  }
  return true;
}

static size_t next_piece(tl_http_req *r, char *out) {
  size_t n = r->file_left < PIECE ? (size_t)r->file_left : PIECE;
  if (!read_piece(r->file, r->file_at, out, n)) return 0;
  r->file_at += (int64_t)n;
  r->file_left -= (int64_t)n;
  return n;
}

static void end_file(tl_http_req *r) {
  if (r->file >= 0) close(r->file);
  r->file = -1;
}

void tl__http_file_piece(tl_http_req *r) {
  tl_conn *c = r->conn;
  char *piece = tl_alloc(PIECE);
  size_t n = next_piece(r, piece);
  if (r->file_left == 0) end_file(r);
  if (n)
    tl__conn_write_owned(c, piece, n);
  else {
    tl_free(piece); /* the length is promised already: all that is left is to break off */
    tl__conn_drop(c);
  }
}

/* Head and first piece in one write; a small file is done with that. */
static void send_file(tl_http_req *r, tl_buf *head, const entry *e) {
  char piece[PIECE];
  size_t n = 0;
  r->file = e->fd;
  r->file_at = e->from;
  r->file_left = e->length;
  if (r->file_left && !(n = next_piece(r, piece))) {
    tl__conn_drop(r->conn);
    return;
  }
  if (r->file_left == 0) end_file(r);
  uv_buf_t bufs[2] = {uv_buf_init(head->data, (unsigned)head->len), uv_buf_init(piece, (unsigned)n)};
  tl__conn_write(r->conn, bufs, n ? 2 : 1, TL__ANY);
  if (r->file >= 0 && !r->conn->blocked) tl__http_file_piece(r);
}

static void answer(tl_http_req *r, entry *e, const char *path, bool has_gzip, bool gzip) {
  tl_buf lines = {0}, head = {0};
  int status = choose_status(r, e);
  put_headers(&lines, e, status, path, has_gzip, gzip);
  bool body = status < 300 && r->parser.method == HTTP_GET;
  tl__http_head(r, &head, status, tl_buf_cstr(&lines), status < 300 ? e->length : 0);
  if (!body) {
    close(e->fd);
    uv_buf_t b = uv_buf_init(head.data, (unsigned)head.len);
    tl__conn_write(r->conn, &b, 1, TL__ANY);
  } else {
    send_file(r, &head, e);
  }
  tl_buf_free(&lines);
  tl_buf_free(&head);
  tl__http_answered(r);
}

/* The compressed variant beside the file. A range is answered from the file itself: clients mean its bytes. */
static bool open_gzip(tl_http_req *r, const char *dir, const char *path, bool *exists, entry *e) {
  entry gz;
  *exists = open_file(dir, path, ".gz", &gz);
  if (!*exists) return false;
  if (tl_http_takes_gzip(r) && !tl_http_header(r, "range")) {
    close(e->fd);
    *e = gz;
    return true;
  }
  close(gz.fd);
  return false;
}

bool tl_http_respond_file(tl_http_req *r, const char *dir, const char *path) {
  entry e;
  bool has_gzip = false;
  while (*path == '/') path++;
  size_t n = strlen(path);
  if (!n || path[n - 1] == '/' || has_hidden_segment(path) || strchr(path, '\\') || r->answered) return false;
  if (!open_file(dir, path, "", &e)) return false;
  if (!r->conn) {
    close(e.fd);
    tl__http_forget(r);
    return true;
  }
  if (r->parser.method != HTTP_GET && r->parser.method != HTTP_HEAD) {
    close(e.fd);
    tl_http_respond(r, 405, "Allow: GET, HEAD\r\n", "", 0);
    return true;
  }
  bool gzip = open_gzip(r, dir, path, &has_gzip, &e);
  answer(r, &e, path, has_gzip, gzip);
  return true;
}
