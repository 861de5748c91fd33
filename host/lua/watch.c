/* watch.c: who waits for whom: a lock that is kept over a long wait is told in the log, once a hold; tl.debug.tasks and
 * tl.debug.locks list what goes on.
 *
 * The timer of a hold is set when its task begins to wait with the lock held: who does not wait holds nobody up for
 * long. Owns nothing. */
#include <string.h>

#include "base/log.h"
#include "lua/convert.h"
#include "lua/inner.h"

static tl_task *waiter_task(const tl_waiter *w) { return ((tl__hold *)w)->task; }

/* ---- the log ---- */

enum { NAMED = 5 }; /* of those who wait */

static void add_waiting(tl_buf *out, const tl_lock *lock) {
  if (!lock->waiting) {
    tl_buf_puts(out, "nobody waits for it so far");
    return;
  }
  tl_buf_printf(out, "%u wait%s for it:", lock->waiting, lock->waiting == 1 ? "s" : "");
  int n = 0;
  for (const tl_waiter *w = lock->first; w && n < NAMED; w = w->next, n++)
    tl_buf_printf(out, "%s %s", n ? "," : "", tl__task_name(waiter_task(w)));
  if (lock->waiting > NAMED) tl_buf_puts(out, ", ...");
}

static int tell(lua_State *L) { /* task, protected: may run out of memory */
  tl_task *t = lua_touserdata(L, 1);
  tl_buf *text = tl__push_buf(L);
  tl_buf_printf(text, "%s has held its tab's lock for %g s over a wait, since ", tl__task_name(t),
                t->S->opts.lock_warn_time);
  tl__hold_where(&t->hold, text);
  tl_buf_puts(text, "; ");
  add_waiting(text, &t->hold.cell->lock);
  tl_buf_puts(text, "; wait outside of the block, or in a background task");
  tl__push_traceback(L, t->hold.co ? t->hold.co : t->co, 0);
  tl_log(TL_LOG_WARN, "%s\n%s", tl_buf_cstr(text), lua_tostring(L, -1));
  return 0;
}

static void held_long(tl_timer *timer) {
  tl__hold *h = (tl__hold *)((char *)timer - offsetof(tl__hold, watch));
  lua_State *L = h->task->S->L;
  h->told = true;
  lua_pushcfunction(L, tell);
  lua_pushlightuserdata(L, h->task);
  if (lua_pcall(L, 1, 0, 0)) lua_pop(L, 1);
}

void tl__watch(tl_task *t) {
  tl__hold *h = &t->hold;
  double seconds = t->S->opts.lock_warn_time;
  if (h->told || h->watch.at || !seconds) return;
  h->watch.fire = held_long;
  tl_timer_add(&t->S->timers, &h->watch, tl_lua_now(t->S) + (uint64_t)(seconds * 1e9));
}

/* ---- tl.debug ---- */

static void set_string(lua_State *L, const char *key, const char *value) {
  lua_pushstring(L, value);
  lua_setfield(L, -2, key);
}

/* The innermost line of the app in a coroutine that waits, or runs. */
static void set_place(lua_State *L, const tl_task *t) {
  char where[TL_WHERE];
  lua_Debug ar;
  lua_State *co = t->co;
  if (!co || t->S->current == t) co = t->S->current == t ? L : NULL;
  for (int level = 0; co && lua_getstack(co, level, &ar); level++) {
    lua_getinfo(co, "Sl", &ar);
    if (ar.currentline <= 0 || !strncmp(ar.source, "=tidelock.", 10)) continue;
    snprintf(where, sizeof where, "%s:%d", ar.short_src, ar.currentline);
    set_string(L, "where", where);
    return;
  }
}

static void set_id(lua_State *L, const char *key, const tl_task *t) {
  lua_pushinteger(L, (lua_Integer)t->id);
  lua_setfield(L, -2, key);
}

static void set_since(lua_State *L, uint64_t ns) {
  lua_pushnumber(L, (double)ns / 1e9);
  lua_setfield(L, -2, "since");
}

/* +1: its table. */
static void push_entry(lua_State *L, const tl_task *t) {
  static const char *const kinds[] = {"handler", "background", "spawned", "child", "lifespan"};
  luaL_checkstack(L, 6, NULL);
  lua_newtable(L);
  set_id(L, "id", t);
  set_string(L, "name", tl__task_name(t));
  set_string(L, "kind", kinds[t->kind]);
  set_string(L, "status", tl__status_name(t));
  set_since(L, t->parked ? t->since : t->started_at);
  if (t->token[0]) set_string(L, "token", t->token);
  set_place(L, t);
}

/* For whom it waits, as far as that is a task. */
static void set_waits_for(lua_State *L, const tl_task *t) {
  if (t->hold.cell && !t->hold.held)
    set_id(L, "waits_for", waiter_task(t->hold.cell->lock.holder));
  else if (t->parked && t->awaited && t->awaited->id == t->awaited_id)
    set_id(L, "waits_for", t->awaited);
  else if (tl__stay_waits_for(t, NULL))
    set_id(L, "waits_for", tl__stay_waits_for(t, NULL));
}

static int debug_tasks(lua_State *L) {
  lua_newtable(L);
  lua_Integer n = 0;
  for (const tl_task *t = tl_lua_of(L)->first; t; t = t->next) {
    if (t == t->S->root_task) continue;
    push_entry(L, t);
    set_waits_for(L, t);
    lua_pushboolean(L, t->hold.held);
    lua_setfield(L, -2, "holds_lock");
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

static void push_lock(lua_State *L, const tl_task *holder) {
  const tl__hold *h = &holder->hold;
  luaL_checkstack(L, 8, NULL);
  lua_newtable(L);
  set_string(L, "token", h->cell->token);
  set_since(L, h->since);
  tl_buf *where = tl__push_buf(L);
  tl__hold_where(h, where);
  lua_pushstring(L, tl_buf_cstr(where));
  lua_setfield(L, -3, "where");
  lua_pop(L, 1);
  push_entry(L, holder);
  lua_setfield(L, -2, "holder");
  lua_newtable(L);
  lua_Integer n = 0;
  for (const tl_waiter *w = h->cell->lock.first; w; w = w->next) {
    push_entry(L, waiter_task(w));
    lua_rawseti(L, -2, ++n);
  }
  lua_setfield(L, -2, "waiting");
}

static int debug_locks(lua_State *L) {
  lua_newtable(L);
  lua_Integer n = 0;
  for (const tl_task *t = tl_lua_of(L)->first; t; t = t->next) {
    if (!t->hold.held) continue;
    push_lock(L, t);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

void tl__open_watch(lua_State *L) {
  static const luaL_Reg functions[] = {{"debug_tasks", debug_tasks}, {"debug_locks", debug_locks}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
