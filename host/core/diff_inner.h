/* diff_inner.h: what the files of the diff share. */
#ifndef TL_CORE_DIFF_INNER_H
#define TL_CORE_DIFF_INNER_H
#include "core/diff.h"
#include "core/tree.h"

typedef struct tl__diff {
  tl_buf *out;
  bool public_only;
} tl__diff;

/* Writes the patch that makes b of a; false: they are the same, nothing is written. level: 0 the root, 1 a state. */
bool tl__diff_value(tl__diff *d, tl_value a, tl_value b, const tl_keyhint *hint, int level);
bool tl__diff_list(tl__diff *d, tl_value a, tl_value b, const tl_keyhint *hint, int level);
void tl__diff_whole(tl__diff *d, tl_value v, int level);                 /* v as a new value */
bool tl__diff_shorten(tl__diff *d, size_t start, tl_value v, int level); /* v whole in place of what was written since
                                                                              start, when that is shorter */

const tl_keyhint *tl__hint_below(const tl_keyhint *h, const char *name, size_t len); /* NULL: none */
const char *tl__hint_key(const tl_keyhint *h, size_t *len);                          /* of a list; NULL: none */

/* Where two lists differ: everything outside of the gaps is shared. In order of both; owned by the caller. */
typedef struct tl__gap {
  size_t a, na, b, nb;
} tl__gap;
tl__gap *tl__list_gaps(const tl_node *a, const tl_node *b, size_t *n); /* diff_gaps.c */

/* Of a sequence of numbers a longest rising part; the others become TL__NONE. O(n log n). */
#define TL__NONE SIZE_MAX
void tl__keep_rising(size_t *seq, size_t n);

/* A hash that is the same for values that tl_equal. */
uint64_t tl__hash_value(tl_value v);
static inline uint64_t tl__hash_mix(uint64_t h, uint64_t x) {
  h = (h ^ x) * 0x9e3779b97f4a7c15u;
  return h ^ h >> 32;
}

#endif
