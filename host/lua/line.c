/* line.c: see line.h. */
#include "lua/line.h"

void tl__line_leave(tl_task *t) {
  tl__line *l = t->line;
  if (!l) return;
  *(t->ahead ? &t->ahead->behind : &l->first) = t->behind;
  *(t->behind ? &t->behind->ahead : &l->last) = t->ahead;
  t->line = NULL;
  t->ahead = t->behind = NULL;
}

int tl__line_wait(lua_State *L, tl__line *l, tl_task *t, lua_KFunction k) {
  t->ahead = l->last;
  *(l->last ? &l->last->behind : &l->first) = t;
  l->last = t;
  t->line = l;
  t->granted = false;
  t->status = TL_WAITING;
  t->parked = true;
  t->abort = tl__line_leave;
  tl__deadlock_check(t->S, t);
  return tl_park(L, 0, k);
}

bool tl__line_over(lua_State *L) {
  tl_task *t = tl_task_current(L);
  tl__line_leave(t);
  t->status = TL_RUNNING;
  if (t->granted) return true;
  tl__interrupt(L, t);
  return false;
}

tl_task *tl__line_wake(tl__line *l) {
  tl_task *t = l->first;
  if (!t) return NULL;
  tl__line_leave(t);
  t->granted = true;
  t->abort = NULL;
  tl__end_wait(t, false);
  return t;
}
