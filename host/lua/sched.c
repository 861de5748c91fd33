/* sched.c: the ready queue, the clock and the turn. Whatever ends a wait comes through tl__end_wait; the turn alone
 * runs tasks. Ready tasks are taken first in, first out, or as a schedule says. */
#include <math.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "lua/board.h"
#include "lua/class.h"
#include "lua/inner.h"

#include <time.h>

enum { TURN_BUDGET = 512 }; /* tasks a turn, so that busy tasks cannot starve the I/O */

static uint64_t monotonic(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

uint64_t tl_lua_now(tl_lua *S) { return S->opts.virtual_time ? S->virtual_now : monotonic(); }

void tl_lua_jump(tl_lua *S, uint64_t to) {
  if (to > S->virtual_now) S->virtual_now = to;
}

void tl_lua_rewind(tl_lua *S) {
  if (!S->timers.count) S->virtual_now = 0;
}

void tl_lua_schedule(tl_lua *S, tl_schedule *how) { S->schedule = how; }
void tl_lua_tell(tl_lua *S, tl_story *to) { S->story = to; }

static void push(tl_task ***list, size_t *n, size_t *cap, tl_task *t) {
  if (*n == *cap) {
    *cap = *cap ? 2 * *cap : 64;
    *list = tl_realloc(*list, *cap * sizeof **list);
  }
  (*list)[(*n)++] = t;
}

void tl__ready(tl_task *t) {
  tl_lua *S = t->S;
  if (t->ready) return;
  t->ready = true;
  push(&S->ready, &S->ready_n, &S->ready_cap, t);
}

void tl__ready_later(tl_task *t) {
  tl_lua *S = t->S;
  if (t->ready) return;
  t->ready = true;
  push(&S->later, &S->later_n, &S->later_cap, t);
}

/* ---- in an order of its own: specs only ---- */

/* Those that have ended are in the queue only to be freed, and the spec itself looks on when the others have acted. */
static bool is_candidate(const tl_lua *S, const tl_task *t) { return !t->reaped && t != S->root_task; }

static size_t count_candidates(const tl_lua *S) {
  size_t n = 0;
  for (size_t i = S->ready_at; i < S->ready_n; i++) n += is_candidate(S, S->ready[i]);
  return n;
}

/* Where the n-th candidate is (from 0); without any, the first in the queue. */
static size_t place_of_candidate(const tl_lua *S, size_t n) {
  for (size_t i = S->ready_at; i < S->ready_n; i++)
    if (is_candidate(S, S->ready[i]) && !n--) return i;
  return S->ready_at;
}

static tl_task *pop_chosen(tl_lua *S, size_t *choice, size_t *of) {
  *of = count_candidates(S);
  *choice = *of ? tl_schedule_choose(S->schedule, *of) : 0;
  size_t i = place_of_candidate(S, *choice);
  tl_task *t = S->ready[i];
  memmove(S->ready + i, S->ready + i + 1, (S->ready_n - i - 1) * sizeof *S->ready);
  S->ready_n--;
  return t;
}

/* Sorted, the due times from `first` to `last` of which there is a timer, each once: the first few. */
static size_t due_times(const tl_timers *timers, uint64_t first, uint64_t last, uint64_t *out, size_t max) {
  size_t n = 0;
  for (size_t i = 1; i <= timers->count; i++) {
    uint64_t due = timers->heap[i]->due;
    if (due < first || due > last) continue;
    size_t at = n;
    while (at && out[at - 1] > due) at--;
    if (at && out[at - 1] == due) continue;
    if (n == max && at == n) continue;
    if (n < max) n++;
    memmove(out + at + 1, out + at, (n - at - 1) * sizeof *out);
    out[at] = due;
  }
  return n;
}

uint64_t tl_lua_due(tl_lua *S, uint64_t last) {
  enum { FEW = 8 };
  uint64_t next = tl_timers_next(&S->timers), times[FEW], end = next;
  if (!S->schedule || next == UINT64_MAX || next >= last) return next;
  if (S->schedule->window) end = next + S->schedule->window < last ? next + S->schedule->window : last;
  size_t n = due_times(&S->timers, next, end, times, FEW);
  uint64_t due = times[tl_schedule_choose(S->schedule, n)];
  S->schedule->late += due - next;
  return due;
}

/* ---- the turn ---- */

static tl_task *pop_ready(tl_lua *S) {
  if (S->ready_at == S->ready_n) return NULL;
  size_t choice = 0, of = 1;
  bool in_turn = !S->schedule || (S->root_first && S->ready[S->ready_at] == S->root_task);
  S->root_first = false;
  tl_task *t = in_turn ? S->ready[S->ready_at++] : pop_chosen(S, &choice, &of);
  if (S->ready_at == S->ready_n) S->ready_at = S->ready_n = 0;
  if (S->story) tl__story_begin(S, t, choice, of);
  return t;
}

/* Keeps the queue from creeping through memory when it never runs empty. */
static void compact(tl_lua *S) {
  if (S->ready_at < 1024 || S->ready_at < S->ready_n / 2) return;
  memmove(S->ready, S->ready + S->ready_at, (S->ready_n - S->ready_at) * sizeof *S->ready);
  S->ready_n -= S->ready_at;
  S->ready_at = 0;
}

static void fire_due(tl_lua *S) {
  tl_timer *t;
  uint64_t now = S->turn_at = tl_lua_now(S);
  while ((t = tl_timers_pop_due(&S->timers, now))) t->fire(t);
}

uint64_t tl_lua_turn(tl_lua *S) {
  fire_due(S);
  for (size_t i = 0; i < S->later_n; i++) push(&S->ready, &S->ready_n, &S->ready_cap, S->later[i]);
  S->later_n = 0;
  tl_task *t;
  int budget = TURN_BUDGET;
  for (; budget && (t = pop_ready(S)); budget--) {
    uint64_t id = t->id;
    t->ready = false;
    tl__task_run(t);
    if (S->story) tl__story_end(S, t, id);
  }
  S->ran += (uint64_t)(TURN_BUDGET - budget);
  compact(S);
  if (S->boards) tl__boards_take(S);
  if (S->ready_at < S->ready_n || S->later_n) return 0;
  uint64_t next = S->opts.virtual_time ? tl_timers_next(&S->timers) : tl_timers_wake(&S->timers);
  if (next == UINT64_MAX) return next;
  uint64_t now = tl_lua_now(S);
  return next > now ? next - now : 0;
}

uint64_t tl_lua_ran(const tl_lua *S) { return S->ran; }

/* ---- the one pair: park and wake ---- */

/* The name under which a library has the C function on top of the stack (pops it); NULL: none. Called from C, it has no
 * name of its own. */
static const char *library_name(lua_State *L) {
  static const char *const libraries[] = {"_G", "string", "table", "package"};
  const char *name = NULL;
  int top = lua_gettop(L);
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  for (size_t i = 0; i < sizeof libraries / sizeof *libraries && !name; i++) {
    if (lua_getfield(L, top + 1, libraries[i]) != LUA_TTABLE) continue;
    lua_pushnil(L);
    while (!name && lua_next(L, -2)) {
      if (lua_rawequal(L, -1, top) && lua_type(L, -2) == LUA_TSTRING)
        name = lua_tostring(L, -2); /* the library keeps it */
      lua_pop(L, 1);
    }
    lua_settop(L, top + 1);
  }
  lua_settop(L, top - 1);
  return name;
}

const char *tl__who_cannot_wait(lua_State *L, tl_lua *S) {
  if (S->nowait_in) return S->nowait_in;
  lua_Debug ar;
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "nS", &ar);
    if (!strcmp(ar.what, "C")) {
      const char *name = ar.name;
      if (!name && lua_checkstack(L, 8)) {
        lua_getinfo(L, "f", &ar);
        name = library_name(L);
      }
      if (name && !tl__is_base_call(L, &ar) && strcmp(name, "pcall") && strcmp(name, "xpcall")) return name;
    }
    if (ar.namewhat && !strcmp(ar.namewhat, "metamethod") && ar.name) return ar.name;
  }
  return "a C function";
}

tl_wake tl_wait_begin(lua_State *L, tl_status status, const char *what) {
  tl_lua *S = tl_lua_of(L);
  tl_task *t = S->current;
  const tl_app *a = tl_app_current(L);
  if (a && !a->frozen && !S->nowait_in)
    tl_raise(L, "CannotWaitError",
             "%s cannot wait here: main.lua is being loaded; wait in on_load, in a handler or in a task", what);
  if (!t && !S->nowait_in)
    tl_raise(L, "CannotWaitError",
             "%s cannot wait here: no handler or task is running (this is a callback); start a task by tl.spawn", what);
  if (!t || S->nowait || !lua_isyieldable(L))
    tl_raise(L, "CannotWaitError", "%s cannot wait inside %s; wait before or after it", what,
             tl__who_cannot_wait(L, S));
  tl__interrupt(L, t);
  t->status = status;
  t->since = S->turn_at;
  t->waited = tl__spot_of(L);
  t->waited_in = what;
  t->gen++;
  t->parked = true;
  t->abort = NULL;
  if (t->hold.held) tl__watch(t);
  if (t->row) tl__row_touch(t->row);
  return (tl_wake){t, t->id, t->gen};
}

int tl_park(lua_State *L, lua_KContext ctx, lua_KFunction k) {
  tl_lua_of(L)->parking = true;
  return lua_yieldk(L, 0, ctx, k);
}

void tl_wait_end(lua_State *L) {
  tl_task *t = tl_lua_of(L)->current;
  t->status = TL_RUNNING;
  tl__interrupt(L, t);
}

void tl__end_wait(tl_task *t, bool later) {
  if (!t->parked) return;
  t->parked = false;
  t->gen++;
  tl_timer_remove(&t->S->timers, &t->timer);
  void (*abort)(tl_task *) = t->abort;
  t->abort = NULL;
  if (abort) abort(t);
  if (later)
    tl__ready_later(t);
  else
    tl__ready(t);
}

static bool wake_valid(tl_wake w) { return w.task->id == w.id && w.task->gen == w.gen && w.task->parked; }

void tl_wake_task(tl_lua *S, tl_wake w) {
  (void)S;
  if (!wake_valid(w)) return;
  w.task->abort = NULL; /* the wait came to its own end: nothing to undo */
  tl__end_wait(w.task, false);
}

void tl_lua_go_on(tl_lua *S, tl_wake w) {
  S->root_first = true;
  tl_wake_task(S, w);
}

static void sleep_over(tl_timer *timer) {
  tl_task *t = (tl_task *)((char *)timer - offsetof(tl_task, timer));
  t->abort = NULL;
  tl__end_wait(t, false);
}

/* A thirty-second part of a sleep nobody misses, nor 4 ms. */
static uint32_t loose_part(uint64_t ns) { return ns / 32 < 4000000 ? (uint32_t)(ns / 32) : 4000000; }

static void wake_in(tl_lua *S, tl_wake w, double seconds, bool loose) {
  uint64_t ns = (uint64_t)llround(seconds * 1e9);
  w.task->timer.fire = sleep_over;
  tl_timer_add_loose(&S->timers, &w.task->timer, tl_lua_now(S) + ns, loose ? loose_part(ns) : 0);
}

void tl_wake_in(tl_lua *S, tl_wake w, double seconds) { wake_in(S, w, seconds, false); }
void tl__wake_after_sleep(tl_lua *S, tl_wake w, double seconds) { wake_in(S, w, seconds, true); }

tl_task *tl_task_current(lua_State *L) { return tl_lua_of(L)->current; }
