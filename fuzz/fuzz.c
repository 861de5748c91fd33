/* fuzz.c: see fuzz.h. */
#include "fuzz.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/json.h"

void fuzz_fail(const char *file, int line, const char *fmt, ...) {
  const char *name = strrchr(file, '/');
  va_list args;
  fprintf(stderr, "%s:%d: does not hold: ", name ? name + 1 : file, line);
  va_start(args, fmt);
  vfprintf(stderr, fmt, args);
  va_end(args);
  fprintf(stderr, "\n");
  abort();
}

uint8_t fuzz_byte(fuzz_in *in) { return in->p < in->end ? *in->p++ : 0; }

uint32_t fuzz_below(fuzz_in *in, uint32_t n) {
  uint32_t x = fuzz_byte(in);
  if (n > 256) x = x << 8 | fuzz_byte(in);
  return n > 1 ? x % n : 0;
}

static tl_value a_string(fuzz_in *in) {
  static const char *const odd[] = {"$",     "$$",      "$set", "", "_x", "a key that is longer than fourteen",
                                    "\"q\"", "\xc3\xbc"};
  static const char text[] = "some text that is as long as one wants, or </shorter>, with \"quotes\"\n";
  char name[16];
  uint8_t which = fuzz_byte(in);
  if (which < 200) return tl_string(name, (size_t)snprintf(name, sizeof name, "k%u", which % 24));
  if (which < 232) return tl_string(odd[which % 8], strlen(odd[which % 8]));
  return tl_string(text, fuzz_below(in, sizeof text - 1));
}

static tl_value a_scalar(fuzz_in *in, uint8_t kind) {
  switch (kind % 7) {
  case 0: return tl_nil();
  case 1: return tl_bool(fuzz_byte(in) & 1);
  case 2: return tl_float(fuzz_below(in, 40) / 4.0);
  case 3: return a_string(in);
  default: return tl_int((int64_t)fuzz_below(in, 12) - 3);
  }
}

tl_value fuzz_map(fuzz_in *in, int depth) {
  enum { MANY = 100 };
  tl_entry e[MANY];
  uint8_t n = fuzz_byte(in);
  n = n < 240 ? n % 6 : n % MANY;
  for (unsigned i = 0; i < n; i++) {
    e[i].key = a_string(in);
    e[i].value = fuzz_value(in, depth - 1);
  }
  return tl_map(e, n);
}

static tl_value a_list(fuzz_in *in, int depth) {
  enum { MANY = 200 };
  tl_value v[MANY];
  uint8_t n = fuzz_byte(in);
  n = n < 230 ? n % 6 : (uint8_t)(n % 26 * 7);
  for (unsigned i = 0; i < n; i++) v[i] = in->p < in->end ? fuzz_value(in, depth - 1) : tl_int(i);
  return n ? tl_list(v, n) : tl_list_empty_fixed();
}

tl_value fuzz_value(fuzz_in *in, int depth) {
  uint8_t kind = fuzz_byte(in);
  if (depth <= 0 || kind < 120) return a_scalar(in, kind);
  return kind < 188 ? fuzz_map(in, depth) : a_list(in, depth);
}

bool fuzz_same_kind(tl_value a, tl_value b) {
  if (a.kind != b.kind) return false;
  if (!tl_is_container(a)) return tl_equal(a, b);
  if (tl_count(a) != tl_count(b)) return false;
  tl_iter ia, ib;
  const tl_value *ka, *kb;
  tl_value va, vb;
  tl_iter_start(&ia, a, 0);
  tl_iter_start(&ib, b, 0);
  while (tl_iter_next(&ia, &ka, &va) && tl_iter_next(&ib, &kb, &vb))
    if ((ka && !tl_equal(*ka, *kb)) || !fuzz_same_kind(va, vb)) return false;
  return true;
}

tl_value fuzz_json(const char *text, size_t n, int depth) {
  tl_value v = tl_nil();
  tl_json_err err;
  int failed = tl_json_read_deep(text, n, depth, &v, &err);
  CHECKF(!failed, "%s at %zu in %.*s", failed ? err.message : "", failed ? err.offset : 0, (int)n, text);
  return v;
}

bool fuzz_line(fuzz_in *in, fuzz_in *line) {
  if (in->p == in->end) return false;
  const uint8_t *lf = memchr(in->p, '\n', (size_t)(in->end - in->p));
  *line = (fuzz_in){in->p, lf ? lf : in->end};
  in->p = lf ? lf + 1 : in->end;
  return true;
}
