/* hold.c: entering a tab's lock, and leaving it by commit or rollback: with_state, tl.lock, modify_state, and a
 * handler's own hold. A hold commits only where it is known that the exit is normal; in all other cases it rolls back.
 *
 * The order of a commit: seal the draft, bring computed vars up to date, swap the root, tell the runtime, refresh the
 * view, give the lock to the next in line. */
#include <string.h>

#include "base/mem.h"
#include "lua/board.h"
#include "lua/convert.h"
#include "lua/group.h"
#include "lua/line.h"

/* ---- the hold of a task ---- */

void tl__hold_enter(tl_task *t) {
  tl__hold *h = &t->hold;
  h->held = true;
  h->refused = false;
  h->around = t->scopes;
  h->since = t->S->turn_at;
  h->serial = ++t->S->next_hold;
  h->cell->draft = tl_draft_begin(h->cell->root);
  if (t->S->story) tl__story_lock(t->S, t, true, true);
}

static void granted(tl_waiter *w) {
  tl_task *t = ((tl__hold *)w)->task;
  tl__hold_enter(t);
  if (!t->started) {
    tl__ready(t);
    return;
  }
  t->abort = NULL;
  tl__end_wait(t, false);
}

bool tl__hold_request(tl_task *t, tl_cell *cell, tl_view *view) {
  tl__hold *h = &t->hold;
  h->cell = tl_cell_retain(cell);
  h->view = view;
  view->refs++;
  h->waiter.granted = granted;
  if (!tl_lock_request(&cell->lock, &h->waiter)) return false;
  tl__hold_enter(t);
  return true;
}

static void let_go(tl__hold *h) {
  tl_cell *cell = h->cell;
  tl_view *view = h->view;
  h->cell = NULL;
  h->view = NULL;
  if (h->co) {
    lua_State *L = h->task->S->L;
    h->co = NULL;
    lua_pushnil(L);
    tl__reg_set(L, &tl__key_holder, h->task);
  }
  tl_view_release(view);
  tl__cell_release(cell);
}

static void give_up(tl_task *t, bool committed) {
  tl__hold *h = &t->hold;
  if (t->S->story) tl__story_lock(t->S, t, false, committed);
  if (t->losing) tl__stale_end(t, committed);
  if (t->reads) tl__stale_left(t, committed);
  tl_cell *cell = h->cell;
  tl_timer_remove(&t->S->timers, &h->watch);
  tl_view_refresh(h->view);
  h->held = h->told = false;
  cell->draft = NULL;
  tl_lock_release(&cell->lock, &h->waiter);
  let_go(h);
}

/* Takes over root. False: it is the one that is there. */
static bool publish(lua_State *L, tl_cell *cell, tl_value root) {
  tl_lua *S = tl_lua_of(L);
  if (cell->board) root = tl__board_commit(cell, root);
  tl_value before = cell->root, after = tl_computed_commit(L, cell, root);
  if (tl_identical(before, after)) {
    tl_release(after);
    return false;
  }
  cell->root = after;
  if (S->story) tl__story_commit(S, before, after);
  if (S->hooks.committed) S->hooks.committed(S->hooks.ctx, cell, before);
  tl_release(before);
  return true;
}

bool tl__hold_publish(lua_State *L, tl_task *t) {
  tl_cell *cell = t->hold.cell;
  bool look = tl_draft_changed(cell->draft) || t->S->timely;
  bool changed = look && publish(L, cell, tl_draft_commit(cell->draft));
  if (t->losing) tl__stale_end(t, true);
  tl_view_refresh(t->hold.view);
  return changed;
}

void tl__hold_commit(lua_State *L, tl_task *t) {
  tl_cell *cell = t->hold.cell;
  bool changed = tl_draft_changed(cell->draft) || t->S->timely;
  tl_draft *d = cell->draft;
  cell->draft = NULL; /* computed vars that run now see the sealed root */
  tl_value root = tl_draft_finish(d);
  if (changed)
    publish(L, cell, root);
  else
    tl_release(root);
  give_up(t, true);
}

void tl_lua_look(tl_lua *S, tl_cell *cell) {
  if (S->timely && !cell->lock.holder) publish(S->L, cell, tl_retain(cell->root));
}

void tl__hold_rollback(tl_task *t) {
  if (!t->hold.held) return;
  tl_draft *d = t->hold.cell->draft;
  if (d) tl_draft_rollback(d);
  give_up(t, false);
}

void tl__hold_abort(tl_task *t) {
  tl__hold *h = &t->hold;
  if (!h->cell) return;
  if (h->held) {
    tl__hold_rollback(t);
    return;
  }
  tl_lock_withdraw(&h->waiter);
  let_go(h);
}

void tl__hold_where(const tl__hold *h, tl_buf *out) {
  if (h->at.line)
    tl_buf_printf(out, "%s:%d", tl__spot_file(h->task->S, h->at), h->at.line);
  else if (h->task->kind != TL__HANDLER)
    tl_buf_printf(out, "the start of %s", tl__task_name(h->task));
  else
    tl_buf_printf(out, "the start of the handler %s", tl__task_name(h->task));
}

/* ---- deadlocks: a cycle of "waits for" that goes through a held lock and a wait for a task ---- */

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

/* ---- why somebody may not write ---- */

const char *tl__hold_push_where(lua_State *L, const tl__hold *h) {
  tl_buf *where = tl__push_buf(L);
  tl__hold_where(h, where);
  return tl_buf_cstr(where);
}

void tl__hold_refuse(lua_State *L, const tl_cell *cell, const char *path) {
  const tl_task *t = tl_lua_of(L)->current;
  luaL_checkstack(L, 2, NULL);
  if (!t)
    tl_raise(L, "ImmutableStateError",
             "%s: neither a handler nor a task runs here (in a library's callback, say); start a task by tl.spawn and "
             "write there, "
             "inside with_state or modify_state",
             path);
  for (const tl_task *c = t, *p; (p = tl__parent(c)); c = p)
    if (p->hold.held && p->hold.cell == cell)
      tl_raise(
          L, "ImmutableStateError",
          "%s: the lock (held since %s) is not that of the tasks that were started inside it (by gather, race or a "
          "scope); let them return what is to be written, and write it when they have ended",
          path, tl__hold_push_where(L, &p->hold));
  if (!t->hold.held) return;
  if (t->hold.cell != cell)
    tl_raise(L, "ImmutableStateError",
             "%s: the state is another tab's, and the lock that is held here (since %s) is not; a background task that "
             "holds no lock "
             "writes it by tl.modify_state(token, State, fn)",
             path, tl__hold_push_where(L, &t->hold));
  if (!tl_cell_inside(L, cell))
    tl_raise(L, "ImmutableStateError",
             "%s: the block entered at %s is that of a coroutine which is suspended or has ended, and this code is "
             "outside of it; write in "
             "that coroutine, or let it leave its block first",
             path, tl__hold_push_where(L, &t->hold));
}

/* ---- entering from Lua ---- */

/* May raise: before anything is arranged. */
static void note_coroutine(lua_State *L, tl_task *t) {
  t->hold.co = NULL;
  if (L == t->co) return;
  lua_pushthread(L);
  tl__reg_set(L, &tl__key_holder, t);
  t->hold.co = L;
}

static int refuse_nesting(lua_State *L, tl_task *t, const char *what, const tl_cell *cell) {
  const char *held = tl__hold_push_where(L, &t->hold);
  if (t->kind == TL__HANDLER && !t->hold.at.line)
    return tl_raise(
        L, "ImmutableStateError",
        "%s in the handler %s, which already holds its tab's lock from its first line to its last; write the state "
        "directly%s",
        what, tl__task_name(t), t->hold.cell == cell ? "" : ", or use a background task for another tab");
  return tl_raise(L, "ImmutableStateError", "%s inside the block that was entered at %s; leave that block first%s",
                  what, held, t->hold.cell == cell ? " (what it may write can be written here)" : "");
}

/* The running task, which may ask for cell's lock now. Raises else. */
static tl_task *check_enter(lua_State *L, const char *what, const tl_cell *cell) {
  tl_lua *S = tl_lua_of(L);
  tl_task *t = S->current;
  if (!t || S->nowait || !lua_isyieldable(L)) {
    tl_wait_begin(L, TL_WAITING_LOCK, what); /* raises, with the reason */
    return NULL;
  }
  if (t->hold.held) refuse_nesting(L, t, what, cell);
  bool cleaning_up = t->masks && t->cell == cell; /* the tab is there until its tasks have ended */
  if (cell->gone && !cleaning_up) tl_raise(L, "UnknownTokenError", "%s: this tab has ended", what);
  return t;
}

/* Asks for the lock: true when it is held now; false: return tl_park, whose continuation calls entered(). */
static bool enter(lua_State *L, tl_task *t, tl_view *view, const char *what) {
  if (!view->cell->lock.holder) { /* free: no wait, but a cancel counts here as well */
    tl__interrupt(L, t);
    t->hold.at = tl__spot_of(L);
    note_coroutine(L, t);
    return tl__hold_request(t, view->cell, view);
  }
  note_coroutine(L, t);
  tl_wait_begin(L, TL_WAITING_LOCK, what);
  t->hold.at = t->waited;
  tl__hold_request(t, view->cell, view);
  t->abort = tl__hold_abort;
  tl__deadlock_check(t->S, t);
  return false;
}

/* After the wait: what ended it otherwise is raised, and a lock that was granted at the same moment goes back. */
static tl_task *entered(lua_State *L) {
  tl_task *t = tl_task_current(L);
  if (tl__pending(t)) tl__hold_abort(t);
  tl_wait_end(L);
  return t;
}

/* ---- a block: with_state and modify_state ---- */

static int body_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  return lua_gettop(L);
}

static int block_body(lua_State *L) { /* what was entered, fn, ... -> fn's results */
  tl_entered_push(L, 1);
  lua_replace(L, 1);
  lua_pushvalue(L, 2);
  lua_insert(L, 1);
  lua_remove(L, 3);
  lua_callk(L, lua_gettop(L) - 1, LUA_MULTRET, 0, body_k);
  return lua_gettop(L);
}

/* Stack: message handler, then fn's results or the error. */
static int block_k(lua_State *L, int status, lua_KContext serial) {
  tl_task *t = tl_task_current(L);
  if (!t || !t->hold.held ||
      t->hold.serial != (uint64_t)serial) { /* a user's coroutine that another task goes on with */
    if (status != LUA_OK && status != LUA_YIELD) return lua_error(L);
    return tl_raise(L, "ImmutableStateError",
                    "the task that had entered this block has ended; nothing of the block was kept");
  }
  if (status != LUA_OK && status != LUA_YIELD) {
    tl__hold_rollback(t);
    return lua_error(L);
  }
  if (tl__refused(t)) {
    tl__hold_rollback(t);
    tl__interrupt(L, t);
  }
  tl__hold_commit(L, t);
  return lua_gettop(L) - 1;
}

static int run_block(lua_State *L) { /* what was entered, fn, ... */
  lua_pushcfunction(L, tl__traceback);
  lua_insert(L, 1);
  lua_pushcfunction(L, block_body);
  lua_insert(L, 2);
  lua_KContext serial = (lua_KContext)tl_task_current(L)->hold.serial;
  return block_k(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, serial, block_k), serial);
}

static int block_entered_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  entered(L);
  return run_block(L);
}

static int start_block(lua_State *L, tl_view *view, const char *what) {
  tl_task *t = check_enter(L, what, view->cell);
  if (!enter(L, t, view, what)) return tl_park(L, 0, block_entered_k);
  return run_block(L);
}

static int need_function(lua_State *L, int arg, const char *usage) {
  if (lua_isfunction(L, arg)) return 0;
  return tl_raise(L, "TypeError", "%s: a function is needed, not %s", usage, tl__given(L, arg));
}

/* The view of what is to be entered, at 1. Raises. */
static tl_view *need_view(lua_State *L, const char *usage) {
  tl_view *view = lua_gettop(L) ? tl_enterable(L, 1) : NULL;
  tl_class *cls = view ? NULL : tl_class_at(L, 1);
  if (cls)
    tl_raise(
        L, "TypeError",
        "%s: the first argument is the class %s; a state instance (self) is needed, which handlers and tasks are given",
        usage, tl_class_name(cls));
  if (!view)
    tl_raise(L, "TypeError", "%s: the first argument must be a state instance (self), not %s", usage, tl__given(L, 1));
  return view;
}

static int with_state(lua_State *L) {
  tl_view *view = need_view(L, "tl.with_state(self, fn, ...)");
  need_function(L, 2, "tl.with_state(self, fn, ...)");
  return start_block(L, view, "with_state");
}

static tl_cell *find_cell(lua_State *L) {
  tl_lua *S = tl_lua_of(L);
  size_t n;
  const char *token = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &n) : NULL;
  if (!token)
    tl_raise(L, "TypeError", "tl.modify_state(token, State, fn, ...): the token is a string (self:get_token()), not %s",
             tl__given(L, 1));
  tl_cell *c = S->hooks.find ? S->hooks.find(S->hooks.ctx, token, n) : NULL;
  if (!c || c->gone) {
    tl_raise(L, "UnknownTokenError", "modify_state: no tab has the token \"%.30s\"; it has ended, or never was", token);
  }
  return c;
}

static int modify_state(lua_State *L) {
  tl_cell *c = find_cell(L);
  tl_class *cls = tl_class_at(L, 2);
  if (!cls)
    tl_raise(L, "TypeError",
             "tl.modify_state(token, State, fn, ...): the second argument must be a state class, not %s",
             tl__given(L, 2));
  need_function(L, 3, "tl.modify_state(token, State, fn, ...)");
  tl_state_push_new(L, c, cls);
  lua_replace(L, 2);
  lua_remove(L, 1);
  return start_block(L, tl_state_view(L, 1), "modify_state");
}

/* ---- tl.lock: for the rest of the enclosing block ---- */

typedef struct guard {
  tl_task *task;
  uint64_t id, serial;
} guard;

static const char guard_name[] = "tidelock.lock";

/* Is the scope left in the normal way? The error value alone does not tell: it is nil also when a message handler of
 * xpcall gave nothing, or when a coroutine is closed. But only a normal exit calls from the Lua function whose variable
 * it is; an error calls from the C function that catches it, a reset from the coroutine's base. */
bool tl__left_normally(lua_State *L) {
  lua_Debug ar;
  if (!lua_isnoneornil(L, 2) || !lua_getstack(L, 1, &ar)) return false;
  lua_getinfo(L, "S", &ar);
  return *ar.what != 'C';
}

static int guard_close(lua_State *L) { /* guard, error or nil */
  guard *g = luaL_checkudata(L, 1, guard_name);
  tl_task *t = g->task;
  if (!t || t->id != g->id || !t->hold.held || t->hold.serial != g->serial) return 0;
  g->task = NULL;
  bool normal = tl__left_normally(L) && !t->S->killing && tl_task_current(L) == t;
  if (normal && !tl__refused(t)) {
    tl__hold_commit(L, t);
    return 0;
  }
  tl__hold_rollback(t);
  if (normal) tl__interrupt(L, t);
  return 0;
}

static int fill_guard(lua_State *L, tl_task *t) {
  guard *g = lua_touserdata(L, -1);
  *g = (guard){t, t->id, t->hold.serial};
  return 1;
}

static int guard_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  return fill_guard(L, entered(L));
}

static int lock_state(lua_State *L) {
  tl_view *view = need_view(L, "lock(self)");
  tl_task *t = check_enter(L, "lock", view->cell);
  guard *g = lua_newuserdatauv(L, sizeof *g, 0);
  g->task = NULL;
  luaL_setmetatable(L, guard_name);
  if (!enter(L, t, view, "lock")) return tl_park(L, 0, guard_k);
  return fill_guard(L, t);
}

void tl__open_hold(lua_State *L) {
  luaL_newmetatable(L, guard_name);
  lua_pushcfunction(L, guard_close);
  lua_setfield(L, -2, "__close");
  lua_pushliteral(L, "locked");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  static const luaL_Reg functions[] = {
      {"with_state", with_state}, {"modify_state", modify_state}, {"lock", lock_state}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
