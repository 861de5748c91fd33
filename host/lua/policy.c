/* policy.c: the options of tl.background: how many tasks of a handler run at once in a tab, for how long, and what
 * becomes of them when their page has gone.
 *
 * A handler with options has *terms*; each of its tasks has a *stay* in its tab, from its trigger to its end. Tasks of
 * one tab, handler and key are rivals. Of rivals the one that was triggered first goes first, in whatever order they
 * are started: who finds an earlier one that has not begun yet, so that its key is not known, waits until it has.
 *
 * Owns terms (of the app's handlers) and stays (of tasks). Tasks without terms pay nothing. */
#include <string.h>

#include "base/mem.h"
#include "lua/board.h"
#include "lua/class.h"
#include "lua/convert.h"
#include "lua/inner.h"

typedef enum policy { PARALLEL, DROP, RESTART, QUEUE } policy;
static const char *const policy_names[] = {"parallel", "drop", "restart", "queue", NULL};

struct tl_terms {
  policy policy;
  int key;        /* registry reference of its function; LUA_NOREF: none */
  double timeout; /* s; 0: none */
  double grace;   /* s that a task may go on without a page; < 0: as long as there is the tab */
  bool keep;      /* such a task keeps its tab */
};

struct tl__stay {
  tl_task *task;
  tl__stay *prev, *next; /* in the tab's list */
  tl_value key;          /* owned; nil: there is none */
  bool begun;            /* the key is known */
  bool waits;            /* for rivals */
  tl_timer leave;        /* its page has gone */
};

static const tl_terms *terms_of(const tl__stay *s) { return s->task->handler->terms; }

/* ---- from the trigger to the end ---- */

static void left_alone(tl_timer *timer) {
  tl__stay *s = (tl__stay *)((char *)timer - offsetof(tl__stay, leave));
  tl__cancel(s->task, "its page has gone (on_disconnect)");
}

/* Not at once: a page that only changes its connection goes and comes in one turn. */
static void arm_leave(tl__stay *s) {
  double grace = terms_of(s)->grace;
  if (grace < 0) return;
  tl_lua *S = s->task->S;
  s->leave.fire = left_alone;
  tl_timer_add(&S->timers, &s->leave, tl_lua_now(S) + (uint64_t)(grace * 1e9));
}

void tl__stay_new(tl_task *t) {
  tl__stay *s = t->stay = tl_calloc(sizeof *s);
  *s = (tl__stay){.task = t, .key = tl_nil(), .next = t->cell->stays};
  if (s->next) s->next->prev = s;
  t->cell->stays = s;
  if (t->cell->away) arm_leave(s);
}

static void wake_waiting(const tl_cell *c, const tl_handler *h) {
  for (tl__stay *s = c->stays; s; s = s->next)
    if (s->waits && s->task->handler == h) tl__end_wait(s->task, false);
}

void tl__stay_end(tl_task *t) {
  tl__stay *s = t->stay;
  tl_timer_remove(&t->S->timers, &s->leave);
  if (s->prev)
    s->prev->next = s->next;
  else
    t->cell->stays = s->next;
  if (s->next) s->next->prev = s->prev;
  s->prev = s->next = NULL;
  wake_waiting(t->cell, t->handler);
}

void tl__stay_free(tl_task *t) {
  tl_release(t->stay->key);
  tl_free(t->stay);
  t->stay = NULL;
}

const tl_value *tl__stay_key(const tl_task *t) { return &t->stay->key; }
bool tl__stay_waits(const tl_task *t) { return t->stay->waits; }

/* ---- rivals ---- */

static bool may_be_rival(const tl__stay *s, const tl__stay *other) {
  return other->task->handler == s->task->handler && other->task->id < s->task->id &&
         (!other->begun || tl_equal(other->key, s->key));
}

/* The next earlier rival; from NULL: the first. */
static tl__stay *rival(const tl__stay *s, const tl__stay *from) {
  tl__stay *other = from ? from->next : s->task->cell->stays;
  while (other && !may_be_rival(s, other)) other = other->next;
  return other;
}

tl_task *tl__stay_waits_for(const tl_task *t, const tl_task *after) {
  const tl__stay *s = t->stay;
  if (!s || !s->waits || terms_of(s)->policy != QUEUE) return NULL;
  const tl__stay *other = rival(s, after ? after->stay : NULL);
  return other ? other->task : NULL;
}

static bool all_begun(const tl__stay *s) {
  for (const tl__stay *r = rival(s, NULL); r; r = rival(s, r))
    if (!r->begun) return false;
  return true;
}

static void replace_rivals(tl__stay *s) {
  for (tl__stay *r = rival(s, NULL), *next; r; r = next) {
    next = rival(s, r);
    tl__cancel(r->task, "a newer one takes its place (policy restart)");
  }
}

/* ---- before the first line ---- */

static int call_key(lua_State *L) { /* function, self, arguments -> key */
  lua_call(L, lua_gettop(L) - 1, 1);
  return 1;
}

/* Stack: function, self, arguments. +1: the key. Raises, after the mark is taken back. */
static void push_key(lua_State *L, const tl_task *t) {
  tl_lua *S = t->S;
  int n = lua_gettop(L);
  luaL_checkstack(L, n + 4, NULL);
  const char *outer = S->nowait_in;
  lua_pushcfunction(L, call_key);
  lua_rawgeti(L, LUA_REGISTRYINDEX, t->handler->terms->key);
  for (int i = 2; i <= n; i++) lua_pushvalue(L, i);
  S->nowait++;
  S->nowait_in = "the key of a background task";
  int status = lua_pcall(L, n, 1, 0);
  S->nowait--;
  S->nowait_in = outer;
  if (status != LUA_OK) lua_error(L);
}

static void find_key(lua_State *L, tl_task *t) {
  tl__stay *s = t->stay;
  if (terms_of(s)->key != LUA_NOREF) {
    push_key(L, t);
    int type = lua_type(L, -1);
    if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
      tl_raise(L, "TypeError", "the key of %s is a string, a number or a boolean, not %s; its function returns it",
               t->handler->name, luaL_typename(L, -1));
    tl__take take = {0};
    s->key = tl__from_lua(L, -1, &take);
    lua_pop(L, 1);
  }
  s->begun = true;
  wake_waiting(t->cell, t->handler); /* who did not know whether this is a rival */
}

/* Calls what is on the stack, within the time that it has. */
static int enter(lua_State *L, tl_task *t) {
  double timeout = t->handler->terms->timeout;
  if (timeout > 0) {
    lua_pushcfunction(L, tl__timeout);
    lua_insert(L, 1);
    lua_pushnumber(L, timeout);
    lua_insert(L, 2);
  }
  return tl__task_call(L, t);
}

static int drop(lua_State *L, tl_task *t) {
  tl__cancel(t, "one runs already (policy drop)");
  tl__interrupt(L, t); /* raises */
  return 0;
}

static int waited(lua_State *L, int status, lua_KContext ctx);

static int admit(lua_State *L, tl_task *t) {
  tl__stay *s = t->stay;
  policy p = terms_of(s)->policy;
  if (p == PARALLEL || !rival(s, NULL)) return enter(L, t);
  bool known = all_begun(s);
  if (known && p == DROP) return drop(L, t);
  if (known && p == RESTART) replace_rivals(s);
  if (!rival(s, NULL)) return enter(L, t); /* those had not begun */
  tl_wait_begin(L, TL_WAITING, "a background task");
  s->waits = true;
  tl__deadlock_check(t->S, t);
  return tl_park(L, (lua_KContext)t, waited);
}

static int waited(lua_State *L, int status, lua_KContext ctx) {
  (void)status;
  tl_task *t = (tl_task *)ctx;
  t->stay->waits = false;
  tl_wait_end(L);
  return admit(L, t);
}

int tl__stay_body(lua_State *L, tl_task *t) {
  find_key(L, t);
  return admit(L, t);
}

/* ---- the page ---- */

void tl_lua_page(tl_lua *S, tl_cell *c, bool there) {
  c->away = !there;
  if (there) tl__board_page(c);
  for (tl__stay *s = c->stays; s; s = s->next) {
    if (there)
      tl_timer_remove(&S->timers, &s->leave);
    else
      arm_leave(s);
  }
}

bool tl_lua_keeps(const tl_cell *c) {
  for (const tl__stay *s = c->stays; s; s = s->next)
    if (terms_of(s)->keep) return true;
  return false;
}

/* ---- declaring ---- */

void tl__terms_free(lua_State *L, tl_terms *terms) {
  if (terms) luaL_unref(L, LUA_REGISTRYINDEX, terms->key);
  tl_free(terms);
}

/* handler_terms("Job.work", policy, key function or nil, timeout or nil, grace in s or nil, keep); checked by
 * state.lua. */
static int native_handler_terms(lua_State *L) {
  size_t len;
  const char *name = luaL_checklstring(L, 1, &len);
  tl_handler *h = tl_app_handler(tl__app_open(L), name, len);
  if (!h || h->terms) return luaL_error(L, "handler_terms: %s", name);
  h->terms = tl_calloc(sizeof *h->terms);
  *h->terms = (tl_terms){.policy = (policy)luaL_checkoption(L, 2, "parallel", policy_names),
                         .key = LUA_NOREF,
                         .timeout = luaL_optnumber(L, 4, 0),
                         .grace = luaL_optnumber(L, 5, -1),
                         .keep = lua_toboolean(L, 6)};
  if (lua_isnil(L, 3)) return 0;
  lua_pushvalue(L, 3);
  h->terms->key = luaL_ref(L, LUA_REGISTRYINDEX);
  return 0;
}

void tl__open_policy(lua_State *L) {
  lua_pushcfunction(L, native_handler_terms);
  lua_setfield(L, -2, "handler_terms");
}
