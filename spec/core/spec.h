/* spec.h: the few words of the C specs of base and core. A group is a function; each check counts; at its end a group
 * must have left no block of memory. `core_spec [seed] [iterations]` repeats a run. */
#ifndef TL_SPEC_CORE_H
#define TL_SPEC_CORE_H
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/rng.h"
#include "core/json.h"
#include "core/value.h"

extern uint64_t spec_seed;
extern unsigned spec_iterations; /* per mille of the usual number of rounds */

bool spec_check(bool good, const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
#define CHECK(cond) spec_check((cond), __FILE__, __LINE__, "%s", #cond)
#define CHECKF(cond, ...) spec_check((cond), __FILE__, __LINE__, __VA_ARGS__)

static inline unsigned spec_rounds(unsigned usual) {
  unsigned n = (unsigned)((uint64_t)usual * spec_iterations / 1000);
  return n ? n : 1;
}

tl_value spec_json(const char *text);             /* owned; a fault in the text is a failed check */
bool spec_is(tl_value v, const char *json);       /* is it written like this? v is borrowed */
bool spec_same_kind(tl_value a, tl_value b);      /* tl_equal, and integers and floats told apart */
tl_value spec_random_value(tl_rng *r, int depth); /* owned */
tl_value spec_random_map(tl_rng *r, int depth, unsigned max);
tl_value spec_rows(size_t n); /* {"Job":{"items":[{"id":i,"title":"row i"}...]}} */

void spec_base(void);
void spec_value(void);
void spec_text(void);
void spec_loan(void);
void spec_json_group(void);
void spec_draft(void);
void spec_draft_model(void);
void spec_diff(void);
void spec_patch(void);
void spec_parts(void);

#endif
