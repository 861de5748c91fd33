/* task.c: the life of a task, from its making to its end. The only file that calls lua_resume.
 *
 * A task's function runs under lua_pcallk in its own coroutine: an error or a cancel unwinds there, so <close> values
 * see it and may wait. Two C frames lie below the function: task_main (the pcall, then the fate) and task_body (the
 * call, then what is returned: collected, committed, emitted), so that a wrong return value counts as an error of the
 * task. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "lua/board.h"
#include "lua/class.h"
#include "lua/group.h"
#include "lua/line.h"
#include "lua/state.h"

enum { SLAB = 64 };

typedef struct slab {
  struct slab *next;
  tl_task tasks[SLAB];
} slab;

static void slab_add(tl_lua *S) {
  slab *s = tl_calloc(sizeof *s);
  s->next = S->slabs;
  S->slabs = s;
  for (int i = SLAB - 1; i >= 0; i--) {
    s->tasks[i].S = S;
    s->tasks[i].next = S->free_tasks;
    S->free_tasks = &s->tasks[i];
  }
}

tl_task *tl__task_new(tl_lua *S, tl__task_kind kind, tl_cell *cell) {
  if (!S->free_tasks) slab_add(S);
  tl_task *t = S->free_tasks;
  S->free_tasks = t->next;
  uint64_t gen = t->gen; /* goes on counting: a wake of the struct's last life stays stale */
  *t = (tl_task){.id = ++S->next_id, .gen = gen, .S = S, .kind = kind, .status = TL_RUNNING};
  t->hold.task = t;
  t->started_at = tl_lua_now(S);
  if (cell) {
    t->cell = tl_cell_retain(cell);
    memcpy(t->token, cell->token, sizeof t->token);
  }
  t->prev = S->last;
  if (S->last)
    S->last->next = t;
  else
    S->first = t;
  S->last = t;
  return t;
}

static void unlink_task(tl_task *t) {
  tl_lua *S = t->S;
  if (t->prev)
    t->prev->next = t->next;
  else
    S->first = t->next;
  if (t->next)
    t->next->prev = t->prev;
  else
    S->last = t->prev;
  t->next = t->prev = NULL;
}

void tl__task_maybe_free(tl_task *t) {
  if (!t->id || !t->reaped || t->ready || t->handles) return;
  tl_lua *S = t->S;
  tl_free(t->name);
  tl_free(t->reason);
  tl_release(t->args);
  tl_release(t->route);
  if (t->stay) tl__stay_free(t);
  t->args = t->route = tl_nil();
  tl__results_drop(t);
  t->id = 0;
  t->gen++;
  t->next = S->free_tasks;
  S->free_tasks = t;
}

void tl__tasks_name(tl_lua *S) {
  for (slab *s = S->slabs; s; s = s->next)
    for (tl_task *t = s->tasks; t < s->tasks + SLAB; t++) {
      if (!t->id || !t->reaped || !t->handler) continue;
      if (!t->name) t->name = tl_strndup(t->handler->name, strlen(t->handler->name));
      t->handler = NULL;
    }
}

const char *tl__task_name(const tl_task *t) { return t->name ? t->name : t->handler ? t->handler->name : "task"; }

/* ---- inside the coroutine ---- */

static bool takes_events(const tl_task *t) { return t->kind == TL__HANDLER || t->kind == TL__BACKGROUND; }

/* Stack: 1..top are the function's results. */
static int body_done(lua_State *L, tl_task *t) {
  int n = lua_gettop(L);
  if (!takes_events(t)) return n;
  if (tl__refused(t)) tl__interrupt(L, t); /* what a handler has done since it caught a cancel is not kept */
  tl_value out = tl_nil();
  if (n > 0) tl__collect(L, 1, n, tl__task_name(t), t->cell, &out);
  if (t->kind == TL__HANDLER) tl__hold_commit(L, t);
  if (n > 0) tl__emit(L, t, t->cell, out);
  return n;
}

static int body_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status;
  return body_done(L, (tl_task *)ctx);
}

int tl__task_call(lua_State *L, tl_task *t) {
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, (lua_KContext)t, body_k);
  return body_done(L, t);
}

static void push_args(lua_State *L, tl_value args) {
  int n = args.kind == TL_LIST ? (int)tl_count(args) : 0;
  luaL_checkstack(L, n + 8, "too many arguments");
  for (int i = 0; i < n; i++) tl_push_plain(L, tl_list_at(args, (size_t)i));
}

static void push_spawned(lua_State *L, tl_task *t) {
  tl__reg_get(L, &tl__key_fn, t);
  int pack = lua_gettop(L);
  lua_getfield(L, pack, "n");
  int n = (int)lua_tointeger(L, -1);
  lua_pop(L, 1);
  luaL_checkstack(L, n + 8, "too many arguments");
  for (int i = 1; i <= n; i++) lua_rawgeti(L, pack, i);
  lua_remove(L, pack);
  lua_pushnil(L);
  tl__reg_set(L, &tl__key_fn, t);
}

static int task_body(lua_State *L) {
  tl_task *t = lua_touserdata(L, 1);
  lua_settop(L, 0);
  if (t->handler) {
    tl_handler_push(L, t->handler);
    tl__state_push_self(L, t->view, t->handler->cls);
    push_args(L, t->args);
  } else {
    push_spawned(L, t);
  }
  return t->stay ? tl__stay_body(L, t) : tl__task_call(L, t);
}

bool tl__handler_place(lua_State *L, char out[TL_WHERE]) {
  tl_task *t = tl_task_current(L);
  if (!t || !t->handler) return false;
  lua_Debug ar;
  luaL_checkstack(L, 2, NULL);
  tl_handler_push(L, t->handler);
  lua_getinfo(L, ">S", &ar);
  if (ar.linedefined <= 0 || !strncmp(ar.source, "=tidelock.", 10)) return false;
  snprintf(out, TL_WHERE, "%s:%d", ar.short_src, ar.linedefined);
  return true;
}

static void task_failed(lua_State *L, tl_task *t, int err) {
  bool cancelled = t->cancelled && tl_error_is(L, err, "CancelledError");
  tl__hold_rollback(t);
  if (lua_isnil(L, err)) { /* from a library: whoever waits for the task must see that it failed */
    tl_push_error(L, "Error", "an error without a value was raised");
    lua_replace(L, err);
    tl__reg(L, &tl__key_trace); /* its traceback is the nil's */
    lua_pushvalue(L, err);
    lua_rawseti(L, -2, 1);
    lua_pop(L, 1);
  }
  t->status = cancelled ? TL_CANCELLED : TL_FAILED;
  if (!cancelled) tl__origin_tell(L, t, err);
}

/* Stack: 1 message handler, 2.. results, or the error. */
static int task_k(lua_State *L, int status, lua_KContext ctx) {
  tl_task *t = (tl_task *)ctx;
  bool ok = status == LUA_OK || status == LUA_YIELD;
  if (ok)
    t->status = TL_DONE;
  else
    task_failed(L, t, 2);
  tl__results_keep(L, t, ok, 2); /* first: reporting may raise, where the error is a value with a will of its own */
  bool reported = t->status == TL_FAILED && t->kind != TL__CHILD; /* its group raises a child's error in its parent */
  if (reported) tl__report(L, t, 2);
  if (!ok) { /* the traceback belongs to this error alone */
    tl__reg(L, &tl__key_trace);
    lua_pushnil(L);
    lua_rawseti(L, -2, 1);
  }
  lua_settop(L, 0);
  return 0;
}

static int task_main(lua_State *L) {
  tl_task *t = lua_touserdata(L, 1);
  lua_settop(L, 0);
  lua_pushcfunction(L, tl__traceback);
  lua_pushcfunction(L, task_body);
  lua_pushlightuserdata(L, t);
  return task_k(L, lua_pcallk(L, 1, LUA_MULTRET, 1, (lua_KContext)t, task_k), (lua_KContext)t);
}

/* ---- outside: start, resume, end ---- */

static int make_thread(lua_State *L) { /* protected: may run out of memory */
  tl_task *t = lua_touserdata(L, 1);
  lua_State *co = lua_newthread(L);
  tl__coroutine_own(L, co);
  tl__reg_set(L, &tl__key_threads, co);
  t->co = co;
  return 0;
}

static bool take_thread(tl_task *t) {
  tl_lua *S = t->S;
  if (S->pool_n) {
    t->co = S->pool[--S->pool_n];
    return true;
  }
  lua_pushcfunction(S->L, make_thread);
  lua_pushlightuserdata(S->L, t);
  if (lua_pcall(S->L, 1, 0, 0) == LUA_OK) return true;
  lua_pop(S->L, 1);
  tl_failure f = {.name = "MemoryError", .message = "there was no memory to start it"};
  if (t->kind != TL__CHILD) tl__tell(t, &f); /* a child's gather raises its own */
  return false;
}

static void give_thread(tl_task *t) {
  tl_lua *S = t->S;
  lua_State *co = t->co;
  t->co = NULL;
  if (!co) return;
  lua_sethook(co, NULL, 0, 0); /* what this task set must not run in the next one */
  if (S->pool_n < (int)(sizeof S->pool / sizeof *S->pool) && lua_status(co) == LUA_OK) {
    S->pool[S->pool_n++] = co;
    return;
  }
  lua_pushnil(S->L);
  tl__reg_set(S->L, &tl__key_threads, co);
}

static void tell_waiters(tl_task *t) {
  tl__awaiter *a = t->awaiters;
  t->awaiters = NULL;
  for (tl__awaiter *next; a; a = next) {
    next = a->next;
    tl_wake_task(t->S, a->wake);
    tl_free(a);
  }
  if (t->group) tl__group_left(t);
}

/* The task has its fate: gives back what it had, tells who waits for it. */
static void task_end(tl_task *t) {
  tl_lua *S = t->S;
  if (t->hold.held && t->status == TL_DONE) {
    tl_buf where = {0};
    tl__hold_where(&t->hold, &where);
    tl_log(
        TL_LOG_WARN,
        "%s ended inside the block that was entered at %s, which is rolled back; write local _ <close> = tl.lock(self)",
        tl__task_name(t), tl_buf_cstr(&where));
    tl_buf_free(&where);
  }
  tl__hold_abort(t);
  tl_timer_remove(&S->timers, &t->timer);
  tl_timer_remove(&S->timers, &t->cleanup);
  tl__scopes_drop(t); /* of a coroutine that was reset, or made without <close> */
  if (t->stay) tl__stay_end(t);
  if (t->row) tl__row_end(t);
  if (t->reads || t->losing) tl__stale_forget(t);
  tl__origin_end(t);
  give_thread(t);
  unlink_task(t);
  t->reaped = true;
  if (t->kind == TL__HANDLER && t->event && S->hooks.done) S->hooks.done(S->hooks.ctx, t->cell, t->event, t->instance);
  if (t->kind == TL__BACKGROUND) t->cell->tasks--;
  tell_waiters(t);
  if (t->view) {
    if (t->kind == TL__HANDLER && t->view->refs > 1) tl_view_loosen(t->view);
    tl_view_release(t->view);
  }
  t->view = NULL;
  if (t->cell) tl__cell_release(t->cell);
  t->cell = NULL;
  tl__task_maybe_free(t);
}

static void reset_thread(tl_task *t) {
  t->S->killing = true; /* guards roll back: the reset gives them a nil error */
  t->S->nowait++;       /* a yield would not come here */
  t->S->dying = true;
  tl__interrupt_dying(t->co);
  lua_resetthread(t->co);
  lua_settop(t->co, 0);
  t->S->nowait--;
  t->S->killing = t->S->dying = false;
}

static void broke_out(tl_task *t, int status) { /* only memory errors and errors of our own code come here */
  lua_State *co = t->co;
  const char *text = lua_tostring(co, -1);
  tl__hold_rollback(t);
  t->status = TL_FAILED;
  tl_failure f = {.name = status == LUA_ERRMEM ? "MemoryError" : "Error", .message = text ? text : "?"};
  tl__tell(t, &f);
  reset_thread(t);
}

void tl__kill(tl_task *t) {
  if (!t->started) {
    tl__task_drop_unstarted(t, TL_CANCELLED);
    return;
  }
  t->abort = NULL;
  t->parked = false;
  tl__line_leave(t);
  reset_thread(t);
  t->status = TL_CANCELLED;
  task_end(t);
}

static void after_resume(tl_task *t, int status, int nres) {
  tl_lua *S = t->S;
  if (status == LUA_YIELD) {
    lua_pop(t->co, nres);
    if (!S->parking) tl__ready_later(t); /* a library yielded on its own account */
    S->parking = false;
    if (t->given_up) tl__kill(t);
    return;
  }
  if (status != LUA_OK) broke_out(t, status);
  task_end(t);
}

void tl__task_drop_unstarted(tl_task *t, tl_status status) {
  t->status = status;
  t->started = true;
  if (!t->handler) {
    lua_pushnil(t->S->L);
    tl__reg_set(t->S->L, &tl__key_fn, t);
  }
  task_end(t);
}

void tl__task_run(tl_task *t) {
  tl_lua *S = t->S;
  int nargs = 0, nres = 0;
  if (t->reaped) {
    tl__task_maybe_free(t);
    return;
  }
  if (!t->started) {
    if (!take_thread(t)) {
      tl__task_drop_unstarted(t, TL_FAILED);
      return;
    }
    t->started = true;
    t->status = TL_RUNNING;
    lua_pushcfunction(t->co, task_main);
    lua_pushlightuserdata(t->co, t);
    nargs = 1;
  }
  S->current = t;
  S->spins_from = 0;
  int status = lua_resume(t->co, S->L, nargs, &nres);
  S->current = NULL;
  after_resume(t, status, nres);
}

static int keep_fn(lua_State *L) { /* task, pack */
  tl__reg_set(L, &tl__key_fn, lua_touserdata(L, 1));
  return 0;
}

void tl_lua_start_lifespans(lua_State *L) {
  const tl_app *a = tl_app_current(L);
  if (!a) return;
  int top = lua_gettop(L);
  luaL_checkstack(L, 8, NULL);
  tl__app_table(L, a);
  lua_getfield(L, -1, "table");
  if (lua_getfield(L, -1, "lifespans") == LUA_TTABLE)
    for (lua_Integer i = 1; lua_rawgeti(L, top + 3, i) == LUA_TFUNCTION; i++)
      tl_lua_spawn(L, 0, "lifespan")->kind = TL__LIFESPAN;
  lua_settop(L, top);
}

tl_task *tl_lua_spawn(lua_State *L, int nargs, const char *name) {
  tl_lua *S = tl_lua_of(L);
  lua_createtable(L, nargs + 1, 1);
  lua_insert(L, -nargs - 2);
  for (int i = nargs + 1; i >= 1; i--) lua_rawseti(L, -i - 1, i);
  lua_pushinteger(L, nargs + 1);
  lua_setfield(L, -2, "n");
  tl_task *t = tl__task_new(S, TL__SPAWNED, NULL);
  tl__origin_set(t, S->current, tl__spot_of(L));
  lua_pushcfunction(L, keep_fn);
  lua_pushlightuserdata(L, t);
  lua_rotate(L, -3, -1);
  if (lua_pcall(L, 2, 0, 0)) { /* no memory: there is no such task */
    tl__task_drop_unstarted(t, TL_FAILED);
    lua_error(L);
  }
  t->name = name ? tl_strndup(name, strlen(name)) : NULL;
  tl__ready(t);
  return t;
}
