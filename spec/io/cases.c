/* cases.c: see cases.h. */
#include "cases.h"

#include <stdio.h>

#include "spec.h"
#include "wire.h"

tl_buf case_in, case_seen;
tl_zip *case_zip;
size_t case_max = CASE_MAX;

const char *const case_good_text[] = {"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
                                      "\xf0\x90\x80\x80",
                                      "\xf4\x8f\xbf\xbf",
                                      "\xed\x9f\xbf",
                                      "\xee\x80\x80",
                                      "\xef\xbf\xbf",
                                      "\xc2\x80",
                                      "\xe0\xa0\x80",
                                      "\x7f",
                                      NULL};
const char *const case_bad_text[] = {"\x80",
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
                                     "\xe2\x28\xa1",
                                     NULL};

void case_on_event(void *ctx, tl_ws_event ev, const char *payload, size_t n, int code) {
  static const char *const name[] = {"text", "binary", "ping", "pong", "close"};
  (void)ctx;
  tl_buf_puts(&case_seen, name[ev]);
  if (ev == TL_WS_CLOSE) tl_buf_printf(&case_seen, " %d", code);
  if (n > 40)
    tl_buf_printf(&case_seen, " #%zu ", n);
  else
    tl_buf_printf(&case_seen, " %.*s ", (int)n, n ? payload : "");
}

void case_feed(tl_ws *w, const char *p, size_t n) {
  tl_buf copy = {0}; /* in a block of its own size, so that a sanitizer sees a byte too far */
  tl_buf_put(&copy, p, n);
  int code = tl_ws_read(w, copy.data ? copy.data : (char *)"", n, case_on_event, NULL);
  if (code) tl_buf_printf(&case_seen, "fail %d ", code);
  tl_buf_free(&copy);
}

/* Reads case_in in pieces: the first of `cut` bytes, then of `step`. */
static const char *read_cut(size_t cut, size_t step) {
  tl_ws w;
  tl_ws_init(&w, case_max);
  w.zip = case_zip;
  tl_buf_clear(&case_seen);
  for (size_t at = 0, n; at < case_in.len; at += n) {
    n = at == 0 && cut ? cut : step;
    if (n > case_in.len - at) n = case_in.len - at;
    case_feed(&w, case_in.data + at, n);
  }
  tl_ws_free(&w);
  return tl_buf_cstr(&case_seen);
}

void case_expect(const char *name, const char *want) {
  size_t wrong = 0;
  spec_group(name);
  for (size_t cut = 0; cut <= case_in.len; cut++) wrong += strcmp(read_cut(cut, case_in.len), want) != 0;
  wrong += strcmp(read_cut(1, 1), want) != 0;
  wrong += strcmp(read_cut(2, 3), want) != 0;
  CHECK_INT(wrong, 0);
  if (wrong) printf("    whole: %s| want: %s\n", read_cut(0, case_in.len), want);
  tl_buf_clear(&case_in);
}

void case_frame(int first, const void *payload, size_t n) { wire_frame(&case_in, first, payload, n); }
void case_masked(int first, const char mask[4], const char *payload, size_t n) {
  const char head[] = {(char)first, (char)(0x80 | n)};
  case_raw(head, 2);
  case_raw(mask, 4);
  for (size_t i = 0; i < n; i++) tl_buf_putc(&case_in, (char)(payload[i] ^ mask[i & 3]));
}

void case_text(int first, const char *payload) { case_frame(first, payload, strlen(payload)); }
void case_raw(const char *bytes, size_t n) { tl_buf_put(&case_in, bytes, n); }

void case_end(void) {
  tl_buf_free(&case_in);
  tl_buf_free(&case_seen);
}
