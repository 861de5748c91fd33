/* loop.c: the loop's turn on top of libuv 1.44. One iteration of uv_run is: timers, pending, idle, prepare, poll,
 * check, closing. The turn runs in check, so that what the poll brought is answered before the loop sleeps again, and
 * once more in prepare when work may have come from timers or close callbacks, which run between check and the next
 * poll.
 *
 * Prepare also sets how long the poll may block. Two things of 1.44 are cured there: the loop's clock is brought up to
 * date (else the time spent in timers is added to the sleep), and the deadline is one uv_timer rounded up to a whole
 * millisecond (a timer that fires early would only wake the loop twice).
 *
 * Owns its five handles and the read buffer; every other handle belongs to whoever opened it. Specs:
 * spec/io/loop_spec.c. */
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* With a thousand sockets ready, a turn after all reads would touch each tab twice, the second time cold: so a turn
 * comes after a few. */
enum { READ_BUF = 64 * 1024, NS_PER_MS = 1000000, TURN_READS = 32 };

struct tl_loop {
  uv_loop_t uv;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_idle_t idle;   /* active: the poll does not block */
  uv_timer_t timer; /* ends the poll at the deadline; its callback has nothing to do */
  tl_turn_fn turn;
  void *turn_ctx;
  uint64_t deadline; /* ns; 0: at once, UINT64_MAX: none */
  char *read_buf;
  unsigned io;
  bool stopped, polling;
  unsigned heard; /* reads since the last turn */
};

static void on_idle(uv_idle_t *h) { (void)h; }
static void on_timer(uv_timer_t *h) { (void)h; }

static uint64_t after(uint64_t ns) {
  uint64_t now = ns ? tl_loop_now() : 0;
  return ns > UINT64_MAX - now ? UINT64_MAX : now + ns;
}

static void run_turn(tl_loop *l) {
  l->heard = 0;
  if (l->turn && !l->polling) l->deadline = after(l->turn(l->turn_ctx));
}

void tl_loop_heard(tl_loop *l) {
  if (++l->heard >= TURN_READS) run_turn(l);
}

static void arm(tl_loop *l) {
  uint64_t now = tl_loop_now();
  uv_update_time(&l->uv);
  if (l->deadline <= now) {
    uv_idle_start(&l->idle, on_idle);
    return;
  }
  uv_idle_stop(&l->idle);
  if (l->deadline == UINT64_MAX) {
    uv_timer_stop(&l->timer);
    return;
  }
  /* From the exact time, not from the loop's whole milliseconds: that would be late by one more. */
  uint64_t wait_ms = (l->deadline - now - 1) / NS_PER_MS + 1;
  uv_timer_start(&l->timer, on_timer, wait_ms, 0);
}

static void on_prepare(uv_prepare_t *h) {
  tl_loop *l = h->data;
  if (l->deadline) run_turn(l);
  arm(l);
}

static void on_check(uv_check_t *h) { run_turn(h->data); }

tl_loop *tl_loop_new(void) {
  tl_loop *l = tl_calloc(sizeof *l);
  if (uv_loop_init(&l->uv)) {
    fprintf(stderr, "tidelock: the system gives no event loop\n");
    abort();
  }
  uv_prepare_init(&l->uv, &l->prepare);
  uv_check_init(&l->uv, &l->check);
  uv_idle_init(&l->uv, &l->idle);
  uv_timer_init(&l->uv, &l->timer);
  l->prepare.data = l->check.data = l;
  uv_prepare_start(&l->prepare, on_prepare);
  uv_check_start(&l->check, on_check);
  l->deadline = UINT64_MAX;
  l->read_buf = tl_alloc(READ_BUF);
  return l;
}

static void report_open(uv_handle_t *h, void *ctx) {
  if (uv_is_closing(h)) return;
  ++*(int *)ctx;
  fprintf(stderr, "tidelock: a %s handle was not closed before its loop\n", uv_handle_type_name(uv_handle_get_type(h)));
}

/* A handle that nobody closed would be used after its loop is gone: better to end here, with its name. */
static void refuse_leaks(tl_loop *l) {
  int open = 0;
  uv_walk(&l->uv, report_open, &open);
  if (open) abort();
}

void tl_loop_free(tl_loop *l) {
  l->turn = NULL;
  uv_close((uv_handle_t *)&l->prepare, NULL);
  uv_close((uv_handle_t *)&l->check, NULL);
  uv_close((uv_handle_t *)&l->idle, NULL);
  uv_close((uv_handle_t *)&l->timer, NULL);
  do refuse_leaks(l);
  while (uv_run(&l->uv, UV_RUN_NOWAIT) || uv_loop_alive(&l->uv));
  if (uv_loop_close(&l->uv)) {
    fprintf(stderr, "tidelock: the loop still has requests under way\n");
    abort();
  }
  tl_free(l->read_buf);
  tl_free(l);
}

uv_loop_t *tl_loop_uv(tl_loop *l) { return &l->uv; }

char *tl_loop_read_buf(tl_loop *l, size_t *size) {
  *size = READ_BUF;
  return l->read_buf;
}

void tl_loop_set_turn(tl_loop *l, tl_turn_fn fn, void *ctx) {
  l->turn = fn;
  l->turn_ctx = ctx;
  l->deadline = fn ? 0 : UINT64_MAX; /* what is ready already must not wait for the first I/O */
}

void tl_loop_run(tl_loop *l) {
  while (!l->stopped) uv_run(&l->uv, UV_RUN_DEFAULT);
  l->stopped = false;
}

void tl_loop_stop(tl_loop *l) {
  l->stopped = true;
  uv_stop(&l->uv);
}

void tl_loop_poll(tl_loop *l, uint64_t block_ns) {
  uint64_t kept = l->deadline;
  l->polling = true;
  l->deadline = after(block_ns);
  uv_run(&l->uv, UV_RUN_ONCE);
  l->polling = false;
  l->deadline = kept;
  uv_timer_stop(&l->timer);
  uv_idle_stop(&l->idle);
}

uint64_t tl_loop_now(void) { return uv_hrtime(); }
void tl_loop_io_begin(tl_loop *l) { l->io++; }
void tl_loop_io_end(tl_loop *l) { l->io--; }
unsigned tl_loop_io_count(const tl_loop *l) { return l->io; }
