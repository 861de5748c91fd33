/* board.c: tl.my_tasks: a tab's background tasks as its page sees them, and how far they are.
 *
 * Where an app asks for it (tidelock/my_tasks.lua declares the state "tl"), each background task of a tab has a *row*,
 * and the tab from its first one on a *board*: what the state "tl" has to be. A row that is no longer what the board
 * shows is noted as stale. Stale rows are taken at the end of a turn, with what was committed in it: at once when a
 * task has come, gone or been cancelled; what else changes (progress, status) at most once in INTERVAL, by a timer. So
 * a task that tells its progress in a tight loop costs its page nothing more, and the last that it told always comes.
 *
 * The root gets the board beside the lock: to write it waits for nobody. A draft that was begun before holds an older
 * board, and gets the newest where it is published (tl__board_commit); nothing else may write the state "tl".
 *
 * Owns boards (of cells) and rows (of tasks, from their end on of boards). An app that does not ask has neither. */
#include "lua/board.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "lua/class.h"
#include "lua/group.h"
#include "lua/state.h"

enum { TEXT_MAX = 200 }; /* bytes of a text that are shown */
static const uint64_t INTERVAL = 100000000;
static const int64_t EXACT = ((int64_t)1 << 53) - 1;
static const double SLACK = 1e-9; /* sums of floats that are meant to be 1 */

#define STATE "tl"
#define LIST "my_tasks"
#define NOW "now"

struct tl__row {
  tl__board *board;
  tl_task *task; /* NULL: it has ended */
  uint64_t id;
  tl__row *next, *prev; /* the board's tasks, while they live */
  tl__row *next_stale;
  bool stale, listed;
  double progress; /* < 0: not known */
  tl_value text;   /* owned; nil: none */
};

struct tl__board {
  tl_lua *S;
  tl_cell *cell;
  tl_value vars;  /* owned: the state "tl" */
  tl__row *rows;  /* of tasks that live, newest first */
  tl__row *stale; /* to be taken; in no order */
  tl_timer timer; /* takes them */
  uint64_t taken_at;
  bool due; /* in S->boards: they are taken at the end of the turn */
  tl__board *next_due;
};

/* ---- the list ---- */

static void put(tl_dnode *map, const char *key, tl_value v) { tl_dnode_put(map, key, strlen(key), v); }

static void put_flag(tl_dnode *map, const char *key, bool on) {
  if (on)
    put(map, key, tl_bool(true));
  else
    tl_dnode_del(map, key, strlen(key));
}

static tl_dnode *list_of(tl_draft *d) { return tl_dnode_get(tl_draft_root(d), LIST, sizeof LIST - 1).node; }

static uint64_t id_at(tl_dnode *list, size_t i) {
  return (uint64_t)tl_dnode_get(tl_dnode_at(list, i).node, "id", 2).v.i;
}

/* Where the row is, or would be: rows stand in the order of their ids. */
static size_t position(tl_dnode *list, uint64_t id) {
  size_t from = 0, to = tl_dnode_count(list);
  while (from < to) {
    size_t mid = from + (to - from) / 2;
    if (id_at(list, mid) < id)
      from = mid + 1;
    else
      to = mid;
  }
  return from;
}

/* A text as a page may have it: UTF-8, and not long. Owned; nil: it is none. */
static tl_value shown_text(const char *text, size_t n) {
  static const char dots[3] = {'\xe2', '\x80', '\xa6'}; /* an ellipsis */
  char cut[TEXT_MAX + sizeof dots];
  if (!tl_utf8_valid(text, n)) return tl_nil();
  if (n <= TEXT_MAX) return tl_string(text, n);
  size_t end = TEXT_MAX;
  while (((unsigned char)text[end] & 0xc0) == 0x80) end--;
  memcpy(cut, text, end);
  memcpy(cut + end, dots, sizeof dots);
  return tl_string(cut, end + sizeof dots);
}

static tl_value digits_of(int64_t i) {
  char digits[24];
  return tl_string(digits, (size_t)snprintf(digits, sizeof digits, "%lld", (long long)i));
}

/* Owned. An integer that no browser keeps is a text. */
static tl_value shown_key(const tl_task *t) {
  if (!t->stay) return tl_nil();
  const tl_value *key = tl__stay_key(t);
  size_t n;
  if (key->kind == TL_INT && (key->i > EXACT || key->i < -EXACT)) return digits_of(key->i);
  if (key->kind != TL_STRING) return *key;
  const char *bytes = tl_string_bytes(key, &n);
  return shown_text(bytes, n);
}

static tl_value new_entry(const tl__row *r) {
  const char *name = tl__task_name(r->task);
  tl_entry e[] = {{tl_string("id", 2), tl_int((int64_t)r->id)},
                  {tl_string("name", 4), tl_string(name, strlen(name))},
                  {tl_string("started", 7), tl_float((double)r->task->started_at / 1e9)}};
  return tl_map(e, sizeof e / sizeof *e);
}

static void fill(tl_dnode *entry, const tl__row *r) {
  const tl_task *t = r->task;
  const char *status = tl__status_name(t);
  tl_value key = shown_key(t);
  put(entry, "status", tl_string(status, strlen(status)));
  put_flag(entry, "queued", t->stay && tl__stay_waits(t));
  put_flag(entry, "cancelling", t->cancelled);
  if (key.kind != TL_NIL) put(entry, "key", key);
  if (r->progress >= 0)
    put(entry, "progress", tl_float(r->progress));
  else
    tl_dnode_del(entry, "progress", 8);
  if (r->text.kind != TL_NIL) put(entry, "text", tl_retain(r->text));
}

static void row_free(tl__row *r) {
  tl_release(r->text);
  tl_free(r);
}

/* r is stale no more; one that has ended goes. */
static void take_row(tl_dnode *list, tl__row *r) {
  size_t at = position(list, r->id);
  r->stale = false;
  if (r->task) {
    if (!r->listed) tl_dnode_insert(list, at, new_entry(r));
    r->listed = true;
    fill(tl_dnode_at(list, at).node, r);
    return;
  }
  if (r->listed) tl_dnode_remove(list, at, NULL);
  row_free(r);
}

static void set_now(tl__board *b, tl_draft *d) { put(tl_draft_root(d), NOW, tl_float((double)tl_lua_now(b->S) / 1e9)); }

/* Brings the board up to date. page: one has just come, which has to know what time it is. */
static void take(tl__board *b, bool page) {
  tl_draft *d = tl_draft_begin(b->vars);
  tl_dnode *list = list_of(d);
  bool empty = !tl_dnode_count(list);
  for (tl__row *r = b->stale, *next; r; r = next) {
    next = r->next_stale;
    take_row(list, r);
  }
  b->stale = NULL;
  b->taken_at = b->S->turn_at;
  if ((empty || page) && tl_dnode_count(list)) set_now(b, d);
  tl_value vars = tl_draft_finish(d);
  tl_release(b->vars);
  b->vars = vars;
}

static tl_value root_with(tl_value root, tl_value vars) { /* takes over root, borrows vars */
  tl_value there;
  if (!tl_map_get(root, STATE, sizeof STATE - 1, &there) || tl_identical(there, vars)) return root;
  tl_draft *d = tl_draft_begin(root);
  put(tl_draft_root(d), STATE, tl_retain(vars));
  tl_value out = tl_draft_finish(d);
  tl_release(root);
  return out;
}

static void publish(tl__board *b) {
  tl_cell *c = b->cell;
  tl_lua *S = b->S;
  tl_value before = c->root, after = root_with(tl_retain(before), b->vars);
  c->root = after;
  if (!tl_identical(before, after) && S->hooks.committed) S->hooks.committed(S->hooks.ctx, c, before);
  tl_release(before);
}

/* ---- when ---- */

static void make_due(tl__board *b) {
  if (b->due) return;
  b->due = true;
  b->next_due = b->S->boards;
  b->S->boards = b;
  tl_timer_remove(&b->S->timers, &b->timer);
}

static void time_over(tl_timer *timer) { make_due((tl__board *)((char *)timer - offsetof(tl__board, timer))); }

static void note_stale(tl__row *r) {
  if (r->stale) return;
  r->stale = true;
  r->next_stale = r->board->stale;
  r->board->stale = r;
}

void tl__row_touch(tl__row *r) {
  tl__board *b = r->board;
  if (r->stale) return; /* then the board is due, or its timer runs */
  note_stale(r);
  uint64_t at = b->taken_at + INTERVAL;
  if (b->due) return;
  if (!b->taken_at || at <= b->S->turn_at) {
    make_due(b);
  } else {
    b->timer.fire = time_over;
    tl_timer_add(&b->S->timers, &b->timer, at);
  }
}

void tl__row_turned(tl__row *r) {
  note_stale(r);
  make_due(r->board);
}

void tl__boards_take(tl_lua *S) {
  for (tl__board *b; (b = S->boards);) {
    S->boards = b->next_due;
    b->due = false;
    take(b, false);
    publish(b);
  }
}

tl_value tl__board_commit(tl_cell *c, tl_value root) {
  if (c->board->stale) make_due(c->board);
  return root_with(root, c->board->vars);
}

void tl__board_page(tl_cell *c) {
  tl__board *b = c->board;
  if (!b) return;
  take(b, true);
  publish(b);
}

/* ---- the life of rows and boards ---- */

static tl__board *board_new(tl_lua *S, tl_cell *c) {
  tl__board *b = c->board = tl_calloc(sizeof *b);
  tl_value vars;
  b->S = S;
  b->cell = c;
  b->vars = tl_map_get(c->root, STATE, sizeof STATE - 1, &vars) ? tl_retain(vars) : tl_map(NULL, 0);
  return b;
}

void tl__row_new(tl_task *t) {
  const tl_class *cls = t->handler->cls;
  if (cls->app && cls == cls->app->own) return; /* that of a Cancel button */
  tl__row *r = t->row = tl_calloc(sizeof *r);
  *r = (tl__row){.board = t->cell->board, .task = t, .id = t->id, .progress = -1, .text = tl_nil()};
  if (!r->board) r->board = board_new(t->S, t->cell);
  r->next = r->board->rows;
  if (r->next) r->next->prev = r;
  r->board->rows = r;
  tl__row_turned(r);
}

void tl__row_end(tl_task *t) {
  tl__row *r = t->row;
  t->row = NULL;
  r->task = NULL;
  if (r->prev)
    r->prev->next = r->next;
  else
    r->board->rows = r->next;
  if (r->next) r->next->prev = r->prev;
  tl__row_turned(r);
}

void tl_lua_board_drop(tl_lua *S, tl_cell *c) {
  tl__board *b = c->board;
  if (!b) return;
  c->board = NULL;
  tl_timer_remove(&S->timers, &b->timer);
  for (tl__board **at = &S->boards; b->due && *at; at = &(*at)->next_due)
    if (*at == b) {
      *at = b->next_due;
      break;
    }
  for (tl__row *r = b->stale, *next; r; r = next) {
    next = r->next_stale;
    row_free(r);
  }
  tl_release(b->vars);
  tl_free(b);
}

tl_value tl_lua_copied_root(tl_lua *S, tl_value root, tl_value initial) {
  tl_value vars;
  if (!S->has_boards || !tl_map_get(initial, STATE, sizeof STATE - 1, &vars)) return tl_retain(root);
  return root_with(tl_retain(root), vars);
}

/* ---- task:progress(x [, text]) ---- */

static double progress_arg(lua_State *L) {
  if (lua_isnil(L, 2) && !lua_isnoneornil(L, 3)) return -1; /* nobody knows, but this is what it does */
  if (lua_type(L, 2) != LUA_TNUMBER)
    tl_raise(L, "TypeError", "task:progress(x, text): x is a number from 0 to 1, not %s", tl__given(L, 2));
  double x = lua_tonumber(L, 2);
  if (x != x)
    tl_raise(L, "TypeError", "task:progress(x, text): x is a number from 0 to 1, not NaN; is there nothing to do?");
  if (!(x >= -SLACK && x <= 1 + SLACK))
    tl_raise(
        L, "TypeError",
        "task:progress(x, text): x is a number from 0 to 1, and %g is not; divide what is done by what there is to do",
        x);
  return x < 0 ? 0 : x > 1 ? 1 : x;
}

static bool is_text(tl_value v, const char *text, size_t n) {
  size_t len;
  if (v.kind != TL_STRING) return false;
  const char *bytes = tl_string_bytes(&v, &len);
  return len == n && !memcmp(bytes, text, n);
}

static void set_text(lua_State *L, tl__row *r) {
  size_t n;
  const char *text = lua_tolstring(L, 3, &n);
  if (is_text(r->text, text, n)) return;
  tl_release(r->text);
  r->text = shown_text(text, n);
}

static void check_text(lua_State *L) {
  size_t n;
  if (lua_isnoneornil(L, 3)) return;
  if (!lua_isstring(L, 3))
    tl_raise(L, "TypeError", "task:progress(x, text): the text is a string, not %s", tl__given(L, 3));
  const char *text = lua_tolstring(L, 3, &n);
  if (!tl_utf8_valid(text, n))
    tl_raise(L, "SerializationError", "task:progress(x, text): the text is not UTF-8, so no page can show it");
}

void tl__progress(lua_State *L, tl_task *t) {
  double x = progress_arg(L);
  check_text(L);
  for (tl_task *p; (p = tl__parent(t));) t = p;
  tl__row *r = t->row;
  if (!r) return;
  r->progress = x;
  if (!lua_isnoneornil(L, 3)) set_text(L, r);
  tl__row_touch(r);
}

/* ---- natives ---- */

/* own_state(class): this is the state "tl", and the app has boards. */
static int native_own_state(lua_State *L) {
  tl_class *c = tl_class_at(L, 1);
  tl_app *a = tl__app_open(L);
  if (!c || c->app != a) return luaL_typeerror(L, 1, "state class");
  a->own = c;
  return 0;
}

/* cancel_shown(self, id): cancels the task of this tab's board; one that has ended: nothing. */
static int native_cancel_shown(lua_State *L) {
  const tl_view *v = tl_state_view(L, 1);
  if (!v) return luaL_typeerror(L, 1, "state");
  if (!lua_isinteger(L, 2))
    return tl_raise(L, "TypeError", "tl.cancel needs the id of a task, and was given %s", tl__given(L, 2));
  lua_Integer id = lua_tointeger(L, 2);
  tl__row *r = v->cell->board ? v->cell->board->rows : NULL;
  while (r && (lua_Integer)r->id != id) r = r->next;
  if (r) tl__cancel(r->task, "on its page");
  return 0;
}

void tl__open_board(lua_State *L) {
  static const luaL_Reg natives[] = {
      {"own_state", native_own_state}, {"cancel_shown", native_cancel_shown}, {NULL, NULL}};
  luaL_setfuncs(L, natives, 0);
}
