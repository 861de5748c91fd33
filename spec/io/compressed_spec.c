/* The frame codec where permessage-deflate was agreed on. The bytes of "Hello" are those of RFC 7692, section 7.2.3. */
#include <stdio.h>
#include <stdlib.h>
#include <zlib.h>

#include "cases.h"
#include "spec.h"

#define HELLO "\xf2\x48\xcd\xc9\xc9\x07\x00"
enum { HELLO_N = 7 };
static const char hello[] = HELLO;

static tl_buf packed;

/* Compresses as a client may that is not like the host's own compressor. */
static void pack(const char *p, size_t n, int level, int bits, int strategy) {
  z_stream s = {.zalloc = Z_NULL};
  if (deflateInit2(&s, level, Z_DEFLATED, -bits, 9, strategy) != Z_OK) abort();
  tl_buf_clear(&packed);
  tl_buf_grow(&packed, n + n / 2 + 100);
  s.next_in = (Bytef *)p;
  s.avail_in = (uInt)n;
  s.next_out = (Bytef *)packed.data;
  s.avail_out = (uInt)packed.cap;
  if (deflate(&s, Z_SYNC_FLUSH) != Z_OK || s.avail_in) abort();
  packed.len = packed.cap - s.avail_out - 4;
  deflateEnd(&s);
}

static void pack_text(const char *text) { pack(text, strlen(text), 6, 15, Z_DEFAULT_STRATEGY); }

static void put_packed(int first) { case_frame(first, packed.data, packed.len); }

static void one(const char *name, const char *payload, size_t n, const char *want) {
  case_frame(0xc1, payload, n);
  case_text(0x81, "next");
  char whole[80];
  snprintf(whole, sizeof whole, "%s%s", want, strncmp(want, "fail", 4) ? "text next " : "");
  case_expect(name, whole);
}

static void blocks(void) {
  one("compressed", HELLO, HELLO_N, "text Hello ");
  one("compressed, a stored block", "\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11, "text Hello ");
  one("compressed, a final block", "\xf3\x48\xcd\xc9\xc9\x07\x00\x00", 8, "text Hello ");
  one("compressed, a final block without what should be behind it", "\xf3\x48\xcd\xc9\xc9\x07\x00", 7, "text Hello ");
  one("compressed, two blocks", "\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", 13, "text Hello ");
  one("compressed, something behind a final block", "\xf3\x48\xcd\xc9\xc9\x07\x00" HELLO, 7 + HELLO_N,
      "text HelloHello ");
  one("compressed, a final stored block", "\x01\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00", 11, "text Hello ");
  one("compressed, empty", "\x00", 1, "text  ");
  one("compressed, empty, in a fixed block", "\x02\x00", 2, "text  ");
  one("compressed, empty, in a final block", "\x03\x00\x00", 3, "text  ");
  one("compressed, empty, in a final stored block", "\x01", 1, "text  ");
  one("compressed, many empty blocks", "\x00\x00\x00\xff\xff\x00\x00\x00\xff\xff\x00\x00\x00\xff\xff\x00", 16,
      "text  ");
  case_frame(0xc2, HELLO, HELLO_N);
  case_expect("compressed binary", "binary Hello ");
  for (int i = 0; i < 3; i++) {
    case_frame(0xc1, HELLO, HELLO_N);
    case_text(0x81, "plain");
  }
  case_expect("compressed and plain messages", "text Hello text plain text Hello text plain text Hello text plain ");
}

static void corrupt(void) {
  static const struct {
    const char *name, *bytes;
    size_t n;
  } bad[] = {
      {"compressed, no bytes at all", "", 0},
      {"compressed, block of no kind", "\x07\x00", 2},
      {"compressed, stored block of two lengths", "\x00\x05\x00\xfa\xfe\x48\x65\x6c\x6c\x6f\x00", 11},
      {"compressed, stored block that is cut", "\x00\x05\x00\xfa\xff\x48", 6},
      {"compressed, block that is cut", "\xf2\x48\xcd\xc9", 4},
      {"compressed, first byte only", "\xf2", 1},
      {"compressed, tail not taken off", HELLO "\x00\x00\xff", HELLO_N + 3},
      {"compressed, rubbish behind", HELLO "\xff\xff\xff\xff\xff", HELLO_N + 5},
      {"compressed, distance before the beginning", "\xf2\x00\x11\x00\x00", 5}, /* of RFC 7692: with takeover */
      {"compressed, distance before a final block", "\xf3\x48\xcd\xc9\xc9\x07\x00\xf2\x00\x11\x00\x00", 12},
      {"compressed, lengths of codes that do not fit", "\x04\xff\xff\xff\xff\xff\xff\xff\xff\xff", 10},
      {"compressed, zlib's own header", "\x78\x9c\xf2\x48\xcd\xc9\xc9\x07\x00", 9},
      {"compressed, gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xf2\x48\xcd\xc9\xc9\x07\x00", 17},
      {"compressed, plain text", "Hello", 5},
  };
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) one(bad[i].name, bad[i].bytes, bad[i].n, "fail 1007 ");
}

static void fragments(void) {
  case_frame(0x41, HELLO, 3);
  case_frame(0x80, hello + 3, HELLO_N - 3);
  case_expect("compressed in two fragments", "text Hello ");
  for (int i = 0; i < HELLO_N; i++) case_frame(i == 0 ? 0x41 : i == HELLO_N - 1 ? 0x80 : 0x00, hello + i, 1);
  case_text(0x81, "next");
  case_expect("compressed in fragments of a byte", "text Hello text next ");
  case_frame(0x41, "", 0);
  case_frame(0x00, HELLO, HELLO_N);
  case_frame(0x80, "", 0);
  case_expect("compressed with empty fragments", "text Hello ");
  case_frame(0x41, "", 0);
  case_frame(0x80, "\x00", 1);
  case_expect("compressed, empty, in fragments", "text  ");
  case_frame(0x42, HELLO, 2);
  case_frame(0x80, hello + 2, HELLO_N - 2);
  case_expect("compressed binary in fragments", "binary Hello ");
  case_frame(0x41, HELLO, 3);
  case_text(0x89, "1");
  case_frame(0x00, hello + 3, 2);
  case_text(0x8a, "2");
  case_text(0x89, "");
  case_frame(0x80, hello + 5, 2);
  case_expect("compressed with control frames between", "ping 1 pong 2 ping  text Hello ");
  case_frame(0x41, HELLO, 3);
  case_text(0x88, "\x03\xe8");
  case_frame(0x80, hello + 3, HELLO_N - 3);
  case_expect("compressed with a close between", "close 1000  ");
  case_text(0x01, "pl");
  case_text(0x80, "ain");
  case_frame(0x41, HELLO, 3);
  case_frame(0x80, hello + 3, HELLO_N - 3);
  case_text(0x01, "pl");
  case_text(0x80, "ain");
  case_expect("compressed and plain in fragments", "text plain text Hello text plain ");
  case_frame(0x41, HELLO, 3);
  case_frame(0x80, "\xff", 1);
  case_expect("compressed in fragments, corrupt", "fail 1007 ");
  case_frame(0x41, HELLO, 3);
  case_frame(0xc1, HELLO, HELLO_N);
  case_expect("compressed within a compressed message", "fail 1002 ");
  case_text(0x01, "\xce");
  case_text(0x00, "\xff");
  case_expect("plain fragments are checked as they come", "fail 1007 ");
}

/* RSV1 belongs to the first frame of a message, and the other bits to nobody. */
static void reserved_bits(void) {
  for (int op = 0; op <= 15; op++) {
    if (op == 1 || op == 2) continue;
    case_frame(0xc0 | op, HELLO, HELLO_N);
    case_expect("RSV1 where it has no meaning", "fail 1002 ");
  }
  for (int bits = 0x10; bits <= 0x70; bits += 0x10) {
    if (bits == 0x40) continue;
    for (int op = 1; op <= 2; op++) {
      case_frame(0x80 | bits | op, HELLO, HELLO_N);
      case_expect("RSV2 and RSV3", "fail 1002 ");
    }
  }
  case_frame(0x41, HELLO, 3);
  case_frame(0xc0, hello + 3, HELLO_N - 3);
  case_expect("RSV1 on the last fragment", "fail 1002 ");
  case_frame(0x41, HELLO, 3);
  case_frame(0x40, hello + 3, 1);
  case_expect("RSV1 on a fragment between", "fail 1002 ");
  case_text(0x01, "a");
  case_frame(0xc0, "b", 1);
  case_expect("RSV1 on the last fragment of a plain message", "fail 1002 ");
  for (int op = 8; op <= 10; op++) {
    case_frame(0x41, HELLO, 3);
    case_frame(0xc0 | op, "", 0);
    case_expect("RSV1 on a control frame between fragments", "fail 1002 ");
  }
  case_raw("\xc1\x07" HELLO, 2 + HELLO_N);
  case_expect("compressed, not masked", "fail 1002 ");
  tl_zip *agreed = case_zip;
  case_zip = NULL;
  for (int op = 1; op <= 2; op++) {
    case_frame(0xc0 | op, HELLO, HELLO_N);
    case_expect("RSV1 when nothing was agreed on", "fail 1002 ");
    case_frame(0x40 | op, HELLO, 3);
    case_expect("RSV1 on a first fragment when nothing was agreed on", "fail 1002 ");
  }
  case_zip = agreed;
}

/* The text counts, not what it was packed into: in one frame, and cut at every byte of that. */
static void utf8_case(const char *text, bool good, int level) {
  char want[64];
  snprintf(want, sizeof want, good ? "text %s " : "fail 1007 ", text);
  pack(text, strlen(text), level, 15, Z_DEFAULT_STRATEGY);
  put_packed(0xc1);
  case_expect(good ? "compressed utf-8" : "compressed, not utf-8", want);
  for (size_t cut = 0; cut <= packed.len; cut++) {
    case_frame(0x41, packed.data, cut);
    case_frame(0x80, packed.data + cut, packed.len - cut);
    case_expect(good ? "compressed utf-8 in fragments" : "compressed, not utf-8, in fragments", want);
  }
}

static void utf8(void) {
  for (int level = 0; level <= 9; level += 9) {
    for (size_t i = 0; case_good_text[i]; i++) utf8_case(case_good_text[i], true, level);
    for (size_t i = 0; case_bad_text[i]; i++) utf8_case(case_bad_text[i], false, level);
  }
  pack("\xff\xfe", 2, 6, 15, Z_DEFAULT_STRATEGY);
  put_packed(0xc2);
  case_expect("compressed binary need not be text", "binary \xff\xfe ");
  pack("a\0b", 3, 6, 15, Z_DEFAULT_STRATEGY);
  put_packed(0xc1);
  case_expect("compressed text may hold NUL", "text a ");
}

/* Each byte in so many that one block has, stored. */
static void store(const char *p, size_t n, size_t block) {
  tl_buf_clear(&packed);
  for (size_t at = 0, k; at < n; at += k) {
    k = n - at < block ? n - at : block;
    const char head[5] = {0, (char)k, (char)(k >> 8), (char)~k, (char)~(k >> 8)};
    tl_buf_put(&packed, head, 5);
    tl_buf_put(&packed, p + at, k);
  }
  tl_buf_putc(&packed, 0);
}

static void limits(void) {
  static char text[100000];
  memset(text, 'x', sizeof text);
  pack(text, CASE_MAX, 6, 15, Z_DEFAULT_STRATEGY);
  put_packed(0xc1);
  case_expect("compressed, up to the limit", "text #1000 ");
  pack(text, CASE_MAX + 1, 6, 15, Z_DEFAULT_STRATEGY);
  put_packed(0xc1);
  case_expect("compressed, over the limit by one", "fail 1009 ");
  case_frame(0x41, packed.data, 5);
  case_frame(0x80, packed.data + 5, packed.len - 5);
  case_expect("compressed in fragments, over the limit by one", "fail 1009 ");
  pack(text, sizeof text, 6, 15, Z_DEFAULT_STRATEGY);
  put_packed(0xc1);
  case_expect("compressed bomb", "fail 1009 ");
  pack(text, CASE_MAX, 0, 15, Z_DEFAULT_STRATEGY);
  put_packed(0xc1);
  case_expect("stored, up to the limit, which makes it larger", "text #1000 ");
  store(text, CASE_MAX, 50);
  put_packed(0xc1);
  case_expect("stored in small blocks, up to the limit", "text #1000 ");
  size_t bound = tl_zip_bound(CASE_MAX);
  case_frame(0xc1, text, bound + 1);
  case_expect("compressed, too many bytes whatever they mean", "fail 1009 ");
  case_frame(0x41, text, bound - 10);
  case_frame(0x00, text, 11);
  case_expect("compressed in fragments, too many bytes", "fail 1009 ");
  case_raw("\xc1\xff\0\0\0\0\x7f\xff\xff\xff", 10);
  case_expect("compressed, announced 2 GiB", "fail 1009 ");
  case_frame(0x81, text, CASE_MAX + 1);
  case_expect("plain, over the limit where compression was agreed on", "fail 1009 ");
  case_frame(0x41, hello, 3);
  case_frame(0x80, hello + 3, HELLO_N - 3);
  case_frame(0x81, text, CASE_MAX + 1);
  case_expect("plain, over the limit, after compressed fragments", "text Hello fail 1009 ");
}

/* Whatever window and way of packing a client has. */
static void ways(void) {
  static const int strategies[] = {Z_DEFAULT_STRATEGY, Z_FILTERED, Z_HUFFMAN_ONLY, Z_RLE, Z_FIXED};
  char text[600];
  for (size_t i = 0; i < sizeof text; i++) text[i] = "{\"id\":17,\"name\":\"row\"}"[i % 22];
  for (int bits = 9; bits <= 15; bits++) {
    pack(text, sizeof text, 6, bits, Z_DEFAULT_STRATEGY);
    put_packed(0xc1);
    case_expect("compressed with a window", "text #600 ");
  }
  for (int level = 0; level <= 9; level++) {
    pack(text, sizeof text, level, 15, Z_DEFAULT_STRATEGY);
    put_packed(0xc1);
    case_expect("compressed at a level", "text #600 ");
  }
  for (size_t i = 0; i < sizeof strategies / sizeof *strategies; i++) {
    pack(text, sizeof text, 6, 15, strategies[i]);
    put_packed(0xc1);
    case_expect("compressed by a strategy", "text #600 ");
  }
  pack_text("a text that is cut into fragments at every byte");
  for (size_t cut = 0; cut <= packed.len; cut++) {
    case_frame(0x41, packed.data, cut);
    case_frame(0x80, packed.data + cut, packed.len - cut);
    case_expect("compressed, cut into fragments", "text #47 ");
  }
}

void compressed_spec(void) {
  tl_zip zip = {0};
  case_zip = &zip;
  blocks();
  corrupt();
  fragments();
  reserved_bits();
  utf8();
  limits();
  ways();
  case_zip = NULL;
  tl_zip_free(&zip);
  tl_buf_free(&packed);
  case_end();
}
