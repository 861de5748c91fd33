/* hash.c: a hash of values by content, for matching. 5 and 5.0 have the same, as tl_equal wants it. */
#include "core/diff_inner.h"

static uint64_t hash_bytes(const char *s, size_t n) {
  uint64_t h = n, word;
  for (; n >= 8; s += 8, n -= 8) {
    memcpy(&word, s, 8);
    h = tl__hash_mix(h, word);
  }
  word = 0;
  if (n) memcpy(&word, s, n);
  return tl__hash_mix(h, word);
}

static uint64_t hash_float(double f) {
  if (f >= -0x1p63 && f < 0x1p63 && (double)(int64_t)f == f) return tl__hash_mix(TL_INT, (uint64_t)(int64_t)f);
  uint64_t bits;
  memcpy(&bits, &f, 8);
  return tl__hash_mix(TL_FLOAT, bits);
}

static uint64_t hash_container(tl_value v) {
  uint64_t h = v.kind;
  tl_iter it;
  const tl_value *key;
  tl_value x;
  tl_iter_start(&it, v, 0);
  while (tl_iter_next(&it, &key, &x)) {
    if (key) h = tl__hash_mix(h, tl__hash_value(*key));
    h = tl__hash_mix(h, tl__hash_value(x));
  }
  return h;
}

uint64_t tl__hash_value(tl_value v) {
  size_t n;
  const char *s;
  switch (v.kind) {
  case TL_INT: return tl__hash_mix(TL_INT, (uint64_t)v.i);
  case TL_FLOAT: return hash_float(v.f);
  case TL_STRING: s = tl_string_bytes(&v, &n); return tl__hash_mix(TL_STRING, hash_bytes(s, n));
  case TL_LIST:
  case TL_MAP: return hash_container(v);
  default: return tl__hash_mix(v.kind, (uint64_t)v.i);
  }
}
