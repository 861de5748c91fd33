/* schedule.c: see schedule.h. */
#include "lua/schedule.h"

#include <string.h>

#include "base/mem.h"

/* Some seeds deviate everywhere, some seldom: a race that needs one late step among a hundred is found by the latter.
 */
tl_schedule *tl_schedule_drawn(uint64_t seed, uint64_t window) {
  static const uint32_t often[] = {256, 128, 64, 24};
  tl_schedule *s = tl_calloc(sizeof *s);
  s->drawn = true;
  s->window = window;
  s->often = often[seed % 4];
  tl_rng_seed(&s->rng, seed);
  return s;
}

tl_schedule *tl_schedule_given(const tl_deviation *list, size_t n, uint64_t window) {
  tl_schedule *s = tl_calloc(sizeof *s);
  s->window = window;
  s->given = tl_alloc((n + 1) * sizeof *list);
  if (n) memcpy(s->given, list, n * sizeof *list);
  s->given_n = n;
  return s;
}

void tl_schedule_free(tl_schedule *s) {
  if (!s) return;
  tl_free(s->given);
  tl_free(s->taken);
  tl_free(s->widths);
  tl_free(s);
}

static uint32_t draw(tl_schedule *s, size_t n) {
  if (s->often < 256 && tl_rng_below(&s->rng, 256) >= s->often) return 0;
  return tl_rng_below(&s->rng, (uint32_t)n);
}

static uint32_t as_given(tl_schedule *s, size_t n) {
  while (s->given_at < s->given_n && s->given[s->given_at].point < s->points) s->given_at++;
  if (s->given_at == s->given_n || s->given[s->given_at].point != s->points) return 0;
  uint32_t choice = s->given[s->given_at].choice;
  return choice < n ? choice : (uint32_t)n - 1;
}

static void note(tl_schedule *s, size_t n, uint32_t choice) {
  if (s->points > s->widths_cap) {
    s->widths_cap = 2 * s->widths_cap + 64;
    s->widths = tl_realloc(s->widths, s->widths_cap * sizeof *s->widths);
  }
  s->widths[s->points - 1] = (uint32_t)n;
  if (!choice) return;
  if (s->taken_n == s->taken_cap) {
    s->taken_cap = 2 * s->taken_cap + 16;
    s->taken = tl_realloc(s->taken, s->taken_cap * sizeof *s->taken);
  }
  s->taken[s->taken_n++] = (tl_deviation){s->points, choice};
}

size_t tl_schedule_choose(tl_schedule *s, size_t n) {
  if (n < 2) return 0;
  s->points++;
  uint32_t choice = s->drawn ? draw(s, n) : as_given(s, n);
  note(s, n, choice);
  return choice;
}
