/* load_hist.c: a histogram whose buckets are 1/256 of a power of two wide: small, and exact to 0.4 %. */
#include "load.h"

enum { FINE = 8 };

static unsigned bucket_of(uint64_t v) {
  if (v >> FINE == 0) return (unsigned)v;
  unsigned top = 63 - (unsigned)__builtin_clzll(v);
  return ((top - FINE + 1) << FINE) + (unsigned)((v >> (top - FINE)) & ((1u << FINE) - 1));
}

static double middle_of(unsigned bucket) {
  unsigned row = bucket >> FINE, fine = bucket & ((1u << FINE) - 1);
  if (!row) return bucket;
  return ((double)(1u << FINE) + fine + 0.5) * (double)(1ull << (row - 1));
}

void ld_hist_add(ld_hist *h, uint64_t ns) {
  h->bucket[bucket_of(ns)]++;
  h->n++;
  if (ns > h->max) h->max = ns;
}

double ld_hist_ms(const ld_hist *h, double share) {
  if (!h->n) return 0;
  if (share >= 1) return (double)h->max / 1e6;
  uint64_t wanted = (uint64_t)(share * (double)(h->n - 1)) + 1, seen = 0;
  unsigned i = 0;
  while (seen + h->bucket[i] < wanted) seen += h->bucket[i++];
  return middle_of(i) / 1e6;
}
