/* line.h: a line of tasks that wait for the same thing: a place in a semaphore, a channel's value, an event. First
 * come, first served; who is cancelled leaves it. A task stands in one line at most.
 *
 * Whoever wakes a task has granted it what it waited for, and a grant is kept: the wait then ends without an error,
 * also when a cancel came meanwhile, which is raised at the task's next wait. So what was handed over is never lost. */
#ifndef TL_LUA_LINE_H
#define TL_LUA_LINE_H
#include "lua/inner.h"

/* Part of a userdata, which those who wait in it keep alive on their stacks. */
struct tl__line {
  tl_task *first, *last;
  tl_task *owner; /* by whose doing alone it goes on; NULL: not known */
  uint64_t owner_id;
};

static inline tl_task *tl__line_owner(const tl__line *l) {
  return l->owner && l->owner->id == l->owner_id ? l->owner : NULL;
}

/* After tl__may_wait, and whatever may raise: waits. Return its result; k begins with tl__line_over. */
int tl__line_wait(lua_State *L, tl__line *l, tl_task *t, lua_KFunction k);

/* True: granted. False: its time is over. Raises what ended the wait otherwise. */
bool tl__line_over(lua_State *L);

tl_task *tl__line_wake(tl__line *l); /* grants the first what it waits for; NULL: nobody waits */
void tl__line_leave(tl_task *t);     /* nothing when it stands in none */

#endif
