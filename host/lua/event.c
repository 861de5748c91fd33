/* event.c: what a handler or task may return or yield: nil, event references, effects, flat lists of these. They are
 * first collected (which may raise), then, after the commit that they belong to, emitted: handlers join their tab's
 * line, background tasks start, effects go to the runtime. Collected form, a list of lists: { name, args } for an
 * event, { false, effect } for an effect. */
#include <string.h>

#include "base/mem.h"
#include "lua/owned.h"

/* The metatable's mark: "event", "effect", "var"; NULL for others. */
static const char *mark_of(lua_State *L, int idx) {
  if (!lua_istable(L, idx) || !lua_getmetatable(L, idx)) return NULL;
  lua_pushliteral(L, "__tidelock");
  lua_rawget(L, -2);
  const char *mark = lua_tostring(L, -1); /* a constant of the metatable */
  lua_pop(L, 2);
  return mark;
}

static int refuse(lua_State *L, int idx, const tl_task *t) {
  const char *who = t ? tl__task_name(t) : "this trigger", *mark = mark_of(L, idx);
  if (lua_isfunction(L, idx))
    return tl_raise(L, "EventTypeError",
                    "%s returned or yielded a function; give an event reference such as Job.work (without a call)",
                    who);
  return tl_raise(L, "EventTypeError",
                  "%s returned or yielded %s; allowed are nil, an event reference (Job.work), a bound one "
                  "(Job.add(5)), a client effect "
                  "(tl.toast(...)) and a flat list of these",
                  who,
                  mark                    ? mark
                  : tl_state_view(L, idx) ? "a state"
                                          : luaL_typename(L, idx));
}

/* A growing list of values: a userdata owns it, so that an error frees it. */
static const char growing_tag;

typedef struct growing {
  tl__owned head;
  tl_value *items;
  size_t n, cap;
} growing;

static growing *new_growing(lua_State *L) { /* +1 */
  return tl__owned_push(L, TL__OWNED_GROWING, &growing_tag);
}

static void growing_release(void *object) {
  growing *g = object;
  for (size_t i = 0; i < g->n; i++) tl_release(g->items[i]);
  tl_free(g->items);
}

/* Takes over v. */
static void append(growing *g, tl_value v) {
  if (g->n == g->cap) {
    g->cap = g->cap ? 2 * g->cap : 4;
    g->items = tl_realloc(g->items, g->cap * sizeof *g->items);
  }
  g->items[g->n++] = v;
}

static void append_pair(growing *g, tl_value first, tl_value second) {
  tl_value pair[2] = {first, second};
  append(g, tl_list(pair, 2));
}

/* The values as a list; g is empty then. */
static tl_value grown(growing *g) {
  tl_value list = tl_list(g->items, g->n);
  g->n = 0;
  return list;
}

tl_value tl__event_args(lua_State *L, int idx, const char *handler) {
  if (lua_getfield(L, idx, "args") != LUA_TTABLE) {
    lua_pop(L, 1);
    return tl_list(NULL, 0);
  }
  tl_place place = {.state = handler, .var = "(argument)"};
  lua_getfield(L, -1, "n");
  size_t count = (size_t)lua_tointeger(L, -1);
  lua_pop(L, 1);
  growing *done = new_growing(L);
  for (size_t i = 1; i <= count; i++) {
    lua_rawgeti(L, -2, (lua_Integer)i);
    append(done, tl_from_lua(L, -1, &place, false));
    lua_pop(L, 1);
  }
  lua_pop(L, 2);
  return grown(done);
}

static void collect_event(lua_State *L, int idx, growing *box) {
  lua_getfield(L, idx, "handler");
  size_t n;
  const char *name = lua_tolstring(L, -1, &n);
  tl_app *a = tl_app_current(L);
  if (!name || !a || !tl_app_handler(a, name, n))
    tl_raise(L, "EventTypeError", "there is no handler %s; a function is assigned to the state first",
             name ? name : "?");
  tl_value args = tl__event_args(L, idx, name); /* first: it may raise */
  append_pair(box, tl_string(name, n), args);
  lua_pop(L, 1);
}

static void collect_effect(lua_State *L, int idx, growing *box) {
  tl_place place = {.state = "effect", .is_public = true};
  lua_createtable(L, 4, 0); /* the list part alone */
  for (int i = 1, n = (int)lua_rawlen(L, idx); i <= n; i++) {
    lua_rawgeti(L, idx, i);
    lua_rawseti(L, -2, i);
  }
  tl_value v = tl_from_lua(L, -1, &place, false);
  append_pair(box, tl_bool(false), v);
  lua_pop(L, 1);
}

/* A list has no keys but 1 to n: something like { running = true } was meant for something else. */
static void check_list(lua_State *L, int idx, const tl_task *t) {
  lua_Integer n = (lua_Integer)lua_rawlen(L, idx);
  lua_pushnil(L);
  while (lua_next(L, idx)) {
    lua_pop(L, 1);
    lua_Integer i = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (i < 1 || i > n)
      tl_raise(
          L, "EventTypeError",
          "%s returned or yielded a table with the key \"%s\"; a list of events and effects has none but 1, 2, ...",
          t ? tl__task_name(t) : "this trigger", luaL_tolstring(L, -1, NULL));
  }
}

static void collect_one(lua_State *L, int idx, const tl_task *t, growing *box, bool in_list) {
  if (lua_isnil(L, idx)) return;
  const char *mark = mark_of(L, idx);
  if (mark && !strcmp(mark, "event")) {
    collect_event(L, idx, box);
  } else if (mark && !strcmp(mark, "effect")) {
    collect_effect(L, idx, box);
  } else if (lua_istable(L, idx) && !mark && !in_list) {
    check_list(L, idx, t);
    for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, idx); i <= n; i++) {
      lua_rawgeti(L, idx, i);
      collect_one(L, lua_gettop(L), t, box, true);
      lua_pop(L, 1);
    }
  } else {
    refuse(L, idx, t);
  }
}

void tl__collect(lua_State *L, int from, int to, tl_task *t, tl_value *out) {
  bool any = false;
  for (int i = from; i <= to; i++) any = any || !lua_isnil(L, i);
  *out = tl_nil();
  if (!any) return;
  luaL_checkstack(L, 16, NULL);
  growing *box = new_growing(L);
  for (int i = from; i <= to; i++) collect_one(L, i, t, box, false);
  *out = grown(box);
  lua_pop(L, 1);
}

/* ---- emitting ---- */

static void start_background(tl_lua *S, tl_cell *c, const tl_handler *h, tl_value args) {
  tl_task *t = tl__task_new(S, TL__BACKGROUND, c);
  t->handler = h;
  t->args = tl_retain(args);
  t->view = tl_view_new(c);
  if (S->hooks.task_started) S->hooks.task_started(S->hooks.ctx, c);
  tl__ready(t);
}

static void queue_handler(tl_lua *S, tl_cell *c, const tl_handler *h, tl_value args, uint64_t event,
                          uint64_t instance) {
  tl_task *t = tl__task_new(S, TL__HANDLER, c);
  t->handler = h;
  t->args = tl_retain(args);
  t->event = event;
  t->instance = instance;
  t->view = tl_view_new(c);
  t->status = TL_WAITING_LOCK;
  if (tl__hold_request(t, c, t->view)) tl__ready(t);
}

void tl_lua_event(tl_lua *S, tl_cell *c, const tl_handler *h, tl_value args, uint64_t event, uint64_t instance) {
  if (!h->background) {
    queue_handler(S, c, h, args, event, instance);
    return;
  }
  start_background(S, c, h, args);
  if (event && S->hooks.done) S->hooks.done(S->hooks.ctx, c, event, instance);
}

void tl__emit(lua_State *L, tl_task *t, tl_cell *cell, tl_value collected) {
  (void)t;
  tl_lua *S = tl_lua_of(L);
  size_t n = collected.kind == TL_LIST ? tl_count(collected) : 0;
  for (size_t i = 0; i < n && cell && !cell->gone; i++) {
    tl_value pair = tl_list_at(collected, i), first = tl_list_at(pair, 0), second = tl_list_at(pair, 1);
    size_t len;
    if (first.kind == TL_STRING) {
      const char *name = tl_string_bytes(&first, &len);
      tl_app *a = tl_app_current(L);
      tl_handler *h = a ? tl_app_handler(a, name, len) : NULL;
      if (h) tl_lua_event(S, cell, h, second, 0, 0);
    } else if (S->hooks.effect) {
      S->hooks.effect(S->hooks.ctx, cell, second);
    }
  }
  tl_release(collected);
}

void tl_lua_trigger(lua_State *L, tl_cell *c, int idx) {
  tl_value out;
  tl__collect(L, lua_absindex(L, idx), lua_absindex(L, idx), NULL, &out);
  tl__emit(L, NULL, c, out);
}

/* ---- coroutine.yield in a task's main coroutine ---- */

static int yielded_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  lua_settop(L, 0);
  tl_wait_end(L);
  return 0;
}

int tl__yield_events(lua_State *L, tl_task *t) {
  tl_value out;
  if (!lua_isyieldable(L)) tl_wait_begin(L, TL_WAITING, "coroutine.yield"); /* raises, with the reason */
  tl__interrupt(L, t);
  tl__collect(L, 1, lua_gettop(L), t, &out);
  if (out.kind == TL_LIST && !t->cell) {
    tl_release(out);
    return tl_raise(L, "EventTypeError", "%s belongs to no tab, so it cannot yield events", tl__task_name(t));
  }
  if (t->hold.held && tl_cell_inside(L, t->hold.cell)) tl__hold_publish(L, t);
  tl__emit(L, t, t->cell, out);
  tl_wait_begin(L, TL_WAITING, "coroutine.yield");
  tl__end_wait(t, true); /* at once, but in the next turn: the page gets what was committed */
  return tl_park(L, 0, yielded_k);
}

static int set_on_error(lua_State *L) {
  if (!lua_isfunction(L, 1))
    return tl_raise(L, "TypeError", "tl.on_error(fn): a function is needed, not %s", tl__given(L, 1));
  lua_settop(L, 1);
  lua_setfield(L, LUA_REGISTRYINDEX, "tidelock.on_error");
  return 0;
}

void tl__open_event(lua_State *L) {
  lua_pushnil(L);
  tl__owned_open(L, TL__OWNED_GROWING, sizeof(growing), 0, growing_release);
  lua_pushcfunction(L, set_on_error);
  lua_setfield(L, -2, "on_error");
}
