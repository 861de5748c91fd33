/* draft_write.c: the writes of a draft. Each takes over its value, checks, edits the tree, and tells the nodes above.
 * What a slot held goes after its replacement is in place: only then is it known which twins have a home. */
#include "base/mem.h"
#include "core/draft_inner.h"

static tl_dstatus refuse(tl_value v, tl_dstatus why) {
  tl_release(v);
  return why;
}

/* Is a list operation possible? Nothing is changed yet. */
static tl_dstatus check_list(tl_dnode *n) {
  if (!n->draft) return TL_D_DEAD;
  tl__draft_settle(n->draft);
  return n->kind == TL_LIST ? TL_D_OK : TL_D_KIND;
}

static bool can_be_map(const tl_dnode *n) { return n->kind == TL_MAP || (n->flags & DN_FLUID); }

static tl_dstatus check_map(tl_dnode *n) {
  if (!n->draft) return TL_D_DEAD;
  tl__draft_settle(n->draft);
  return can_be_map(n) ? TL_D_OK : TL_D_KIND;
}

/* An empty node gets another empty content. */
static void become(tl_dnode *n, tl_node *empty) {
  if (n->tree) tl__edit_free(n->tree);
  n->tree = NULL;
  n->kind = empty->kind;
  n->flags &= (uint8_t)~DN_FLUID;
  tl__written(n, 0, 0);
  tl__dnode_set_now(n, empty);
}

void tl_dnode_fix(tl_dnode *n) {
  if (n->draft && (n->flags & DN_FLUID)) become(n, &tl__empty_list);
}

/* An empty table takes the kind of what it replaces. */
static tl_value fit(tl_value v, tl_value old) {
  if (!tl_list_fluid(v)) return v;
  if (old.kind == TL_DRAFT) {
    const tl_dnode *n = old.draft;
    if (n->flags & DN_FLUID) return v;
    old.kind = n->kind;
  } else if (tl_list_fluid(old)) {
    return v;
  }
  if (old.kind == TL_MAP) return tl__wrap(&tl__empty_map);
  return old.kind == TL_LIST ? tl_list_empty_fixed() : v;
}

/* Would the slot hold what it holds? */
static bool same(tl_value v, tl_value old) {
  if (old.kind != TL_DRAFT) return tl_identical(v, old);
  if (v.kind == TL_DRAFT) return v.draft == old.draft;
  const tl_dnode *n = old.draft;
  if (!tl_is_container(v)) return false;
  bool both_empty = tl_count(v) == 0 && tl_dnode_count(n) == 0 && v.kind == n->kind;
  return both_empty ? tl_list_fluid(v) == tl_dnode_fluid(n) : n->now == v.node;
}

static void grow(tl_dnode *n, size_t pos, const char *more, size_t more_len) {
  size_t at;
  const tl_node *leaf = tl__dnode_leaf(n, pos, &at);
  tl_value *slot = tl__value_slot(leaf, at);
  size_t before = tl_bytes(*slot);
  tl__string_grow(slot, more, more_len);
  tl__written(n, tl_bytes(*slot), before);
}

/* A long string that begins with the one that it replaces is that one, grown: so versions share their bytes, and the
 * patch knows. Short ones are not worth a look. */
enum { GROWN_MIN = 1024 };

static bool is_long(tl_value v) { return tl__kind(v) == TL_STRING && tl__counted(v); }

static bool grown(tl_dnode *n, size_t pos, tl_value v, tl_value old) {
  if (!is_long(old) || !is_long(v) || old.node->bytes < GROWN_MIN || v.node->bytes <= old.node->bytes) return false;
  size_t had, has;
  const char *before = tl_string_bytes(&old, &had), *now = tl_string_bytes(&v, &has);
  if (memcmp(before, now, had) != 0) return false;
  grow(n, pos, now + had, has - had);
  tl_release(v);
  return true;
}

static tl_dstatus overwrite(tl_dnode *n, size_t pos, tl_value v) {
  size_t at;
  tl_value old = *tl__slot_at(tl__dnode_tree(n), pos);
  v = fit(v, old);
  if (same(v, old)) return refuse(v, TL_D_OK);
  if (grown(n, pos, v, old)) return TL_D_OK;
  if (tl__deeper(n, v)) return refuse(v, TL_D_DEPTH);
  v = tl__assign(n, v);
  const tl_node *leaf = tl__dnode_leaf(n, pos, &at);
  tl_value *slot = tl__value_slot(leaf, at);
  old = *slot;
  *slot = v;
  tl__written(n, tl__weight(v), tl__weight(old));
  tl__displace(n, old);
  return TL_D_OK;
}

/* The size of a slot, for the weight. */
static size_t slot_size(const tl_dnode *n) { return n->kind == TL_MAP ? sizeof(tl_entry) : sizeof(tl_value); }

static tl_dstatus add(tl_dnode *n, size_t pos, const tl_value *key, tl_value v) {
  v = tl__assign(n, v); /* first: v may hold a copy of n as it was */
  if (key && n->kind != TL_MAP) become(n, &tl__empty_map);
  if (!n->tree) n->tree = tl__edit_copy(tl__node_retain(n->now));
  n->flags &= (uint8_t)~DN_FLUID;
  *tl__edit_insert(&n->tree, pos, key) = v;
  tl__written(n, slot_size(n) + tl__weight(v) + (key ? tl_bytes(*key) : 0), 0);
  return TL_D_OK;
}

tl_dstatus tl_dnode_insert(tl_dnode *n, size_t i, tl_value v) {
  tl_dstatus status = check_list(n);
  if (status == TL_D_OK && i > tl_dnode_count(n)) status = TL_D_RANGE;
  if (status == TL_D_OK && tl__deeper(n, v)) status = TL_D_DEPTH;
  return status == TL_D_OK ? add(n, i, NULL, v) : refuse(v, status);
}

tl_dstatus tl_dnode_set_at(tl_dnode *n, size_t i, tl_value v) {
  tl_dstatus status = check_list(n);
  if (status == TL_D_OK && i < tl_dnode_count(n)) return overwrite(n, i, v);
  return status == TL_D_OK ? tl_dnode_insert(n, i, v) : refuse(v, status);
}

tl_dstatus tl_dnode_put(tl_dnode *n, const char *key, size_t len, tl_value v) {
  size_t pos = 0;
  tl_dstatus status = check_map(n);
  if (status != TL_D_OK) return refuse(v, status);
  if (n->kind == TL_MAP && tl__find(tl__dnode_tree(n), key, len, &pos)) return overwrite(n, pos, v);
  if (tl__deeper(n, v)) return refuse(v, TL_D_DEPTH);
  tl_value own = tl_string(key, len);
  return add(n, pos, &own, v);
}

static tl_dstatus append(tl_dnode *n, size_t pos, const char *more, size_t more_len) {
  if (tl__kind(*tl__slot_at(tl__dnode_tree(n), pos)) != TL_STRING) return TL_D_KIND;
  if (more_len > 0) grow(n, pos, more, more_len);
  return TL_D_OK;
}

tl_dstatus tl_dnode_append(tl_dnode *n, const char *key, size_t len, const char *more, size_t more_len) {
  size_t pos;
  tl_dstatus status = check_map(n);
  if (status != TL_D_OK) return status;
  if (n->kind != TL_MAP || !tl__find(tl__dnode_tree(n), key, len, &pos)) return TL_D_RANGE;
  return append(n, pos, more, more_len);
}

tl_dstatus tl_dnode_append_at(tl_dnode *n, size_t i, const char *more, size_t more_len) {
  tl_dstatus status = check_list(n);
  if (status != TL_D_OK) return status;
  return i < tl_dnode_count(n) ? append(n, i, more, more_len) : TL_D_RANGE;
}

/* Takes out what is at pos; owned. */
static tl_value take(tl_dnode *n, size_t pos) {
  size_t at;
  const tl_node *leaf = tl__dnode_leaf(n, pos, &at);
  size_t key_bytes = n->kind == TL_MAP ? tl_bytes(tl__entries(leaf)[at].key) : 0;
  tl_value old = tl__edit_remove(&n->tree, pos);
  tl__written(n, 0, slot_size(n) + tl__weight(old) + key_bytes);
  return old;
}

/* What was taken out, as an element that may still be looked at. */
static void hand_out(tl_dnode *n, tl_value old, tl_slot *out) {
  if (old.kind == TL_LIST || old.kind == TL_MAP) {
    uint8_t fresh = (n->flags & DN_FRESH) || old.len == n->draft->mark ? DN_FRESH : 0;
    old = tl_draft_value(tl__dnode_new(n->draft, NULL, old.node, fresh));
    tl__dnode_limbo(old.draft);
  }
  if (old.kind != TL_DRAFT) {
    *out = (tl_slot){true, old, NULL};
    return;
  }
  tl_dnode *gone = old.draft;
  *out = (tl_slot){true, {.kind = gone->kind}, gone};
}

tl_dstatus tl_dnode_remove(tl_dnode *n, size_t i, tl_slot *out) {
  tl_dstatus status = check_list(n);
  if (status == TL_D_OK && i >= tl_dnode_count(n)) status = TL_D_RANGE;
  if (status != TL_D_OK) return status;
  tl_value old = take(n, i);
  if (old.kind == TL_DRAFT) tl__dnode_leave_home(old.draft, 0);
  if (out)
    hand_out(n, old, out);
  else
    tl_release(old);
  return TL_D_OK;
}

tl_dstatus tl_dnode_del(tl_dnode *n, const char *key, size_t len) {
  size_t pos;
  tl_dstatus status = check_map(n);
  if (status != TL_D_OK || n->kind != TL_MAP || !tl__find(tl__dnode_tree(n), key, len, &pos)) return status;
  tl_value old = take(n, pos);
  if (old.kind == TL_DRAFT)
    tl__dnode_leave_home(old.draft, 0);
  else
    tl_release(old);
  return TL_D_OK;
}

tl_dstatus tl_dnode_clear(tl_dnode *n) {
  if (!n->draft) return TL_D_DEAD;
  tl__draft_settle(n->draft);
  if (tl_dnode_count(n) == 0) return TL_D_OK;
  tl_node *tree = n->tree, *empty = n->kind == TL_MAP ? &tl__empty_map : &tl__empty_list;
  tl_dnode *child;
  size_t pos, before = n->weight;
  n->tree = NULL;
  for (size_t from = 0; tree && (child = tl__dnode_below(tree, from, &pos)); from = pos + 1)
    tl__dnode_leave_home(child, 0);
  if (tree) tl__edit_free(tree);
  tl__written(n, 0, before);
  tl__dnode_set_now(n, empty);
  return TL_D_OK;
}

/* A permutation names every position once. */
static bool is_permutation(const size_t *from, size_t n) {
  uint8_t *seen = tl_calloc(n / 8 + 1);
  bool good = true;
  for (size_t i = 0; good && i < n; i++) {
    good = from[i] < n && !(seen[from[i] / 8] >> (from[i] % 8) & 1);
    if (good) seen[from[i] / 8] |= (uint8_t)(1 << (from[i] % 8));
  }
  tl_free(seen);
  return good;
}

/* Only leaves in which something moves become editable. References move with the values. */
static void shuffle(tl_dnode *n, const size_t *from, size_t count) {
  tl_value *old = tl_alloc(count * sizeof *old);
  size_t at;
  for (size_t i = 0; i < count;) {
    const tl_node *leaf = tl__leaf_at(tl__dnode_tree(n), i, &at);
    memcpy(old + i, tl__items(leaf), leaf->n * sizeof *old);
    i += leaf->n;
  }
  for (size_t i = 0; i < count; i++) {
    if (from[i] == i) continue;
    tl_node *leaf = tl__dnode_leaf(n, i, &at);
    tl__edit_loosen(leaf);
    size_t left = leaf->n - at;
    for (size_t k = 0; k < left; k++) tl__items(leaf)[at + k] = old[from[i + k]];
    i += left - 1;
  }
  tl_free(old);
}

tl_dstatus tl_dnode_permute(tl_dnode *n, const size_t *from) {
  tl_dstatus status = check_list(n);
  if (status != TL_D_OK) return status;
  size_t count = tl_dnode_count(n), moved = 0;
  if (!is_permutation(from, count)) return TL_D_RANGE;
  while (moved < count && from[moved] == moved) moved++;
  if (moved == count) return TL_D_OK;
  shuffle(n, from, count);
  tl__written(n, 0, 0);
  return TL_D_OK;
}
