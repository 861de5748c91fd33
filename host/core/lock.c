/* lock.c: see lock.h. Invariant: when nobody holds the lock nobody waits for it. */
#include "core/lock.h"

#include <assert.h>

static void append(tl_lock *k, tl_waiter *w) {
  w->next = NULL;
  w->prev = k->last;
  if (k->last)
    k->last->next = w;
  else
    k->first = w;
  k->last = w;
  k->waiting++;
}

static void unlink_waiter(tl_lock *k, tl_waiter *w) {
  if (w->prev)
    w->prev->next = w->next;
  else
    k->first = w->next;
  if (w->next)
    w->next->prev = w->prev;
  else
    k->last = w->prev;
  w->next = w->prev = NULL;
  k->waiting--;
}

bool tl_lock_request(tl_lock *k, tl_waiter *w) {
  assert(!w->lock);
  w->lock = k;
  if (!k->holder) {
    assert(!k->first);
    w->next = w->prev = NULL;
    k->holder = w;
    return true;
  }
  append(k, w);
  return false;
}

void tl_lock_release(tl_lock *k, tl_waiter *w) {
  assert(k->holder == w);
  w->lock = NULL;
  tl_waiter *next = k->first;
  if (next) unlink_waiter(k, next);
  k->holder = next;
  if (next) next->granted(next);
}

void tl_lock_withdraw(tl_waiter *w) {
  tl_lock *k = w->lock;
  if (!k || k->holder == w) return;
  unlink_waiter(k, w);
  w->lock = NULL;
}

bool tl_lock_behind(const tl_lock *k, const tl_waiter *w) { return w->lock == k && k->holder != w; }
