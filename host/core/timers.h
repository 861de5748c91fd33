/* timers.h: a heap of due times. A timer is embedded in what waits; it is in at most one heap. Of equal due times the
 * one that was added first comes first. Pure: time is whatever the caller says it is.
 *
 * To wake up costs more than what most timers do then. So a timer may be `loose`: it may come so much later, together
 * with others that are loose and due until then. (The kernel's timer slack, but where nobody else is due it comes in
 * time.) */
#ifndef TL_CORE_TIMERS_H
#define TL_CORE_TIMERS_H
#include <stddef.h>
#include <stdint.h>

typedef struct tl_timer {
  uint64_t due, seq; /* ns */
  uint32_t at;       /* place in the heap, from 1; 0: in none */
  uint32_t loose;    /* ns */
  void (*fire)(struct tl_timer *t);
} tl_timer;

typedef struct tl_timers {
  tl_timer **heap; /* heap[1..count] */
  size_t count, cap;
  uint64_t seq;
} tl_timers;

void tl_timer_add(tl_timers *h, tl_timer *t, uint64_t due); /* moves it when it is in the heap; not loose */
void tl_timer_add_loose(tl_timers *h, tl_timer *t, uint64_t due, uint32_t loose);
void tl_timer_remove(tl_timers *h, tl_timer *t);         /* nothing when it is in none */
uint64_t tl_timers_next(const tl_timers *h);             /* when one is due; UINT64_MAX: none */
uint64_t tl_timers_wake(const tl_timers *h);             /* when to look at them again */
tl_timer *tl_timers_pop_due(tl_timers *h, uint64_t now); /* NULL: none is due */
void tl_timers_free(tl_timers *h);

#endif
