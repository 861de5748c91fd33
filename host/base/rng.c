/* rng.c: splitmix64 for schedules and tests (any seed gives a good sequence, and the same one everywhere);
 * getrandom for secrets. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include "base/rng.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

void tl_rng_seed(tl_rng *r, uint64_t seed) { r->s = seed; }

uint64_t tl_rng_next(tl_rng *r) {
  uint64_t z = (r->s += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

uint32_t tl_rng_below(tl_rng *r, uint32_t n) { return (uint32_t)(((tl_rng_next(r) >> 32) * n) >> 32); }

void tl_random_bytes(void *out, size_t n) {
  char *p = out;
  while (n > 0) {
    ssize_t got = getrandom(p, n, 0);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      perror("tidelock: getrandom");
      abort();
    }
    p += got;
    n -= (size_t)got;
  }
}

static bool pinned;
static tl_rng pin;

void tl_random_pin(bool on) { pinned = on; }

void tl_random_rewind(void) { tl_rng_seed(&pin, 1); }

/* For names that only must not be guessed: those of specs come again. */
static void name_bytes(unsigned char *out, size_t n) {
  if (!pinned) {
    tl_random_bytes(out, n);
    return;
  }
  for (size_t i = 0; i < n; i++) out[i] = (unsigned char)tl_rng_next(&pin);
}

static const char digits[] = "abcdefghijklmnopqrstuvwxyz234567";

void tl_random_ref(char out[5]) {
  unsigned char raw[4];
  name_bytes(raw, 4);
  for (int i = 0; i < 4; i++) out[i] = digits[raw[i] & 31];
  out[4] = 0;
}

void tl_random_token(char out[27]) {
  unsigned char raw[17] = {0}; /* one zero byte behind: the last digit has three bits of it */
  name_bytes(raw, 16);
  for (unsigned i = 0; i < 26; i++) {
    unsigned bit = i * 5, pair = (unsigned)raw[bit / 8] << 8 | raw[bit / 8 + 1];
    out[i] = digits[pair >> (11 - bit % 8) & 31];
  }
  out[26] = 0;
}
