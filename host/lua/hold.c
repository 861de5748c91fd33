/* hold.c: a task's hold of a tab's lock, from the request to the commit or the rollback. Who enters decides which: a
 * handler's task, or a block (block.c). Owns the draft, the reference to the cell and that to the view, while it lasts.
 *
 * The order of a commit: seal the draft, bring computed vars up to date, swap the root, tell the runtime, refresh the
 * view, give the lock to the next in line. */
#include "lua/board.h"
#include "lua/convert.h"
#include "lua/group.h"

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
