/* request.c: what a handler may ask of a request, and the decoding of its target. Strings point into r->text. */
#include <string.h>

#include "base/percent.h"
#include "base/utf8.h"
#include "io/http.h"

static const char *text_at(const tl_http_req *r, uint32_t at) { return r->text.data + at; }
static const tl__field *fields(const tl_http_req *r) { return (const tl__field *)r->fields.data; }

size_t tl_http_header_count(const tl_http_req *r) { return r->fields.len / sizeof(tl__field); }

void tl_http_header_at(const tl_http_req *r, size_t i, const char **lower_name, const char **value) {
  *lower_name = text_at(r, fields(r)[i].name);
  *value = text_at(r, fields(r)[i].value);
}

const char *tl_http_header(const tl_http_req *r, const char *lower_name) {
  for (size_t i = 0; i < tl_http_header_count(r); i++)
    if (strcmp(text_at(r, fields(r)[i].name), lower_name) == 0) return text_at(r, fields(r)[i].value);
  return NULL;
}

size_t tl__http_count(const tl_http_req *r, const char *lower_name) {
  size_t n = 0;
  for (size_t i = 0; i < tl_http_header_count(r); i++) n += strcmp(text_at(r, fields(r)[i].name), lower_name) == 0;
  return n;
}

/* One of the comma-separated words of a value. */
static bool value_has(const char *value, const char *token, bool exact_case) {
  size_t want = strlen(token);
  while (*value) {
    value += strspn(value, " \t,");
    size_t n = strcspn(value, ","), word = n;
    while (word && strchr(" \t", value[word - 1])) word--;
    if (word == want && (exact_case ? strncmp : strncasecmp)(value, token, want) == 0) return true;
    value += n;
  }
  return false;
}

bool tl__http_has_token(const tl_http_req *r, const char *lower_name, const char *token, bool exact_case) {
  for (size_t i = 0; i < tl_http_header_count(r); i++)
    if (strcmp(text_at(r, fields(r)[i].name), lower_name) == 0 &&
        value_has(text_at(r, fields(r)[i].value), token, exact_case))
      return true;
  return false;
}

const char *tl_http_method(const tl_http_req *r) { return llhttp_method_name((llhttp_method_t)r->parser.method); }
const char *tl_http_path(const tl_http_req *r) { return text_at(r, r->path); }
const char *tl_http_raw_path(const tl_http_req *r) { return text_at(r, r->raw_path); }
const char *tl_http_query(const tl_http_req *r) { return text_at(r, r->query); }

const char *tl_http_body(const tl_http_req *r, size_t *n) {
  *n = r->body.len;
  return r->body.len ? r->body.data : "";
}

const char *tl_http_peer_ip(const tl_http_req *r) {
  tl_http_req *w = (tl_http_req *)r; /* remembers the answer of the kernel */
  struct sockaddr_storage a;
  int n = sizeof a;
  if (w->ip[0] || !r->conn || uv_tcp_getpeername(&r->conn->tcp, (struct sockaddr *)&a, &n)) return w->ip;
  if (a.ss_family == AF_INET6)
    uv_ip6_name((struct sockaddr_in6 *)&a, w->ip, sizeof w->ip);
  else
    uv_ip4_name((struct sockaddr_in *)&a, w->ip, sizeof w->ip);
  return w->ip;
}

/* Control characters (NUL among them) and backslashes have no use in a path but to fool somebody. */
static bool is_clean(const char *path, size_t n) {
  for (size_t i = 0; i < n; i++) {
    int c = (unsigned char)path[i];
    if (c < 0x20 || c == 0x7f || c == '\\') return false;
  }
  return tl_utf8_valid(path, n);
}

static bool has_parent_segment(const char *path) {
  for (const char *p = path; (p = strstr(p, "..")); p++)
    if ((p == path || p[-1] == '/') && (p[2] == 0 || p[2] == '/')) return true;
  return false;
}

/* The absolute form names the host once more; RFC 9112 wants it understood. */
static char *skip_authority(char *target) {
  size_t scheme = strncasecmp(target, "http://", 7) == 0 ? 7 : strncasecmp(target, "https://", 8) == 0 ? 8 : 0;
  if (!scheme) return target;
  char *path = target + scheme + strcspn(target + scheme, "/?");
  if (*path == '/') return path;
  memmove(path - scheme + 1, path, strlen(path) + 1); /* "http://host?q": room for the slash that was left out */
  path -= scheme;
  *path = '/';
  return path;
}

/* Puts the path behind the rest of the text, once more, and decodes it there. */
static bool decode(tl_http_req *r) {
  size_t n = strlen(tl_http_raw_path(r));
  tl_buf_grow(&r->text, n + 1);
  r->path = (uint32_t)r->text.len;
  char *path = r->text.data + r->path;
  size_t decoded = tl_percent_decode(tl_http_raw_path(r), n, TL_PERCENT_STRICT, path);
  if (decoded == TL_PERCENT_BAD || !is_clean(path, decoded)) return false;
  path[decoded] = 0;
  r->text.len += decoded + 1;
  return !has_parent_segment(path);
}

int tl__http_target(tl_http_req *r) {
  char *path = skip_authority(r->text.data), *query = path + strcspn(path, "?");
  if (*path != '/' || strchr(path, '#')) return 400;
  if (*query) *query++ = 0;
  r->query = (uint32_t)(query - r->text.data);
  r->raw_path = (uint32_t)(path - r->text.data);
  return decode(r) ? 0 : 400;
}
