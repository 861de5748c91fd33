/* block.c: entering a tab's lock from Lua, and leaving it: with_state, modify_state and tl.lock. A block commits only
 * where it is known that its exit is normal; in all other cases it rolls back. The hold itself is hold.c's. */
#include "lua/convert.h"
#include "lua/inner.h"

/* ---- entering ---- */

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

void tl__open_block(lua_State *L) {
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
