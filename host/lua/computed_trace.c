/* computed_trace.c: what a computed function read, as a tree along the root: state, var, and the containers below. A
 * node keeps the value that was seen, so a later root is compared with it by identity, from the top; where the identity
 * differs, only what was read below is compared. A container of which more than CHILDREN_MAX parts were read counts as
 * a whole.
 *
 * Nodes live as long as their trace, also those that a container read as a whole makes superfluous: proxies may still
 * point at them. No Lua in here. */
#include <string.h>

#include "base/mem.h"
#include "lua/computed.h"

enum { CHILDREN_MAX = 64, NODES_MAX = 4096 };

struct tl_dep {
  tl_trace *trace;
  tl_dep *made; /* the node that was made before this one */
  tl_dep *children, *next;
  unsigned n_children;
  bool top;   /* the root or a state: bounded by the app, so never read as a whole */
  bool whole; /* any change counts */
  bool count; /* the number of elements counts */
  bool found;
  tl_value key;  /* owned; TL_INT: position in a list */
  tl_value seen; /* owned */
};

struct tl_trace {
  unsigned refs;
  unsigned n_nodes;
  tl_value root;   /* owned */
  tl_app *app;     /* borrowed; NULL: closed, the function has ended */
  tl_cell *cell;   /* borrowed; NULL: the app's defaults, or closed */
  tl_dep *last;    /* all nodes, newest first */
  tl_dep *top;     /* the root's */
  tl__read *reads; /* other computed vars */
  size_t n_reads;
};

static tl_dep *dep_new(tl_trace *t, tl_dep *parent, tl_value key, bool found, tl_value seen) {
  tl_dep *d = tl_alloc(sizeof *d);
  *d = (tl_dep){.trace = t, .made = t->last, .found = found, .key = key, .seen = tl_retain(seen)};
  t->last = d;
  t->n_nodes++;
  if (parent) {
    d->next = parent->children;
    parent->children = d;
    parent->n_children++;
  }
  return d;
}

tl_trace *tl__trace_new(tl_value root, tl_app *app, tl_cell *cell) {
  tl_trace *t = tl_alloc(sizeof *t);
  *t = (tl_trace){.refs = 1, .root = tl_retain(root), .app = app, .cell = cell};
  t->top = dep_new(t, NULL, tl_nil(), true, root);
  t->top->top = true;
  return t;
}

tl_trace *tl__trace_retain(tl_trace *t) {
  t->refs++;
  return t;
}

void tl__trace_release(tl_trace *t) {
  if (!t || --t->refs) return;
  for (tl_dep *d = t->last, *made; d; d = made) {
    made = d->made;
    tl_release(d->key);
    tl_release(d->seen);
    tl_free(d);
  }
  for (size_t i = 0; i < t->n_reads; i++) tl_release(t->reads[i].seen);
  tl_free(t->reads);
  tl_release(t->root);
  tl_free(t);
}

tl_value tl__trace_root(const tl_trace *t) { return t->root; }
tl_cell *tl__trace_cell(const tl_trace *t) { return t->cell; }
tl_app *tl__trace_app(const tl_trace *t) { return t->app; }

/* The function has ended: what it kept reads on, but is no longer traced and evaluates nothing. */
void tl__trace_close(tl_trace *t) {
  t->cell = NULL;
  t->app = NULL;
}

/* ---- noting ---- */

static bool same_key(tl_value a, tl_value b) { return tl_identical(a, b) || tl_equal(a, b); }

void tl__dep_whole(tl_dep *d) {
  if (!d || d->whole) return;
  d->whole = true;
  d->children = NULL;
  d->n_children = 0;
}

void tl__dep_count(tl_dep *d) {
  if (d) d->count = true;
}

/* Takes over key. */
static tl_dep *note(tl_dep *parent, tl_value key, bool found, tl_value seen) {
  if (!parent || parent->whole) {
    tl_release(key);
    return NULL;
  }
  for (tl_dep *d = parent->children; d; d = d->next)
    if (same_key(d->key, key)) {
      tl_release(key);
      return d;
    }
  if (!parent->top && (parent->n_children >= CHILDREN_MAX || parent->trace->n_nodes >= NODES_MAX)) {
    tl_release(key);
    tl__dep_whole(parent);
    return NULL;
  }
  return dep_new(parent->trace, parent, key, found, seen);
}

bool tl__dep_get(tl_dep *dep, tl_value container, const char *key, size_t len, tl_value *out, tl_dep **child) {
  *out = tl_nil();
  bool found = tl_map_get(container, key, len, out);
  *child = dep && !dep->whole ? note(dep, tl_string(key, len), found, *out) : NULL;
  return found;
}

bool tl__dep_at(tl_dep *dep, tl_value container, size_t i, tl_value *out, tl_dep **child) {
  bool found = i < tl_count(container);
  *out = found ? tl_list_at(container, i) : tl_nil();
  *child = note(dep, tl_int((int64_t)i), found, *out);
  return found;
}

bool tl__trace_var(tl_trace *t, const tl_var *v, tl_value *out, tl_dep **child) {
  tl_value vars;
  tl_dep *state;
  *child = NULL;
  *out = tl_nil();
  if (!tl__dep_get(t->top, t->root, v->cls->name, v->cls->name_len, &vars, &state)) return false;
  if (state) state->top = true;
  return tl__dep_get(state, vars, v->key, v->key_len, out, child);
}

static const tl_dep *child_named(const tl_dep *d, const char *name, size_t len) {
  for (const tl_dep *c = d ? d->children : NULL; c; c = c->next) {
    size_t n;
    const char *key = tl_kind_of(c->key) == TL_INT ? NULL : tl_string_bytes(&c->key, &n);
    if (key && n == len && !memcmp(key, name, len)) return c;
  }
  return NULL;
}

bool tl__trace_has(const tl_trace *t, const tl_var *v) {
  return child_named(child_named(t->top, v->cls->name, v->cls->name_len), v->key, v->key_len) != NULL;
}

const tl__read *tl__trace_reads(const tl_trace *t, size_t *n) {
  *n = t->n_reads;
  return t->reads;
}

static tl__read *read_of(tl_trace *t, size_t slot) {
  for (size_t i = 0; i < t->n_reads; i++)
    if (t->reads[i].slot == slot) return &t->reads[i];
  return NULL;
}

void tl__trace_note(tl_trace *t, size_t slot) {
  if (read_of(t, slot)) return;
  t->reads = tl_realloc(t->reads, (t->n_reads + 1) * sizeof *t->reads);
  t->reads[t->n_reads++] = (tl__read){.slot = slot, .seen = tl_nil(), .failed = true};
}

void tl__trace_saw(tl_trace *t, size_t slot, tl_value seen) {
  tl__read *r = read_of(t, slot);
  if (!r->failed) return;
  r->failed = false;
  r->seen = tl_retain(seen);
}

/* ---- comparing with a later root ---- */

static bool child_of(tl_value container, tl_value key, tl_value *out) {
  size_t len;
  *out = tl_nil();
  if (tl_kind_of(key) != TL_INT) {
    const char *s = tl_string_bytes(&key, &len);
    return tl_map_get(container, s, len, out);
  }
  bool found = (size_t)key.i < tl_count(container);
  if (found) *out = tl_list_at(container, (size_t)key.i);
  return found;
}

static bool dep_holds(const tl_dep *d, tl_value now, bool found) {
  if (found != d->found) return false;
  if (!found || tl_identical(d->seen, now)) return true;
  if (tl_kind_of(d->seen) != tl_kind_of(now)) return false;
  if (!tl_is_container(now)) return tl_equal(d->seen, now);
  if (d->whole || (d->count && tl_count(d->seen) != tl_count(now))) return false;
  for (const tl_dep *c = d->children; c; c = c->next) {
    tl_value v;
    bool has = child_of(now, c->key, &v);
    if (!dep_holds(c, v, has)) return false;
  }
  return true;
}

bool tl__trace_holds(tl_trace *t, tl_value root) { return dep_holds(t->top, root, true); }

static void dep_rebase(tl_dep *d, tl_value now) {
  if (tl_identical(d->seen, now)) return;
  tl_value old = d->seen;
  d->seen = tl_retain(now);
  tl_release(old);
  if (!tl_is_container(now)) return;
  for (tl_dep *c = d->children; c; c = c->next) {
    tl_value v;
    if (child_of(now, c->key, &v)) dep_rebase(c, v);
  }
}

/* A trace that is shared (by other tabs, by proxies that the function kept) stays as it is. */
void tl__trace_rebase(tl_trace *t, tl_value root) {
  if (t->refs > 1 || tl_identical(t->root, root)) return;
  dep_rebase(t->top, root);
  tl_value old = t->root;
  t->root = tl_retain(root);
  tl_release(old);
}
