/* mem.c: malloc and friends that end the process when there is no memory, and a count of live blocks.
 *
 * The count is kept per thread, each in a record that only its thread writes, so that counting costs no
 * locked instruction; a block may be freed by another thread, which only makes single records negative.
 * Records stay in a list for ever (one per thread that ever allocated). */
#include "base/mem.h"
#include "base/pool.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

typedef struct tally {
  _Atomic int64_t live;
  struct tally *next;
} tally;

static _Atomic(tally *) tallies;
static _Thread_local tally *mine;

static void out_of_memory(size_t size) {
  fprintf(stderr, "tidelock: out of memory (asked for %zu bytes)\n", size);
  abort();
}

static tally *tally_new(void) {
  tally *t = calloc(1, sizeof *t);
  if (!t) out_of_memory(sizeof *t);
  t->next = atomic_load(&tallies);
  while (!atomic_compare_exchange_weak(&tallies, &t->next, t)) {
  }
  return mine = t;
}

static inline void count(int64_t by) {
  tally *t = mine ? mine : tally_new();
  atomic_store_explicit(&t->live, atomic_load_explicit(&t->live, memory_order_relaxed) + by, memory_order_relaxed);
}

void *tl_try_alloc(size_t size) {
  void *p = malloc(size ? size : 1);
  if (p) count(1);
  return p;
}

void *tl__mem_counted(void *p, size_t size) {
  if (!p) out_of_memory(size);
  count(1);
  return p;
}

void tl__mem_uncount(void) { count(-1); }

void *tl_alloc(size_t size) { return tl__mem_counted(malloc(size ? size : 1), size); }

void *tl_calloc(size_t size) { return tl__mem_counted(calloc(1, size ? size : 1), size); }

void *tl_realloc(void *p, size_t size) {
  void *q = realloc(p, size ? size : 1);
  if (!q) out_of_memory(size);
  if (!p) count(1);
  return q;
}

void tl_free(void *p) {
  if (!p) return;
  count(-1);
  free(p);
}

char *tl_strndup(const char *s, size_t n) {
  char *p = tl_alloc(n + 1);
  if (n) memcpy(p, s, n);
  p[n] = 0;
  return p;
}

void tl_mem_give_back(void) {
  tl_pool_trim();
#ifdef __GLIBC__
  malloc_trim(0);
#endif
}

size_t tl_mem_live(void) {
  int64_t sum = 0;
  for (tally *t = atomic_load(&tallies); t; t = t->next) sum += atomic_load_explicit(&t->live, memory_order_relaxed);
  return (size_t)sum;
}
