/* deadlock.c: ends a wait that could never end. A deadlock is a cycle of "waits for" that goes through a held lock and
 * a wait for a task. Looks only at tasks; the error is raised where the wait ends. */
#include "lua/group.h"
#include "lua/line.h"

static tl_task *line_owner(const tl_task *t) { return t->line ? tl__line_owner(t->line) : NULL; }

static bool waits_for_tasks(const tl_task *t) { return t->parked && (t->awaited || t->joins || line_owner(t)); }

typedef struct search {
  tl_lua *S;
  tl_task *goal, *first, *last; /* what is to be looked at, linked by todo */
  bool found;
} search;

static tl_task *lock_holder(const tl_task *t) { /* for whom t stands in a lock's line; NULL: in none */
  return t->hold.cell && !t->hold.held ? ((tl__hold *)t->hold.cell->lock.holder)->task : NULL;
}

static void look_at(search *q, tl_task *t, tl_task *via) {
  if (t == q->goal && via) {
    q->found = true;
    t->via = via;
  }
  if (t->seen == q->S->searches) return;
  t->seen = q->S->searches;
  t->todo = NULL;
  if (via) t->via = via;
  if (q->last)
    q->last->todo = t;
  else
    q->first = t;
  q->last = t;
}

/* Must all children end, or is none there that could end first? (A race is over when one of them has ended.) */
static bool needs_all(const tl_task *t) {
  const tl__group *g = t->joins;
  if (!g->any || g->decided || g->first == g->last) return true;
  for (const tl_task *c = g->first; c; c = c->younger)
    if (lock_holder(c) != t) return false;
  return true;
}

/* Those for which t waits. */
static void look_further(search *q, tl_task *t) {
  if (t->reaped) return;
  tl_task *other = lock_holder(t);
  if (other) {
    look_at(q, other, t);
    return;
  }
  if (!t->parked) return;
  for (tl_task *r = NULL; (r = tl__stay_waits_for(t, r));) look_at(q, r, t);
  if (t->awaited) {
    if (t->awaited->id == t->awaited_id) look_at(q, t->awaited, t);
    return;
  }
  if ((other = line_owner(t))) look_at(q, other, t);
  if (!t->joins || !needs_all(t)) return;
  for (tl_task *c = t->joins->first; c; c = c->younger) look_at(q, c, t);
}

/* Does `waiter` wait, by any chain, for itself? Then `via` leads from it around the cycle. */
static bool waits_for_itself(tl_lua *S, tl_task *waiter) {
  S->searches++;
  search q = {.S = S, .goal = waiter};
  for (look_at(&q, waiter, NULL); q.first && !q.found;) {
    tl_task *t = q.first;
    q.first = t->todo;
    if (!q.first) q.last = NULL;
    look_further(&q, t);
  }
  return q.found;
}

static void break_wait(tl_task *t) {
  t->deadlock = true;
  tl__end_wait(t, false);
}

/* The victim is the task of the cycle that holds a lock over its wait for a task; in a cycle without a lock, the
 * waiter. */
static tl_task *victim_of(tl_task *waiter) {
  tl_task *t = waiter;
  do {
    if (t->hold.held && waits_for_tasks(t)) return t;
    t = t->via;
  } while (t != waiter);
  return waiter;
}

/* `waiter` has begun to wait: what cycles are new go through it, and may be several (by way of a gather). */
void tl__deadlock_check(tl_lua *S, tl_task *waiter) {
  while (waits_for_itself(S, waiter)) break_wait(victim_of(waiter));
}
