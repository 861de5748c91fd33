/* buf.h: a growing byte buffer. A zeroed tl_buf is empty and valid; tl_buf_free makes it so again.
 * The bytes are not NUL-terminated unless tl_buf_cstr is called. The buffer owns its memory. */
#ifndef TL_BASE_BUF_H
#define TL_BASE_BUF_H
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct tl_buf {
  char *data;
  size_t len, cap;
} tl_buf;

void tl_buf_grow(tl_buf *b, size_t more); /* room for `more` bytes beyond len */
void tl_buf_free(tl_buf *b);
void tl_buf_printf(tl_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tl_buf_put_uint(tl_buf *b, uint64_t n); /* in decimal */
void tl_buf_vprintf(tl_buf *b, const char *fmt, va_list args);
const char *tl_buf_cstr(tl_buf *b);          /* adds a NUL behind len, not counted */
void tl_buf_drop_front(tl_buf *b, size_t n); /* moves the rest to the front */

static inline void tl_buf_put(tl_buf *b, const void *p, size_t n) {
  if (b->cap - b->len < n) tl_buf_grow(b, n);
  if (n) memcpy(b->data + b->len, p, n);
  b->len += n;
}
static inline void tl_buf_putc(tl_buf *b, char c) {
  if (b->len == b->cap) tl_buf_grow(b, 1);
  b->data[b->len++] = c;
}
static inline void tl_buf_puts(tl_buf *b, const char *s) { tl_buf_put(b, s, strlen(s)); }
static inline void tl_buf_clear(tl_buf *b) { b->len = 0; }

#endif
