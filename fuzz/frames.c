/* frames.c: see frames.h. */
#include "frames.h"

#include <string.h>

#include "base/mem.h"

void fuzz_hear(tl_buf *log, int event, int code, const void *payload, size_t n) {
  tl_buf_printf(log, "%d %d %zu ", event, code, n);
  tl_buf_put(log, payload, n);
  tl_buf_putc(log, '\n');
}

static void on_event(void *ctx, tl_ws_event ev, const char *payload, size_t n, int code) {
  fuzz_heard *h = ctx;
  CHECK(!h->code && !h->closed);
  if (ev == TL_WS_CLOSE) h->closed = code;
  fuzz_hear(&h->log, (int)ev, code, payload, n);
}

void fuzz_ws_read(const tl_buf *data, fuzz_in *cuts, size_t max, tl_zip *zip, fuzz_heard *heard) {
  size_t most = zip ? tl_zip_bound(max) : max;
  tl_ws w;
  tl_ws_init(&w, max);
  w.zip = zip;
  for (size_t at = 0, n; at < data->len; at += n) {
    n = data->len - at;
    if (cuts) {
      size_t piece = fuzz_byte(cuts);
      piece = piece < 64 ? piece % 16 + 1 : piece;
      if (data->len > 4096) piece *= 64;
      if (n > piece) n = piece;
    }
    /* A copy of its own: a byte read beyond the piece is seen, and the codec may change what it is given. */
    char *copy = tl_alloc(n);
    memcpy(copy, data->data + at, n);
    int code = tl_ws_read(&w, copy, n, on_event, heard);
    tl_free(copy);
    if (code) CHECK(!heard->code && (code == 1002 || code == 1007 || code == 1009));
    if (code) heard->code = code;
    CHECK(w.failed == (heard->code != 0));
    CHECK(w.message.len <= most && w.partial.len <= most + 140);
  }
  tl_ws_free(&w);
}

static void put_frame(tl_buf *out, uint8_t first, uint8_t fault, const uint8_t *payload, size_t n) {
  static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
  char head[14];
  size_t size = tl_ws_head(head, first & 15, n);
  head[0] = (char)first;
  if (fault != 1) head[1] = (char)(head[1] | 0x80);
  if (fault == 2 && size == 2) { /* a longer length than it needs */
    size = 4;
    head[1] = (char)(126 | 0x80);
    head[2] = 0;
    head[3] = (char)n;
  }
  tl_buf_put(out, head, size);
  if (fault != 1) tl_buf_put(out, mask, 4);
  tl_buf_grow(out, n);
  for (size_t i = 0; i < n; i++) out->data[out->len++] = (char)(payload[i] ^ (fault == 1 ? 0 : mask[i & 3]));
}

/* A message compressed, or stored when that is smaller; whole, or in two fragments with a ping between. */
static void put_compressed(tl_buf *out, tl_zip *zip, uint8_t how, const uint8_t *payload, size_t n) {
  tl_buf packed = {0};
  if (tl_zip_pack(zip, 15, (const char *)payload, n)) {
    tl_buf_put(&packed, zip->packed.data, zip->packed.len);
  } else {
    const uint8_t head[5] = {how & 1, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)~n, (uint8_t)(~n >> 8)};
    tl_buf_put(&packed, head, 5);
    tl_buf_put(&packed, payload, n);
    tl_buf_putc(&packed, 0);
  }
  const uint8_t *p = (const uint8_t *)packed.data;
  size_t cut = packed.len * (how / 4 % 8) / 8;
  uint8_t first = how & 2 ? 0x41 : 0x42;
  if (cut) {
    put_frame(out, first, 0, p, cut);
    put_frame(out, 0x89, 0, p, cut < 5 ? cut : 5);
    put_frame(out, 0x80, 0, p + cut, packed.len - cut);
  } else {
    put_frame(out, first | 0x80, 0, p, packed.len);
  }
  tl_buf_free(&packed);
}

static void put_message(tl_buf *out, tl_zip *zip, uint8_t which, uint8_t first, const uint8_t *payload, size_t n) {
  if (zip && which >= 200 && which < 250)
    put_compressed(out, zip, which - 200, payload, n);
  else
    put_frame(out, first, which >= 250 ? which - 249 : 0, payload, n);
}

void fuzz_frames(fuzz_in *in, tl_zip *zip, tl_buf *out) {
  static const uint8_t starts[] = {0x81, 0x81, 0x01, 0x80, 0x00, 0x82, 0x02, 0x89, 0x8a, 0x88, 0x88, 0x81};
  while (in->p < in->end && out->len < 80000) {
    uint8_t which = fuzz_byte(in);
    size_t n = fuzz_byte(in);
    uint8_t first = which >= 252 ? fuzz_byte(in) : starts[which % sizeof starts];
    size_t have = (size_t)(in->end - in->p);
    bool wide = n >= 240; /* a long payload, of one letter */
    if (wide) n = n == 255 && out->len < 1000 ? 70000 : (n - 239) * 40;
    if (!wide && n > have) n = have;
    if (wide) {
      uint8_t *text = tl_alloc(n);
      memset(text, 'a', n);
      put_message(out, zip, which, first, text, n);
      tl_free(text);
    } else {
      put_message(out, zip, which, first, in->p, n);
      in->p += n;
    }
  }
}
