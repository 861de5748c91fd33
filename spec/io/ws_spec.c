/* The frame codec: each case is read whole, cut in two at every byte, and byte by byte; the events must be the same. */
#include "core/ws.h"

#include <stdio.h>

#include "base/mem.h"
#include "spec.h"
#include "wire.h"

enum { MAX = 1000 };

static tl_buf in, seen;

static void on_event(void *ctx, tl_ws_event ev, const char *payload, size_t n, int code) {
  static const char *const name[] = {"text", "binary", "ping", "pong", "close"};
  (void)ctx;
  tl_buf_puts(&seen, name[ev]);
  if (ev == TL_WS_CLOSE) tl_buf_printf(&seen, " %d", code);
  if (n > 40)
    tl_buf_printf(&seen, " #%zu ", n);
  else
    tl_buf_printf(&seen, " %.*s ", (int)n, payload);
}

static void feed(tl_ws *w, char *p, size_t n) {
  tl_buf copy = {0}; /* in a block of its own size, so that a sanitizer sees a byte too far */
  tl_buf_put(&copy, p, n);
  int code = tl_ws_read(w, copy.data ? copy.data : (char *)"", n, on_event, NULL);
  if (code) tl_buf_printf(&seen, "fail %d ", code);
  tl_buf_free(&copy);
}

/* Reads `in` in pieces: the first of `cut` bytes, then of `step`. */
static const char *read_cut(size_t cut, size_t step) {
  tl_ws w;
  tl_ws_init(&w, MAX);
  tl_buf_clear(&seen);
  for (size_t at = 0, n; at < in.len; at += n) {
    n = at == 0 && cut ? cut : step;
    if (n > in.len - at) n = in.len - at;
    feed(&w, in.data + at, n);
  }
  tl_ws_free(&w);
  return tl_buf_cstr(&seen);
}

/* What `in` must lead to. */
static void expect(const char *name, const char *want) {
  size_t wrong = 0;
  spec_group(name);
  for (size_t cut = 0; cut <= in.len; cut++) wrong += strcmp(read_cut(cut, in.len), want) != 0;
  wrong += strcmp(read_cut(1, 1), want) != 0;
  wrong += strcmp(read_cut(2, 3), want) != 0;
  CHECK_INT(wrong, 0);
  if (wrong) printf("    whole: %s| want: %s\n", read_cut(0, in.len), want);
  tl_buf_clear(&in);
}

static void frame(int first, const char *payload, size_t n) { wire_frame(&in, first, payload, n); }
static void text(int first, const char *payload) { frame(first, payload, strlen(payload)); }
static void raw(const char *bytes, size_t n) { tl_buf_put(&in, bytes, n); }

static void sizes(void) {
  static const size_t size[] = {0, 1, 2, 40, 41, 124, 125, 126, 127, 128, 255, 256, 999, 1000};
  char payload[MAX], want[64];
  memset(payload, 'x', sizeof payload);
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    if (size[i] > 40)
      snprintf(want, sizeof want, "text #%zu ", size[i]);
    else
      snprintf(want, sizeof want, "text %.*s ", (int)size[i], payload);
    frame(0x81, payload, size[i]);
    expect("ws size", want);
  }
  frame(0x82, payload, 1000);
  expect("ws binary", "binary #1000 ");
}

static void limits(void) {
  char payload[MAX + 1];
  memset(payload, 'x', sizeof payload);
  frame(0x81, payload, MAX + 1);
  expect("ws too large", "fail 1009 ");
  frame(0x01, payload, 999);
  frame(0x80, payload, 1);
  expect("ws fragments up to the limit", "text #1000 ");
  frame(0x01, payload, 999);
  frame(0x00, payload, 1);
  frame(0x80, payload, 1);
  expect("ws fragments over the limit", "fail 1009 ");
  raw("\x81\xff\0\0\0\0\x7f\xff\xff\xff", 10);
  expect("ws announced 2 GiB", "fail 1009 ");
  raw("\x82\xff\x7f\xff\xff\xff\xff\xff\xff\xff", 10);
  expect("ws announced 2^63-1", "fail 1009 ");
  raw("\x82\xff\x80\0\0\0\0\0\0\0", 10);
  expect("ws length with the high bit", "fail 1002 ");
  raw("\x81\xfe\0\x7d", 4);
  expect("ws length in a longer form (16)", "fail 1002 ");
  raw("\x81\xff\0\0\0\0\0\0\xff\xff", 10);
  expect("ws length in a longer form (64)", "fail 1002 ");
}

static void header_bits(void) {
  for (int bit = 0x10; bit <= 0x40; bit <<= 1) {
    for (int op = 0; op <= 10; op++) {
      if (op > 2 && op < 8) continue;
      text(0x80 | bit | op, "x");
      expect("ws reserved bit", "fail 1002 ");
    }
  }
  for (int op = 3; op <= 15; op++) {
    if (op >= 8 && op <= 10) continue;
    text(0x80 | op, "x");
    expect("ws unknown opcode", "fail 1002 ");
    text(0x81, "before");
    text(0x80 | op, "");
    text(0x81, "after");
    expect("ws unknown opcode after a message", "text before fail 1002 ");
  }
  raw("\x81\x05hello", 7);
  expect("ws not masked", "fail 1002 ");
  raw("\x89\x00", 2);
  expect("ws ping not masked", "fail 1002 ");
}

static void control(void) {
  char payload[126];
  memset(payload, 'p', sizeof payload);
  text(0x89, "");
  expect("ws ping empty", "ping  ");
  text(0x89, "abc");
  text(0x8a, "abc");
  text(0x8a, "");
  expect("ws ping and pong", "ping abc pong abc pong  ");
  frame(0x89, payload, 125);
  expect("ws ping 125", "ping #125 ");
  frame(0x89, payload, 126);
  expect("ws ping 126", "fail 1002 ");
  frame(0x8a, payload, 126);
  expect("ws pong 126", "fail 1002 ");
  text(0x09, "x");
  expect("ws ping in fragments", "fail 1002 ");
  text(0x08, "");
  expect("ws close in fragments", "fail 1002 ");
  frame(0x89, "\xff\xfe\x00", 3);
  expect("ws ping need not be text", "ping \xff\xfe ");
}

static void fragments(void) {
  text(0x01, "a");
  text(0x80, "b");
  expect("ws two fragments", "text ab ");
  text(0x01, "");
  text(0x00, "");
  text(0x80, "");
  expect("ws empty fragments", "text  ");
  text(0x02, "a");
  text(0x00, "b");
  text(0x80, "c");
  expect("ws binary fragments", "binary abc ");
  text(0x01, "a");
  text(0x89, "1");
  text(0x00, "b");
  text(0x8a, "2");
  text(0x80, "c");
  text(0x81, "next");
  expect("ws control frames between fragments", "ping 1 pong 2 text abc text next ");
  text(0x80, "x");
  expect("ws continuation of nothing", "fail 1002 ");
  text(0x00, "x");
  expect("ws open continuation of nothing", "fail 1002 ");
  text(0x01, "a");
  text(0x81, "b");
  expect("ws message within a message", "fail 1002 ");
  text(0x01, "a");
  text(0x02, "b");
  expect("ws fragments of two messages", "fail 1002 ");
  text(0x81, "a");
  text(0x80, "b");
  expect("ws continuation after the end", "text a fail 1002 ");
  text(0x01, "a");
  text(0x88, "\x03\xe8");
  text(0x80, "b");
  expect("ws close between fragments", "close 1000  ");
}

static const char *const good_text[] = {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
                                        "\xf0\x90\x80\x80",
                                        "\xf4\x8f\xbf\xbf",
                                        "\xed\x9f\xbf",
                                        "\xee\x80\x80",
                                        "\xef\xbf\xbf",
                                        "\xc2\x80",
                                        "\xe0\xa0\x80",
                                        "\x7f"};
static const char *const bad_text[] = {"\x80",
                                       "\xbf",
                                       "a\x80",
                                       "\xc0\xaf",
                                       "\xc1\xbf",
                                       "\xe0\x80\xaf",
                                       "\xe0\x9f\xbf",
                                       "\xf0\x80\x80\xaf",
                                       "\xf0\x8f\xbf\xbf",
                                       "\xed\xa0\x80",
                                       "\xed\xbf\xbf",
                                       "\xed\xa0\x80\xed\xb0\x80",
                                       "\xf4\x90\x80\x80",
                                       "\xf5\x80\x80\x80",
                                       "\xf8\x88\x80\x80\x80",
                                       "\xfc\x84\x80\x80\x80\x80",
                                       "\xfe",
                                       "\xff",
                                       "\xce",
                                       "\xe1\xbd",
                                       "\xf0\x90\x80",
                                       "\xce\xba\xed\xa0\x80xx",
                                       "\xc3(",
                                       "\xe2\x28\xa1"};

/* In one frame, and as fragments cut at every byte. */
static void utf8_case(const char *s, bool good) {
  size_t n = strlen(s);
  char want[64];
  snprintf(want, sizeof want, good ? "text %s " : "fail 1007 ", s);
  text(0x81, s);
  expect(good ? "ws utf-8" : "ws not utf-8", want);
  for (size_t cut = 0; cut <= n; cut++) {
    frame(0x01, s, cut);
    frame(0x80, s + cut, n - cut);
    expect(good ? "ws utf-8 in fragments" : "ws not utf-8 in fragments", want);
  }
}

static void utf8(void) {
  for (size_t i = 0; i < sizeof good_text / sizeof *good_text; i++) utf8_case(good_text[i], true);
  for (size_t i = 0; i < sizeof bad_text / sizeof *bad_text; i++) utf8_case(bad_text[i], false);
  text(0x01, "\xce\xba");
  text(0x00, "\xff");
  text(0x00, "never read");
  expect("ws not utf-8, found before the end", "fail 1007 ");
  static const char *const no_start[] = {"\xff",     "\xc1",     "\xf5",     "\xe0\x80",
                                         "\xed\xa0", "\xf0\x8f", "\xf4\x90", "\xf0\x80\x80"};
  for (size_t i = 0; i < sizeof no_start / sizeof *no_start; i++) {
    text(0x01, no_start[i]);
    text(0x89, "1");
    expect("ws the end of a fragment that no code point begins with", "fail 1007 ");
  }
  static const char *const start[] = {"\xc2", "\xe0\xa0", "\xed\x9f", "\xee\xbf", "\xf0\x90", "\xf4\x8f\xbf"};
  for (size_t i = 0; i < sizeof start / sizeof *start; i++) {
    text(0x01, start[i]);
    text(0x89, "1");
    expect("ws the end of a fragment that a code point begins with", "ping 1 ");
  }
  text(0x82, "\xff\xfe");
  expect("ws binary need not be text", "binary \xff\xfe ");
  frame(0x81, "a\0b", 3);
  expect("ws text may hold NUL", "text a ");
}

static void close_code(int code, bool good) {
  char payload[2] = {(char)(code >> 8), (char)code}, want[32];
  snprintf(want, sizeof want, good ? "close %d  " : "fail 1002 ", code);
  frame(0x88, payload, 2);
  text(0x81, "after");
  expect(good ? "ws close code" : "ws bad close code", want);
}

static void closing(void) {
  static const int good[] = {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010,
                             1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999};
  static const int bad[] = {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535};
  char reason[126] = "\x03\xe8";
  for (size_t i = 0; i < sizeof good / sizeof *good; i++) close_code(good[i], true);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) close_code(bad[i], false);
  text(0x88, "");
  expect("ws close without a code", "close 1005  ");
  text(0x88, "x");
  expect("ws close with one byte", "fail 1002 ");
  text(0x88, "\x0f\xa0why");
  text(0x89, "after");
  expect("ws close with a reason", "close 4000 why ");
  text(0x88, "\x03\xe8\xff");
  expect("ws close with a reason that is no text", "fail 1007 ");
  memset(reason + 2, 'r', 124);
  frame(0x88, reason, 125);
  expect("ws close with a long reason", "close 1000 #123 ");
  frame(0x88, reason, 126);
  expect("ws close with too long a reason", "fail 1002 ");
}

static void after_the_end(void) {
  spec_group("ws after the end");
  tl_ws w;
  tl_ws_init(&w, MAX);
  tl_buf_clear(&seen);
  text(0x83, "x");
  feed(&w, in.data, in.len);
  tl_buf_clear(&in);
  text(0x81, "x");
  feed(&w, in.data, in.len);
  CHECK_HAS(tl_buf_cstr(&seen), "fail 1002 ");
  CHECK_LACKS(tl_buf_cstr(&seen), "text");
  CHECK(w.failed && !w.partial.data && !w.message.data);
  tl_ws_free(&w);
  tl_buf_clear(&in);
}

/* Memory of a connection that waits: none, or the bytes of what has not come whole. */
static void memory(void) {
  spec_group("ws memory");
  tl_ws w;
  tl_ws_init(&w, 1 << 20);
  size_t before = tl_mem_live();
  text(0x81, "whole");
  text(0x01, "a");
  text(0x80, "b");
  tl_buf_clear(&seen);
  tl_ws_read(&w, in.data, in.len, on_event, NULL);
  tl_buf_clear(&in);
  CHECK(!w.partial.data && !w.message.data);
  text(0x81, "cut");
  tl_ws_read(&w, in.data, 4, on_event, NULL);
  CHECK_INT(w.partial.len, 4);
  tl_ws_read(&w, in.data + 4, in.len - 4, on_event, NULL);
  CHECK(!w.partial.data);
  CHECK_INT(tl_mem_live(), before);
  tl_ws_free(&w);
  tl_buf_clear(&in);
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
  header_bits();
  control();
  fragments();
  utf8();
  closing();
  after_the_end();
  memory();
  outgoing();
  accept_key();
  tl_buf_free(&in);
  tl_buf_free(&seen);
}
