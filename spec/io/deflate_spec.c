/* Messages compressed and inflated: against zlib, used in other ways than the host does; and without memory. */
#include "core/deflate.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/mem.h"
#include "cases.h"
#include "spec.h"

/* The linker has calls to tl_try_alloc come here: call number fail_at is refused. */
static unsigned asked, fail_at;

void *__real_tl_try_alloc(size_t size);
void *__wrap_tl_try_alloc(size_t size);
void *__wrap_tl_try_alloc(size_t size) { return ++asked == fail_at ? NULL : __real_tl_try_alloc(size); }

/* Text of few words, so that it can be compressed, whose repetitions are up to n bytes apart. */
static void put_words(tl_buf *b, size_t n) {
  unsigned state = 7;
  while (b->len < n) {
    state = state * 1103515245u + 12345u;
    tl_buf_printf(b, "%s%u ", state >> 16 & 1 ? "row" : "column", (state >> 17) % 500);
  }
  b->len = n;
}

static void put_noise(tl_buf *b, size_t n) {
  unsigned long long state = 88172645463325252u;
  while (b->len < n) {
    state ^= state << 13, state ^= state >> 7, state ^= state << 17;
    tl_buf_putc(b, (char)(state >> 32));
  }
}

/* As a client that keeps no more than a window of 2^bits bytes, and takes what comes piece by piece. */
static bool client_reads(const tl_buf *packed, int bits, const tl_buf *want) {
  char piece[100];
  tl_buf out = {0}, in = {0};
  z_stream s = {.zalloc = Z_NULL};
  if (inflateInit2(&s, -bits) != Z_OK) abort();
  tl_buf_put(&in, packed->data, packed->len);
  tl_buf_put(&in, "\0\0\xff\xff", 4);
  s.next_in = (Bytef *)in.data;
  s.avail_in = (uInt)in.len;
  int r;
  do {
    s.next_out = (Bytef *)piece;
    s.avail_out = sizeof piece;
    r = inflate(&s, Z_SYNC_FLUSH);
    tl_buf_put(&out, piece, sizeof piece - s.avail_out);
  } while (r == Z_OK && !s.avail_out);
  bool same = (r == Z_OK || r == Z_BUF_ERROR) && out.len == want->len && !memcmp(out.data, want->data, out.len);
  inflateEnd(&s);
  tl_buf_free(&in);
  tl_buf_free(&out);
  return same;
}

static bool unpacks_to(tl_zip *z, const tl_buf *packed, const tl_buf *want) {
  tl_buf out = {0};
  tl_zip_end end = tl_zip_unpack(z, packed->data, packed->len, want->len, &out);
  bool same = end == TL_ZIP_OK && out.len == want->len && !memcmp(out.data, want->data, out.len);
  tl_buf_free(&out);
  return same;
}

static void round_trips(void) {
  spec_group("deflate round trip");
  static const size_t sizes[] = {100, 1025, 4096, 70000, 1 << 20};
  tl_zip z = {0};
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    tl_buf text = {0};
    put_words(&text, sizes[i]);
    CHECK(tl_zip_pack(&z, 15, text.data, text.len));
    CHECK(z.packed.len < text.len * 3 / 4);
    CHECK(client_reads(&z.packed, 15, &text));
    CHECK(unpacks_to(&z, &z.packed, &text));
    tl_buf_free(&text);
  }
  tl_zip_free(&z);
}

/* No message refers to the one before: the same text is the same bytes, whoever was served between. */
static void no_takeover(void) {
  spec_group("deflate without context takeover");
  tl_zip z = {0};
  tl_buf text = {0}, first = {0};
  put_words(&text, 5000);
  CHECK(tl_zip_pack(&z, 15, text.data, text.len));
  tl_buf_put(&first, z.packed.data, z.packed.len);
  CHECK(tl_zip_pack(&z, 15, text.data + 7, text.len - 7));
  CHECK(tl_zip_pack(&z, 15, text.data, text.len));
  CHECK(z.packed.len == first.len && !memcmp(z.packed.data, first.data, first.len));
  tl_buf_free(&text);
  tl_buf_free(&first);
  tl_zip_free(&z);
}

static void windows(void) {
  spec_group("deflate windows");
  tl_zip z = {0};
  tl_buf text = {0};
  put_words(&text, 100000);
  for (int i = 0; i < 14; i++) {
    int bits = i < 7 ? 15 - i : 9 + (i - 7); /* down, and up again */
    CHECK(tl_zip_pack(&z, bits, text.data, text.len));
    CHECK(client_reads(&z.packed, bits, &text));
  }
  tl_buf_free(&text);
  tl_zip_free(&z);
}

static void not_smaller(void) {
  spec_group("deflate what does not become smaller");
  tl_zip z = {0};
  tl_buf noise = {0};
  put_noise(&noise, 10000);
  CHECK(!tl_zip_pack(&z, 15, noise.data, noise.len));
  CHECK(!tl_zip_pack(&z, 15, "", 0));
  CHECK(!tl_zip_pack(&z, 15, "a", 1));
  CHECK(!tl_zip_pack(&z, 15, "abcdefgh", 8));
  CHECK(tl_zip_pack(&z, 15, "aaaaaaaaaaaaaaaaaaaa", 20)); /* and the next one is none the worse */
  CHECK(z.packed.len < 10);
  tl_buf_free(&noise);
  tl_zip_free(&z);
}

/* Just when zlib's own result is larger or as large. */
static void just_not_smaller(void) {
  spec_group("deflate at the edge");
  tl_zip z = {0};
  unsigned state = 1, edge = 0, wrong = 0;
  for (int i = 0; i < 3000; i++) {
    char text[40], out[100];
    uInt n = (uInt)(i % 30 + 8);
    for (uInt k = 0; k < n; k++) text[k] = "abcdefgh"[(state = state * 1103515245u + 12345u) >> 16 & 7];
    z_stream s = {.next_in = (Bytef *)text, .avail_in = n, .next_out = (Bytef *)out, .avail_out = sizeof out};
    if (deflateInit2(&s, 1, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) || deflate(&s, Z_SYNC_FLUSH)) abort();
    size_t size = sizeof out - s.avail_out - 4;
    deflateEnd(&s);
    bool packed = tl_zip_pack(&z, 15, text, n);
    wrong += packed != (size < n) || (packed && z.packed.len != size);
    edge += size == n || size + 1 == n;
  }
  CHECK_INT(wrong, 0);
  CHECK(edge > 100);
  tl_zip_free(&z);
}

/* A hundred megabytes of nothing, in a hundred kilobytes. */
static void make_bomb(tl_buf *out) {
  static char zeros[1 << 16];
  z_stream s = {.zalloc = Z_NULL};
  if (deflateInit2(&s, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) != Z_OK) abort();
  tl_buf_grow(out, 200000);
  s.next_out = (Bytef *)out->data;
  s.avail_out = 200000;
  for (int i = 0; i < 1600; i++) {
    s.next_in = (Bytef *)zeros;
    s.avail_in = sizeof zeros;
    if (deflate(&s, i < 1599 ? Z_NO_FLUSH : Z_SYNC_FLUSH) != Z_OK || !s.avail_out) abort();
  }
  out->len = 200000 - s.avail_out - 4;
  deflateEnd(&s);
}

static void bombs(void) {
  spec_group("deflate bomb");
  static const size_t limits[] = {0, 1, 1000, 1024, 1025, 1 << 20, (1 << 20) + 1};
  tl_zip z = {0};
  tl_buf bomb = {0};
  make_bomb(&bomb);
  CHECK(bomb.len < 110000);
  for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
    tl_buf out = {0};
    CHECK_INT(tl_zip_unpack(&z, bomb.data, bomb.len, limits[i], &out), TL_ZIP_TOO_LARGE);
    CHECK(out.cap <= limits[i]); /* it only grows: this is the most that it took */
    tl_buf_free(&out);
  }
  tl_buf_free(&bomb);
  tl_zip_free(&z);
}

static void limits(void) {
  spec_group("deflate limit");
  tl_zip z = {0};
  tl_buf text = {0};
  put_words(&text, 5000);
  CHECK(tl_zip_pack(&z, 15, text.data, text.len));
  for (size_t max = 4990; max < 5010; max++) {
    tl_buf out = {0};
    CHECK_INT(tl_zip_unpack(&z, z.packed.data, z.packed.len, max, &out), max < 5000 ? TL_ZIP_TOO_LARGE : TL_ZIP_OK);
    tl_buf_free(&out);
  }
  tl_buf out = {0};
  CHECK_INT(tl_zip_unpack(&z, z.packed.data, z.packed.len, SIZE_MAX, &out), TL_ZIP_OK);
  tl_buf_free(&out);
  CHECK(tl_zip_bound(SIZE_MAX) == SIZE_MAX && tl_zip_bound(SIZE_MAX - 10) == SIZE_MAX && tl_zip_bound(0) > 0);
  tl_buf_free(&text);
  tl_zip_free(&z);
}

/* What is not used for half a minute is given back. */
static void given_back(void) {
  spec_group("deflate memory");
  size_t before = tl_mem_live();
  tl_zip z = {0};
  tl_buf text = {0}, packed = {0};
  put_words(&text, 5000);
  tl_zip_tick(&z);
  CHECK_INT(tl_mem_live(), before + 1); /* the text: the streams are made when they are needed */
  CHECK(tl_zip_pack(&z, 15, text.data, text.len));
  tl_buf_put(&packed, z.packed.data, z.packed.len);
  CHECK(z.packer && !z.unpacker);
  for (int i = 0; i < 29; i++) tl_zip_tick(&z);
  CHECK(unpacks_to(&z, &packed, &text));
  for (int i = 0; i < 29; i++) tl_zip_tick(&z);
  CHECK(z.packer && z.unpacker);
  tl_zip_tick(&z);
  CHECK(!z.packer && !z.unpacker && !z.packed.data);
  CHECK_INT(tl_mem_live(), before + 2);
  CHECK(tl_zip_pack(&z, 15, text.data, text.len));
  CHECK(unpacks_to(&z, &packed, &text));
  tl_buf_free(&text);
  tl_buf_free(&packed);
  tl_zip_free(&z);
  CHECK_INT(tl_mem_live(), before);
}

/* Of all allocations that a use makes one fails: the use is refused, nothing is lost, the next one goes on. */
static void no_memory(void) {
  spec_group("deflate without memory");
  tl_zip z = {0};
  tl_buf text = {0}, packed = {0};
  put_words(&text, 50000);
  CHECK(tl_zip_pack(&z, 15, text.data, text.len));
  tl_buf_put(&packed, z.packed.data, z.packed.len);
  tl_zip_free(&z);
  size_t before = tl_mem_live();
  unsigned n;
  for (n = 1;; n++) {
    asked = 0;
    fail_at = n;
    bool done = tl_zip_pack(&z, 15, text.data, text.len);
    CHECK_INT(done, asked < n);
    if (asked < n) break;
    CHECK_INT(tl_mem_live(), before);
    CHECK(tl_zip_pack(&z, 15, text.data, text.len));
    tl_zip_free(&z);
  }
  CHECK(n > 5);
  tl_zip_free(&z);
  for (n = 1;; n++) {
    tl_buf out = {0};
    asked = 0;
    fail_at = n;
    tl_zip_end end = tl_zip_unpack(&z, packed.data, packed.len, text.len, &out);
    CHECK_INT(end, asked < n ? TL_ZIP_OK : TL_ZIP_NO_MEMORY);
    tl_buf_free(&out);
    if (asked < n) break;
    CHECK(unpacks_to(&z, &packed, &text));
    tl_zip_free(&z);
    CHECK_INT(tl_mem_live(), before);
  }
  CHECK(n > 3);
  fail_at = 0;
  tl_zip_free(&z);
  tl_buf_free(&text);
  tl_buf_free(&packed);
}

/* The connection that brought it is closed; another one lives. */
static void no_memory_for_a_message(void) {
  spec_group("deflate without memory for a message");
  tl_zip z = {0};
  tl_ws w[2];
  for (int i = 0; i < 2; i++) {
    tl_ws_init(&w[i], CASE_MAX);
    w[i].zip = &z;
    case_frame(0xc1, "\xf2\x48\xcd\xc9\xc9\x07\x00", 7);
    tl_buf_clear(&case_seen);
    asked = 0;
    fail_at = i == 0 ? 1 : 0;
    case_feed(&w[i], case_in.data, case_in.len);
    CHECK(!strcmp(tl_buf_cstr(&case_seen), i == 0 ? "fail 1011 " : "text Hello "));
    tl_buf_clear(&case_in);
    tl_ws_free(&w[i]);
  }
  tl_zip_free(&z);
  case_end();
}

void deflate_spec(void) {
  round_trips();
  no_takeover();
  windows();
  not_smaller();
  just_not_smaller();
  bombs();
  limits();
  given_back();
  no_memory();
  no_memory_for_a_message();
}
