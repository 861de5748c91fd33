/* buf.c: the parts of tl_buf that are not worth inlining. Capacity doubles, so that putting n bytes one by one
 * is O(n). */
#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

void tl_buf_grow(tl_buf *b, size_t more) {
  if (more > SIZE_MAX / 4 - b->len) {
    fprintf(stderr, "tidelock: a buffer of %zu bytes cannot grow by %zu\n", b->len, more);
    abort();
  }
  size_t need = b->len + more;
  if (need <= b->cap) return;
  size_t cap = b->cap ? b->cap : 64;
  while (cap < need) cap *= 2;
  b->data = tl_realloc(b->data, cap);
  b->cap = cap;
}

void tl_buf_free(tl_buf *b) {
  tl_free(b->data);
  *b = (tl_buf){0};
}

void tl_buf_vprintf(tl_buf *b, const char *fmt, va_list args) {
  va_list again;
  va_copy(again, args);
  size_t room = b->cap - b->len;
  int n = vsnprintf(room ? b->data + b->len : NULL, room, fmt, args);
  if (n > 0 && (size_t)n >= room) {
    tl_buf_grow(b, (size_t)n + 1);
    vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
  }
  va_end(again);
  if (n > 0) b->len += (size_t)n;
}

void tl_buf_printf(tl_buf *b, const char *fmt, ...) {
  va_list args;
  va_start(args, fmt);
  tl_buf_vprintf(b, fmt, args);
  va_end(args);
}

const char *tl_buf_cstr(tl_buf *b) {
  tl_buf_grow(b, 1);
  b->data[b->len] = 0;
  return b->data;
}

void tl_buf_drop_front(tl_buf *b, size_t n) {
  if (n > b->len) n = b->len;
  if (n == 0) return;
  b->len -= n;
  memmove(b->data, b->data + n, b->len);
}

void tl_buf_put_uint(tl_buf *b, uint64_t n) {
  char digits[20];
  size_t i = sizeof digits;
  do digits[--i] = (char)('0' + n % 10);
  while (n /= 10);
  tl_buf_put(b, digits + i, sizeof digits - i);
}
