/* The frame codec without compression. Cases are read as cases.h says. */
#include <stdio.h>

#include "base/mem.h"
#include "cases.h"
#include "spec.h"

static void sizes(void) {
  static const size_t size[] = {0, 1, 2, 40, 41, 124, 125, 126, 127, 128, 255, 256, 999, 1000};
  char payload[CASE_MAX], want[64];
  memset(payload, 'x', sizeof payload);
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    if (size[i] > 40)
      snprintf(want, sizeof want, "text #%zu ", size[i]);
    else
      snprintf(want, sizeof want, "text %.*s ", (int)size[i], payload);
    case_frame(0x81, payload, size[i]);
    case_expect("ws size", want);
  }
  case_frame(0x82, payload, 1000);
  case_expect("ws binary", "binary #1000 ");
}

static void limits(void) {
  char payload[CASE_MAX + 1];
  memset(payload, 'x', sizeof payload);
  case_frame(0x81, payload, CASE_MAX + 1);
  case_expect("ws too large", "fail 1009 ");
  case_frame(0x01, payload, 999);
  case_frame(0x80, payload, 1);
  case_expect("ws fragments up to the limit", "text #1000 ");
  case_frame(0x01, payload, 999);
  case_frame(0x00, payload, 1);
  case_frame(0x80, payload, 1);
  case_expect("ws fragments over the limit", "fail 1009 ");
  case_raw("\x81\xff\0\0\0\0\x7f\xff\xff\xff", 10);
  case_expect("ws announced 2 GiB", "fail 1009 ");
  case_raw("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10);
  case_expect("ws announced 2^63-1", "fail 1009 ");
  case_raw("\x82\xff\x80\0\0\0\0\0\0\0", 10);
  case_expect("ws length with the high bit", "fail 1002 ");
}

static void told(char want[80], const char *kind, size_t n, const char *payload) {
  if (n > 40)
    snprintf(want, 80, "%s #%zu ", kind, n);
  else
    snprintf(want, 80, "%s %.*s ", kind, (int)n, payload);
}

/* Whatever the limit is: it holds for a message, however that comes, and not for control frames. */
static void any_limit(void) {
  static const size_t limit[] = {0, 1, 2, 40, 124, 125, 126, 127, 999};
  char payload[CASE_MAX + 1], want[80];
  memset(payload, 'x', sizeof payload);
  for (size_t i = 0; i < sizeof limit / sizeof *limit; i++) {
    size_t n = case_max = limit[i];
    told(want, "text", n, payload);
    case_frame(0x81, payload, n);
    case_expect("ws of just the limit", want);
    case_frame(0x81, payload, n + 1);
    case_expect("ws over the limit", "fail 1009 ");
    case_frame(0x01, payload, n + 1);
    case_expect("ws first fragment over the limit", "fail 1009 ");
    case_frame(0x01, payload, n / 2);
    case_frame(0x00, payload, 0);
    case_frame(0x80, payload, n - n / 2);
    case_expect("ws fragments of just the limit", want);
    case_frame(0x01, payload, n);
    case_frame(0x80, payload, 1);
    case_expect("ws fragments over the limit", "fail 1009 ");
    told(want, "binary", n, payload);
    case_frame(0x82, payload, n);
    case_frame(0x82, payload, n + 1);
    strcat(want, "fail 1009 ");
    case_expect("ws binary of and over the limit", want);
    case_frame(0x89, payload, 125);
    case_frame(0x8a, payload, 125);
    case_expect("ws control frames over the limit", "ping #125 pong #125 ");
  }
  case_max = CASE_MAX;
}

/* A length has one form. */
static void lengths(void) {
  static const char *const longer16[] = {"\0\0", "\0\1", "\0\x7c", "\0\x7d"};
  static const char *const longer64[] = {"\0\0\0\0\0\0\0\0",   "\0\0\0\0\0\0\0\x05",   "\0\0\0\0\0\0\0\x7d",
                                         "\0\0\0\0\0\0\0\x7e", "\0\0\0\0\0\0\x03\xe8", "\0\0\0\0\0\0\xff\xff"};
  static const char first[] = {(char)0x81, (char)0x82, 0x01};
  for (size_t op = 0; op < sizeof first; op++) {
    for (size_t i = 0; i < sizeof longer16 / sizeof *longer16; i++) {
      case_raw(&first[op], 1);
      case_raw("\xfe", 1);
      case_raw(longer16[i], 2);
      case_expect("ws length in a longer form (16)", "fail 1002 ");
    }
    for (size_t i = 0; i < sizeof longer64 / sizeof *longer64; i++) {
      case_raw(&first[op], 1);
      case_raw("\xff", 1);
      case_raw(longer64[i], 8);
      case_expect("ws length in a longer form (64)", "fail 1002 ");
    }
  }
  for (int op = 8; op <= 10; op++) { /* control frames have the short form alone */
    const char two[] = {(char)(0x80 | op), (char)0xfe, 0, 1}, eight[] = {(char)(0x80 | op), (char)0xff};
    case_raw(two, 4);
    case_expect("ws control frame with a length of two bytes", "fail 1002 ");
    case_raw(eight, 2);
    case_expect("ws control frame with a length of eight bytes", "fail 1002 ");
  }
}

/* Sizes whose length takes eight bytes: cut in the head, and somewhere. */
static void large(void) {
  spec_group("ws large");
  static const size_t sizes[] = {65534, 65535, 65536, 65537, 1 << 20};
  char *payload = tl_alloc(1 << 20), want[40];
  memset(payload, 'x', 1 << 20);
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    case_frame(0x81, payload, sizes[i]);
    case_text(0x81, "next");
    snprintf(want, sizeof want, "text #%zu text next ", sizes[i]);
    for (size_t cut = 0; cut < 20; cut++) {
      size_t at = cut < 16 ? cut : cut * 1000;
      tl_ws w;
      tl_ws_init(&w, 1 << 20);
      tl_buf_clear(&case_seen);
      case_feed(&w, case_in.data, at);
      case_feed(&w, case_in.data + at, case_in.len - at);
      CHECK(!strcmp(tl_buf_cstr(&case_seen), want));
      tl_ws_free(&w);
    }
    tl_buf_clear(&case_in);
  }
  tl_free(payload);
}

static void reserved_bits(void) {
  static const int ops[] = {0, 1, 2, 8, 9, 10};
  for (int bits = 0x10; bits <= 0x70; bits += 0x10) {
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
      case_text(0x80 | bits | ops[i], "x");
      case_expect("ws reserved bits", "fail 1002 ");
    }
    case_text(0x01 | bits, "x");
    case_expect("ws reserved bits on a first fragment", "fail 1002 ");
    case_text(0x81, "before");
    case_text(0x01, "a");
    case_text(0x00 | bits, "b");
    case_text(0x80, "c");
    case_expect("ws reserved bits on a fragment", "text before fail 1002 ");
    case_text(0x01, "a");
    case_text(0x80 | bits, "c");
    case_expect("ws reserved bits on the last fragment", "fail 1002 ");
  }
}

static void opcodes(void) {
  for (int op = 3; op <= 15; op++) {
    if (op >= 8 && op <= 10) continue;
    case_text(0x80 | op, "x");
    case_expect("ws unknown opcode", "fail 1002 ");
    case_text(op, "x");
    case_expect("ws unknown opcode in fragments", "fail 1002 ");
    case_text(0x81, "before");
    case_text(0x80 | op, "");
    case_text(0x81, "after");
    case_expect("ws unknown opcode after a message", "text before fail 1002 ");
    case_text(0x01, "a");
    case_text(0x80 | op, "");
    case_text(0x80, "b");
    case_expect("ws unknown opcode between fragments", "fail 1002 ");
  }
}

static void not_masked(void) {
  static const uint8_t firsts[] = {0x81, 0x82, 0x01, 0x02, 0x88, 0x89, 0x8a};
  char bytes[8] = {0, 1, 'x'};
  for (size_t i = 0; i < sizeof firsts; i++) {
    bytes[0] = (char)firsts[i];
    bytes[1] = 1;
    case_raw(bytes, 3);
    case_expect("ws not masked", "fail 1002 ");
    bytes[1] = 0;
    case_raw(bytes, 2);
    case_expect("ws empty and not masked", "fail 1002 ");
    case_text(0x81, "before");
    case_raw(bytes, 2);
    case_expect("ws not masked, after a message", "text before fail 1002 ");
  }
  case_raw("\x81\x7e\x01\x00", 4);
  case_expect("ws not masked, with a length of two bytes", "fail 1002 ");
  case_raw("\x81\x7f\0\0\0\0\0\1\0\0", 10);
  case_expect("ws not masked, with a length of eight bytes", "fail 1002 ");
  case_text(0x01, "a");
  case_raw("\x80\x01"
           "b",
           3);
  case_expect("ws last fragment not masked", "fail 1002 ");
  case_text(0x01, "a");
  case_raw("\x89\x00", 2);
  case_expect("ws ping between fragments not masked", "fail 1002 ");
}

/* Any four bytes are a mask; it begins anew with each frame. */
static void masks(void) {
  static const char mask[][4] = {"\0\0\0\0", "\xff\xff\xff\xff", "\x01\x02\x03\x04", "\x80\0\0\0", "\0\0\0\x01"};
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  for (size_t m = 0; m < sizeof mask / sizeof *mask; m++) {
    for (size_t n = 1; n < 20; n += n < 10 ? 1 : 3) {
      char want[100];
      snprintf(want, sizeof want, "text %.*s ping %.*s text ok ", (int)n, letters, (int)(n + 1), letters);
      case_masked(0x81, mask[m], letters, n);
      case_masked(0x89, mask[(m + 1) % 5], letters, n + 1);
      case_masked(0x01, mask[m], "o", 1);
      case_masked(0x80, mask[m], "k", 1);
      case_expect("ws mask", want);
    }
  }
}

static void control(void) {
  char payload[126];
  memset(payload, 'p', sizeof payload);
  case_text(0x89, "");
  case_expect("ws ping empty", "ping  ");
  case_text(0x89, "abc");
  case_text(0x8a, "abc");
  case_text(0x8a, "");
  case_expect("ws ping and pong", "ping abc pong abc pong  ");
  case_frame(0x89, payload, 125);
  case_expect("ws ping 125", "ping #125 ");
  case_frame(0x89, payload, 126);
  case_expect("ws ping 126", "fail 1002 ");
  case_frame(0x8a, payload, 126);
  case_expect("ws pong 126", "fail 1002 ");
  case_text(0x09, "x");
  case_expect("ws ping in fragments", "fail 1002 ");
  case_text(0x08, "");
  case_expect("ws close in fragments", "fail 1002 ");
  case_frame(0x89, "\xff\xfe\x00", 3);
  case_expect("ws ping need not be text", "ping \xff\xfe ");
}

static void fragments(void) {
  case_text(0x01, "a");
  case_text(0x80, "b");
  case_expect("ws two fragments", "text ab ");
  case_text(0x01, "");
  case_text(0x00, "");
  case_text(0x80, "");
  case_expect("ws empty fragments", "text  ");
  case_text(0x02, "a");
  case_text(0x00, "b");
  case_text(0x80, "c");
  case_expect("ws binary fragments", "binary abc ");
  case_text(0x01, "a");
  case_text(0x89, "1");
  case_text(0x00, "b");
  case_text(0x8a, "2");
  case_text(0x80, "c");
  case_text(0x81, "next");
  case_expect("ws control frames between fragments", "ping 1 pong 2 text abc text next ");
  for (size_t n = 1; n <= 20; n++) {
    char want[40];
    snprintf(want, sizeof want, "text %.*s ", (int)n, "xxxxxxxxxxxxxxxxxxxx");
    for (size_t i = 0; i < n; i++) case_text((i ? 0 : 1) | (i == n - 1 ? 0x80 : 0), "x");
    case_expect("ws many fragments", want);
  }
  case_text(0x80, "x");
  case_expect("ws continuation of nothing", "fail 1002 ");
  case_text(0x00, "x");
  case_expect("ws open continuation of nothing", "fail 1002 ");
  case_text(0x01, "a");
  case_text(0x81, "b");
  case_expect("ws message within a message", "fail 1002 ");
  case_text(0x01, "a");
  case_text(0x02, "b");
  case_expect("ws fragments of two messages", "fail 1002 ");
  case_text(0x81, "a");
  case_text(0x80, "b");
  case_expect("ws continuation after the end", "text a fail 1002 ");
  case_text(0x01, "a");
  case_text(0x88, "\x03\xe8");
  case_text(0x80, "b");
  case_expect("ws close between fragments", "close 1000  ");
}

/* Each place between fragments may hold control frames, which are told at once. */
static void control_between(void) {
  static const struct {
    int first;
    const char *payload, *told;
  } frames[] = {
      {0x89, "", "ping  "},       {0x89, "1", "ping 1 "},     {0x8a, "", "pong  "},
      {0x8a, "why", "pong why "}, {0x88, "", "close 1005  "}, {0x88, "\x0f\xa0why", "close 4000 why "},
  };
  for (size_t f = 0; f < sizeof frames / sizeof *frames; f++) {
    bool closes = frames[f].first == 0x88;
    for (int binary = 0; binary <= 1; binary++) {
      for (int where = 0; where <= 3; where++) { /* before, between, between, behind */
        char want[100];
        const char *name = binary ? "binary abc " : "text abc ";
        for (int i = 0; i <= 3; i++) {
          if (i == where) case_text(frames[f].first, frames[f].payload);
          if (i < 3) case_text((i ? 0 : 1 + binary) | (i == 2 ? 0x80 : 0), i == 0 ? "a" : i == 1 ? "b" : "c");
        }
        snprintf(want, sizeof want, "%s%s%s", where == 3 ? name : "", frames[f].told, where == 3 || closes ? "" : name);
        case_expect("ws control frame at each place", want);
      }
    }
  }
  for (int n = 1; n <= 5; n++) {
    char want[100] = "";
    case_text(0x01, "\xe2");
    for (int i = 0; i < n; i++) {
      case_text(0x89, "p");
      strcat(want, "ping p ");
    }
    case_text(0x00, "\x82");
    case_text(0x8a, "");
    case_text(0x80, "\xac");
    strcat(want, "pong  text \xe2\x82\xac ");
    case_expect("ws control frames within a code point", want);
  }
}

/* In one frame, and as fragments cut at every byte. */
static void utf8_case(const char *s, bool good) {
  size_t n = strlen(s);
  char want[64];
  snprintf(want, sizeof want, good ? "text %s " : "fail 1007 ", s);
  case_text(0x81, s);
  case_expect(good ? "ws utf-8" : "ws not utf-8", want);
  for (size_t cut = 0; cut <= n; cut++) {
    case_frame(0x01, s, cut);
    case_frame(0x80, s + cut, n - cut);
    case_expect(good ? "ws utf-8 in fragments" : "ws not utf-8 in fragments", want);
  }
}

static void utf8(void) {
  for (size_t i = 0; case_good_text[i]; i++) utf8_case(case_good_text[i], true);
  for (size_t i = 0; case_bad_text[i]; i++) utf8_case(case_bad_text[i], false);
  case_text(0x01, "\xce\xba");
  case_text(0x00, "\xff");
  case_text(0x00, "never read");
  case_expect("ws not utf-8, found before the end", "fail 1007 ");
  static const char *const no_start[] = {"\xff",     "\xc1",     "\xf5",     "\xe0\x80",
                                         "\xed\xa0", "\xf0\x8f", "\xf4\x90", "\xf0\x80\x80"};
  for (size_t i = 0; i < sizeof no_start / sizeof *no_start; i++) {
    case_text(0x01, no_start[i]);
    case_text(0x89, "1");
    case_expect("ws the end of a fragment that no code point begins with", "fail 1007 ");
  }
  static const char *const start[] = {"\xc2", "\xe0\xa0", "\xed\x9f", "\xee\xbf", "\xf0\x90", "\xf4\x8f\xbf"};
  for (size_t i = 0; i < sizeof start / sizeof *start; i++) {
    case_text(0x01, start[i]);
    case_text(0x89, "1");
    case_expect("ws the end of a fragment that a code point begins with", "ping 1 ");
  }
  case_text(0x82, "\xff\xfe");
  case_expect("ws binary need not be text", "binary \xff\xfe ");
  case_frame(0x81, "a\0b", 3);
  case_expect("ws text may hold NUL", "text a ");
}

static void close_code(int code, bool good) {
  char payload[2] = {(char)(code >> 8), (char)code}, want[32];
  snprintf(want, sizeof want, good ? "close %d  " : "fail 1002 ", code);
  case_frame(0x88, payload, 2);
  case_text(0x81, "after");
  case_expect(good ? "ws close code" : "ws bad close code", want);
}

static void closing(void) {
  static const int good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                             1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
  static const int bad[] = {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535};
  char reason[126] = "\x03\xe8";
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) close_code(good[i], true);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) close_code(bad[i], false);
  case_text(0x88, "");
  case_expect("ws close without a code", "close 1005  ");
  case_text(0x88, "x");
  case_expect("ws close with one byte", "fail 1002 ");
  case_text(0x88, "\x0f\xa0why");
  case_text(0x89, "after");
  case_expect("ws close with a reason", "close 4000 why ");
  case_text(0x88, "\x03\xe8\xff");
  case_expect("ws close with a reason that is no text", "fail 1007 ");
  memset(reason + 2, 'r', 124);
  case_frame(0x88, reason, 125);
  case_expect("ws close with a long reason", "close 1000 #123 ");
  case_frame(0x88, reason, 126);
  case_expect("ws close with too long a reason", "fail 1002 ");
}

static void after_the_end(void) {
  spec_group("ws after the end");
  tl_ws w;
  tl_ws_init(&w, CASE_MAX);
  tl_buf_clear(&case_seen);
  case_text(0x83, "x");
  case_feed(&w, case_in.data, case_in.len);
  tl_buf_clear(&case_in);
  case_text(0x81, "x");
  case_feed(&w, case_in.data, case_in.len);
  CHECK_HAS(tl_buf_cstr(&case_seen), "fail 1002 ");
  CHECK_LACKS(tl_buf_cstr(&case_seen), "text");
  CHECK(w.failed && !w.partial.data && !w.message.data);
  tl_ws_free(&w);
  tl_buf_clear(&case_in);
}

/* Memory of a connection that waits: none, or the bytes of what has not come whole. */
static void memory(void) {
  spec_group("ws memory");
  tl_ws w;
  tl_ws_init(&w, 1 << 20);
  size_t before = tl_mem_live();
  case_text(0x81, "whole");
  case_text(0x01, "a");
  case_text(0x80, "b");
  tl_buf_clear(&case_seen);
  tl_ws_read(&w, case_in.data, case_in.len, case_on_event, NULL);
  tl_buf_clear(&case_in);
  CHECK(!w.partial.data && !w.message.data);
  case_text(0x81, "cut");
  tl_ws_read(&w, case_in.data, 4, case_on_event, NULL);
  CHECK_INT(w.partial.len, 4);
  tl_ws_read(&w, case_in.data + 4, case_in.len - 4, case_on_event, NULL);
  CHECK(!w.partial.data);
  CHECK_INT(tl_mem_live(), before);
  tl_ws_free(&w);
  tl_buf_clear(&case_in);
}

static void outgoing(void) {
  spec_group("ws outgoing");
  char h[14];
  CHECK(tl_ws_head(h, 1, 0) == 2 && memcmp(h, "\x81\0", 2) == 0);
  CHECK(tl_ws_head(h, 9, 125) == 2 && memcmp(h, "\x89\x7d", 2) == 0);
  CHECK(tl_ws_head(h, 1, 126) == 4 && memcmp(h, "\x81\x7e\0\x7e", 4) == 0);
  CHECK(tl_ws_head(h, 1, 65535) == 4 && memcmp(h, "\x81\x7e\xff\xff", 4) == 0);
  CHECK(tl_ws_head(h, 1, 65536) == 10 && memcmp(h, "\x81\x7f\0\0\0\0\0\1\0\0", 10) == 0);
  tl_buf b = {0};
  tl_ws_close_frame(&b, 4400, "why");
  CHECK(b.len == 7 && memcmp(b.data, "\x88\x05\x11\x30why", 7) == 0);
  tl_buf_clear(&b);
  tl_ws_close_frame(&b, 1005, "never said");
  CHECK(b.len == 2 && memcmp(b.data, "\x88\0", 2) == 0);
  tl_buf_clear(&b);
  char reason[300];
  memset(reason, 'r', sizeof reason);
  memcpy(reason + 121, "\xe2\x82\xac", 3); /* a code point across the end of what fits */
  reason[299] = 0;
  tl_ws_close_frame(&b, 1000, reason);
  CHECK_INT(b.len, 2 + 2 + 121);
  CHECK_INT((unsigned char)b.data[1], 123);
  tl_buf_free(&b);
}

static void accept_key(void) {
  spec_group("ws accept");
  char out[29];
  tl_ws_accept("dGhlIHNhbXBsZSBub25jZQ==", 24, out);
  CHECK_HAS(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  char longer[200]; /* is cut, not read past */
  memset(longer, 'k', sizeof longer);
  tl_ws_accept(longer, sizeof longer, out);
  CHECK_INT(strlen(out), 28);
}

void ws_spec(void) {
  sizes();
  limits();
  any_limit();
  lengths();
  large();
  reserved_bits();
  opcodes();
  not_masked();
  masks();
  control();
  fragments();
  control_between();
  utf8();
  closing();
  after_the_end();
  memory();
  outgoing();
  accept_key();
  case_end();
}
