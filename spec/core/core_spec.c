/* core_spec.c: runs the groups, and what they share. */
#include "spec.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

uint64_t spec_seed = 1;
unsigned spec_iterations = 1000;
static unsigned long passed, failed;

bool spec_check(bool good, const char *file, int line, const char *fmt, ...) {
  if (good) {
    passed++;
    return true;
  }
  const char *name = strrchr(file, '/');
  va_list args;
  if (failed++ > 40) return false;
  printf("  %s:%d: ", name ? name + 1 : file, line);
  va_start(args, fmt);
  vprintf(fmt, args);
  va_end(args);
  printf("\n");
  return false;
}

tl_value spec_json(const char *text) {
  tl_value v = tl_nil();
  tl_json_err err;
  if (tl_json_read_deep(text, strlen(text), 1000, &v, &err))
    CHECKF(false, "%s at %zu in %.200s", err.message, err.offset, text);
  return v;
}

bool spec_is(tl_value v, const char *json) {
  tl_buf b = {0};
  tl_json_write(&b, v);
  bool good = b.len == strlen(json) && memcmp(b.data, json, b.len) == 0;
  if (!good) printf("  have %.*s\n  want %s\n", (int)b.len, b.data, json);
  tl_buf_free(&b);
  return good;
}

bool spec_same_kind(tl_value a, tl_value b) {
  if (a.kind != b.kind) return false;
  if (!tl_is_container(a)) return tl_equal(a, b);
  if (tl_count(a) != tl_count(b)) return false;
  tl_iter ia, ib;
  const tl_value *ka, *kb;
  tl_value va, vb;
  tl_iter_start(&ia, a, 0);
  tl_iter_start(&ib, b, 0);
  while (tl_iter_next(&ia, &ka, &va) && tl_iter_next(&ib, &kb, &vb))
    if ((ka && !tl_equal(*ka, *kb)) || !spec_same_kind(va, vb)) return false;
  return true;
}

static tl_value random_key(tl_rng *r) {
  static const char *const odd[] = {"$", "$$", "$set", "", "_x", "a key that is longer than fourteen", "\"q\"", "ü"};
  char text[24];
  if (tl_rng_below(r, 8) == 0) {
    const char *key = odd[tl_rng_below(r, 8)];
    return tl_string(key, strlen(key));
  }
  return tl_string(text, (size_t)snprintf(text, sizeof text, "k%u", tl_rng_below(r, 12)));
}

static tl_value random_scalar(tl_rng *r) {
  static const char text[] = "some text that is as long as one wants, or </shorter>, with \"quotes\"\n";
  switch (tl_rng_below(r, 7)) {
  case 0: return tl_nil();
  case 1: return tl_bool(tl_rng_below(r, 2));
  case 2: return tl_float((double)tl_rng_below(r, 40) / 4);
  case 3: return tl_string(text, tl_rng_below(r, sizeof text - 1));
  default: return tl_int((int64_t)tl_rng_below(r, 12) - 3);
  }
}

tl_value spec_random_map(tl_rng *r, int depth, unsigned max) {
  tl_entry e[256];
  unsigned n = tl_rng_below(r, max + 1);
  for (unsigned i = 0; i < n; i++) {
    e[i].key = random_key(r);
    e[i].value = spec_random_value(r, depth - 1);
  }
  return tl_map(e, n);
}

tl_value spec_random_value(tl_rng *r, int depth) {
  if (depth <= 0 || tl_rng_below(r, 3) == 0) return random_scalar(r);
  if (tl_rng_below(r, 2)) return spec_random_map(r, depth, 6);
  tl_value v[100];
  unsigned n = tl_rng_below(r, 8) == 0 ? tl_rng_below(r, 100) : tl_rng_below(r, 6);
  for (unsigned i = 0; i < n; i++) v[i] = spec_random_value(r, depth - 1);
  return n ? tl_list(v, n) : tl_list_empty_fixed();
}

static tl_value map1(const char *key, tl_value v) {
  tl_entry e = {tl_string(key, strlen(key)), v};
  return tl_map(&e, 1);
}

tl_value spec_rows(size_t n) {
  tl_value *rows = tl_alloc(n * sizeof *rows);
  for (size_t i = 0; i < n; i++) {
    char title[40];
    tl_entry e[] = {{tl_string("id", 2), tl_int((int64_t)i)},
                    {tl_string("title", 5), tl_string(title, (size_t)snprintf(title, sizeof title, "the row %zu", i))},
                    {tl_string("done", 4), tl_bool(false)}};
    rows[i] = tl_map(e, 3);
  }
  tl_value root = map1("Job", map1("items", tl_list(rows, n)));
  tl_free(rows);
  return root;
}

static void run(const char *name, void (*group)(void)) {
  size_t before = tl_mem_live();
  unsigned long was = passed, bad = failed;
  printf("%-12s", name);
  fflush(stdout);
  group();
  CHECKF(tl_mem_live() == before, "%zu blocks were left", tl_mem_live() - before);
  printf(" %8lu checks%s\n", passed - was, failed > bad ? "  FAILED" : "");
}

int main(int argc, char **argv) {
  if (argc > 1) spec_seed = strtoull(argv[1], NULL, 10);
  if (argc > 2) spec_iterations = (unsigned)strtoul(argv[2], NULL, 10);
  run("base", spec_base);
  run("value", spec_value);
  run("text", spec_text);
  run("loan", spec_loan);
  run("json", spec_json_group);
  run("draft", spec_draft);
  run("draft model", spec_draft_model);
  run("diff", spec_diff);
  run("patch", spec_patch);
  run("parts", spec_parts);
  printf("%lu passed, %lu failed (seed %llu)\n", passed, failed, (unsigned long long)spec_seed);
  return failed > 0;
}
