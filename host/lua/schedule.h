/* schedule.h: one order of what happens, for specs: which of the ready tasks comes next, which of the timers that are
 * due almost together fires. Wherever there is more than one possibility is a point, counted from 1; choice 0 is what
 * the ordinary order takes. A schedule is drawn from a seed or given as a list of the points that deviate; either way
 * it is noted as that list, so it can be had again, and made shorter. Pure: knows neither tasks nor Lua. */
#ifndef TL_LUA_SCHEDULE_H
#define TL_LUA_SCHEDULE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/rng.h"

typedef struct tl_deviation {
  uint32_t point, choice; /* choice > 0 */
} tl_deviation;

typedef struct tl_schedule {
  bool drawn; /* else as `given` says */
  tl_rng rng;
  uint32_t often;      /* drawn: of 256 points so many are drawn; the others go as usual */
  tl_deviation *given; /* by rising points */
  size_t given_n, given_at;
  uint32_t points;     /* so far */
  tl_deviation *taken; /* what deviated */
  size_t taken_n, taken_cap;
  uint32_t *widths; /* of each point so far: how many possibilities */
  size_t widths_cap;
  uint64_t window; /* ns by which a timer may be late */
  uint64_t late;   /* ns by which timers are late, in all */
} tl_schedule;

tl_schedule *tl_schedule_drawn(uint64_t seed, uint64_t window);
tl_schedule *tl_schedule_given(const tl_deviation *list, size_t n, uint64_t window); /* copies it */
void tl_schedule_free(tl_schedule *s);                                               /* NULL: nothing */
size_t tl_schedule_choose(tl_schedule *s, size_t n);                                 /* 0 .. n-1; n > 0 */

#endif
