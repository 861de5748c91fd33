/* ws.c: the frame codec says the same whether its input comes whole or in pieces. The first byte: does the rest
 * describe frames, or is it the wire's own bytes, what is the limit, and was compression agreed on; the second: how
 * many bytes of cuts follow. */
#include "base/mem.h"
#include "frames.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const size_t limits[] = {1 << 20, 125, 0, 1000};
  size_t blocks = tl_mem_live();
  fuzz_in in = {data, data + size};
  uint8_t how = fuzz_byte(&in), n = fuzz_byte(&in) % 32;
  if (n > in.end - in.p) n = (uint8_t)(in.end - in.p);
  fuzz_in cuts = {in.p, in.p + n}, ones = {NULL, NULL};
  size_t max = limits[how >> 1 & 3];
  tl_zip shared = {0}, *zip = how & 8 ? &shared : NULL;
  in.p += n;
  tl_buf wire = {0};
  if (how & 1)
    fuzz_frames(&in, zip, &wire);
  else
    tl_buf_put(&wire, in.p, (size_t)(in.end - in.p));
  fuzz_heard whole = {.code = 0}, cut = {.code = 0}, single = {.code = 0};
  fuzz_ws_read(&wire, NULL, max, zip, &whole);
  fuzz_ws_read(&wire, &cuts, max, zip, &cut);
  CHECK(whole.code == cut.code && whole.log.len == cut.log.len);
  CHECK(!whole.log.len || memcmp(whole.log.data, cut.log.data, whole.log.len) == 0);
  if (wire.len < 300) { /* byte by byte */
    fuzz_ws_read(&wire, &ones, max, zip, &single);
    CHECK(whole.code == single.code && whole.log.len == single.log.len);
    CHECK(!whole.log.len || memcmp(whole.log.data, single.log.data, whole.log.len) == 0);
  }
  tl_zip_free(&shared);
  tl_buf_free(&wire);
  tl_buf_free(&whole.log);
  tl_buf_free(&cut.log);
  tl_buf_free(&single.log);
  CHECK(tl_mem_live() == blocks);
  return 0;
}
