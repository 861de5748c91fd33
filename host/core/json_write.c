/* json_write.c: see json.h. Straight from the tree into the buffer. Strings are copied up to the next byte that needs
 * an escape; eight bytes at a time are looked at. Bytes that are no UTF-8 (of a var that never leaves the host) pass.
 */
#include <math.h>

#include "core/json.h"
#include "core/tree.h"

size_t tl__float_print(double f, char out[32]); /* float.cpp */

static const char hex[] = "0123456789abcdef";

static size_t print_digits(uint64_t u, char *end) {
  static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                              "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                              "8081828384858687888990919293949596979899";
  char *p = end;
  while (u >= 100) {
    p -= 2;
    memcpy(p, pairs + u % 100 * 2, 2);
    u /= 100;
  }
  if (u >= 10) {
    p -= 2;
    memcpy(p, pairs + u * 2, 2);
  } else {
    *--p = (char)('0' + u);
  }
  return (size_t)(end - p);
}

static void write_int(tl_buf *out, int64_t i) {
  char digits[24];
  if (i >= 0 && i < 10) {
    tl_buf_putc(out, (char)('0' + i));
    return;
  }
  size_t n = print_digits(i < 0 ? 0 - (uint64_t)i : (uint64_t)i, digits + 24);
  if (i < 0) digits[24 - ++n] = '-';
  tl_buf_put(out, digits + 24 - n, n);
}

/* Floats that are short decimals: f * 10^k is whole and below 10^15, and that whole number divided by 10^k is f again
 * (both are exact, so the division rounds as a reader would). Digits of up to 15 places name one double each, so the
 * smallest such k gives the shortest form. 0: not one of these. */
static size_t print_decimal(double f, char out[32]) {
  static const double powers[] = {1, 10, 100, 1000, 10000};
  double positive = fabs(f);
  if (!(positive < 1e11) || (positive < 1e-3 && positive != 0)) return 0;
  for (int k = 0; k <= 4; k++) {
    double whole = (double)(int64_t)(positive * powers[k] + 0.5);
    if (whole / powers[k] != positive) continue;
    char digits[24];
    size_t n = print_digits((uint64_t)whole, digits + 24), at = 0;
    while (n <= (size_t)k) digits[24 - ++n] = '0';
    if (signbit(f)) out[at++] = '-';
    memcpy(out + at, digits + 24 - n, n - (size_t)k);
    at += n - (size_t)k;
    if (k == 0) return at;
    out[at++] = '.';
    memcpy(out + at, digits + 24 - k, (size_t)k);
    return at + (size_t)k;
  }
  return 0;
}

size_t tl_float_shortest(double f, char out[32]) {
  size_t n = print_decimal(f, out);
  return n ? n : tl__float_print(f, out);
}

void tl_json_write_float(tl_buf *out, double f) {
  char text[32];
  if (!isfinite(f)) { /* no value of a tree is; JSON has no word for it */
    tl_buf_puts(out, "null");
    return;
  }
  size_t n = tl_float_shortest(f, text);
  tl_buf_put(out, text, n);
  if (!memchr(text, '.', n) && !memchr(text, 'e', n)) tl_buf_put(out, ".0", 2);
}

/* Does any of the eight bytes need a closer look: below 0x20, a quote, a backslash or a '<'? */
static inline uint64_t suspicious(uint64_t w) {
  const uint64_t ones = 0x0101010101010101u, high = 0x8080808080808080u;
  uint64_t q, b, l;
  q = w ^ ones * '"';
  b = w ^ ones * '\\';
  l = w ^ ones * '<';
  return (((w - ones * 0x20) & ~w) | ((q - ones) & ~q) | ((b - ones) & ~b) | ((l - ones) & ~l)) & high;
}

static void write_escape(tl_buf *out, unsigned char c) {
  static const char letters[] = "btn\0fr"; /* from 8 on */
  char text[6] = {'\\', (char)c};
  if (c >= 0x20) {
    tl_buf_put(out, text, 2);
  } else if (c >= 8 && c <= 13 && letters[c - 8]) {
    text[1] = letters[c - 8];
    tl_buf_put(out, text, 2);
  } else {
    text[1] = 'u';
    text[2] = text[3] = '0';
    text[4] = hex[c >> 4];
    text[5] = hex[c & 15];
    tl_buf_put(out, text, 6);
  }
}

/* Four to eight bytes as a word; what lies in both loads is in it twice. */
static inline uint64_t word(const char *s, size_t n) {
  uint64_t w;
  uint32_t a, b;
  if (n == 8) {
    memcpy(&w, s, 8);
    return w;
  }
  memcpy(&a, s, 4);
  memcpy(&b, s + n - 4, 4);
  return (uint64_t)b << 32 | a;
}

void tl_json_write_string(tl_buf *out, const char *s, size_t n) {
  size_t from = 0, i = 0;
  tl_buf_putc(out, '"');
  while (i < n) {
    const size_t left = n - i, step = left < 8 ? left : 8;
    if (left >= 4 && !suspicious(word(s + i, step))) {
      i += step;
      continue;
    }
    unsigned char c = (unsigned char)s[i++];
    bool tag = c == '<' && i < n && s[i] == '/';
    if (c >= 0x20 && c != '"' && c != '\\' && !tag) continue;
    tl_buf_put(out, s + from, i - from - !tag);
    write_escape(out, tag ? '/' : c);
    if (tag) i++;
    from = i;
  }
  tl_buf_put(out, s + from, n - from);
  tl_buf_putc(out, '"');
}

static void write_key(tl_buf *out, const tl_value *key) {
  size_t n;
  const char *s = tl_string_bytes(key, &n);
  tl_json_write_string(out, s, n);
  tl_buf_putc(out, ':');
}

static void write_container(tl_buf *out, const tl_node *node) {
  if (node->level > 0) {
    for (size_t i = 0; i < node->n; i++) {
      if (i) tl_buf_putc(out, ',');
      write_container(out, tl__children(node)[i]);
    }
    return;
  }
  for (size_t i = 0; i < node->n; i++) {
    if (i) tl_buf_putc(out, ',');
    if (node->kind == TL_MAP) write_key(out, &tl__entries(node)[i].key);
    tl_json_write(out, *tl__value_slot(node, i));
  }
}

void tl_json_write(tl_buf *out, tl_value v) {
  size_t n;
  const char *s;
  switch (v.kind) {
  case TL_BOOL: tl_buf_puts(out, v.b ? "true" : "false"); break;
  case TL_INT: write_int(out, v.i); break;
  case TL_FLOAT: tl_json_write_float(out, v.f); break;
  case TL_STRING:
    s = tl_string_bytes(&v, &n);
    tl_json_write_string(out, s, n);
    break;
  case TL_LIST:
  case TL_MAP:
    tl_buf_putc(out, v.kind == TL_LIST ? '[' : '{');
    write_container(out, v.node);
    tl_buf_putc(out, v.kind == TL_LIST ? ']' : '}');
    break;
  default: tl_buf_puts(out, "null"); break;
  }
}

void tl__json_write_state(tl_buf *out, tl_value state) {
  if (state.kind != TL_MAP) {
    tl_json_write(out, state);
    return;
  }
  tl_iter it;
  const tl_value *key;
  tl_value v;
  char before = '{';
  tl_iter_start(&it, state, 0);
  while (tl_iter_next(&it, &key, &v)) {
    size_t n;
    const char *s = tl_string_bytes(key, &n);
    if (n && s[0] == '_') continue;
    tl_buf_putc(out, before);
    write_key(out, key);
    tl_json_write(out, v);
    before = ',';
  }
  if (before == '{') tl_buf_putc(out, '{');
  tl_buf_putc(out, '}');
}

void tl_json_write_public(tl_buf *out, tl_value root) {
  tl_iter it;
  const tl_value *key;
  tl_value v;
  char before = '{';
  tl_iter_start(&it, root, 0);
  while (tl_iter_next(&it, &key, &v)) {
    tl_buf_putc(out, before);
    write_key(out, key);
    tl__json_write_state(out, v);
    before = ',';
  }
  if (before == '{') tl_buf_putc(out, '{');
  tl_buf_putc(out, '}');
}
