/* parts_spec.c: the small parts beside the value tree: the lock's line, timers, the memory store, cells. */
#include <string.h>

#include "base/mem.h"
#include "core/cell.h"
#include "core/store.h"
#include "core/timers.h"
#include "spec.h"

/* ---- the lock ---- */

enum { WAITERS = 8 };

static tl_waiter waiters[WAITERS];
static int granted[64], granted_n;

static void on_granted(tl_waiter *w) { granted[granted_n++ % 64] = (int)(w - waiters); }

static void lock_begin(void) {
  memset(waiters, 0, sizeof waiters);
  for (int i = 0; i < WAITERS; i++) waiters[i].granted = on_granted;
  granted_n = 0;
}

static void lock_line(void) {
  tl_lock k = {0};
  tl_waiter *w = waiters;
  lock_begin();
  CHECK(tl_lock_request(&k, &w[0]) && k.holder == &w[0] && k.waiting == 0);
  CHECK(!tl_lock_request(&k, &w[1]) && !tl_lock_request(&k, &w[2]) && !tl_lock_request(&k, &w[3]) && k.waiting == 3);
  CHECK(tl_lock_behind(&k, &w[1]) && !tl_lock_behind(&k, &w[0]) && !tl_lock_behind(&k, &w[4]));
  tl_lock_withdraw(&w[2]);
  tl_lock_withdraw(&w[2]); /* in no line any more */
  tl_lock_withdraw(&w[0]); /* a hold is not given up like this */
  CHECK(k.waiting == 2 && k.holder == &w[0] && !w[2].lock && granted_n == 0);
  tl_lock_release(&k, &w[0]);
  CHECK(granted_n == 1 && granted[0] == 1 && k.holder == &w[1] && !w[0].lock);
  CHECK(!tl_lock_request(&k, &w[0])); /* at the end of the line */
  tl_lock_release(&k, &w[1]);
  tl_lock_release(&k, &w[3]);
  CHECK(granted_n == 3 && granted[1] == 3 && granted[2] == 0);
  tl_lock_release(&k, &w[0]);
  CHECK(granted_n == 3 && !k.holder && k.waiting == 0 && tl_lock_request(&k, &w[5]));
}

/* By chance, against a list of who came when. */
static void lock_model(void) {
  tl_rng r;
  tl_lock k = {0};
  int line[WAITERS], n = 0; /* the first holds it */
  tl_rng_seed(&r, spec_seed);
  lock_begin();
  for (unsigned i = 0; i < spec_rounds(4000); i++) {
    int who = (int)tl_rng_below(&r, WAITERS), at = 0, before = granted_n;
    while (at < n && line[at] != who) at++;
    if (at == n) {
      CHECK(tl_lock_request(&k, &waiters[who]) == (n == 0));
      line[n++] = who;
    } else {
      if (at == 0)
        tl_lock_release(&k, &waiters[who]);
      else
        tl_lock_withdraw(&waiters[who]);
      memmove(line + at, line + at + 1, (size_t)(--n - at) * sizeof *line);
      CHECK(granted_n - before == (at == 0 && n > 0));
      if (at == 0 && n > 0) CHECK(granted[before % 64] == line[0]);
    }
    CHECK(k.holder == (n ? &waiters[line[0]] : NULL) && k.waiting == (unsigned)(n ? n - 1 : 0));
    for (int j = 0; j < WAITERS; j++) {
      int place = 0;
      while (place < n && line[place] != j) place++;
      CHECK(tl_lock_behind(&k, &waiters[j]) == (place > 0 && place < n));
    }
  }
}

/* ---- timers ---- */

static void timers_order(void) {
  tl_timers h = {0};
  tl_timer t[4] = {{0}};
  CHECK(tl_timers_next(&h) == UINT64_MAX && !tl_timers_pop_due(&h, UINT64_MAX));
  tl_timer_add(&h, &t[0], 20);
  tl_timer_add(&h, &t[1], 10);
  tl_timer_add(&h, &t[2], 20);
  tl_timer_add(&h, &t[3], 5);
  tl_timer_remove(&h, &t[3]);
  tl_timer_remove(&h, &t[3]);
  CHECK(tl_timers_next(&h) == 10 && !tl_timers_pop_due(&h, 9));
  CHECK(tl_timers_pop_due(&h, 20) == &t[1] && tl_timers_pop_due(&h, 20) == &t[0]);
  tl_timer_add(&h, &t[2], 30); /* moved */
  CHECK(!tl_timers_pop_due(&h, 29) && tl_timers_pop_due(&h, 30) == &t[2] && tl_timers_next(&h) == UINT64_MAX);
  tl_timers_free(&h);
}

/* Until when it can wait; one that is not loose wants to be alone, unless it is the first. */
static uint64_t last_of(const tl_timer *t, uint64_t first) { return t->due + t->loose - (!t->loose && t->due > first); }

/* The latest due time for which nobody waits longer than it may: by trying each. */
static uint64_t latest_wake(const tl_timer *t, size_t n, uint64_t first) {
  uint64_t best = UINT64_MAX;
  for (size_t i = 0; i < n; i++) {
    bool may = t[i].at != 0;
    for (size_t k = 0; k < n && may; k++) may = !t[k].at || t[k].due > t[i].due || last_of(&t[k], first) >= t[i].due;
    if (may && (best == UINT64_MAX || t[i].due > best)) best = t[i].due;
  }
  return best;
}

static void timers_loose(void) {
  enum { FEW = 16, TIMERS = 40 }; /* so many are looked at; of more, the wake may come sooner */
  tl_timer t[TIMERS];
  tl_rng r;
  tl_rng_seed(&r, spec_seed);
  for (unsigned i = 0; i < spec_rounds(20000); i++) {
    tl_timers h = {0};
    size_t n = tl_rng_below(&r, i % 2 ? FEW + 1 : TIMERS + 1);
    memset(t, 0, sizeof t);
    for (size_t k = 0; k < n; k++)
      tl_timer_add_loose(&h, &t[k], 1 + tl_rng_below(&r, 100), tl_rng_below(&r, 4) * tl_rng_below(&r, 20));
    uint64_t wake = tl_timers_wake(&h), first = tl_timers_next(&h), latest = latest_wake(t, n, first);
    CHECK(n <= FEW ? wake == latest : first <= wake && wake <= latest);
    for (size_t k = 0; k < n; k++) CHECK(t[k].due > wake || last_of(&t[k], first) >= wake);
    tl_timers_free(&h);
  }
}

/* By chance, against the smallest of all that are there. */
static void timers_model(void) {
  enum { TIMERS = 200 };
  static tl_timer t[TIMERS];
  tl_timers h = {0};
  tl_rng r;
  size_t live = 0;
  tl_rng_seed(&r, spec_seed);
  memset(t, 0, sizeof t);
  for (unsigned i = 0; i < spec_rounds(20000); i++) {
    tl_timer *one = &t[tl_rng_below(&r, TIMERS)], *first = NULL;
    unsigned what = tl_rng_below(&r, 5);
    if (what < 3) {
      live += one->at == 0;
      tl_timer_add(&h, one, tl_rng_below(&r, 50));
    } else if (what == 3) {
      live -= one->at != 0;
      tl_timer_remove(&h, one);
    } else {
      for (int k = 0; k < TIMERS; k++)
        if (t[k].at && (!first || t[k].due < first->due || (t[k].due == first->due && t[k].seq < first->seq)))
          first = &t[k];
      CHECK(tl_timers_next(&h) == (first ? first->due : UINT64_MAX));
      CHECK(tl_timers_pop_due(&h, UINT64_MAX) == first);
      live -= first != NULL;
    }
    CHECK(h.count == live);
  }
  tl_timers_free(&h);
}

/* ---- the store ---- */

static void store(void) {
  tl_store *s = tl_store_memory();
  char tabs[50], token[27];
  void *tab;
  size_t cursor = 0, seen = 0;
  CHECK(s->count(s) == 0 && !s->next(s, &cursor, &tab) && !s->get(s, "x", 1));
  for (int i = 0; i < 50; i++) {
    snprintf(token, sizeof token, "token%d", i);
    s->put(s, token, &tabs[i]);
  }
  CHECK(s->count(s) == 50 && s->get(s, "token7 and more", 6) == &tabs[7] && !s->get(s, "token", 5));
  for (cursor = 0; s->next(s, &cursor, &tab); seen++) { /* the current one may be removed */
    snprintf(token, sizeof token, "token%d", (int)((char *)tab - tabs));
    if (seen % 2) s->remove(s, token);
  }
  CHECK(seen == 50 && s->count(s) == 25);
  s->remove(s, "unknown");
  CHECK(s->count(s) == 25);
  s->free(s);
}

static void cell(void) {
  tl_value root = spec_rows(3);
  size_t before = tl_mem_live();
  tl_cell *c = tl_cell_new(root, "abcdefghijklmnopqrstuvwxyz");
  CHECK(tl_identical(c->root, root) && strlen(c->token) == 26 && !c->gone && !c->draft);
  CHECK(tl_cell_retain(c) == c);
  tl_cell_release(c);
  CHECK(tl_mem_live() > before);
  tl_cell_release(c);
  CHECK(tl_mem_live() == before);
  tl_release(root);
}

void spec_parts(void) {
  lock_line();
  lock_model();
  timers_order();
  timers_loose();
  timers_model();
  store();
  cell();
}
