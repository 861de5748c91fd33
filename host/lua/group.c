/* group.c: see group.h; and tl.gather and tl.race, which are a group, a wait and what comes of it. Stack of both while
 * they wait: the group, then a task object for each function. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "lua/group.h"

static const char group_tag;

/* ---- the group ---- */

tl__group *tl__group_push(lua_State *L, tl_task *owner) {
  tl__group *g = tl__owned_push(L, TL__OWNED_GROUP, &group_tag);
  g->owner = owner;
  g->owner_id = owner->id;
  return g;
}

static void group_release(void *object) { tl__scope_close(&((tl__group *)object)->limit); }

/* The registry keeps it while it has children, and a failed scope while its owner may be told. */
static void keep_no_longer(tl__group *g) {
  if (g->first || (g->failed && tl__scope_is_open(&g->limit))) return;
  lua_State *L = g->owner->S->L;
  lua_pushnil(L);
  tl__reg_set(L, &tl__key_groups, g);
}

static void enter_group(tl__group *g, tl_task *c) {
  c->group = g;
  c->elder = g->last;
  *(g->last ? &g->last->younger : &g->first) = c;
  g->last = c;
}

static void leave_group(tl__group *g, tl_task *c) {
  *(c->elder ? &c->elder->younger : &g->first) = c->younger;
  *(c->younger ? &c->younger->elder : &g->last) = c->elder;
  c->elder = c->younger = NULL;
  c->group = NULL;
}

/* Allocates nothing: a child has just ended, and nothing may raise. */
static void keep_error(tl__group *g, tl_task *c) {
  lua_State *L = c->S->L;
  g->failed = true;
  tl__reg_get(L, &tl__key_groups, g);
  tl__reg_get(L, &tl__key_results, c);
  lua_setiuservalue(L, -2, 1);
  lua_pop(L, 1);
}

void tl__group_left(tl_task *c) {
  tl__group *g = c->group;
  tl_task *p = tl__parent(c);
  bool decides = !g->decided && (g->any || c->status == TL_FAILED);
  if (decides) {
    g->decided = c;
    if (c->status == TL_FAILED) keep_error(g, c);
  }
  leave_group(g, c);
  if (decides && g->failed && tl__scope_is_open(&g->limit)) tl__scope_expire(&g->limit);
  if (p && p->joins == g && (decides || !g->first)) tl__end_wait(p, false);
  keep_no_longer(g);
}

void tl__group_cancel(tl__group *g, const char *reason) {
  if (g->cancelled) return;
  g->cancelled = true;
  tl_task *next;
  for (tl_task *c = g->first; c; c = next) {
    next = c->younger;
    tl__cancel(c, reason);
  }
}

_Noreturn void tl__group_raise(lua_State *L, tl__group *g) {
  tl__reg_get(L, &tl__key_groups, g);
  lua_getiuservalue(L, -1, 1);
  tl__push_kept_error(L);
  lua_error(L);
  abort(); /* lua.h does not say that lua_error never returns */
}

/* ---- a child ---- */

static int keep_child(lua_State *L) { /* the group, the child's address, the call -> the task object */
  tl_task *c = lua_touserdata(L, 2);
  tl__reg_set(L, &tl__key_fn, c);
  lua_settop(L, 1);
  tl__reg_set(L, &tl__key_groups, c->group);
  tl__push_task(L, c);
  return 1;
}

static void pack_call(lua_State *L, int nargs) { /* function, arguments -> { n =, ... } */
  lua_createtable(L, nargs + 1, 1);
  lua_insert(L, -nargs - 2);
  for (int i = nargs + 1; i >= 1; i--) lua_rawseti(L, -i - 1, i);
  lua_pushinteger(L, nargs + 1);
  lua_setfield(L, -2, "n");
}

void tl__group_start(lua_State *L, int group, int nargs) {
  tl__group *g = lua_touserdata(L, group);
  tl_task *p = g->owner;
  group = lua_absindex(L, group);
  pack_call(L, nargs);
  luaL_checkstack(L, 8, NULL);
  tl_task *c = tl__task_new(p->S, TL__CHILD, p->cell);
  enter_group(g, c);
  tl__origin_set(c, tl_task_current(L), tl__spot_of(L)); /* not always the owner */
  lua_pushcfunction(L, keep_child);
  lua_pushvalue(L, group);
  lua_pushlightuserdata(L, c);
  lua_rotate(L, -4, -1); /* the call comes last */
  if (lua_pcall(L, 3, 1, 0)) {
    tl__task_drop_unstarted(c, TL_CANCELLED);
    lua_error(L);
  }
  c->name = tl_strndup(tl__task_name(p), strlen(tl__task_name(p)));
  if (g->cancelled)
    tl__cancel(c, "its scope was cancelled before");
  else
    tl__ready(c);
}

/* ---- waiting for all to end ---- */

int tl__group_join(lua_State *L, tl__group *g, lua_KContext ctx, lua_KFunction k) {
  tl_task *t = tl_task_current(L);
  t->status = TL_WAITING;
  t->gen++;
  t->parked = true;
  t->abort = NULL;
  t->joins = g;
  if (!tl__pending(t)) tl__deadlock_check(t->S, t);
  return tl_park(L, ctx, k);
}

bool tl__group_waits(lua_State *L, tl__group *g) {
  tl_task *t = tl_task_current(L);
  t->status = TL_RUNNING;
  t->joins = NULL;
  if (g->decided)
    tl__group_cancel(g, g->any ? "another function of the same race has ended"
                               : "another function of the same group failed");
  else if (tl__pending(t))
    tl__group_cancel(g, "the task that waited for it was ended");
  return g->first;
}

/* ---- gather and race ---- */

static int start_children(lua_State *L) { /* group, functions -> task objects */
  int n = lua_gettop(L) - 1;
  luaL_checkstack(L, n + 8, "too many functions");
  for (int i = 1; i <= n; i++) {
    lua_pushvalue(L, i + 1);
    tl__group_start(L, 1, 0);
    lua_replace(L, i + 1);
  }
  return n;
}

/* All have ended: raises what there is to raise. */
static void settle(lua_State *L, tl__group *g) {
  tl_wait_end(L);
  if (!g->failed) return;
  lua_getiuservalue(L, 1, 1);
  tl__push_kept_error(L);
  lua_error(L);
}

/* The results in order: the first of each child; nil where it gave none. */
static int gather_results(lua_State *L, int n) {
  luaL_checkstack(L, n + 4, "too many functions to gather");
  for (int i = 1; i <= n; i++) {
    tl__reg_get(L, &tl__key_results, tl__task_at(L, i + 1));
    lua_rawgeti(L, -1, 1);
    lua_remove(L, -2);
  }
  return n;
}

static int gather_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl__group *g = lua_touserdata(L, 1);
  if (tl__group_waits(L, g)) return tl__group_join(L, g, 0, gather_k);
  settle(L, g);
  int n = lua_gettop(L) - 1;
  for (int i = 1; i <= n; i++)
    if (tl__task_at(L, i + 1)->status == TL_CANCELLED)
      return tl_raise(L, "CancelledError", "function %d of gather was cancelled", i);
  return gather_results(L, n);
}

/* Which it was, and what it returned. */
static int race_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl__group *g = lua_touserdata(L, 1);
  if (tl__group_waits(L, g)) return tl__group_join(L, g, 0, race_k);
  settle(L, g);
  int i = 1;
  while (tl__task_at(L, i + 1) != g->decided) i++;
  if (g->decided->status == TL_CANCELLED) return tl_raise(L, "CancelledError", "function %d of race was cancelled", i);
  lua_pushinteger(L, i);
  return 1 + tl__task_results(L, g->decided);
}

/* The group at 1, the children above it. */
static tl__group *begin(lua_State *L, const char *name) {
  int n = lua_gettop(L);
  for (int i = 1; i <= n; i++)
    if (!lua_isfunction(L, i))
      tl_raise(L, "TypeError", "tl.%s(f1, f2, ...): argument %d must be a function, not %s", name, i, tl__given(L, i));
  tl__group *g = tl__group_push(L, tl__may_wait(L, name));
  lua_insert(L, 1);
  lua_pushcfunction(L, start_children);
  lua_insert(L, 2);
  lua_pushvalue(L, 1);
  lua_insert(L, 3);
  if (lua_pcall(L, n + 1, n, 0)) { /* no memory */
    tl__group_cancel(g, "the others could not start");
    lua_error(L);
  }
  return g;
}

static int gather(lua_State *L) {
  if (!lua_gettop(L)) return 0;
  return tl__group_join(L, begin(L, "gather"), 0, gather_k);
}

static int race(lua_State *L) {
  if (!lua_gettop(L)) return tl_raise(L, "TypeError", "tl.race(f1, f2, ...): a function is needed, not nothing");
  tl__group *g = begin(L, "race");
  g->any = true;
  return tl__group_join(L, g, 0, race_k);
}

void tl__open_group(lua_State *L) {
  static const luaL_Reg functions[] = {{"gather", gather}, {"race", race}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
  luaL_newmetatable(L, "tidelock.scope");
  tl__scope_methods(L);
  tl__owned_open(L, TL__OWNED_GROUP, sizeof(tl__group), 1, group_release);
}
