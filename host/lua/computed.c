/* computed.c: computed vars: when their functions run, and what they gave. A tab's cache holds for each computed var
 * its last value and the trace of what it read; a tab without one has the app's, made once for the default root. A
 * value is valid as long as its trace holds in the root at hand, whichever that is: a draft's, a commit's, the one
 * after a rollback; unless it was declared to grow old (interval), or never to be kept (cache=false): then each look,
 * a read in a block or a commit, runs the function, once.
 *
 * Functions run under lua_pcall, so they cannot wait, on an immutable root, so they cannot write. */
#include "lua/computed.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/rng.h"
#include "lua/inner.h"
#include "lua/proxy.h"
#include "lua/state.h"

typedef struct entry {
  tl_trace *trace; /* of the last run; NULL: never ran */
  tl_value value;  /* owned: of the last run that went well */
  uint64_t at;     /* when it ran, ns; looked at where max_age is set */
  uint64_t look;   /* the look in which it ran */
  bool failed;     /* the last run raised ... */
  bool reported;   /* ... which was told */
  unsigned busy;   /* runs just now, inside of so many others and itself; 0: does not run */
} entry;

typedef struct tl_cache {
  size_t n;
  entry entries[];
} tl_cache;

typedef struct eval { /* one look at computed vars, over one root */
  lua_State *L;
  tl_app *app;
  tl_cell *cell; /* NULL: the app's defaults */
  tl_value root; /* borrowed */
} eval;

static tl_value current(eval *e, size_t slot);

/* ---- caches ---- */

static tl_cache *cache_new(size_t n) {
  tl_cache *c = tl_calloc(sizeof *c + n * sizeof *c->entries);
  c->n = n;
  return c;
}

static void cache_free(tl_cache *c) {
  if (!c) return;
  for (size_t i = 0; i < c->n; i++) {
    tl__trace_release(c->entries[i].trace);
    tl_release(c->entries[i].value);
  }
  tl_free(c);
}

static entry *seen_entry(const eval *e, size_t slot) {
  tl_cache *c = e->cell && e->cell->computed ? e->cell->computed : e->app->cache;
  return &c->entries[slot];
}

/* The entry for writing: the tab gets a cache of its own. */
static entry *own_entry(const eval *e, size_t slot) {
  if (e->cell && !e->cell->computed) {
    tl_cache *c = cache_new(e->app->n_computed);
    for (size_t i = 0; i < c->n; i++) {
      c->entries[i] = e->app->cache->entries[i];
      if (c->entries[i].trace) tl__trace_retain(c->entries[i].trace);
      tl_retain(c->entries[i].value);
    }
    e->cell->computed = c;
  }
  return seen_entry(e, slot);
}

void tl_computed_drop(lua_State *L, tl_cell *c) {
  (void)L;
  cache_free(c->computed);
  c->computed = NULL;
}

void tl__computed_free(tl_app *a) {
  cache_free(a->cache);
  a->cache = NULL;
}

/* ---- may it be left alone? ---- */

static bool same_value(tl_value a, tl_value b) {
  if (tl_identical(a, b)) return true;
  return tl_kind_of(a) == tl_kind_of(b) && !tl_is_container(a) && tl_equal(a, b);
}

/* Is a value that depends on nothing that has changed still not good enough? */
static bool too_old(const eval *e, size_t slot) {
  const tl_var *v = e->app->computed[slot];
  if (!v->uncached && !v->max_age) return false;
  const entry *x = seen_entry(e, slot);
  if (x->look == e->app->looks) return false;
  return v->uncached || tl_lua_now(tl_lua_of(e->L)) - x->at >= v->max_age;
}

/* Would it fail again? A failed one is run again only when something that it read has changed, or its time has come. */
static bool still_failed(const eval *e, size_t slot) {
  const entry *x = seen_entry(e, slot);
  if (!x->failed || !x->reported || too_old(e, slot) || !tl__trace_holds(x->trace, e->root)) return false;
  size_t n;
  const tl__read *reads = tl__trace_reads(x->trace, &n);
  for (size_t i = 0; i < n; i++) {
    const entry *y = seen_entry(e, reads[i].slot);
    if (y->failed != reads[i].failed || (!y->failed && !same_value(y->value, reads[i].seen))) return false;
  }
  return true;
}

/* ---- running a function ---- */

typedef struct run {
  const tl_var *var;
  tl_trace *trace;
  tl_value value; /* out, owned */
} run;

static int run_body(lua_State *L) { /* run as light userdata */
  run *r = lua_touserdata(L, 1);
  const tl_var *v = r->var;
  tl__class_function(L, v->cls, v->name);
  tl__push_traced(L, v->cls, r->trace);
  lua_call(L, 1, 1);
  tl_place place = {.state = v->cls->name, .var = v->name, .is_public = v->is_public};
  tl__take take = {.place = &place};
  r->value = tl__from_lua(L, -1, &take);
  return 0;
}

/* Calls the function; +1 an error value when it fails. Whatever happens, the marks that it runs are taken back. */
static bool call(eval *e, run *r, const char *name) {
  lua_State *L = e->L;
  tl_lua *S = tl_lua_of(L);
  const char *outer = S->nowait_in;
  S->nowait++;
  S->nowait_in = name;
  e->app->evaluating++;
  lua_pushcfunction(L, tl__traceback);
  lua_pushcfunction(L, run_body);
  lua_pushlightuserdata(L, r);
  bool ok = lua_pcall(L, 1, 0, -3) == LUA_OK;
  lua_remove(L, ok ? -1 : -2);
  e->app->evaluating--;
  S->nowait--;
  S->nowait_in = outer;
  tl__trace_close(r->trace);
  return ok;
}

/* Raises what the function raises, after the entry is in order again. */
static tl_value evaluate(eval *e, size_t slot) {
  const tl_var *v = e->app->computed[slot];
  char name[224];
  snprintf(name, sizeof name, "the computed var %s.%s", v->cls->name, v->name);
  luaL_checkstack(e->L, 8, NULL);
  bool told = still_failed(e, slot);
  own_entry(e, slot)->busy = e->app->evaluating + 1;
  run r = {.var = v, .trace = tl__trace_new(e->root, e->app, e->cell), .value = tl_nil()};
  bool ok = call(e, &r, name);
  entry *x = seen_entry(e, slot);
  tl_trace *old = x->trace;
  x->busy = 0;
  e->app->recovered |= ok && x->failed;
  x->reported = !ok && told;
  x->at = tl_lua_now(tl_lua_of(e->L));
  x->look = e->app->looks;
  x->failed = !ok;
  x->trace = r.trace;
  tl__trace_release(old);
  if (!ok) lua_error(e->L);
  tl_release(x->value);
  x->value = r.value;
  return x->value;
}

/* ---- is the last value still right? ---- */

typedef struct commit {
  eval *e;
  size_t slot;
} commit;

static int commit_one(lua_State *L) {
  commit *c = lua_touserdata(L, 1);
  eval e = *c->e;
  e.L = L;
  current(&e, c->slot);
  return 0;
}

static bool holds(eval *e, size_t slot);

/* Brings one up to date that another one has read. False: it has no value; then the reader's own function meets that.
 */
static bool refreshed(eval *e, size_t slot) {
  const entry *x = seen_entry(e, slot);
  if (x->busy) return false;
  if (!x->failed && holds(e, slot)) return true;
  if (still_failed(e, slot)) return false;
  if (!lua_checkstack(e->L, 4)) return false;
  commit c = {.e = e, .slot = slot};
  lua_pushcfunction(e->L, commit_one);
  lua_pushlightuserdata(e->L, &c);
  if (lua_pcall(e->L, 1, 0, 0) == LUA_OK) return true;
  lua_pop(e->L, 1);
  return false;
}

static bool read_holds(eval *e, const tl__read *r) {
  if (refreshed(e, r->slot) == r->failed) return false;
  return r->failed || same_value(seen_entry(e, r->slot)->value, r->seen);
}

/* The other computed vars that the trace read are brought up to date first. One of them may have come to read this one,
 * which gets another trace then. Does not raise. */
static bool reads_hold(eval *e, tl_trace *t) {
  size_t n;
  const tl__read *reads = tl__trace_reads(t, &n);
  if (!n) return true;
  bool hold = true;
  tl__trace_retain(t);
  for (size_t i = 0; i < n && hold; i++) hold = read_holds(e, &reads[i]);
  tl__trace_release(t);
  return hold;
}

static bool holds(eval *e, size_t slot) {
  entry *x = seen_entry(e, slot);
  if (!x->trace || too_old(e, slot) || !tl__trace_holds(x->trace, e->root)) return false;
  if (!reads_hold(e, x->trace)) return false;
  tl__trace_rebase(seen_entry(e, slot)->trace, e->root);
  return true;
}

/* The one that runs inside of `depth` - 1 others; NULL: none. */
static const tl_var *running_at(const eval *e, unsigned depth) {
  for (size_t i = 0; i < e->app->n_computed; i++)
    if (seen_entry(e, i)->busy == depth) return e->app->computed[i];
  return NULL;
}

/* v, which runs, is read: the way from it back to it. */
static int raise_cycle(eval *e, const tl_var *v) {
  lua_State *L = e->L;
  luaL_checkstack(L, 8, NULL);
  tl_buf *way = tl__push_buf(L);
  const tl_var *at;
  for (unsigned depth = seen_entry(e, v->slot)->busy; (at = running_at(e, depth)); depth++)
    tl_buf_printf(way, "%s.%s -> ", at->cls->name, at->name);
  return tl_raise(L, "ComputedCycleError", "%s.%s needs its own value: %s%s.%s; let one of them read something else",
                  v->cls->name, v->name, tl_buf_cstr(way), v->cls->name, v->name);
}

/* The value over e->root, borrowed from the cache. Raises. */
static tl_value current(eval *e, size_t slot) {
  entry *x = seen_entry(e, slot);
  if (x->busy) raise_cycle(e, e->app->computed[slot]);
  if (!x->failed && holds(e, slot)) return seen_entry(e, slot)->value;
  return evaluate(e, slot);
}

/* ---- reading ---- */

void tl__computed_inside(lua_State *L, tl_cell *cell, const tl_var *v, tl_value *out) {
  tl_app *a = v->cls->app;
  *out = tl_nil();
  if (!a || !a->cache) return;
  tl_value *root = tl__push_box(L);
  *root = tl_draft_peek(cell->draft);
  eval e = {.L = L, .app = a, .cell = cell, .root = *root};
  if (!a->evaluating) a->looks++;
  *out = tl_retain(current(&e, v->slot));
  lua_pop(L, 1);
}

static bool depends(const eval *e, size_t slot, const tl_var *base, size_t depth) {
  const tl_trace *t = seen_entry(e, slot)->trace;
  if (!t || depth > e->app->n_computed) return false; /* in a circle, who begins it has looked already */
  if (tl__trace_has(t, base)) return true;
  size_t n;
  const tl__read *reads = tl__trace_reads(t, &n);
  for (size_t i = 0; i < n; i++)
    if (depends(e, reads[i].slot, base, depth + 1)) return true;
  return false;
}

bool tl__computed_depends(const tl_cell *cell, const tl_var *v, const tl_var *base) {
  eval e = {.app = v->cls->app, .cell = (tl_cell *)cell};
  return e.app && e.app->cache && depends(&e, v->slot, base, 0);
}

tl_value tl__computed_traced(lua_State *L, tl_trace *t, const tl_var *v) {
  tl_value vars, value = tl_nil();
  tl_app *a = tl__trace_app(t);
  if (a) {
    eval e = {.L = L, .app = a, .cell = tl__trace_cell(t), .root = tl__trace_root(t)};
    tl__trace_note(t, v->slot);
    value = current(&e, v->slot);
    tl__trace_saw(t, v->slot, value);
  } else if (tl_map_get(tl__trace_root(t), v->cls->name, v->cls->name_len, &vars)) {
    tl_map_get(vars, v->key, v->key_len, &value);
  }
  return value;
}

_Noreturn void tl__computed_write(lua_State *L, const char *what) {
  tl_raise(L, "ImmutableStateError", "%s: a computed var only reads; write in a handler, or inside with_state", what);
}

/* ---- at a commit ---- */

static int report(lua_State *L) { /* commit (light), the error value */
  const commit *c = lua_touserdata(L, 1);
  const eval *e = c->e;
  const tl_var *v = e->app->computed[c->slot];
  char name[208], ref[5];
  snprintf(name, sizeof name, "%s.%s", v->cls->name, v->name);
  tl_random_ref(ref);
  tl_failure f = {.task = name, .ref = ref};
  tl__failure_of(L, 2, &f);
  tl_log(TL_LOG_ERROR, "the computed var %s %s (ref %s): %s: %s\n%s", name,
         e->cell ? "keeps its last value" : "has no value in a new tab", ref, f.name, f.message,
         f.traceback ? f.traceback : "");
  bool again = !e->cell && v->uncached; /* each tab runs it itself, and is told then */
  tl_value answer = tl__ask_on_error(L, e->cell, 2, name, ref);
  f.answered = e->cell && answer.kind == TL_LIST;
  if (e->app->on_error && !again) e->app->on_error(e->app->on_error_ctx, e->cell, &f);
  tl__emit(L, NULL, e->cell, answer);
  return 0;
}

static void update(eval *e, size_t slot) {
  if (still_failed(e, slot)) return;
  commit c = {.e = e, .slot = slot};
  lua_pushcfunction(e->L, commit_one);
  lua_pushlightuserdata(e->L, &c);
  int status = lua_pcall(e->L, 1, 0, 0);
  if (status == LUA_OK) return;
  lua_pushcfunction(e->L, report);
  lua_pushlightuserdata(e->L, &c);
  lua_rotate(e->L, -3, -1);
  e->app->evaluating++; /* what tl.on_error calls writes nothing into the commit that goes on */
  if (lua_pcall(e->L, 2, 0, 0)) lua_pop(e->L, 1); /* no memory, not even to tell */
  e->app->evaluating--;
  /* A lack of memory is over at the next commit, whatever the function had read by then. */
  own_entry(e, slot)->reported = status != LUA_ERRMEM;
}

static bool stored_is(tl_value root, const tl_var *v, tl_value value) {
  tl_value vars, stored;
  return tl_map_get(root, v->cls->name, v->cls->name_len, &vars) && tl_map_get(vars, v->key, v->key_len, &stored) &&
         same_value(stored, value);
}

/* Takes over root; owned: root with the cached values at their places. */
static tl_value write_values(eval *e, tl_value root) {
  tl_draft *d = NULL;
  for (size_t i = 0; i < e->app->n_computed; i++) {
    const tl_var *v = e->app->computed[i];
    tl_value value = seen_entry(e, i)->value;
    if (stored_is(root, v, value)) continue;
    if (!d) d = tl_draft_begin(root);
    tl_dnode *vars = tl_dnode_get(tl_draft_root(d), v->cls->name, v->cls->name_len).node;
    if (vars) tl_dnode_put(vars, v->key, v->key_len, tl_retain(value));
  }
  if (!d) return root;
  tl_value out = tl_draft_finish(d);
  tl_release(root);
  return out;
}

/* One that works again may help those before it that had failed for its sake: each round helps one, or is the last. */
static tl_value bring_up_to_date(eval *e, tl_value root) {
  e->app->looks++;
  for (size_t round = 0; round <= e->app->n_computed; round++) {
    e->app->recovered = false;
    for (size_t i = 0; i < e->app->n_computed; i++) update(e, i);
    if (!e->app->recovered) break;
  }
  return write_values(e, root);
}

tl_value tl_computed_commit(lua_State *L, tl_cell *c, tl_value root) {
  tl_app *a = tl_app_current(L);
  if (!a || !a->n_computed || !a->cache || !lua_checkstack(L, 16)) return root;
  eval e = {.L = L, .app = a, .cell = c, .root = root};
  return bring_up_to_date(&e, root);
}

void tl__computed_defaults(lua_State *L, tl_app *a) {
  if (!a->n_computed) return;
  luaL_checkstack(L, 16, NULL);
  a->cache = cache_new(a->n_computed);
  eval e = {.L = L, .app = a, .root = a->root};
  a->root = bring_up_to_date(&e, a->root);
}

void tl_computed_on_error(lua_State *L, tl_computed_error_fn fn, void *ctx) {
  tl_app *a = tl_app_current(L);
  if (!a) return;
  a->on_error = fn;
  a->on_error_ctx = ctx;
}
