/* loop.c: the loop's turn on top of libuv 1.44. One iteration of uv_run is: timers, pending, idle, prepare, poll,
 * check, closing. The turn runs in check, so that what the poll brought is answered before the loop sleeps again, and
 * once more in prepare when work may have come from timers or close callbacks, which run between check and the next
 * poll.
 *
 * Prepare also sets how long the poll may block: the deadline is a timerfd, since libuv's own timers count in whole
 * milliseconds, and a task that sleeps in a loop would lose half of one at each beat. It is set only when the deadline
 * has moved, and setting it also takes its last expiry back, so it is never read. The loop's clock is brought up to
 * date there for the libuv timers of others (1.44 else adds the time spent in callbacks to its sleep).
 *
 * Owns its five handles and the read buffer; every other handle belongs to whoever opened it. Specs:
 * spec/io/loop_spec.c. */
#include "io/loop.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"

/* With a thousand sockets ready, a turn after all reads would touch each tab twice, the second time cold: so a turn
 * comes after a few. */
enum { READ_BUF = 64 * 1024, TURN_READS = 32 };

struct tl_loop {
  uv_loop_t uv;
  uv_prepare_t prepare;
  uv_check_t check;
  uv_idle_t idle;  /* active: the poll does not block */
  uv_poll_t clock; /* ends the poll at the deadline */
  int clock_fd;
  uint64_t armed; /* ns; what the clock is set to, UINT64_MAX: not */
  tl_turn_fn turn;
  void *turn_ctx;
  uint64_t deadline; /* ns; 0: at once, UINT64_MAX: none */
  char *read_buf;
  unsigned io;
  uint64_t io_begun;
  bool stopped, polling;
  unsigned heard; /* reads since the last turn */
};

static void on_idle(uv_idle_t *h) { (void)h; }

static void set_clock(tl_loop *l, uint64_t at) {
  const uint64_t second = 1000000000;
  struct itimerspec when = {0}; /* zero: never */
  if (at != UINT64_MAX)
    when.it_value = (struct timespec){.tv_sec = (time_t)(at / second), .tv_nsec = (long)(at % second)};
  timerfd_settime(l->clock_fd, TFD_TIMER_ABSTIME, &when, NULL);
  l->armed = at;
}

static void on_clock(uv_poll_t *h, int status, int events) {
  (void)status, (void)events;
  set_clock(h->data, UINT64_MAX);
}

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
  if (l->deadline != l->armed) set_clock(l, l->deadline);
}

static void on_prepare(uv_prepare_t *h) {
  tl_loop *l = h->data;
  if (l->deadline) run_turn(l);
  arm(l);
}

static void on_check(uv_check_t *h) { run_turn(h->data); }

tl_loop *tl_loop_new(void) {
  tl_loop *l = tl_calloc(sizeof *l);
  l->clock_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (l->clock_fd < 0 || uv_loop_init(&l->uv)) {
    fprintf(stderr, "tidelock: the system gives no event loop\n");
    abort();
  }
  uv_prepare_init(&l->uv, &l->prepare);
  uv_check_init(&l->uv, &l->check);
  uv_idle_init(&l->uv, &l->idle);
  uv_poll_init(&l->uv, &l->clock, l->clock_fd);
  l->prepare.data = l->check.data = l->clock.data = l;
  uv_poll_start(&l->clock, UV_READABLE, on_clock);
  uv_prepare_start(&l->prepare, on_prepare);
  uv_check_start(&l->check, on_check);
  l->deadline = l->armed = UINT64_MAX;
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
  uv_close((uv_handle_t *)&l->clock, NULL);
  do refuse_leaks(l);
  while (uv_run(&l->uv, UV_RUN_NOWAIT) || uv_loop_alive(&l->uv));
  if (uv_loop_close(&l->uv)) {
    fprintf(stderr, "tidelock: the loop still has requests under way\n");
    abort();
  }
  close(l->clock_fd);
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
  uv_idle_stop(&l->idle);
}

uint64_t tl_loop_now(void) { return uv_hrtime(); }
void tl_loop_io_begin(tl_loop *l) {
  l->io++;
  l->io_begun++;
}

void tl_loop_io_end(tl_loop *l) { l->io--; }
unsigned tl_loop_io_count(const tl_loop *l) { return l->io; }
uint64_t tl_loop_io_begun(const tl_loop *l) { return l->io_begun; }
