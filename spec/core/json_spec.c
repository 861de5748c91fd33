/* json_spec.c: the grammar case by case, and numbers there and back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "spec.h"

typedef struct text_case {
  const char *in, *out; /* out NULL: as it came in */
} text_case;

static void accepts(void) {
  static const text_case cases[] = {
      {"null", NULL},
      {"true", NULL},
      {"false", NULL},
      {"0", NULL},
      {"-0", "0"},
      {"7", NULL},
      {"-1", NULL},
      {"9223372036854775807", NULL},
      {"-9223372036854775808", NULL},
      {"9223372036854775808", "9223372036854775808.0"},
      {"-9223372036854775809", "-9223372036854775808.0"},
      {"100000000000000000000", "1e+20"},
      {"12345678901234567890123", "1.2345678901234568e+22"},
      {"0.5", NULL},
      {"-0.0", NULL},
      {"5.0", NULL},
      {"1e2", "100.0"},
      {"1E+2", "100.0"},
      {"1e-2", "0.01"},
      {"-1.25e1", "-12.5"},
      {"0e5", "0.0"},
      {"1e22", "1e+22"},
      {"123456.789", NULL},
      {"0.1", NULL},
      {"1e-400", "0.0"},
      {"-1e-400", "-0.0"},
      {"0.00000000000000000000000000001e-300", "0.0"},
      {"5e-324", "5e-324"},
      {"1.7976931348623157e308", "1.7976931348623157e+308"},
      {"0.0000000000e999999999999999", "0.0"},
      {"\"\"", NULL},
      {"\"a\"", NULL},
      {"\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\\"\\\\/\\b\\f\\n\\r\\t\""},
      {"\"\\u0041\"", "\"A\""},
      {"\"\\u00fC\\u20aC\"", "\"\xc3\xbc\xe2\x82\xac\""},
      {"\"\\ud83d\\ude00\"", "\"\xf0\x9f\x98\x80\""},
      {"\"\\u0000\\u001f\"", NULL},
      {"\"\xc3\xbc\"", NULL},
      {"\"\x7f\"", NULL},
      {"\"a long string with \\n inside and more\"", NULL},
      {"\"</script>\"", "\"<\\/script>\""},
      {"\"</</\"", "\"<\\/<\\/\""},
      {"\"a < b\"", NULL},
      {"\"12345678</\"", "\"12345678<\\/\""},
      {"[]", NULL},
      {"{}", NULL},
      {"[1,2]", NULL},
      {"[[],{}]", NULL},
      {" [ 1 , 2 ] ", "[1,2]"},
      {"\t{\r\n\"a\" : 1 , \"b\":{ } }\n", "{\"a\":1,\"b\":{}}"},
      {"{\"b\":1,\"a\":2}", "{\"a\":2,\"b\":1}"},
      {"{\"\":1}", NULL},
      {"{\"a\\u0000\":1,\"a\":2}", "{\"a\":2,\"a\\u0000\":1}"},
      {"[null,true,false,\"x\",1,1.5]", NULL},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tl_value v = spec_json(cases[i].in);
    CHECKF(spec_is(v, cases[i].out ? cases[i].out : cases[i].in), "%s", cases[i].in);
    tl_release(v);
  }
}

static void rejects(void) {
  static const char *const cases[] = {
      "",
      " ",
      "nul",
      "nulll",
      "True",
      "NaN",
      "Infinity",
      "-Infinity",
      "undefined",
      "'a'",
      "1 2",
      "[] []",
      "01",
      "-01",
      "00",
      "-",
      "+1",
      ".5",
      "1.",
      "1.e1",
      "1e",
      "1e+",
      "0x10",
      "1_000",
      "1e400",
      "-1e400",
      "10e308",
      "\"",
      "\"a",
      "\"\\",
      "\"\\x\"",
      "\"\\u12\"",
      "\"\\u123g\"",
      "\"\\ud800\"",
      "\"\\udc00\"",
      "\"\\ud800\\u0041\"",
      "\"\\ud800\\ud800\"",
      "\"\\ud83dx\"",
      "\"\n\"",
      "\"\t\"",
      "\"\x1f\"",
      "\"\x80\"",
      "\"\xc0\x80\"",
      "\"\xed\xa0\x80\"",
      "\"\xf5\x80\x80\x80\"",
      "\"ab\xc3\"",
      "[",
      "]",
      "[1",
      "[1,",
      "[1,]",
      "[,1]",
      "[1 2]",
      "[1,,2]",
      "{",
      "}",
      "{\"a\"",
      "{\"a\":",
      "{\"a\":1",
      "{\"a\":1,",
      "{\"a\":1,}",
      "{a:1}",
      "{1:2}",
      "{\"a\" 1}",
      "{\"a\":1 \"b\":2}",
      "{,}",
      "{\"a\":1,\"a\":2}",
      "{\"a\":1,\"b\":2,\"\\u0061\":3}",
      "[}",
      "{]",
      "[1}",
      "// c\n1",
      "/* c */1",
      "1//",
      "\357\273\2771",
      "[\"a\":1]",
      "tru",
      "f",
      "-a",
      "1a",
      "--1",
      "1e1.5",
      "\"\\u{41}\"",
      "\\u0041",
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    tl_value v = tl_nil();
    tl_json_err err = {0, NULL};
    size_t n = strlen(cases[i]);
    CHECKF(tl_json_read(cases[i], n, &v, &err) == -1, "accepted %s", cases[i]);
    CHECK(err.message && err.offset <= n);
    tl_release(v);
  }
  tl_value v = tl_nil();
  CHECK(tl_json_read("1\0", 2, &v, NULL) == -1);
}

static void depths(void) {
  char text[400];
  for (int depth = 60; depth < 76; depth++) {
    tl_value v = tl_nil();
    memset(text, '[', (size_t)depth);
    memset(text + depth, ']', (size_t)depth);
    CHECK((tl_json_read(text, (size_t)depth * 2, &v, NULL) == 0) == (depth <= TL_DEPTH_MAX + 4));
    tl_release(v);
  }
}

/* A text that is good is good at no shorter length, unless it is a number. */
static void cuts(void) {
  static const char text[] =
      "{\"a\":[1,2.5e3,\"x\\u00e9\\n\",{\"b\":null,\"c\":[true,false]}],\"d\":\"\\ud83d\\ude00\"}";
  for (size_t n = 0; n < sizeof text - 1; n++) {
    char *part = malloc(n + 1); /* of exactly this size, so that a sanitizer sees a step beyond */
    tl_value v = tl_nil();
    memcpy(part, text, n);
    part = realloc(part, n ? n : 1);
    CHECKF(tl_json_read(part, n, &v, NULL) == -1, "cut at %zu", n);
    free(part);
  }
}

static void floats_return(void) {
  tl_rng r;
  tl_rng_seed(&r, spec_seed);
  for (unsigned i = 0; i < spec_rounds(200000); i++) {
    uint64_t bits = tl_rng_next(&r);
    double f, back;
    char text[40];
    if (i % 4 == 0)
      f = (double)(int64_t)(bits % 2000000) / (double[]){1, 10, 100, 1000, 10000, 8}[bits >> 61 > 5 ? 0 : bits >> 61];
    else
      memcpy(&f, &bits, 8);
    if (!isfinite(f)) continue;
    size_t n = tl_float_shortest(f, text);
    text[n] = 0;
    back = strtod(text, NULL);
    CHECKF(n < 32 && memcmp(&back, &f, 8) == 0, "%s is not %a", text, f);
    char longer[40];
    int digits = snprintf(longer, sizeof longer, "%.17g", f);
    CHECKF(n <= (size_t)digits + 2, "%s is longer than %s", text, longer);
    tl_buf b = {0};
    tl_json_write_float(&b, f);
    tl_value v = spec_json(tl_buf_cstr(&b));
    CHECK(v.kind == TL_FLOAT && memcmp(&v.f, &f, 8) == 0);
    tl_buf_free(&b);
  }
}

static void ints_return(void) {
  tl_rng r;
  tl_rng_seed(&r, spec_seed + 1);
  for (unsigned i = 0; i < spec_rounds(50000); i++) {
    tl_value v = tl_int((int64_t)(tl_rng_next(&r) >> tl_rng_below(&r, 64)) * (tl_rng_below(&r, 2) ? 1 : -1));
    tl_buf b = {0};
    tl_json_write(&b, v);
    tl_value back = spec_json(tl_buf_cstr(&b));
    CHECKF(tl_identical(v, back), "%lld", (long long)v.i);
    tl_buf_free(&b);
  }
}

static void public_parts(void) {
  tl_value v = spec_json("{\"A\":{\"_h\":1,\"a\":{\"_in\":2}},\"B\":{\"_x\":1},\"C\":{}}");
  tl_buf b = {0};
  tl_json_write_public(&b, v);
  CHECK(strcmp(tl_buf_cstr(&b), "{\"A\":{\"a\":{\"_in\":2}},\"B\":{},\"C\":{}}") == 0);
  tl_buf_clear(&b);
  tl_json_write_public(&b, tl_map(NULL, 0));
  CHECK(strcmp(tl_buf_cstr(&b), "{}") == 0);
  tl_buf_free(&b);
  tl_release(v);
}

void spec_json_group(void) {
  accepts();
  rejects();
  depths();
  cuts();
  floats_return();
  ints_return();
  public_parts();
}
