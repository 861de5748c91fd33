/* deflate.h: messages compressed and inflated one by one (zlib, raw deflate), as permessage-deflate without context
 * takeover wants it: no message knows of the one before. So one tl_zip does for all connections of a loop.
 *
 * Uses base and zlib. A zeroed tl_zip is empty and valid; what zlib needs (268 KB to compress, 40 KB to inflate) is
 * made at the first use. When there is no memory for it the answer says so: nothing here ends the process. */
#ifndef TL_CORE_DEFLATE_H
#define TL_CORE_DEFLATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct z_stream_s;

typedef struct tl_zip {
  struct z_stream_s *packer, *unpacker; /* NULL: not made yet, or given back */
  tl_buf packed;                        /* what tl_zip_pack made last; valid until the next call of any of these */
  uint8_t bits;                         /* the packer's window, as a power of 2 */
  uint8_t unused;                       /* ticks since the last use */
} tl_zip;

enum { TL_ZIP_BITS_MIN = 9, TL_ZIP_BITS_MAX = 15 }; /* windows that tl_zip_pack can keep to: zlib has none of 2^8 */

typedef enum tl_zip_end { TL_ZIP_OK, TL_ZIP_BAD, TL_ZIP_TOO_LARGE, TL_ZIP_NO_MEMORY } tl_zip_end;

/* Compresses p[0..n) into z->packed, without the 00 00 ff ff that a receiver adds. False: it would not become smaller,
 * or there is no memory. */
bool tl_zip_pack(tl_zip *z, int bits, const char *p, size_t n);
/* Inflates p[0..n), which came without 00 00 ff ff, into *out, which is empty and is the caller's to free whatever is
 * returned. Never takes more than max bytes for it. */
tl_zip_end tl_zip_unpack(tl_zip *z, const char *p, size_t n, size_t max, tl_buf *out);
/* Bytes that n inflated ones may take when they are compressed by a program that does it badly. */
size_t tl_zip_bound(size_t n);
void tl_zip_tick(tl_zip *z); /* once a second: gives back what has not been used for a while */
void tl_zip_free(tl_zip *z);

#endif
