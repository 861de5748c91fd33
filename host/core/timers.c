/* timers.c: see timers.h. A binary heap of pointers; each timer knows its place, so removing is O(log n). */
#include "core/timers.h"

#include <stdbool.h>

#include "base/mem.h"

static bool before(const tl_timer *a, const tl_timer *b) {
  return a->due != b->due ? a->due < b->due : a->seq < b->seq;
}

static void put(tl_timers *h, size_t i, tl_timer *t) {
  h->heap[i] = t;
  t->at = (uint32_t)i;
}

static void rise(tl_timers *h, size_t i) {
  tl_timer *t = h->heap[i];
  for (; i > 1 && before(t, h->heap[i / 2]); i /= 2) put(h, i, h->heap[i / 2]);
  put(h, i, t);
}

static void sink(tl_timers *h, size_t i) {
  tl_timer *t = h->heap[i];
  for (size_t c; (c = 2 * i) <= h->count; i = c) {
    if (c < h->count && before(h->heap[c + 1], h->heap[c])) c++;
    if (!before(h->heap[c], t)) break;
    put(h, i, h->heap[c]);
  }
  put(h, i, t);
}

void tl_timer_add(tl_timers *h, tl_timer *t, uint64_t due) { tl_timer_add_loose(h, t, due, 0); }

void tl_timer_add_loose(tl_timers *h, tl_timer *t, uint64_t due, uint32_t loose) {
  tl_timer_remove(h, t);
  if (h->count + 1 >= h->cap) {
    h->cap = h->cap ? 2 * h->cap : 64;
    h->heap = tl_realloc(h->heap, h->cap * sizeof *h->heap);
  }
  t->due = due;
  t->loose = loose;
  t->seq = h->seq++;
  put(h, ++h->count, t);
  rise(h, h->count);
}

void tl_timer_remove(tl_timers *h, tl_timer *t) {
  size_t i = t->at;
  if (!i) return;
  t->at = 0;
  tl_timer *last = h->heap[h->count--];
  if (last == t) return;
  put(h, i, last);
  rise(h, i);
  sink(h, last->at);
}

uint64_t tl_timers_next(const tl_timers *h) { return h->count ? h->heap[1]->due : UINT64_MAX; }

/* The latest due time until which all that are due before can wait, and before the next that is not loose: a limit,
 * say, must not be over together with what was done in time. Only the top of the heap is looked at: all below comes
 * later. */
uint64_t tl_timers_wake(const tl_timers *h) {
  enum { MANY = 16 }; /* to wake up for so many costs little for each; more would be late for nothing */
  if (!h->count) return UINT64_MAX;
  const tl_timer *near[MANY];
  size_t places[MANY] = {1}, n = 1;
  uint64_t wake = h->heap[1]->due, end = UINT64_MAX;
  for (size_t i = 0; i < n; i++) {
    const tl_timer *t = near[i] = h->heap[places[i]];
    uint64_t last = t->loose ? t->due + t->loose : t->due - (i > 0);
    if (last < end) end = last;
    for (size_t c = 2 * places[i]; c <= 2 * places[i] + 1 && c <= h->count; c++) {
      if (h->heap[c]->due > end) continue;
      if (n < MANY)
        places[n++] = c;
      else
        end = h->heap[c]->due - 1;
    }
  }
  for (size_t i = 0; i < n; i++)
    if (near[i]->due > wake && near[i]->due <= end) wake = near[i]->due;
  return wake;
}

tl_timer *tl_timers_pop_due(tl_timers *h, uint64_t now) {
  if (!h->count || h->heap[1]->due > now) return NULL;
  tl_timer *t = h->heap[1];
  tl_timer_remove(h, t);
  return t;
}

void tl_timers_free(tl_timers *h) {
  tl_free(h->heap);
  *h = (tl_timers){0};
}
