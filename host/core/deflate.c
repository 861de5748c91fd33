/* deflate.c: see deflate.h. The streams are reset for each message, which costs 3 microseconds; a stream for each
 * connection would cost 300 KB of memory.
 *
 * Level 1: on JSON it saves nearly what level 6 does (80 % of a thousand rows, not 83) in a third of the time, and the
 * time is the loop's.
 *
 * Specs: spec/io/deflate_spec.c. */
#include "core/deflate.h"

#include <limits.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"

enum { LEVEL = 1, MEM_LEVEL = 8, TAIL = 4, FIRST = 1024, KEPT_TICKS = 30 };

static const char tail[TAIL] = {0, 0, (char)0xff, (char)0xff}; /* a stored block without bytes, but its first 3 bits */

/* ---- the streams ---- */

static void *take(void *ctx, unsigned items, unsigned size) {
  (void)ctx;
  return tl_try_alloc((size_t)items * size);
}

static void give(void *ctx, void *p) {
  (void)ctx;
  tl_free(p);
}

static z_stream *new_stream(void) {
  z_stream *s = tl_try_alloc(sizeof *s);
  if (s) *s = (z_stream){.zalloc = take, .zfree = give};
  return s;
}

static void drop_packer(tl_zip *z) {
  if (z->packer) deflateEnd(z->packer);
  tl_free(z->packer);
  z->packer = NULL;
}

static void drop_unpacker(tl_zip *z) {
  if (z->unpacker) inflateEnd(z->unpacker);
  tl_free(z->unpacker);
  z->unpacker = NULL;
}

/* NULL: no memory. Clients that ask for another window than the last one had are rare. */
static z_stream *packer(tl_zip *z, int bits) {
  if (z->packer && z->bits == bits) return deflateReset(z->packer) == Z_OK ? z->packer : NULL;
  drop_packer(z);
  z_stream *s = new_stream();
  if (!s || deflateInit2(s, LEVEL, Z_DEFLATED, -bits, MEM_LEVEL, Z_DEFAULT_STRATEGY) != Z_OK) {
    tl_free(s);
    return NULL;
  }
  z->bits = (uint8_t)bits;
  return z->packer = s;
}

static z_stream *unpacker(tl_zip *z) {
  if (z->unpacker) return inflateReset(z->unpacker) == Z_OK ? z->unpacker : NULL;
  z_stream *s = new_stream();
  if (!s || inflateInit2(s, -TL_ZIP_BITS_MAX) != Z_OK) {
    tl_free(s);
    return NULL;
  }
  return z->unpacker = s;
}

void tl_zip_free(tl_zip *z) {
  drop_packer(z);
  drop_unpacker(z);
  tl_buf_free(&z->packed);
}

void tl_zip_tick(tl_zip *z) {
  if ((z->packer || z->unpacker) && ++z->unused >= KEPT_TICKS) tl_zip_free(z);
}

/* ---- to compress ---- */

/* There is room for what is smaller and its tail, and one byte: if that is used up, it is not smaller. */
bool tl_zip_pack(tl_zip *z, int bits, const char *p, size_t n) {
  if (n > UINT_MAX - TAIL) return false;
  z_stream *s = packer(z, bits);
  if (!s) return false;
  z->unused = 0;
  tl_buf_clear(&z->packed);
  tl_buf_grow(&z->packed, n + TAIL);
  s->next_in = (const Bytef *)p;
  s->avail_in = (uInt)n;
  s->next_out = (Bytef *)z->packed.data;
  s->avail_out = (uInt)n + TAIL;
  if (deflate(s, Z_SYNC_FLUSH) != Z_OK || !s->avail_out) return false;
  z->packed.len = (size_t)((char *)s->next_out - z->packed.data) - TAIL;
  return true;
}

/* ---- to inflate ---- */

size_t tl_zip_bound(size_t n) {
  enum { SPARE = 64 };
  return n > SIZE_MAX - n / 8 - SPARE ? SIZE_MAX : n + n / 8 + SPARE;
}

static unsigned at_most(size_t n) { return n < UINT_MAX ? (unsigned)n : UINT_MAX; }

/* Room for more, but never for more than max bytes in all. */
static void widen(tl_buf *b, size_t max) {
  size_t cap = b->cap > max / 2 ? max : 2 * b->cap;
  if (cap < FIRST) cap = max < FIRST ? max : FIRST;
  b->data = tl_realloc(b->data, cap);
  b->cap = cap;
}

/* One step. When out has all that it may have, a byte aside shows whether there is more. */
static int step(z_stream *s, size_t max, tl_buf *out, bool *over) {
  Bytef aside = 0;
  bool full = out->len == max;
  if (!full && out->len == out->cap) widen(out, max);
  s->next_out = full ? &aside : (Bytef *)out->data + out->len;
  s->avail_out = full ? 1 : at_most(out->cap - out->len);
  unsigned room = s->avail_out;
  int r = inflate(s, Z_SYNC_FLUSH);
  *over = full && s->avail_out == 0;
  if (!full) out->len += room - s->avail_out;
  return r;
}

enum { IN_BLOCK, BETWEEN_BLOCKS, AT_END };

/* Inflates n bytes; *where says at what place of the stream they end. What is behind a final block is another stream
 * (RFC 7692 section 7.2.3.4): it cannot refer to what was before. */
static tl_zip_end feed(z_stream *s, const char *p, size_t n, size_t max, tl_buf *out, int *where) {
  enum { JUST_BEHIND_A_BLOCK = 128 }; /* in zlib's data_type */
  bool over;
  s->next_in = (const Bytef *)p;
  s->avail_in = (uInt)n;
  do {
    int r = step(s, max, out, &over);
    if (over) return TL_ZIP_TOO_LARGE;
    if (r == Z_MEM_ERROR) return TL_ZIP_NO_MEMORY;
    if (r != Z_OK && r != Z_BUF_ERROR && r != Z_STREAM_END) return TL_ZIP_BAD; /* Z_BUF_ERROR: it wants more */
    *where = r == Z_STREAM_END ? AT_END : s->data_type & JUST_BEHIND_A_BLOCK ? BETWEEN_BLOCKS : IN_BLOCK;
    if (r == Z_STREAM_END && s->avail_in) inflateReset(s);
  } while (s->avail_in || (!s->avail_out && *where != AT_END));
  return TL_ZIP_OK;
}

tl_zip_end tl_zip_unpack(tl_zip *z, const char *p, size_t n, size_t max, tl_buf *out) {
  if (n > UINT_MAX) return TL_ZIP_TOO_LARGE;
  z_stream *s = unpacker(z);
  int where;
  if (!s) return TL_ZIP_NO_MEMORY;
  z->unused = 0;
  tl_zip_end end = feed(s, p, n, max, out, &where);
  if (end || where == AT_END) return end; /* a final block needs no tail, though it should have come with one */
  end = feed(s, tail, TAIL, max, out, &where);
  return end || where != IN_BLOCK ? end : TL_ZIP_BAD;
}
