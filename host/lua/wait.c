/* wait.c: waits of the API that need nothing but the clock and other tasks: sleep, timeout, await, defer. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "lua/inner.h"

double tl__seconds_arg(lua_State *L, int arg, const char *usage) {
  if (lua_type(L, arg) != LUA_TNUMBER)
    tl_raise(L, "TypeError", "%s: seconds are a number, not %s", usage, tl__given(L, arg));
  double s = lua_tonumber(L, arg);
  if (!(s >= 0) || s > 1e9) tl_raise(L, "TypeError", "%s: seconds must be from 0 to 1e9, not %g", usage, s);
  return s;
}

uint64_t tl__due_in(tl_lua *S, double seconds) { return tl_lua_now(S) + (uint64_t)llround(seconds * 1e9); }

tl_task *tl__may_wait(lua_State *L, const char *what) {
  tl_task *t = tl_wait_begin(L, TL_WAITING, what).task;
  t->parked = false;
  t->status = TL_RUNNING;
  return t;
}

/* ---- sleep ---- */

static int sleep_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl_wait_end(L);
  return 0;
}

static int sleep_for(lua_State *L) {
  tl_lua *S = tl_lua_of(L);
  double s = tl__seconds_arg(L, 1, "tl.sleep(s)");
  tl_wake w = tl_wait_begin(L, TL_SLEEPING, "sleep");
  if (s > 0)
    tl__wake_after_sleep(S, w, s);
  else
    tl__end_wait(w.task, true); /* a turn for the others, and for the I/O */
  return tl_park(L, 0, sleep_k);
}

/* ---- timeout: a scope on the C side of a userdata; the call runs in the caller's coroutine and keeps its lock ---- */

static const char timeout_name[] = "tidelock.timeout";

static int timeout_gc(lua_State *L) {
  tl__scope_close(luaL_checkudata(L, 1, timeout_name));
  return 0;
}

static int timeout_k(lua_State *L, int status, lua_KContext ctx) { /* stack: scope, handler, results or error */
  (void)ctx;
  tl__scope_close(lua_touserdata(L, 1));
  if (status != LUA_OK && status != LUA_YIELD) return lua_error(L);
  return lua_gettop(L) - 2;
}

int tl__timeout(lua_State *L) {
  tl_lua *S = tl_lua_of(L);
  double seconds = tl__seconds_arg(L, 1, "tl.timeout(s, fn, ...)");
  if (!lua_isfunction(L, 2))
    tl_raise(L, "TypeError", "tl.timeout(s, fn, ...): a function is needed, not %s", tl__given(L, 2));
  tl_task *t = S->current;
  if (!t) return tl_raise(L, "CannotWaitError", "timeout works in handlers and tasks; no task is running");
  tl__scope *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (tl__scope){.seconds = seconds};
  luaL_setmetatable(L, timeout_name);
  lua_replace(L, 1);
  lua_toclose(L, 1);
  tl__scope_open(t, s, L);
  tl__scope_limit(s, tl__due_in(S, seconds));
  lua_pushcfunction(L, tl__traceback);
  lua_insert(L, 2);
  return timeout_k(L, lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 2, 0, timeout_k), 0);
}

/* ---- await ---- */

static int await_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl_task *self = tl_task_current(L), *t = tl__task_at(L, 1);
  self->awaited = NULL;
  tl_wait_end(L);
  if (t->status == TL_CANCELLED)
    return tl_raise(L, "CancelledError", "%s was cancelled: %s", tl__task_name(t),
                    t->reason ? t->reason : "no reason given");
  if (t->status == TL_FAILED) {
    tl__reg_get(L, &tl__key_results, t);
    tl__push_kept_error(L);
    return lua_error(L);
  }
  return tl__task_results(L, t);
}

static void await_abort(tl_task *t) {
  tl_task *of = t->awaited;
  if (!of || of->id != t->awaited_id) return;
  for (tl__awaiter **at = &of->awaiters; *at; at = &(*at)->next)
    if ((*at)->wake.task == t) {
      tl__awaiter *gone = *at;
      *at = gone->next;
      tl_free(gone);
      return;
    }
}

int tl__await(lua_State *L) { /* 1: the task object */
  tl_task *t = tl__task_at(L, 1), *self = tl_task_current(L);
  lua_settop(L, 1);
  if (t == self) return tl_raise(L, "DeadlockError", "%s awaits itself; await another task", tl__task_name(t));
  if (t->reaped) return await_k(L, LUA_OK, 0);
  tl_wake w = tl_wait_begin(L, TL_WAITING, "await");
  tl__awaiter *a = tl_alloc(sizeof *a);
  *a = (tl__awaiter){t->awaiters, w};
  t->awaiters = a;
  w.task->awaited = t;
  w.task->awaited_id = t->id;
  w.task->abort = await_abort;
  tl__deadlock_check(w.task->S, w.task);
  return tl_park(L, 0, await_k);
}

/* ---- defer ---- */

static const char defer_name[] = "tidelock.defer";

typedef struct deferred {
  tl_task *task;
  uint64_t id;
  bool done;
} deferred;

static void cleanup_over(tl_timer *timer) {
  tl_task *t = (tl_task *)((char *)timer - offsetof(tl_task, cleanup));
  t->mask_expired = true;
  if (tl__pending(t)) tl__end_wait(t, false);
}

void tl__arm_cleanup(tl_task *t) {
  if (t->cleanup.at || t->mask_expired) return;
  t->cleanup.fire = cleanup_over;
  tl_timer_add(&t->S->timers, &t->cleanup, tl__due_in(t->S, t->S->opts.cleanup_time));
}

static int defer_k(lua_State *L, int status, lua_KContext ctx) {
  (void)ctx;
  tl_task *t = tl_task_current(L);
  if (t && t->masks && !--t->masks) {
    tl_timer_remove(&t->S->timers, &t->cleanup);
    t->mask_expired = false;
  }
  if (status != LUA_OK && status != LUA_YIELD) return lua_error(L);
  return 0;
}

static int defer_close(lua_State *L) {
  deferred *d = luaL_checkudata(L, 1, defer_name);
  tl_task *t = tl_task_current(L);
  if (d->done) return 0;
  d->done = true;
  lua_settop(L, 1);
  lua_pushcfunction(L, tl__traceback);
  lua_getiuservalue(L, 1, 1);
  if (t) {
    bool overdue = false;
    t->masks++;
    for (const tl__scope *s = t->scopes; s; s = s->outer) overdue = overdue || s->expired;
    if (t->cancelled || overdue) tl__arm_cleanup(t);
  }
  return defer_k(L, lua_pcallk(L, 0, 0, 2, 0, defer_k), 0);
}

static int defer(lua_State *L) {
  if (!lua_isfunction(L, 1))
    return tl_raise(L, "TypeError", "tl.defer(fn): a function is needed, not %s", tl__given(L, 1));
  deferred *d = lua_newuserdatauv(L, sizeof *d, 1);
  *d = (deferred){0};
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, defer_name);
  return 1;
}

/* ---- the clock ---- */

static int now(lua_State *L) {
  lua_pushnumber(L, (double)tl_lua_now(tl_lua_of(L)) / 1e9);
  return 1;
}

void tl__open_wait(lua_State *L) {
  luaL_newmetatable(L, timeout_name);
  lua_pushcfunction(L, timeout_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, timeout_gc);
  lua_setfield(L, -2, "__close"); /* of a coroutine that was closed inside it */
  luaL_newmetatable(L, defer_name);
  lua_pushcfunction(L, defer_close);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 2);
  static const luaL_Reg functions[] = {
      {"sleep", sleep_for}, {"timeout", tl__timeout}, {"defer", defer}, {"now", now}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
