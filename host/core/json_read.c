/* json_read.c: a strict reader (RFC 8259), see json.h. Items of open containers wait on one stack of values; a
 * container is built in one go when it closes. On an error what is on the stack is released, so nothing is left over.
 */
#include "base/mem.h"
#include "base/utf8.h"
#include "core/json.h"
#include "core/tree.h"

int tl__float_read(const char *text, size_t n, double *out); /* float.cpp */

enum { FEW = 16 };

typedef struct reader {
  const char *end, *p;
  tl_value *stack; /* values; a map's entry is two of them, as tl_entry is */
  size_t n, cap;
  tl_value *few; /* where the stack begins, for want of malloc: most messages hold a handful of values */
  int room;      /* levels that may still open */
  const char *message;
  tl_buf chars; /* a string with escapes */
} reader;

static int fail(reader *r, const char *message) {
  if (!r->message) r->message = message;
  return -1;
}
static int fail_at(reader *r, const char *where, const char *message) {
  r->p = where;
  return fail(r, message);
}

static void push(reader *r, tl_value v) {
  if (r->n == r->cap) {
    r->cap *= 2;
    tl_value *more = tl_realloc(r->stack == r->few ? NULL : r->stack, r->cap * sizeof *more);
    if (r->stack == r->few) memcpy(more, r->few, r->n * sizeof *more);
    r->stack = more;
  }
  r->stack[r->n++] = v;
}

static inline void skip_space(reader *r) {
  while (r->p < r->end && (*r->p == ' ' || *r->p == '\n' || *r->p == '\t' || *r->p == '\r')) r->p++;
}

static int read_word(reader *r, const char *word, tl_value v, tl_value *out) {
  for (const char *w = word; *w; w++, r->p++)
    if (r->p == r->end || *r->p != *w) return fail(r, "not a value");
  *out = v;
  return 0;
}

static inline bool digit(const reader *r) { return r->p < r->end && *r->p >= '0' && *r->p <= '9'; }

static int skip_digits(reader *r) {
  if (!digit(r)) return fail(r, "a digit is missing");
  while (digit(r)) r->p++;
  return 0;
}

/* Of a number that no double holds: is it so small that it is 0? The place of its first digit decides. */
static bool rounds_to_zero(const char *s, const char *end) {
  long place = 0, exponent = 0;
  bool seen = false, point = false;
  for (; s < end && *s != 'e' && *s != 'E'; s++) {
    if (*s == '.')
      point = true;
    else if (*s != '-' && !seen && *s == '0')
      place -= point;
    else if (*s != '-') {
      seen = true;
      place += !point;
    }
  }
  if (!seen) return true;
  if (s < end) {
    bool negative = *++s == '-';
    for (s += *s == '-' || *s == '+'; s < end && exponent < 100000000; s++) exponent = exponent * 10 + (*s - '0');
    if (negative) exponent = -exponent;
  }
  return place + exponent < 0;
}

static int read_float(reader *r, const char *from, tl_value *out) {
  double f = 0;
  if (tl__float_read(from, (size_t)(r->p - from), &f) != 0) {
    if (!rounds_to_zero(from, r->p)) return fail_at(r, from, "a number too large");
    f = *from == '-' ? -0.0 : 0.0;
  }
  *out = tl_float(f);
  return 0;
}

/* An integer beyond 64 bits is a float, as in Lua: a browser writes 1e20 as digits. */
static int read_int(reader *r, const char *from, tl_value *out) {
  bool negative = *from == '-';
  uint64_t limit = (uint64_t)INT64_MAX + negative, u = 0;
  for (const char *s = from + negative; s < r->p; s++) {
    uint64_t d = (uint64_t)(*s - '0');
    if (u > (limit - d) / 10) return read_float(r, from, out);
    u = u * 10 + d;
  }
  *out = tl_int(negative ? (int64_t)(0 - u) : (int64_t)u);
  return 0;
}

static int read_number(reader *r, tl_value *out) {
  const char *from = r->p;
  bool whole = true;
  if (*r->p == '-') r->p++;
  const char *first = r->p;
  if (skip_digits(r)) return -1;
  if (*first == '0' && r->p - first > 1) return fail_at(r, first, "a number with a leading zero");
  if (r->p < r->end && *r->p == '.') {
    whole = false;
    r->p++;
    if (skip_digits(r)) return -1;
  }
  if (r->p < r->end && (*r->p == 'e' || *r->p == 'E')) {
    whole = false;
    r->p++;
    if (r->p < r->end && (*r->p == '+' || *r->p == '-')) r->p++;
    if (skip_digits(r)) return -1;
  }
  return whole ? read_int(r, from, out) : read_float(r, from, out);
}

static int read_hex4(reader *r, uint32_t *unit) {
  *unit = 0;
  for (int i = 0; i < 4; i++, r->p++) {
    if (r->p == r->end) return fail(r, "an unfinished string");
    char c = *r->p;
    if (c >= '0' && c <= '9')
      *unit = *unit << 4 | (uint32_t)(c - '0');
    else if (c >= 'a' && c <= 'f')
      *unit = *unit << 4 | (uint32_t)(c - 'a' + 10);
    else if (c >= 'A' && c <= 'F')
      *unit = *unit << 4 | (uint32_t)(c - 'A' + 10);
    else
      return fail(r, "not four hexadecimal digits");
  }
  return 0;
}

static void put_code(tl_buf *b, uint32_t c) {
  if (c < 0x80) {
    tl_buf_putc(b, (char)c);
    return;
  }
  int more = c < 0x800 ? 1 : c < 0x10000 ? 2 : 3;
  static const unsigned char lead[] = {0, 0xc0, 0xe0, 0xf0};
  tl_buf_putc(b, (char)(lead[more] | c >> (6 * more)));
  while (more-- > 0) tl_buf_putc(b, (char)(0x80 | (c >> (6 * more) & 0x3f)));
}

static int read_unicode(reader *r) {
  const char *from = r->p - 2;
  uint32_t c, low;
  if (read_hex4(r, &c)) return -1;
  if (c >= 0xdc00 && c < 0xe000) return fail_at(r, from, "half of a surrogate pair");
  if (c >= 0xd800 && c < 0xdc00) {
    if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u') return fail_at(r, from, "half of a surrogate pair");
    r->p += 2;
    if (read_hex4(r, &low)) return -1;
    if (low < 0xdc00 || low >= 0xe000) return fail_at(r, from, "half of a surrogate pair");
    c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
  }
  put_code(&r->chars, c);
  return 0;
}

static int read_escape(reader *r) {
  static const char names[] = "\"\\/bfnrt", means[] = "\"\\/\b\f\n\r\t";
  if (r->p == r->end) return fail(r, "an unfinished string");
  char c = *r->p++;
  if (c == 'u') return read_unicode(r);
  const char *name = c ? strchr(names, c) : NULL;
  if (!name) return fail_at(r, r->p - 1, "no such escape");
  tl_buf_putc(&r->chars, means[name - names]);
  return 0;
}

/* Behind the opening quote. Runs without escapes are copied whole; UTF-8 is checked run by run (an escape is ASCII,
 * so it cannot stand inside a sequence). */
static int read_string(reader *r, tl_value *out) {
  const char *run = r->p;
  unsigned char all = 0; /* of a run that is all ASCII nothing need be checked */
  tl_buf_clear(&r->chars);
  for (;; r->p++) {
    if (r->p == r->end) return fail(r, "an unfinished string");
    unsigned char c = (unsigned char)*r->p;
    all |= c;
    if (c >= 0x20 && c != '"' && c != '\\') continue;
    if (c < 0x20) return fail(r, "a control character in a string");
    size_t n = (size_t)(r->p - run);
    if (all >= 0x80 && !tl_utf8_valid(run, n)) return fail_at(r, run, "a string that is not UTF-8");
    const char *closing = r->p++;
    if (c == '"' && r->chars.len == 0) {
      *out = tl_string(run, n);
      return 0;
    }
    tl_buf_put(&r->chars, run, n);
    if (c == '"') {
      *out = tl_string(r->chars.data, r->chars.len);
      return 0;
    }
    r->p = closing + 1;
    if (read_escape(r)) return -1;
    run = r->p--;
  }
}

static int read_value(reader *r, tl_value *out);

static int read_item(reader *r) {
  tl_value v;
  if (read_value(r, &v)) return -1;
  push(r, v);
  return 0;
}

static int read_entry(reader *r) {
  tl_value key;
  if (r->p == r->end || *r->p != '"') return fail(r, "a key is missing");
  r->p++;
  if (read_string(r, &key)) return -1;
  push(r, key);
  skip_space(r);
  if (r->p == r->end || *r->p != ':') return fail(r, "a colon is missing");
  r->p++;
  return read_item(r);
}

/* Behind the opening bracket, up to and with the closing one. */
static int read_items(reader *r, char closing) {
  skip_space(r);
  if (r->p < r->end && *r->p == closing) {
    r->p++;
    return 0;
  }
  for (;;) {
    skip_space(r);
    if (closing == ']' ? read_item(r) : read_entry(r)) return -1;
    skip_space(r);
    if (r->p == r->end) return fail(r, "an unfinished value");
    char c = *r->p++;
    if (c == closing) return 0;
    if (c != ',') return fail_at(r, r->p - 1, "a comma or closing bracket is missing");
  }
}

static int read_list(reader *r, tl_value *out) {
  size_t base = r->n;
  if (read_items(r, ']')) return -1;
  *out = r->n == base ? tl_list_empty_fixed() : tl_list(r->stack + base, r->n - base);
  r->n = base;
  return 0;
}

static int read_map(reader *r, tl_value *out) {
  size_t base = r->n;
  const char *from = r->p - 1;
  if (read_items(r, '}')) return -1;
  size_t n = (r->n - base) / 2;
  tl_value map = tl_map(n ? (tl_entry *)(r->stack + base) : NULL, n);
  r->n = base;
  if (tl_count(map) < n) {
    tl_release(map);
    return fail_at(r, from, "an object with a key twice");
  }
  *out = map;
  return 0;
}

static int read_container(reader *r, char opening, tl_value *out) {
  if (r->room == 0) return fail(r, "nested too deep");
  r->room--;
  r->p++;
  int failed = opening == '[' ? read_list(r, out) : read_map(r, out);
  r->room++;
  return failed;
}

static int read_value(reader *r, tl_value *out) {
  skip_space(r);
  if (r->p == r->end) return fail(r, "a value is missing");
  char c = *r->p;
  switch (c) {
  case '{':
  case '[': return read_container(r, c, out);
  case '"': r->p++; return read_string(r, out);
  case 't': return read_word(r, "true", tl_bool(true), out);
  case 'f': return read_word(r, "false", tl_bool(false), out);
  case 'n': return read_word(r, "null", tl_nil(), out);
  default:
    if (c == '-' || (c >= '0' && c <= '9')) return read_number(r, out);
    return fail(r, "not a value");
  }
}

int tl_json_read_deep(const char *text, size_t n, int depth, tl_value *out, tl_json_err *err) {
  tl_value few[FEW];
  reader r = {.p = text, .end = text + n, .room = depth, .stack = few, .cap = FEW, .few = few};
  tl_value v = tl_nil();
  int failed = read_value(&r, &v);
  if (!failed) {
    skip_space(&r);
    if (r.p < r.end) failed = fail(&r, "something behind the value");
  }
  if (failed) {
    tl_release(v);
    for (size_t i = 0; i < r.n; i++) tl_release(r.stack[i]);
    if (err) *err = (tl_json_err){(size_t)(r.p - text), r.message};
  } else {
    *out = v;
  }
  if (r.stack != few) tl_free(r.stack);
  tl_buf_free(&r.chars);
  return failed;
}

int tl_json_read(const char *text, size_t n, tl_value *out, tl_json_err *err) {
  return tl_json_read_deep(text, n, TL_DEPTH_MAX + 4, out, err);
}
