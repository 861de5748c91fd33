/* interrupt.c: what a task finds at its next wait instead of the wait: a cancel, the end of a limit, a deadlock; and
 * how a task that takes none of them for an answer is stopped.
 *
 * A task may catch such an error and go on. If it goes on to wait, the error is raised again, and after many times the
 * task is killed. If it goes on without a wait, a hook counts its instructions: after some time the error is raised in
 * the midst of them, and when that is caught as well, the task is killed. The hook is set in each coroutine through
 * which the error may go, and only then: nobody else pays for it. */
#include <time.h>

#include "base/log.h"
#include "lua/convert.h"
#include "lua/group.h"

enum { REFUSALS = 1000, HOOK_EVERY = 1000 }; /* errors that a task may catch; instructions of the VM */

/* CPU time, in ns, that a task may take without a wait: until the error is raised, and after that. */
static const uint64_t first_time = 500000000, second_time = 100000000;

/* ---- what is pending ---- */

bool tl__pending(const tl_task *t) {
  if (t->deadlock) return true;
  if (t->cancelled && (!t->masks || t->mask_expired)) return true;
  for (const tl__scope *s = t->scopes; s && !tl__scope_masked(t, s); s = s->outer)
    if (s->expired) return true;
  return false;
}

bool tl__refused(const tl_task *t) { return t->hold.held && t->hold.refused && tl__pending(t); }

/* ---- the last resort ---- */

/* To be killed as soon as it has yielded, which follows. */
static void give_up_on(lua_State *L, tl_task *t, const char *error, const char *how) {
  luaL_checkstack(L, 8, NULL);
  tl_buf *text = tl__push_buf(L);
  tl_buf_printf(text, "%s caught its %s and went on %s: it is killed", tl__task_name(t), error, how);
  tl__push_traceback(L, L, 0);
  tl_failure f = {.name = error, .message = tl_buf_cstr(text), .traceback = lua_tostring(L, -1)};
  tl__tell(t, &f);
  lua_pop(L, 2);
  t->given_up = true;
  tl_lua_of(L)->parking = true;
}

static const char *pending_error(const tl_task *t) {
  if (t->cancelled && (!t->masks || t->mask_expired)) return "CancelledError";
  for (const tl__scope *s = t->scopes; s; s = s->outer)
    if (s->expired) return s->group ? "Error" : "TimeoutError";
  return "Error";
}

/* A loop around a pcall around a wait would never come to an end, nor let others run. */
static void count_refusal(lua_State *L, tl_task *t, unsigned *refused) {
  if (++*refused > REFUSALS && lua_isyieldable(L)) {
    give_up_on(L, t, pending_error(t), "to wait, again and again");
    lua_yield(L, 0); /* does not return, and is never resumed */
  }
  tl__interrupt_watch(L, t);
}

/* ---- raising ---- */

static int raise_deadlock(lua_State *L, tl_task *t) {
  const char *stuck = t == t->S->root_task ? t->S->stuck : NULL;
  t->S->stuck = NULL;
  if (stuck) return tl_raise(L, "DeadlockError", "this wait of the spec never ends: %s", stuck);
  if (!t->hold.held)
    return tl_raise(L, "DeadlockError", "this wait can never end, because what it waits for waits for this task");
  return tl_raise(
      L, "DeadlockError",
      "this wait can only end after the lock taken at %s is given up, because what it waits for stands in that lock's "
      "line; wait after the block",
      tl__hold_push_where(L, &t->hold));
}

/* Was it open when the lock was granted? */
static bool is_around(const tl__hold *h, const tl__scope *s) {
  const tl__scope *at = h->task->scopes;
  while (at && at != h->around && at != s) at = at->outer;
  return at && at == h->around;
}

void tl__interrupt(lua_State *L, tl_task *t) {
  if (t->deadlock) {
    t->deadlock = false;
    raise_deadlock(L, t);
  }
  if (t->cancelled && (!t->masks || t->mask_expired)) {
    t->hold.refused = t->hold.held;
    count_refusal(L, t, &t->refused);
    tl_raise(L, "CancelledError", "%s was cancelled: %s", tl__task_name(t), t->reason ? t->reason : "no reason given");
  }
  if (t->cancelled) tl__interrupt_watch(L, t); /* it is masked, and bounded by time */
  for (tl__scope *s = t->scopes; s && !tl__scope_masked(t, s); s = s->outer) {
    if (!s->expired) continue;
    if (t->hold.held && is_around(&t->hold, s)) t->hold.refused = true;
    count_refusal(L, t, &s->refused);
    if (s->group) tl__group_raise(L, s->group);
    tl_raise(L, "TimeoutError", "not done within %g s", s->seconds);
  }
}

/* ---- a task that goes on without a wait ---- */

static uint64_t cpu_time(void) {
  struct timespec ts;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
  return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static int raise_pending(lua_State *L) { /* a C function of its own: errors tell the line of its caller */
  tl__interrupt(L, tl_task_current(L));
  return luaL_error(L, "this task is being killed");
}

static void raise_here(lua_State *L) {
  luaL_checkstack(L, 2, NULL);
  lua_pushcfunction(L, raise_pending);
  lua_call(L, 0, 0);
}

static void on_count(lua_State *L, lua_Debug *ar);

/* Where it cannot be killed (in the comparison of a sort, say) it is driven out of there: each instruction raises. */
static void kill_here(lua_State *L, tl_task *t) {
  if (t->S->nowait || !lua_isyieldable(L)) {
    lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
    raise_here(L);
  }
  give_up_on(L, t, pending_error(t), "without a wait");
  lua_yield(L, 0); /* from a hook it returns, and then ends the resume */
}

/* Also while that is masked. */
static bool is_ending(const tl_task *t) {
  const tl__scope *s = t->scopes;
  while (s && !s->expired) s = s->outer;
  return t->cancelled || s;
}

/* The <close> values of a task that is killed run, and may not run for ever either. */
static void on_dying(lua_State *L, uint64_t now) {
  tl_lua *S = tl_lua_of(L);
  if (!S->spins_from) S->spins_from = now;
  if (now - S->spins_from < first_time) return;
  lua_sethook(L, on_count, LUA_MASKCOUNT, 1);
  luaL_error(L, "this task is being killed");
}

static void on_count(lua_State *L, lua_Debug *ar) {
  (void)ar;
  tl_lua *S = tl_lua_of(L);
  tl_task *t = S->current;
  uint64_t now = cpu_time();
  if (S->dying) {
    on_dying(L, now);
    return;
  }
  if (!t || !is_ending(t)) { /* another task goes on with the coroutine; or the limit is over */
    if (t) t->watched = false;
    lua_sethook(L, NULL, 0, 0);
    return;
  }
  if (!S->spins_from) { /* the first look since it was resumed */
    S->spins_from = now;
    S->strikes = 0;
    return;
  }
  bool cleaning_up = t->masks && !t->mask_expired;
  uint64_t limit = cleaning_up ? (uint64_t)(S->opts.cleanup_time * 1e9) : S->strikes ? second_time : first_time;
  if (S->strikes < 2 && now - S->spins_from < limit) return;
  S->spins_from = now;
  if (cleaning_up) t->mask_expired = true;
  if (S->strikes++)
    kill_here(L, t);
  else
    raise_here(L);
}

void tl__interrupt_watch(lua_State *L, tl_task *t) {
  t->watched = true;
  if (!lua_gethook(L)) lua_sethook(L, on_count, LUA_MASKCOUNT, HOOK_EVERY); /* else it is a debugger's */
}

void tl__interrupt_running(lua_State *L) {
  tl_task *t = tl_task_current(L);
  if (t && t->cancelled) tl__interrupt_watch(L, t);
}

void tl__interrupt_dying(lua_State *co) {
  tl_lua_of(co)->spins_from = 0;
  lua_sethook(co, on_count, LUA_MASKCOUNT, HOOK_EVERY);
}
