/* event.c: what a handler or task may return or yield: nil, event references, effects, flat lists of these. They are
 * first collected (which may raise), then, after the commit that they belong to, emitted: handlers join their tab's
 * line, background tasks start, effects go to the runtime. Collected form, a list of lists: { name, args } for an
 * event, { false, effect } for an effect. */
#include <string.h>

#include "base/mem.h"
#include "lua/board.h"
#include "lua/group.h"

/* The metatable's mark: "event", "effect", "var"; NULL for others. */
static const char *mark_of(lua_State *L, int idx) {
  if (!lua_istable(L, idx) || !lua_getmetatable(L, idx)) return NULL;
  lua_pushliteral(L, "__tidelock");
  lua_rawget(L, -2);
  const char *mark = lua_tostring(L, -1); /* a constant of the metatable */
  lua_pop(L, 2);
  return mark;
}

static int refuse(lua_State *L, int idx, const char *who) {
  const char *mark = mark_of(L, idx);
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
  size_t handlers; /* events that will stand in the tab's line */
  size_t tasks;    /* those that start background tasks */
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
  const tl_handler *h = name && a ? tl_app_handler(a, name, n) : NULL;
  if (!h)
    tl_raise(L, "EventTypeError", "there is no handler %s; a function is assigned to the state first",
             name ? name : "?");
  tl_value args = tl__event_args(L, idx, name); /* first: it may raise */
  append_pair(box, tl_string(name, n), args);
  *(h->background ? &box->tasks : &box->handlers) += 1;
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
static void check_list(lua_State *L, int idx, const char *who) {
  lua_Integer n = (lua_Integer)lua_rawlen(L, idx);
  lua_pushnil(L);
  while (lua_next(L, idx)) {
    lua_pop(L, 1);
    lua_Integer i = lua_isinteger(L, -1) ? lua_tointeger(L, -1) : 0;
    if (i < 1 || i > n)
      tl_raise(
          L, "EventTypeError",
          "%s returned or yielded a table with the key \"%s\"; a list of events and effects has none but 1, 2, ...",
          who, luaL_tolstring(L, -1, NULL));
  }
}

static void collect_one(lua_State *L, int idx, const char *who, growing *box, bool in_list) {
  if (lua_isnil(L, idx)) return;
  const char *mark = mark_of(L, idx);
  if (mark && !strcmp(mark, "event")) {
    collect_event(L, idx, box);
  } else if (mark && !strcmp(mark, "effect")) {
    collect_effect(L, idx, box);
  } else if (lua_istable(L, idx) && !mark && !in_list) {
    check_list(L, idx, who);
    for (lua_Integer i = 1, n = (lua_Integer)lua_rawlen(L, idx); i <= n; i++) {
      lua_rawgeti(L, idx, i);
      collect_one(L, lua_gettop(L), who, box, true);
      lua_pop(L, 1);
    }
  } else {
    refuse(L, idx, who);
  }
}

static bool is_over(size_t limit, size_t there, size_t more) { return limit && more && there + more > limit; }

/* A handler that chains more than it takes away would fill the memory, and so would a task that starts two of its kind:
 * it is told so, and rolled back. */
static void check_room(lua_State *L, const char *who, const tl_cell *cell, const growing *box) {
  const tl_lua_opts *o = &tl_lua_of(L)->opts;
  if (!cell) return;
  if (is_over(o->queue_limit, cell->lock.waiting, box->handlers))
    tl_raise(L, "EventError",
             "%s chains %d more, and %d wait in this tab's queue already; it takes %d (queue_limit of tl.config); "
             "chain the next one when one has run",
             who, (int)box->handlers, (int)cell->lock.waiting, (int)o->queue_limit);
  if (is_over(o->task_limit, cell->tasks, box->tasks))
    tl_raise(L, "EventError",
             "%s starts %d more, and %d background tasks of this tab run already; it may have %d (task_limit of "
             "tl.config); let one task do the work of many, or start the next one when one has ended",
             who, (int)box->tasks, (int)cell->tasks, (int)o->task_limit);
}

void tl__collect(lua_State *L, int from, int to, const char *who, const tl_cell *cell, tl_value *out) {
  bool any = false;
  for (int i = from; i <= to; i++) any = any || !lua_isnil(L, i);
  *out = tl_nil();
  if (!any) return;
  luaL_checkstack(L, 16, NULL);
  growing *box = new_growing(L);
  for (int i = from; i <= to; i++) collect_one(L, i, who, box, false);
  check_room(L, who, cell, box);
  if (box->n) *out = grown(box);
  lua_pop(L, 1);
}

/* ---- emitting ---- */

static tl_task *start_background(tl_lua *S, tl_cell *c, const tl_handler *h, tl_value args) {
  tl_task *t = tl__task_new(S, TL__BACKGROUND, c);
  t->handler = h;
  t->args = tl_retain(args);
  t->view = tl_view_new(c);
  if (h->terms) tl__stay_new(t);
  if (S->has_boards) tl__row_new(t);
  c->tasks++;
  tl__ready(t);
  return t;
}

static tl_task *queue_handler(tl_lua *S, tl_cell *c, const tl_handler *h, tl_value args) {
  tl_task *t = tl__task_new(S, TL__HANDLER, c);
  t->handler = h;
  t->args = tl_retain(args);
  t->view = tl_view_of_handlers(c);
  t->status = TL_WAITING_LOCK;
  if (tl__hold_request(t, c, t->view)) tl__ready(t);
  return t;
}

void tl_lua_event(tl_lua *S, tl_cell *c, const tl_handler *h, tl_value args, uint64_t event, uint64_t instance) {
  if (!h->background) {
    tl_task *t = queue_handler(S, c, h, args);
    t->event = event;
    t->instance = instance;
    return;
  }
  start_background(S, c, h, args)->origin.event = event;
  if (event && S->hooks.done) S->hooks.done(S->hooks.ctx, c, event, instance);
}

static tl_task *emit_event(lua_State *L, tl_cell *c, tl_value name, tl_value args) { /* NULL: there is no handler */
  size_t n;
  const char *bytes = tl_string_bytes(&name, &n);
  tl_app *a = tl_app_current(L);
  const tl_handler *h = a ? tl_app_handler(a, bytes, n) : NULL;
  if (!h) return NULL;
  return h->background ? start_background(tl_lua_of(L), c, h, args) : queue_handler(tl_lua_of(L), c, h, args);
}

static void emit_at(lua_State *L, tl_task *t, tl_cell *cell, tl_value collected, tl__spot at) {
  tl_lua *S = tl_lua_of(L);
  tl_value route = t && t->cell == cell ? t->route : tl_nil();
  size_t n = collected.kind == TL_LIST ? tl_count(collected) : 0;
  for (size_t i = 0; i < n && cell && !cell->gone; i++) {
    tl_value pair = tl_list_at(collected, i), first = tl_list_at(pair, 0), second = tl_list_at(pair, 1);
    if (first.kind != TL_STRING) {
      if (S->hooks.effect) S->hooks.effect(S->hooks.ctx, cell, second);
      continue;
    }
    tl_task *started = emit_event(L, cell, first, second);
    if (!started) continue;
    started->route = tl_retain(route);
    tl__origin_set(started, t, at);
  }
  tl_release(collected);
}

void tl__emit(lua_State *L, tl_task *t, tl_cell *cell, tl_value collected) {
  emit_at(L, t, cell, collected, (tl__spot){0});
}

void tl_lua_trigger(lua_State *L, tl_cell *c, int idx) {
  tl_value out;
  tl__collect(L, lua_absindex(L, idx), lua_absindex(L, idx), "on_load", c, &out);
  tl__emit(L, NULL, c, out);
}

/* ---- which page an event came from ---- */

void tl_lua_keep_route(tl_lua *S, const tl_cell *c, const char *path) {
  tl_value route = tl_nil();
  for (tl_task *t = S->first; t; t = t->next) {
    if (t->cell != c || t->route.kind != TL_NIL) continue;
    if (route.kind == TL_NIL) route = tl_string(path, strlen(path));
    t->route = tl_retain(route);
  }
  tl_release(route);
}

const tl_value *tl_lua_route(const tl_lua *S, const tl_cell *c) {
  const tl_task *t = S->current;
  for (tl_task *p; t && (p = tl__parent(t));) t = p;
  return t && t->kind == TL__HANDLER && t->cell == c && t->route.kind == TL_STRING ? &t->route : NULL;
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
  bool inside = t->hold.held && tl_cell_inside(L, t->hold.cell);
  tl_cell *to = inside ? t->hold.cell : t->cell; /* the block may be another tab's (modify_state) */
  tl__collect(L, 1, lua_gettop(L), tl__task_name(t), to, &out);
  if (out.kind == TL_LIST && !to) {
    tl_release(out);
    return tl_raise(L, "EventTypeError",
                    "%s belongs to no tab, so it yields events only inside a block of one (tl.modify_state)",
                    tl__task_name(t));
  }
  if (inside) tl__hold_publish(L, t);
  emit_at(L, t, to, out, out.kind == TL_LIST ? tl__spot_of(L) : (tl__spot){0});
  tl_wait_begin(L, TL_WAITING, "coroutine.yield");
  tl__end_wait(t, true); /* at once, but in the next turn: the page gets what was committed */
  return tl_park(L, 0, yielded_k);
}

void tl__open_event(lua_State *L) {
  lua_pushnil(L);
  tl__owned_open(L, TL__OWNED_GROWING, sizeof(growing), 0, growing_release);
}
