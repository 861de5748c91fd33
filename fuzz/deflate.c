/* deflate.c: what is compressed is inflated to what it was, whatever the window; and what is inflated, be it made by
 * a compressor or by chance, keeps to its limit and is what zlib makes of it in one step. */
#include <stdlib.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/mem.h"
#include "core/deflate.h"
#include "fuzz.h"

enum { ROOM = 1 << 18 };

static tl_zip zip; /* as in the host, one for all inputs: none may leave anything for the next */

static tl_zip_end unpack(const tl_buf *in, size_t max, tl_buf *out) {
  char *copy = tl_alloc(in->len); /* of its own: a byte read beyond it is seen */
  if (in->len) memcpy(copy, in->data, in->len);
  tl_zip_end end = tl_zip_unpack(&zip, copy, in->len, max, out);
  tl_free(copy);
  CHECK(end != TL_ZIP_NO_MEMORY);
  CHECK(out->len <= max && out->cap <= max);
  return end;
}

static void round_trip(fuzz_in *in) {
  tl_buf text = {0}, packed = {0}, back = {0};
  int bits = TL_ZIP_BITS_MIN + (int)fuzz_below(in, TL_ZIP_BITS_MAX - TL_ZIP_BITS_MIN + 1);
  for (int times = fuzz_byte(in) + 1; times && text.len < 100000; times--)
    tl_buf_put(&text, in->p, (size_t)(in->end - in->p));
  if (tl_zip_pack(&zip, bits, text.data, text.len)) {
    CHECK(zip.packed.len < text.len);
    tl_buf_put(&packed, zip.packed.data, zip.packed.len);
    CHECK(unpack(&packed, text.len, &back) == TL_ZIP_OK);
    CHECK(back.len == text.len && !memcmp(back.data, text.data, text.len));
    tl_buf_clear(&back);
    tl_buf_free(&back);
    CHECK(unpack(&packed, text.len - 1, &back) == TL_ZIP_TOO_LARGE);
  }
  tl_buf_free(&text);
  tl_buf_free(&packed);
  tl_buf_free(&back);
}

/* All at once: the payload and its tail in one piece, with room for all that it may give. */
static bool in_one_step(const tl_buf *in, tl_buf *out) {
  tl_buf all = {0};
  tl_buf_put(&all, in->data, in->len);
  tl_buf_put(&all, "\0\0\xff\xff", 4);
  tl_buf_grow(out, ROOM);
  z_stream s = {.zalloc = Z_NULL};
  CHECK(inflateInit2(&s, -15) == Z_OK);
  s.next_in = (const Bytef *)all.data;
  s.avail_in = (uInt)all.len;
  s.next_out = (Bytef *)out->data;
  s.avail_out = ROOM;
  int r;
  while ((r = inflate(&s, Z_SYNC_FLUSH)) == Z_STREAM_END && s.avail_in && s.avail_in != 4) inflateReset(&s);
  bool good = r == Z_STREAM_END || (!s.avail_in && (r == Z_OK || r == Z_BUF_ERROR) && s.data_type & 128);
  out->len = ROOM - s.avail_out;
  inflateEnd(&s);
  tl_buf_free(&all);
  return good;
}

static void by_chance(fuzz_in *in) {
  tl_buf packed = {0}, one = {0}, two = {0};
  size_t max = fuzz_byte(in);
  if (max >= 200) max = (max - 199) * 1000;
  tl_buf_put(&packed, in->p, (size_t)(in->end - in->p));
  tl_zip_end end = unpack(&packed, max, &one);
  bool good = in_one_step(&packed, &two);
  if (end == TL_ZIP_OK) {
    CHECK(good && one.len == two.len && (!one.len || !memcmp(one.data, two.data, one.len)));
  } else if (end == TL_ZIP_TOO_LARGE) {
    CHECK(one.len == max && two.len > max && (!max || !memcmp(one.data, two.data, max)));
  } else {
    CHECK(!good);
  }
  tl_buf_free(&packed);
  tl_buf_free(&one);
  tl_buf_free(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_in in = {data, data + size};
  if (fuzz_byte(&in) & 1)
    round_trip(&in);
  else
    by_chance(&in);
  return 0;
}
