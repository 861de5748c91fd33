/* limits.c: what may end any wait of a task while it is open (tl__scope): limits of time, scopes one of whose tasks has
 * failed. A task has a chain of them, innermost first.
 *
 * One that was opened in a user's coroutine is there only while that coroutine runs: when the coroutine has yielded out
 * of it, it is *away*, in a list of the VM, without a timer; the task that resumes the coroutine gets it back, over or
 * not. */
#include "lua/group.h"

void tl__scope_open(tl_task *t, tl__scope *s, lua_State *L) {
  s->task = t;
  s->co = L;
  s->masks = t->masks;
  s->outer = t->scopes;
  t->scopes = s;
}

static void time_over(tl_timer *timer) { tl__scope_expire((tl__scope *)((char *)timer - offsetof(tl__scope, timer))); }

void tl__scope_limit(tl__scope *s, uint64_t due) {
  tl_lua *S = s->task->S;
  s->due = due;
  s->timer.fire = time_over;
  tl_timer_add(&S->timers, &s->timer, due);
}

bool tl__scope_masked(const tl_task *t, const tl__scope *s) { return s->masks < t->masks && !t->mask_expired; }

void tl__scope_expire(tl__scope *s) {
  s->expired = true;
  if (s->away) return;
  if (tl__scope_masked(s->task, s))
    tl__arm_cleanup(s->task);
  else
    tl__end_wait(s->task, false);
}

static void unlink_from(tl__scope **at, const tl__scope *s) {
  while (*at && *at != s) at = &(*at)->outer;
  if (*at) *at = s->outer;
}

void tl__scope_close(tl__scope *s) {
  if (s->away)
    unlink_from(&s->away->away, s);
  else if (s->task)
    unlink_from(&s->task->scopes, s);
  if (s->task) tl_timer_remove(&s->task->S->timers, &s->timer);
  s->away = NULL;
  s->task = NULL;
}

/* Moves those of the coroutine from one chain to the front of another, in their order. */
static void move(tl__scope **from, tl__scope **to, const lua_State *co, void (*each)(tl_lua *, tl_task *, tl__scope *),
                 tl_lua *S, tl_task *t) {
  while (*from) {
    tl__scope *s = *from;
    if (s->co != co) {
      from = &s->outer;
      continue;
    }
    *from = s->outer;
    s->outer = *to;
    *to = s;
    to = &s->outer;
    each(S, t, s);
  }
}

static void leaves(tl_lua *S, tl_task *t, tl__scope *s) {
  (void)t;
  tl_timer_remove(&S->timers, &s->timer);
  s->task = NULL;
  s->away = S;
}

static void comes_back(tl_lua *S, tl_task *t, tl__scope *s) {
  s->away = NULL;
  s->task = t;
  s->masks = t->masks;
  if (s->group || s->expired) return;
  if (s->due <= tl_lua_now(S))
    s->expired = true;
  else
    tl__scope_limit(s, s->due);
}

void tl__scopes_leave(tl_lua *S, const lua_State *co) {
  tl_task *t = S->current;
  if (t && t->scopes) move(&t->scopes, &S->away, co, leaves, S, t);
}

/* Of a coroutine that was collected, at whose address there is another now. */
static void forget(tl_lua *S, const lua_State *co) {
  for (tl__scope *s = S->away, *next; s; s = next) {
    next = s->outer;
    if (s->co == co) tl__scope_close(s);
  }
}

void tl__scopes_return(tl_lua *S, lua_State *co) {
  tl_task *t = S->current;
  if (lua_status(co) != LUA_YIELD)
    forget(S, co);
  else if (t)
    move(&S->away, &t->scopes, co, comes_back, S, t);
}

static tl__scope *group_of(tl__scope *s, const tl_task *t) {
  while (s && (!s->group || tl__owner_of(s->group) != t)) s = s->outer;
  return s;
}

void tl__scopes_drop(tl_task *t) {
  for (tl__scope *s; (s = t->scopes);) {
    tl__scope_close(s);
    if (s->group) tl__group_abandon(s->group, t);
  }
  for (tl__scope *s; (s = group_of(t->S->away, t));) {
    tl__scope_close(s);
    tl__group_abandon(s->group, t);
  }
}
