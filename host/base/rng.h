/* rng.h: numbers by chance: a small seeded generator for schedules and tests, and the system's for secrets. */
#ifndef TL_BASE_RNG_H
#define TL_BASE_RNG_H
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
void tl_random_token(char out[27]);        /* 128 bits, base32 lower case, 26 characters and a NUL */

#endif
