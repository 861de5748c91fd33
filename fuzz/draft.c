/* draft.c: drafts against the naive model of spec/core, by the game that the specs play by chance. Here the input
 * makes each choice, so the fuzzer plays it, and looks for ways that chance does not go. */
#include <stdarg.h>
#include <stdlib.h>

#include "spec/core/spec.h"

#include "fuzz.h"

static fuzz_in input;

/* Whatever the game asks of its generator, the input answers. */
static uint32_t choose(tl_rng *r, uint32_t n) {
  (void)r;
  return fuzz_below(&input, n);
}

unsigned spec_iterations = 1;
uint64_t spec_seed;

bool spec_check(bool good, const char *file, int line, const char *fmt, ...) {
  if (good) return true;
  va_list args;
  fprintf(stderr, "%s:%d: does not hold: ", file, line);
  va_start(args, fmt);
  vfprintf(stderr, fmt, args);
  va_end(args);
  abort();
}
bool spec_same_kind(tl_value a, tl_value b) { return fuzz_same_kind(a, b); }
tl_value spec_random_value(tl_rng *r, int depth) {
  (void)r;
  return fuzz_value(&input, depth);
}
tl_value spec_random_map(tl_rng *r, int depth, unsigned max) {
  (void)r, (void)max;
  return fuzz_map(&input, depth);
}

#define tl_rng_below choose
#include "spec/core/draft_model_spec.c"
#include "spec/core/model.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 300) return -1; /* long games are slow, and find what short ones do */
  input = (fuzz_in){data, data + size};
  size_t before = tl_mem_live();
  play(0, (unsigned)size / 3);
  CHECK(tl_mem_live() == before);
  return 0;
}
