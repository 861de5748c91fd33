/* wait.c: waits of the API that need nothing but the clock and other tasks: sleep, timeout, gather, await, defer. */
#include <math.h>
#include <string.h>

#include "base/mem.h"
#include "lua/inner.h"

static double seconds_arg(lua_State *L, int arg, const char *usage) {
  if (lua_type(L, arg) != LUA_TNUMBER)
    tl_raise(L, "TypeError", "%s: seconds are a number, not %s", usage, tl__given(L, arg));
  double s = lua_tonumber(L, arg);
  if (!(s >= 0) || s > 1e9) tl_raise(L, "TypeError", "%s: seconds must be from 0 to 1e9, not %g", usage, s);
  return s;
}

static uint64_t due_in(tl_lua *S, double seconds) { return tl_lua_now(S) + (uint64_t)llround(seconds * 1e9); }

/* ---- sleep ---- */

static int sleep_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl_wait_end(L);
  return 0;
}

static int sleep_for(lua_State *L) {
  tl_lua *S = tl_lua_of(L);
  double s = seconds_arg(L, 1, "tl.sleep(s)");
  tl_wake w = tl_wait_begin(L, TL_SLEEPING, "sleep");
  if (s > 0)
    tl_wake_at(S, w, due_in(S, s));
  else
    tl__end_wait(w.task, true); /* a turn for the others, and for the I/O */
  return tl_park(L, 0, sleep_k);
}

/* ---- timeout: a scope on the C side of a userdata; the call runs in the caller's coroutine and keeps its lock ---- */

static const char scope_name[] = "tidelock.scope";

static void scope_expired(tl_timer *timer) {
  tl__scope *s = (tl__scope *)((char *)timer - offsetof(tl__scope, timer));
  s->expired = true;
  if (tl__scope_masked(s->task, s))
    tl__arm_cleanup(s->task);
  else
    tl__end_wait(s->task, false);
}

static void scope_close(tl__scope *s) {
  if (!s->task) return;
  tl_timer_remove(&s->task->S->timers, &s->timer);
  for (tl__scope **at = &s->task->scopes; *at; at = &(*at)->outer)
    if (*at == s) {
      *at = s->outer;
      break;
    }
  s->task = NULL;
}

static int scope_gc(lua_State *L) {
  scope_close(luaL_checkudata(L, 1, scope_name));
  return 0;
}

static int timeout_k(lua_State *L, int status, lua_KContext ctx) { /* stack: scope, handler, results or error */
  (void)ctx;
  scope_close(lua_touserdata(L, 1));
  if (status != LUA_OK && status != LUA_YIELD) return lua_error(L);
  return lua_gettop(L) - 2;
}

int tl__timeout(lua_State *L) {
  tl_lua *S = tl_lua_of(L);
  double seconds = seconds_arg(L, 1, "tl.timeout(s, fn, ...)");
  if (!lua_isfunction(L, 2))
    tl_raise(L, "TypeError", "tl.timeout(s, fn, ...): a function is needed, not %s", tl__given(L, 2));
  tl_task *t = S->current;
  if (!t) return tl_raise(L, "CannotWaitError", "timeout works in handlers and tasks; no task is running");
  tl__scope *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (tl__scope){.seconds = seconds, .masks = t->masks};
  luaL_setmetatable(L, scope_name);
  lua_replace(L, 1);
  lua_toclose(L, 1);
  s->task = t;
  s->outer = t->scopes;
  t->scopes = s;
  s->timer.fire = scope_expired;
  tl_timer_add(&S->timers, &s->timer, due_in(S, seconds));
  lua_pushcfunction(L, tl__traceback);
  lua_insert(L, 2);
  return timeout_k(L, lua_pcallk(L, lua_gettop(L) - 3, LUA_MULTRET, 2, 0, timeout_k), 0);
}

/* ---- gather ---- */

static void cancel_children(tl_task *parent, const char *reason) {
  tl_task *next;
  for (tl_task *c = parent->S->first; c; c = next) {
    next = c->next;
    if (c->parent == parent && c->parent_id == parent->id) tl__cancel(c, reason);
  }
}

static int gather_wait(lua_State *L, tl_task *t);

/* +1: what a failed task raised. */
static void push_error_of(lua_State *L, tl_task *t) {
  tl__reg_get(L, &tl__key_results, t);
  if (lua_istable(L, -1))
    lua_getfield(L, -1, "err");
  else
    tl_push_error(L, "MemoryError", "the task ran out of memory"); /* and could not keep its error */
  lua_remove(L, -2);
}

/* Children sit at 1..n as task objects; n + 1 is the slot of the first error (nil: none). */
static int first_error(lua_State *L, int n) {
  for (int i = 1; i <= n; i++) {
    tl_task *c = tl__task_at(L, i);
    if (c->status != TL_FAILED) continue;
    push_error_of(L, c);
    return 1;
  }
  return 0;
}

/* All have ended: the results in order (the first of each child; nil where it gave none). */
static int gather_results(lua_State *L, int n) {
  luaL_checkstack(L, n + 4, "too many functions to gather");
  for (int i = 1; i <= n; i++) {
    tl__reg_get(L, &tl__key_results, tl__task_at(L, i));
    lua_rawgeti(L, -1, 1);
    lua_remove(L, -2);
  }
  return n;
}

static int gather_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl_task *t = tl_task_current(L);
  int n = lua_gettop(L) - 1;
  t->status = TL_RUNNING;
  if (lua_isnil(L, n + 1)) {
    if (first_error(L, n)) {
      lua_replace(L, n + 1);
      cancel_children(t, "another function of the same gather failed");
    } else if (tl__pending(t) && t->pending) {
      cancel_children(t, "the task that gathered was ended");
    }
  }
  if (t->pending) return gather_wait(L, t);
  tl_wait_end(L);
  if (!lua_isnil(L, n + 1)) return lua_error(L);
  for (int i = 1; i <= n; i++)
    if (tl__task_at(L, i)->status == TL_CANCELLED)
      return tl_raise(L, "CancelledError", "function %d of gather was cancelled", i);
  return gather_results(L, n);
}

/* Waits for the next child to end, also when the parent was cancelled meanwhile: nothing outlives its gather. */
static int gather_wait(lua_State *L, tl_task *t) {
  t->status = TL_WAITING;
  t->gen++;
  t->parked = true;
  t->abort = NULL;
  return tl_park(L, 0, gather_k);
}

static void new_child(lua_State *L, tl_task *parent, int fn) {
  tl_lua *S = parent->S;
  lua_createtable(L, 1, 1);
  lua_pushvalue(L, fn);
  lua_rawseti(L, -2, 1);
  lua_pushinteger(L, 1);
  lua_setfield(L, -2, "n");
  tl_task *c = tl__task_new(S, TL__CHILD, parent->cell);
  c->name = tl_strndup(tl__task_name(parent), strlen(tl__task_name(parent)));
  c->parent = parent;
  c->parent_id = parent->id;
  parent->pending++;
  tl__reg_set(L, &tl__key_fn, c);
  tl__push_task(L, c);
  lua_replace(L, fn);
  tl__ready(c);
}

static int new_children(lua_State *L) { /* functions -> task objects */
  int n = lua_gettop(L);
  for (int i = 1; i <= n; i++) new_child(L, tl_task_current(L), i);
  return n;
}

static int gather(lua_State *L) {
  int n = lua_gettop(L);
  for (int i = 1; i <= n; i++)
    if (!lua_isfunction(L, i))
      tl_raise(L, "TypeError", "tl.gather(f1, f2, ...): argument %d must be a function, not %s", i, tl__given(L, i));
  if (!n) return 0;
  tl_wake w = tl_wait_begin(L, TL_WAITING, "gather");
  w.task->parked = false; /* nothing below may end the wait before it is whole */
  lua_pushcfunction(L, new_children);
  lua_insert(L, 1);
  if (lua_pcall(L, n, n, 0)) { /* no memory */
    w.task->status = TL_RUNNING;
    cancel_children(w.task, "the others could not start");
    return lua_error(L);
  }
  lua_pushnil(L);
  w.task->parked = true;
  return tl_park(L, 0, gather_k);
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
    push_error_of(L, t);
    return lua_error(L);
  }
  tl__reg_get(L, &tl__key_results, t);
  int pack = lua_gettop(L);
  lua_getfield(L, pack, "n");
  int n = (int)lua_tointeger(L, -1);
  luaL_checkstack(L, n + 2, "too many results");
  for (int i = 1; i <= n; i++) lua_rawgeti(L, pack, i);
  return n;
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
  tl_timer_add(&t->S->timers, &t->cleanup, due_in(t->S, t->S->opts.cleanup_time));
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
  luaL_newmetatable(L, scope_name);
  lua_pushcfunction(L, scope_gc);
  lua_setfield(L, -2, "__gc");
  lua_pushcfunction(L, scope_gc);
  lua_setfield(L, -2, "__close"); /* of a coroutine that was closed inside it */
  luaL_newmetatable(L, defer_name);
  lua_pushcfunction(L, defer_close);
  lua_setfield(L, -2, "__close");
  lua_pop(L, 2);
  static const luaL_Reg functions[] = {
      {"sleep", sleep_for}, {"timeout", tl__timeout}, {"gather", gather}, {"defer", defer}, {"now", now}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
