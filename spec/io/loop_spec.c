/* The loop's turn: when it runs, how long the loop sleeps, and that polls for virtual time leave it alone. */
#include "io/loop.h"

#include <stdio.h>

#include "base/mem.h"
#include "spec.h"

enum { MS = 1000000 };

typedef struct turns {
  tl_loop *loop;
  int calls, stop_at;
  uint64_t wants, due, late_max;
} turns;

static uint64_t count_turns(void *ctx) {
  turns *t = ctx;
  if (++t->calls >= t->stop_at) tl_loop_stop(t->loop);
  return t->wants;
}

static void busy(void) {
  spec_group("loop busy");
  turns t = {.loop = tl_loop_new(), .stop_at = 10000};
  tl_loop_set_turn(t.loop, count_turns, &t);
  uint64_t start = tl_loop_now();
  tl_loop_run(t.loop);
  CHECK(tl_loop_now() - start < 2000ull * MS);
  CHECK(t.calls >= 10000 && t.calls < 10010);
  tl_loop_free(t.loop);
}

/* Wants to run every 7.3 ms: never before the time, and few runs beside. */
static uint64_t tick(void *ctx) {
  turns *t = ctx;
  uint64_t now = tl_loop_now();
  t->calls++;
  if (now >= t->due) {
    if (t->due && now - t->due > t->late_max) t->late_max = now - t->due;
    t->due = now + 7300000;
    if (--t->stop_at == 0) tl_loop_stop(t->loop);
  }
  return t->due - now;
}

static void due(void) {
  spec_group("loop due");
  turns t = {.loop = tl_loop_new(), .stop_at = 21};
  tl_loop_set_turn(t.loop, tick, &t);
  uint64_t start = tl_loop_now();
  tl_loop_run(t.loop);
  uint64_t took = tl_loop_now() - start;
  CHECK(took >= 20 * 7300000ull);
  CHECK(took < 20 * 7300000ull + 1000ull * MS);
  CHECK(t.calls < 150); /* about two a pass; rounding down would spin through the last millisecond */
  tl_loop_free(t.loop);
}

static void on_work(uv_timer_t *h) { ((turns *)h->data)->wants = 1; }

static uint64_t wait_for_work(void *ctx) {
  turns *t = ctx;
  t->calls++;
  if (t->wants) tl_loop_stop(t->loop);
  return UINT64_MAX;
}

/* What a timer made ready is run before the loop sleeps, though the turn had nothing to wait for. */
static void work_from_timers(void) {
  spec_group("loop work from timers");
  turns t = {.loop = tl_loop_new()};
  uv_timer_t timer;
  uv_timer_init(tl_loop_uv(t.loop), &timer);
  timer.data = &t;
  uv_timer_start(&timer, on_work, 5, 0);
  tl_loop_set_turn(t.loop, wait_for_work, &t);
  uint64_t start = tl_loop_now();
  tl_loop_run(t.loop);
  CHECK(tl_loop_now() - start < 1000ull * MS);
  CHECK_INT(t.wants, 1);
  uv_close((uv_handle_t *)&timer, NULL);
  tl_loop_free(t.loop);
}

static void polling(void) {
  spec_group("loop poll");
  turns t = {.loop = tl_loop_new(), .stop_at = 1000};
  tl_loop_set_turn(t.loop, count_turns, &t);
  uint64_t start = tl_loop_now();
  tl_loop_poll(t.loop, 0);
  CHECK(tl_loop_now() - start < 20ull * MS);
  start = tl_loop_now();
  for (int i = 0; i < 5; i++) tl_loop_poll(t.loop, 3300000);
  uint64_t took = tl_loop_now() - start;
  CHECK(took >= 5 * 3300000ull && took < 1000ull * MS);
  start = tl_loop_now();
  for (int i = 0; i < 50; i++) tl_loop_poll(t.loop, 1000); /* shorter than libuv's grain */
  CHECK(tl_loop_now() - start < 500ull * MS);
  CHECK_INT(t.calls, 0);
  tl_loop_io_begin(t.loop);
  CHECK_INT(tl_loop_io_count(t.loop), 1);
  tl_loop_io_end(t.loop);
  CHECK_INT(tl_loop_io_count(t.loop), 0);
  tl_loop_free(t.loop);
}

/* A deadline is not rounded up to a whole millisecond: tasks that sleep in a loop would fall behind by it. The quickest
 * quarter counts, since a busy machine delays the others. */
static void fractions(void) {
  spec_group("loop fractions of a millisecond");
  turns t = {.loop = tl_loop_new(), .stop_at = 1000};
  int late = 0;
  for (int i = 0; i < 100; i++) {
    uint64_t start = tl_loop_now();
    tl_loop_poll(t.loop, 200000);
    uint64_t took = tl_loop_now() - start;
    CHECK(took >= 200000);
    late += took > 700000;
  }
  CHECK(late < 75);
  tl_loop_free(t.loop);
}

static void stop_first(void) {
  spec_group("loop stop before run");
  turns t = {.loop = tl_loop_new(), .stop_at = 3};
  tl_loop_set_turn(t.loop, count_turns, &t);
  tl_loop_stop(t.loop);
  tl_loop_run(t.loop); /* returns at once */
  CHECK_INT(t.calls, 0);
  tl_loop_run(t.loop);
  CHECK(t.calls >= 3);
  tl_loop_stop(t.loop); /* a stop that nobody used up does not hurt the end */
  tl_loop_free(t.loop);
}

void loop_spec(void) {
  busy();
  due();
  work_from_timers();
  polling();
  fractions();
  stop_first();
}
