/* rng.h: numbers by chance: a small seeded generator for schedules and tests, and the system's for secrets. */
#ifndef TL_BASE_RNG_H
#define TL_BASE_RNG_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tl_rng {
  uint64_t s;
} tl_rng;
void tl_rng_seed(tl_rng *r, uint64_t seed);
uint64_t tl_rng_next(tl_rng *r);
uint32_t tl_rng_below(tl_rng *r, uint32_t n); /* 0 .. n-1; n > 0 */

void tl_random_bytes(void *out, size_t n); /* from the system; aborts when it has none */
void tl_random_ref(char out[5]);           /* four such characters and a NUL: a reference for people */
/* For specs that have to come again, nothing else: references and tokens are of a sequence that is always the same,
 * from its begin when there are none. */
void tl_random_pin(bool on);
void tl_random_rewind(void);
void tl_random_token(char out[27]); /* 128 bits, base32 lower case, 26 characters and a NUL */

#endif
