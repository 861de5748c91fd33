/* lock.h: a tab's exclusive lock: one holder, one line, first come, first served. A waiter is embedded in what waits
 * (an event, a block) and is in at most one line. Grants are told by a callback, from within request or release, and
 * must only note the fact (make a task ready): they may not call the lock again. No Lua, no time; the lock of a shared
 * store lies beneath. */
#ifndef TL_CORE_LOCK_H
#define TL_CORE_LOCK_H
#include <stdbool.h>
#include <stddef.h>

typedef struct tl_lock tl_lock;
typedef struct tl_waiter tl_waiter;

struct tl_waiter {
  tl_waiter *next, *prev;
  tl_lock *lock; /* whose line or hold it is in; NULL: none */
  void (*granted)(tl_waiter *w);
};

struct tl_lock {
  tl_waiter *holder;       /* NULL: free, and then nobody waits */
  tl_waiter *first, *last; /* the line, without the holder */
  unsigned waiting;
};

bool tl_lock_request(tl_lock *k,
                     tl_waiter *w); /* true: holds it now, `granted` is not called; false: stands in the line */
void tl_lock_release(tl_lock *k, tl_waiter *w);            /* w must be the holder; the next in line is granted */
void tl_lock_withdraw(tl_waiter *w);                       /* leaves the line (not the hold); nothing when in none */
bool tl_lock_behind(const tl_lock *k, const tl_waiter *w); /* w waits in k's line */

#endif
