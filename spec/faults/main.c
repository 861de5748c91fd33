/* Specs of faults: Lua's allocation number n fails, for every n of a run in which two pages start tasks, add and clear.
 * Whatever n is: the host lives, each page's state is one from before or after an event, whoever was told of no error
 * lost nothing, and afterwards all goes on. `faults_spec [step [n [tries]]]` takes each step-th n,
 * or one alone. */
#include <signal.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"
#include "spec.h"

static unsigned long passed, failed;
static uint64_t fail_at, tries;
static bool verbose; /* prints the host's log */

typedef struct outcome {
  int64_t a, told;
  uint64_t errors;
  unsigned failed_tasks;
} outcome;

bool spec_check(bool good, const char *file, int line, const char *what) {
  if (good) {
    passed++;
    return true;
  }
  if (failed++ < 40)
    printf("FAILED %s:%d (allocation %llu, %llu tries) %s\n", file, line, (unsigned long long)fail_at,
           (unsigned long long)tries, what);
  return false;
}

/* ---- time ---- */

static void turn_until(tl_host *h, uint64_t to) {
  for (;;) {
    uint64_t next = tl_lua_turn(h->lua);
    tl_flush(h);
    if (!next) continue;
    uint64_t now = tl_lua_now(h->lua), due = next == UINT64_MAX ? UINT64_MAX : now + next;
    tl_lua_jump(h->lua, due < to ? due : to);
    if (due > to) return;
  }
}

static void pass(tl_host *h, double seconds) { turn_until(h, tl_lua_now(h->lua) + (uint64_t)(seconds * 1e9)); }

/* ---- one run ---- */

static void use(tl_host *h, page *one, page *two) {
  page_open(one, h);
  page_open(two, h);
  page_event(one, "Job.start");
  page_event(two, "Job.add");
  pass(h, 0.2);
  page_event(one, "Job.add");
  page_event(two, "Job.spoil");
  page_event(two, "Job.start");
  page_event(one, "Job.work_over");
  page_event(two, "Job.wrong");
  pass(h, 0.7);
  page_event(one, "Job.clear");
  page_event(one, "Job.add");
  pass(h, 3);
}

/* Nothing is stuck: the next event is done, and no error comes. */
static void check_goes_on(tl_host *h, page *p) {
  uint64_t errors = p->errors;
  int64_t a = page_int(p, "a");
  page_event(p, "Job.add");
  page_event(p, "Job.intact");
  pass(h, 0);
  CHECK(p->done == p->sent);
  CHECK(p->errors == errors);
  CHECK(page_int(p, "a") == a + 1);
  CHECK(page_int(p, "sum") == 2 * (a + 1));
}

static outcome outcome_of(const page *p) {
  return (outcome){page_int(p, "a"), page_int(p, "told"), p->errors, p->failed_tasks};
}

/* Who was told of no error lost nothing (but perhaps its on_load, which is only logged). */
static void check_like(const outcome *got, const outcome *usual) {
  if (got->errors > usual->errors || got->failed_tasks > usual->failed_tasks) return;
  CHECK(got->a == usual->a);
  CHECK(got->told == usual->told || (fail_at && got->told == usual->told - 1));
}

static tl_host *new_host(tl_lua_faults *faults) {
  tl_host *h = tl_host_new(true);
  *faults = (tl_lua_faults){.tries = tries};
  tl_lua_options(h->lua)->faults = faults;
  return h;
}

/* From the next allocation on the count begins anew. */
static void arm(tl_lua_faults *f) {
  f->count = 0;
  f->fail_at = fail_at;
}

static void load(tl_host *h) {
  if (!tl_host_load(h, SPEC_APP)) return;
  fprintf(stderr, "%.*s\n", (int)h->log.len, h->log.data);
  abort();
}

static void end(tl_host *h, tl_lua_faults *f, size_t before) {
  if (verbose) printf("%.*s", (int)h->log.len, h->log.data);
  tl_host_free(h);
  CHECK(f->left == 0);
  CHECK(tl_mem_live() == before);
}

/* Each of these: false: it has no allocation of that number. */
static bool run(outcome out[2]) {
  size_t before = tl_mem_live();
  tl_lua_faults faults;
  page pages[2];
  tl_host *h = new_host(&faults);
  load(h);
  arm(&faults);
  use(h, &pages[0], &pages[1]);
  bool reached = faults.count >= fail_at;
  faults.fail_at = 0;
  for (int i = 0; i < 2; i++) out[i] = outcome_of(&pages[i]);
  for (int i = 0; i < 2; i++) check_goes_on(h, &pages[i]);
  CHECK(tl_lua_tasks(h->lua, NULL) == 0);
  for (int i = 0; i < 2; i++) page_close(&pages[i]);
  end(h, &faults, before);
  return reached;
}

/* An app that could not be loaded leaves nothing. */
static bool run_load(void) {
  size_t before = tl_mem_live();
  tl_lua_faults faults;
  tl_host *h = new_host(&faults);
  arm(&faults);
  tl_host_load(h, SPEC_APP);
  bool reached = faults.count >= fail_at;
  faults.fail_at = 0;
  end(h, &faults, before);
  return reached;
}

/* A page or its tree that cannot be made is answered with 500. */
static bool run_serve(void) {
  size_t before = tl_mem_live();
  tl_lua_faults faults;
  const char *err, *paths[] = {"/?what=this%20is%20longer%20than%20any%20string%20that%20is%20kept",
                               "/_tidelock/page?path=/", "/nowhere"};
  tl_host *h = new_host(&faults);
  load(h);
  CHECK(!tl_host_listen(h, "127.0.0.1", 0, &err));
  arm(&faults);
  for (int i = 0; i < 3; i++) {
    int status = ask(h, paths[i]);
    if (verbose) printf("%s: %d\n", paths[i], status);
    CHECK(status == (i < 2 ? 200 : 404) || status == 500);
  }
  bool reached = faults.count >= fail_at;
  faults.fail_at = 0;
  CHECK(ask(h, "/") == 200);
  end(h, &faults, before);
  return reached;
}

/* The host ends while tasks run, by a cancel that they may clean up after, and by force. */
static bool run_end(void) {
  size_t before = tl_mem_live();
  tl_lua_faults faults;
  page one, two;
  tl_host *h = new_host(&faults);
  load(h);
  page_open(&one, h);
  page_open(&two, h);
  page_event(&one, "Job.start");
  page_event(&two, "Job.start");
  pass(h, 1.05);
  arm(&faults);
  page_close(&two);
  tl_lua_cancel_all(h->lua, "the spec ends");
  tl_lua_turn(h->lua);
  page_close(&one);
  end(h, &faults, before);
  return faults.count >= fail_at;
}

static void run_all(uint64_t how_many, uint64_t step) {
  outcome usual[2], got[2];
  fail_at = 0;
  tries = how_many;
  run(usual);
  for (int i = 0; i < 2; i++) CHECK(usual[i].failed_tasks == 0);
  CHECK(usual[0].errors == 0);
  CHECK(usual[1].errors == 1); /* spoil's */
  for (fail_at = 1; run(got); fail_at += step)
    for (int i = 0; i < 2; i++) check_like(&got[i], &usual[i]);
  uint64_t used = fail_at;
  /* Most of these are of the Lua half, where one line is as the next; the two runs take others. */
  for (fail_at = how_many; run_load(); fail_at += 11 * step) continue;
  uint64_t loaded = fail_at;
  for (fail_at = 1; run_serve(); fail_at += 5 * step) continue;
  uint64_t served = fail_at;
  for (fail_at = 1; run_end(); fail_at += step) continue;
  printf("allocations to load, use, serve and end: %llu, %llu, %llu, %llu; %llu of them at once\n",
         (unsigned long long)loaded, (unsigned long long)used, (unsigned long long)served, (unsigned long long)fail_at,
         (unsigned long long)how_many / 2);
}

int main(int argc, char **argv) {
  uint64_t step = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  signal(SIGPIPE, SIG_IGN);
  setvbuf(stdout, NULL, _IOLBF, 0);
  if (argc > 2) {
    verbose = true;
    outcome out[2];
    tries = argc > 3 ? strtoull(argv[3], NULL, 10) : 2;
    fail_at = strtoull(argv[2], NULL, 10);
    run(out);
    run_load();
    run_serve();
    run_end();
  } else {
    run_all(2, step);
    run_all(16, step);
  }
  printf("%lu passed, %lu failed\n", passed, failed);
  return failed != 0;
}
