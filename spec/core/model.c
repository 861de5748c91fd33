/* model.c: see model.h. */
#include "model.h"

#include <stdlib.h>
#include <string.h>

static model *model_new(model_world *w, model *parent, uint8_t kind, bool fresh) {
  model *m = calloc(1, sizeof *m);
  m->kind = kind;
  m->parent = parent;
  m->fresh = fresh;
  m->next = w->all;
  w->all = m;
  return m;
}

static model_item *open_item(model *m, size_t i) {
  if (m->n == m->cap) m->items = realloc(m->items, (m->cap = m->cap * 2 + 4) * sizeof *m->items);
  memmove(m->items + i + 1, m->items + i, (m->n++ - i) * sizeof *m->items);
  m->items[i] = (model_item){.child = NULL};
  return &m->items[i];
}

static model_item close_item(model *m, size_t i) {
  model_item gone = m->items[i];
  memmove(m->items + i, m->items + i + 1, (--m->n - i) * sizeof *m->items);
  return gone;
}

static model *from_value(model_world *w, model *parent, tl_value v, bool fresh) {
  model *m = model_new(w, parent, v.kind, fresh);
  m->fluid = tl_list_fluid(v);
  tl_iter it;
  const tl_value *key;
  tl_value x;
  tl_iter_start(&it, v, 0);
  while (tl_iter_next(&it, &key, &x)) {
    model_item *item = open_item(m, m->n);
    if (key) item->key = tl_retain(*key);
    if (tl_is_container(x))
      item->child = from_value(w, m, x, fresh);
    else
      item->scalar = tl_retain(x);
  }
  if (!fresh) m->base = tl_retain(v);
  return m;
}

static model *copy_of(model_world *w, model *parent, const model *m) {
  model *copy = model_new(w, parent, m->kind, true);
  copy->fluid = m->fluid;
  for (size_t i = 0; i < m->n; i++) {
    model_item *item = open_item(copy, i);
    item->key = tl_retain(m->items[i].key);
    item->scalar = tl_retain(m->items[i].scalar);
    if (m->items[i].child) item->child = copy_of(w, copy, m->items[i].child);
  }
  return copy;
}

void model_begin(model_world *w, tl_value root) {
  *w = (model_world){.all = NULL};
  w->root = from_value(w, NULL, root, false);
}

void model_end(model_world *w) {
  for (model *m = w->all, *next; m; m = next) {
    next = m->next;
    for (size_t i = 0; i < m->n; i++) {
      tl_release(m->items[i].key);
      tl_release(m->items[i].scalar);
    }
    tl_release(m->base);
    free(m->items);
    free(m);
  }
  w->all = w->root = NULL;
}

bool model_is(const model *m, tl_value v) {
  if (m->kind != v.kind || m->n != tl_count(v) || m->fluid != tl_list_fluid(v)) return false;
  tl_iter it;
  const tl_value *key;
  tl_value x;
  tl_iter_start(&it, v, 0);
  for (size_t i = 0; tl_iter_next(&it, &key, &x); i++) {
    const model_item *item = &m->items[i];
    if (key && !tl_equal(*key, item->key)) return false;
    if (item->child ? !tl_is_container(x) || !model_is(item->child, x) : !spec_same_kind(item->scalar, x)) return false;
  }
  return true;
}

tl_value model_value(const model *m) {
  tl_draft *d;
  tl_value hull = tl_map(NULL, 0), v;
  d = tl_draft_begin(hull);
  tl_dnode_put(tl_draft_root(d), "v", 1, m->kind == TL_MAP ? tl_map(NULL, 0) : tl_list_empty_fixed());
  tl_dnode *n = tl_dnode_get(tl_draft_root(d), "v", 1).node;
  for (size_t i = 0; i < m->n; i++) {
    size_t len;
    tl_value x = m->items[i].child ? model_value(m->items[i].child) : tl_retain(m->items[i].scalar);
    const char *key = tl_string_bytes(&m->items[i].key, &len);
    if (m->kind == TL_MAP)
      tl_dnode_put(n, key, len, x);
    else
      tl_dnode_insert(n, i, x);
  }
  v = m->fluid ? tl_list(NULL, 0) : tl_dnode_value(n);
  tl_draft_rollback(d);
  return v;
}

static const model *top_of(const model *m) {
  while (m->parent) m = m->parent;
  return m;
}
bool model_attached(const model_world *w, const model *m) { return top_of(m) == w->root; }

size_t model_size(const model *m) {
  size_t n = 1 + m->n;
  for (size_t i = 0; i < m->n; i++)
    if (m->items[i].child) n += model_size(m->items[i].child);
  return n;
}

/* Twins. */

static void drop_copy(model *m) {
  if (m && m->twin) m->twin = m->twin->twin_of = NULL;
}
static void link_twins(model *m, model *copy) {
  drop_copy(m);
  drop_copy(copy->twin_of);
  m->twin = copy;
  copy->twin_of = m;
}

static void written(model *m) {
  for (; m; m = m->parent) {
    drop_copy(m);
    drop_copy(m->twin_of);
  }
}

/* After a handover two histories meet in one node: what it was at the last commit is left open. */
static void forget_base(model *m) {
  tl_release(m->base);
  m->base = tl_nil();
  m->fresh = false;
}

static void hand_over(model_world *w, model *m, model *twin) {
  model *copy = m->twin, *source = m->twin_of;
  drop_copy(m);
  drop_copy(source);
  if (copy && copy != twin) link_twins(twin, copy);
  if (source && source != twin) link_twins(source, twin);
  for (int h = 0; h < MODEL_HANDLES; h++) {
    if (w->held[h] != m) continue;
    w->held[h] = twin;
    w->moved[h] = true;
  }
  forget_base(m);
  forget_base(twin);
  for (size_t i = 0; i < m->n; i++) {
    if (!m->items[i].child) continue;
    hand_over(w, m->items[i].child, twin->items[i].child);
    if (!m->items[i].child->went) m->items[i].child->went = twin->items[i].child; /* handles go but once */
  }
}

static void follow_twins(model_world *w, model *m, const model *top) {
  if (m->twin && (model_attached(w, m->twin) || top_of(m->twin) == top)) {
    hand_over(w, m, m->twin);
    return;
  }
  for (size_t i = 0; i < m->n; i++)
    if (m->items[i].child) follow_twins(w, m->items[i].child, top);
}

static void displace(model_world *w, const model *top, model_item old) {
  tl_release(old.scalar);
  if (!old.child) return;
  old.child->parent = NULL;
  old.child->displaced = true;
  follow_twins(w, old.child, top);
}

/* Assigning. */

static model *meant(const model_world *w, tl_value draft) {
  for (int h = 0; h < MODEL_HANDLES; h++)
    if (w->held[h] && w->handles[h].node == draft.draft) return w->held[h];
  return NULL;
}

static bool held_within(const model_world *w, const model *top) {
  for (int h = 0; h < MODEL_HANDLES; h++)
    for (const model *m = w->held[h]; m; m = m->parent)
      if (m == top) return true;
  return false;
}

static bool has_draft(tl_value v) {
  tl_iter it;
  tl_value x;
  if (v.kind == TL_DRAFT) return true;
  if (!tl_is_container(v)) return false;
  tl_iter_start(&it, v, 0);
  while (tl_iter_next(&it, NULL, &x))
    if (has_draft(x)) return true;
  return false;
}

static bool within(const model *m, const model *top) {
  while (m && m != top) m = m->parent;
  return m;
}

/* The models that live nodes in v mean are looked up before anything changes (`meant` goes by the real nodes). */
typedef struct assigned {
  model *source[64];
  size_t n, next;
} assigned;

static void look_up(const model_world *w, tl_value v, assigned *a) {
  tl_iter it;
  tl_value x;
  if (v.kind == TL_DRAFT) {
    a->source[a->n] = meant(w, v);
    a->source[a->n++]->went = NULL;
  }
  if (!tl_is_container(v)) return;
  tl_iter_start(&it, v, 0);
  while (tl_iter_next(&it, NULL, &x)) look_up(w, x, a);
}

static model *assign_model(model_world *w, model *target, model *source) {
  while (source->went) source = source->went;
  model *copy = copy_of(w, target, source);
  if (!held_within(w, source) || within(target, source)) return copy;
  if (top_of(source)->displaced)
    hand_over(w, source, copy);
  else if (source->parent)
    link_twins(source, copy);
  return copy;
}

static model_item assign(model_world *w, model *target, tl_value v, assigned *a) {
  if (v.kind == TL_DRAFT) return (model_item){.child = assign_model(w, target, a->source[a->next++])};
  if (!tl_is_container(v)) return (model_item){.scalar = tl_retain(v)};
  if (!has_draft(v)) return (model_item){.child = from_value(w, target, v, true)};
  model *m = model_new(w, target, v.kind, true);
  tl_iter it;
  const tl_value *key;
  tl_value x;
  tl_iter_start(&it, v, 0);
  while (tl_iter_next(&it, &key, &x)) {
    model_item item = assign(w, m, x, a);
    if (key) item.key = tl_retain(*key);
    *open_item(m, m->n) = item;
  }
  return (model_item){.child = m};
}

static int depth_of(const model *m) {
  int deepest = 0;
  for (size_t i = 0; i < m->n; i++) {
    int depth = m->items[i].child ? depth_of(m->items[i].child) : 0;
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}

static int depth_of_value(const model_world *w, tl_value v) {
  if (v.kind == TL_DRAFT) return depth_of(meant(w, v));
  if (!tl_is_container(v)) return 0;
  int deepest = 0;
  tl_iter it;
  tl_value x;
  tl_iter_start(&it, v, 0);
  while (tl_iter_next(&it, NULL, &x)) {
    int depth = depth_of_value(w, x);
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}

static bool deeper(const model_world *w, const model *m, tl_value v) {
  if (!tl_is_container(v) && v.kind != TL_DRAFT) return false;
  int level = model_attached(w, m) ? -1 : 1;
  for (; m->parent; m = m->parent) level++;
  return level + depth_of_value(w, v) > TL_DEPTH_MAX;
}

static bool same(const model_world *w, tl_value v, const model_item *old) {
  const model *m = old->child;
  if (!m) return !tl_is_container(v) && v.kind != TL_DRAFT && spec_same_kind(v, old->scalar);
  if (v.kind == TL_DRAFT) return meant(w, v) == m;
  return tl_is_container(v) && tl_count(v) == 0 && m->n == 0 && v.kind == m->kind && tl_list_fluid(v) == m->fluid;
}

static tl_dstatus overwrite(model_world *w, model *m, size_t i, tl_value v) {
  const model *old = m->items[i].child;
  assigned a = {.n = 0};
  if (tl_list_fluid(v) && old && !old->fluid) v = old->kind == TL_MAP ? tl_map(NULL, 0) : tl_list_empty_fixed();
  if (same(w, v, &m->items[i])) return TL_D_OK;
  if (deeper(w, m, v)) return TL_D_DEPTH;
  look_up(w, v, &a);
  model_item item = assign(w, m, v, &a), gone = m->items[i];
  item.key = gone.key;
  m->items[i] = item;
  written(m);
  displace(w, top_of(m), gone);
  return TL_D_OK;
}

static tl_dstatus add(model_world *w, model *m, size_t i, tl_value key, tl_value v) {
  assigned a = {.n = 0};
  look_up(w, v, &a);
  model_item item = assign(w, m, v, &a);
  item.key = key;
  *open_item(m, i) = item;
  if (key.kind == TL_STRING) m->kind = TL_MAP;
  m->fluid = false;
  written(m);
  return TL_D_OK;
}

tl_dstatus model_insert(model_world *w, model *m, size_t i, tl_value v) {
  if (m->kind != TL_LIST) return TL_D_KIND;
  if (i > m->n) return TL_D_RANGE;
  return deeper(w, m, v) ? TL_D_DEPTH : add(w, m, i, tl_nil(), v);
}

tl_dstatus model_set(model_world *w, model *m, size_t i, tl_value v) {
  if (m->kind == TL_LIST && i < m->n) return overwrite(w, m, i, v);
  return model_insert(w, m, i, v);
}

static size_t find(const model *m, const char *key, size_t len, bool *found) {
  *found = false;
  for (size_t i = 0; i < m->n; i++) {
    size_t n;
    const char *s = tl_string_bytes(&m->items[i].key, &n);
    int order = memcmp(s, key, n < len ? n : len);
    if (order == 0) order = n < len ? -1 : n > len;
    *found = order == 0;
    if (order >= 0) return i;
  }
  return m->n;
}

tl_dstatus model_put(model_world *w, model *m, const char *key, size_t len, tl_value v) {
  bool found;
  if (m->kind != TL_MAP && !m->fluid) return TL_D_KIND;
  size_t i = find(m, key, len, &found);
  if (found) return overwrite(w, m, i, v);
  if (deeper(w, m, v)) return TL_D_DEPTH;
  return add(w, m, i, tl_string(key, len), v);
}

tl_dstatus model_append(model *m, size_t i, const char *more, size_t n) {
  size_t len;
  if (i >= m->n) return TL_D_RANGE;
  tl_value *v = &m->items[i].scalar;
  if (m->items[i].child || v->kind != TL_STRING) return TL_D_KIND;
  const char *s = tl_string_bytes(v, &len);
  char *both = malloc(len + n + 1);
  memcpy(both, s, len);
  memcpy(both + len, more, n);
  tl_release(*v);
  *v = tl_string(both, len + n);
  free(both);
  if (n > 0) written(m);
  return TL_D_OK;
}

static void cut(model_item gone) {
  tl_release(gone.key);
  tl_release(gone.scalar);
  if (gone.child) gone.child->parent = NULL;
}

tl_dstatus model_remove(model_world *w, model *m, size_t i, model **gone) {
  (void)w;
  if (m->kind != TL_LIST) return TL_D_KIND;
  if (i >= m->n) return TL_D_RANGE;
  model_item item = close_item(m, i);
  written(m);
  cut(item);
  *gone = item.child;
  return TL_D_OK;
}

tl_dstatus model_del(model_world *w, model *m, const char *key, size_t len) {
  bool found;
  (void)w;
  if (m->kind != TL_MAP && !m->fluid) return TL_D_KIND;
  size_t i = find(m, key, len, &found);
  if (!found) return TL_D_OK;
  cut(close_item(m, i));
  written(m);
  return TL_D_OK;
}

void model_clear(model_world *w, model *m) {
  (void)w;
  if (m->n == 0) return;
  while (m->n > 0) cut(close_item(m, m->n - 1));
  written(m);
}

void model_permute(model_world *w, model *m, const size_t *from) {
  bool moves = false;
  (void)w;
  model_item *items = calloc(m->cap, sizeof *items);
  for (size_t i = 0; i < m->n; i++) {
    items[i] = m->items[from[i]];
    moves = moves || from[i] != i;
  }
  free(m->items);
  m->items = items;
  if (moves) written(m);
}

void model_commit(model_world *w) {
  for (model *m = w->all; m; m = m->next) {
    tl_release(m->base);
    m->base = tl_nil();
    m->fresh = false;
  }
  for (int h = 0; h < MODEL_HANDLES; h++)
    if (w->held[h] && w->held[h]->base.kind == TL_NIL) w->held[h]->base = model_value(w->held[h]);
}
