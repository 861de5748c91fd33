/* json.c: the input is a text. What the reader takes is JSON by a naive recogniser of RFC 8259, what it refuses is
 * not, or is over one of the limits that json.h names; and reading, writing and reading again come to rest. */
#include "core/json.h"

#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "fuzz.h"

/* The grammar alone: nothing about depth, keys, code points. p is moved behind the value; NULL: no value. */
static const uint8_t *value(const uint8_t *p, const uint8_t *end);

static const uint8_t *space(const uint8_t *p, const uint8_t *end) {
  while (p < end && strchr(" \t\r\n", *p) && *p) p++;
  return p;
}

static const uint8_t *word(const uint8_t *p, const uint8_t *end, const char *w) {
  size_t n = strlen(w);
  return (size_t)(end - p) >= n && memcmp(p, w, n) == 0 ? p + n : NULL;
}

static const uint8_t *digits(const uint8_t *p, const uint8_t *end) {
  const uint8_t *from = p;
  while (p < end && *p >= '0' && *p <= '9') p++;
  return p > from ? p : NULL;
}

static const uint8_t *number(const uint8_t *p, const uint8_t *end) {
  if (p < end && *p == '-') p++;
  const uint8_t *first = p;
  if (!(p = digits(p, end)) || (*first == '0' && p > first + 1)) return NULL;
  if (p < end && *p == '.' && !(p = digits(p + 1, end))) return NULL;
  if (p < end && (*p | 32) == 'e') {
    p++;
    if (p < end && (*p == '+' || *p == '-')) p++;
    p = digits(p, end);
  }
  return p;
}

static const uint8_t *string(const uint8_t *p, const uint8_t *end) {
  for (p++; p < end && *p != '"'; p++) {
    if (*p < 0x20) return NULL;
    if (*p != '\\') continue;
    if (++p == end || !*p || !strchr("\"\\/bfnrtu", *p)) return NULL;
    if (*p != 'u') continue;
    if (end - p < 5) return NULL;
    for (int i = 1; i <= 4; i++)
      if (!p[i] || !strchr("0123456789abcdefABCDEF", p[i])) return NULL;
    p += 4;
  }
  return p < end ? p + 1 : NULL;
}

static const uint8_t *items(const uint8_t *p, const uint8_t *end, char closing) {
  p = space(p + 1, end);
  if (p < end && *p == closing) return p + 1;
  for (;; p++) {
    p = space(p, end);
    if (closing == '}') {
      if (p == end || *p != '"' || !(p = string(p, end))) return NULL;
      p = space(p, end);
      if (p == end || *p++ != ':') return NULL;
    }
    if (!(p = value(p, end))) return NULL;
    p = space(p, end);
    if (p == end || (*p != ',' && *p != closing)) return NULL;
    if (*p == closing) return p + 1;
  }
}

static const uint8_t *value(const uint8_t *p, const uint8_t *end) {
  p = space(p, end);
  if (p == end) return NULL;
  switch (*p) {
  case '[': return items(p, end, ']');
  case '{': return items(p, end, '}');
  case '"': return string(p, end);
  case 't': return word(p, end, "true");
  case 'f': return word(p, end, "false");
  case 'n': return word(p, end, "null");
  default: return number(p, end);
  }
}

static bool is_json(const uint8_t *p, size_t n) {
  const uint8_t *after = value(p, p + n);
  return after && space(after, p + n) == p + n;
}

static bool is_limit(const char *message) {
  static const char *const limits[] = {
      "nested too deep",          "an object with a key twice", "a string that is not UTF-8",
      "half of a surrogate pair", "an integer beyond 64 bits",  "a number too large"};
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++)
    if (strcmp(message, limits[i]) == 0) return true;
  return false;
}

static void comes_to_rest(tl_value v) {
  tl_buf once = {0}, twice = {0};
  tl_json_write(&once, v);
  CHECK(tl_utf8_valid(once.data, once.len) && is_json((uint8_t *)once.data, once.len));
  tl_value again = fuzz_json(once.data, once.len, TL_DEPTH_MAX + 4);
  CHECK(fuzz_same_kind(v, again) && tl_bytes(v) == tl_bytes(again) && tl_depth(v) == tl_depth(again));
  tl_json_write(&twice, again);
  CHECK(once.len == twice.len && memcmp(once.data, twice.data, once.len) == 0);
  tl_release(again);
  tl_buf_free(&once);
  tl_buf_free(&twice);
}

/* A whole value is none any more with a bracket, quote or letter behind it, or without its last one. */
static void is_strict(const char *text, size_t n) {
  tl_value v;
  while (n && strchr(" \t\r\n", text[n - 1]) && text[n - 1]) n--;
  tl_buf b = {0};
  tl_buf_put(&b, text, n);
  tl_buf_putc(&b, "]}\"x"[n % 4]);
  CHECK(tl_json_read(b.data, b.len, &v, NULL) == -1);
  if (n && strchr("]}\"el", b.data[n - 1])) CHECK(tl_json_read(b.data, n - 1, &v, NULL) == -1);
  tl_buf_free(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 1 << 16) return -1; /* the recogniser calls itself */
  const char *text = (const char *)data;
  size_t before = tl_mem_live();
  tl_value v;
  tl_json_err err = {0, NULL};
  if (tl_json_read(text, size, &v, &err) == 0) {
    CHECK(is_json(data, size) && tl_utf8_valid(text, size) && tl_depth(v) <= TL_DEPTH_MAX + 4);
    comes_to_rest(v);
    is_strict(text, size);
    tl_release(v);
  } else {
    CHECK(err.message && err.offset <= size);
    CHECKF(!is_json(data, size) || is_limit(err.message), "%s", err.message);
  }
  CHECK(tl_mem_live() == before);
  return 0;
}
