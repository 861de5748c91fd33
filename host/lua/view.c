/* view.c: what a `self` is bound to: a cell and the snapshot of the last refresh. Whether the running task is inside
 * the lock is asked at every access, so that a sibling which shares the view stays outside. */
#include "base/pool.h"
#include "lua/inner.h"

tl_view *tl_view_new(tl_cell *cell) {
  tl_view *v = tl_alloc_sized(sizeof *v);
  *v = (tl_view){.refs = 1, .cell = tl_cell_retain(cell), .snapshot = tl_retain(cell->root), .self = LUA_NOREF};
  return v;
}

/* Of a tab's handlers one runs at a time, and who is inside is no matter of the view: so they can have one, and one
 * `self`, for as long as the tab lives. A `self` of its own was a tenth of what a small handler costs. */
tl_view *tl_view_of_handlers(tl_cell *cell) {
  if (cell->gone) return tl_view_new(cell);
  if (!cell->self) cell->self = tl_view_new(cell);
  tl_view *v = cell->self;
  v->refs++;
  return v;
}

void tl_view_forget(tl_lua *S, tl_cell *cell) {
  tl_view *v = cell->self;
  if (!v) return;
  cell->self = NULL;
  luaL_unref(S->L, LUA_REGISTRYINDEX, v->self);
  v->self = LUA_NOREF;
  v->self_class = NULL;
  tl_view_release(v);
}

void tl_view_release(tl_view *v) {
  if (--v->refs) return;
  tl_release(v->snapshot);
  tl__cell_release(v->cell);
  tl_free_sized(v, sizeof *v);
}

void tl_view_refresh(tl_view *v) {
  tl_value old = v->snapshot;
  v->snapshot = tl_retain(v->cell->root);
  v->loose = false;
  tl_release(old);
}

void tl_view_loosen(tl_view *v) {
  tl_release(v->snapshot);
  v->snapshot = tl_nil();
  v->loose = true;
}

tl_value tl_view_root(tl_view *v) {
  if (v->loose) tl_view_refresh(v);
  return v->snapshot;
}

/* Does it run, or wait for a coroutine which it resumed? Else it is suspended or has ended. */
static bool in_resume_chain(lua_State *co) {
  lua_Debug ar;
  return lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar);
}

bool tl_cell_inside(lua_State *L, const tl_cell *c) {
  const tl_task *t = tl_lua_of(L)->current;
  if (!t || !t->hold.held || t->hold.cell != c) return false;
  return !t->hold.co || in_resume_chain(t->hold.co); /* else the others are outside */
}

bool tl_view_inside(lua_State *L, const tl_view *v) { return tl_cell_inside(L, v->cell); }
