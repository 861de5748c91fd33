/* base_spec.c: what host/base promises. */
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/percent.h"
#include "base/smap.h"
#include "base/utf8.h"
#include "spec.h"

static void buffers(void) {
  tl_buf b = {0};
  for (int i = 0; i < 1000; i++) tl_buf_putc(&b, (char)('a' + i % 26));
  tl_buf_printf(&b, "%s-%d", "tail", 42);
  CHECK(b.len == 1007 && strcmp(tl_buf_cstr(&b) + 1000, "tail-42") == 0);
  tl_buf_drop_front(&b, 1000);
  CHECK(b.len == 7 && memcmp(b.data, "tail-42", 7) == 0);
  tl_buf_drop_front(&b, 100);
  CHECK(b.len == 0);
  for (size_t n = 55; n < 75; n++) { /* around the first capacity */
    tl_buf_clear(&b);
    tl_buf_printf(&b, "%*s", (int)n, "");
    CHECK(b.len == n);
  }
  tl_buf_free(&b);
  CHECK(b.data == NULL && b.cap == 0);
}

static void percent(void) {
  static const struct {
    const char *text;
    unsigned rules;
    const char *decoded; /* NULL: wrong */
  } cases[] = {
      {"", TL_PERCENT_STRICT, ""},
      {"a+b%20c%2B", 0, "a+b c+"},
      {"a+b%20c%2B", TL_PERCENT_FORM, "a b c+"},
      {"%c3%BC%2541", 0, "\xc3\xbc%41"},
      {"100%", 0, "100%"},
      {"100%", TL_PERCENT_STRICT, NULL},
      {"%4", 0, "%4"},
      {"%4", TL_PERCENT_STRICT, NULL},
      {"%4g%zz%+1", 0, "%4g%zz%+1"},
      {"%4g%zz%+1", TL_PERCENT_FORM, "%4g%zz% 1"},
      {"a%g1", TL_PERCENT_STRICT | TL_PERCENT_FORM, NULL},
      {"%%41", 0, "%A"},
  };
  char out[32];
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    size_t n = tl_percent_decode(cases[i].text, strlen(cases[i].text), cases[i].rules, out);
    size_t expected = cases[i].decoded ? strlen(cases[i].decoded) : TL_PERCENT_BAD;
    CHECKF(n == expected && (n == TL_PERCENT_BAD || !memcmp(out, cases[i].decoded, n)), "%s", cases[i].text);
  }
  CHECK(tl_percent_decode("a%00b%ff", 5, TL_PERCENT_STRICT, out) == 3 && !memcmp(out, "a\0b", 3));
  CHECK(tl_percent_decode("a%41", 3, TL_PERCENT_STRICT, out) ==
        TL_PERCENT_BAD); /* the digits end where the text does */
  char same[] = "%41%42+%43";
  CHECK(tl_percent_decode(same, strlen(same), 0, same) == 4 && !memcmp(same, "AB+C", 4));
}

static void utf8(void) {
  static const char *const good[] = {"",
                                     "plain ascii, longer than a word",
                                     "\xc2\x80",
                                     "\xdf\xbf",
                                     "\xe0\xa0\x80",
                                     "\xed\x9f\xbf",
                                     "\xee\x80\x80",
                                     "\xef\xbf\xbf",
                                     "\xf0\x90\x80\x80",
                                     "\xf4\x8f\xbf\xbf",
                                     "12345678\xc3\xbc"};
  static const char *const bad[] = {"\x80",
                                    "\xc0\x80",
                                    "\xc1\xbf",
                                    "\xc2",
                                    "\xc2\x41",
                                    "\xe0\x9f\xbf",
                                    "\xed\xa0\x80",
                                    "\xe2\x82",
                                    "\xf0\x8f\xbf\xbf",
                                    "\xf4\x90\x80\x80",
                                    "\xf5\x80\x80\x80",
                                    "\xff",
                                    "\xf0\x90\x80",
                                    "1234567\xc3",
                                    "\xe2\x82\x41",
                                    "\xfe\xff"};
  for (size_t i = 0; i < sizeof good / sizeof *good; i++)
    CHECKF(tl_utf8_valid(good[i], strlen(good[i])), "good %zu", i);
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) CHECKF(!tl_utf8_valid(bad[i], strlen(bad[i])), "bad %zu", i);
  CHECK(tl_utf8_valid("\0", 1));
  char mended[] = "a\xc3\xbc\xff\xc3z\xf0\x9f\x98";
  tl_utf8_mend(mended, strlen(mended));
  CHECK(strcmp(mended, "a\xc3\xbc??z???") == 0);
  CHECK(tl_utf8_count("a\xc3\xbc\xf0\x9f\x98\x80", 7) == 3);
}

static void random_numbers(void) {
  tl_rng a, b;
  unsigned seen[7] = {0};
  tl_rng_seed(&a, 5);
  tl_rng_seed(&b, 5);
  for (int i = 0; i < 7000; i++) {
    uint32_t x = tl_rng_below(&a, 7);
    CHECK(x < 7 && x == tl_rng_below(&b, 7));
    seen[x]++;
  }
  for (int i = 0; i < 7; i++) CHECK(seen[i] > 800 && seen[i] < 1200);
  char one[27], two[27];
  tl_random_token(one);
  tl_random_token(two);
  CHECK(strlen(one) == 26 && strspn(one, "abcdefghijklmnopqrstuvwxyz234567") == 26 && strcmp(one, two) != 0);
}

static void pinned_names(void) {
  char first[2][27], ref[2][5], free_one[27];
  tl_random_pin(true);
  for (int i = 0; i < 2; i++) {
    tl_random_rewind();
    tl_random_token(first[i]);
    tl_random_ref(ref[i]);
  }
  tl_random_token(free_one);
  CHECK(!strcmp(first[0], first[1]) && !strcmp(ref[0], ref[1]) && strcmp(first[0], free_one) != 0);
  tl_random_pin(false);
  tl_random_rewind();
  tl_random_token(free_one);
  CHECK(strcmp(first[0], free_one) != 0);
}

static void maps(void) {
  enum { KEYS = 500 };
  static int things[KEYS];
  bool there[KEYS] = {false};
  tl_rng r;
  tl_smap *m = tl_smap_new();
  char key[32];
  size_t count = 0;
  tl_rng_seed(&r, spec_seed);
  for (int i = 0; i < 20000; i++) {
    unsigned k = tl_rng_below(&r, KEYS), what = tl_rng_below(&r, 3);
    size_t len = (size_t)snprintf(key, sizeof key, "%u%s", k, k % 3 ? "" : " with a longer name");
    void *had = there[k] ? &things[k] : NULL;
    if (what == 0) {
      CHECK(tl_smap_set(m, key, len, &things[k]) == had);
      count += !there[k];
      there[k] = true;
    } else if (what == 1) {
      CHECK(tl_smap_del(m, key, len) == had);
      count -= there[k];
      there[k] = false;
    } else {
      CHECK(tl_smap_get(m, key, len) == had);
    }
    CHECK(tl_smap_count(m) == count);
  }
  const char *name;
  size_t cursor = 0, len, walked = 0;
  void *value;
  while (tl_smap_next(m, &cursor, &name, &len, &value)) {
    CHECK(value == tl_smap_get(m, name, len));
    CHECK(tl_smap_del(m, name, len) == value); /* the current one may go */
    walked++;
  }
  CHECK(walked == count && tl_smap_count(m) == 0);
  tl_smap_free(m);
}

static char last_line[100];
static void sink(void *ctx, tl_log_level level, const char *line) {
  (void)level;
  snprintf(last_line, sizeof last_line, "%s", line);
  ++*(int *)ctx;
}

static void logs(void) {
  int lines = 0;
  tl_log_set_sink(sink, &lines);
  tl_log_set_level(TL_LOG_WARN);
  tl_log(TL_LOG_INFO, "not this");
  tl_log(TL_LOG_ERROR, "this %d", 7);
  CHECK(lines == 1 && strcmp(last_line, "this 7") == 0);
  tl_log_set_level(TL_LOG_OFF);
  tl_log(TL_LOG_ERROR, "nor this");
  CHECK(lines == 1);
  tl_log_set_level(TL_LOG_INFO);
  tl_log_set_sink(NULL, NULL);
}

void spec_base(void) {
  buffers();
  percent();
  utf8();
  random_numbers();
  pinned_names();
  maps();
  logs();
}
