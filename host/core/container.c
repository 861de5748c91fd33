/* container.c: lists and maps are built here in one go, and read. What is built is spread evenly over its leaves.
 * For the invariants of the tree see tree.h; changes go by edit.c. */
#include "core/loan.h"

tl_node tl__empty_fluid = {.refs = 1, .kind = TL_LIST, .depth = 1, .flags = TL__STATIC};
tl_node tl__empty_list = {.refs = 1, .kind = TL_LIST, .depth = 1, .flags = TL__STATIC};
tl_node tl__empty_map = {.refs = 1, .kind = TL_MAP, .depth = 1, .flags = TL__STATIC};

size_t tl__node_size(tl_kind kind, int level, size_t cap) {
  const size_t size = sizeof(tl_node) + (tl__has_loan(cap) ? sizeof(tl__loan) : 0);
  if (level > 0) return size + cap * sizeof(tl_node *) + (cap * sizeof(uint32_t) + 7) / 8 * 8;
  return size + cap * (kind == TL_MAP ? sizeof(tl_entry) : sizeof(tl_value));
}

tl_node *tl__node_new(tl_kind kind, int level, size_t n) {
  tl_node *node = tl__node_alloc(kind, level, n);
  *node = (tl_node){.refs = 1, .kind = (uint8_t)kind, .level = (uint8_t)level, .n = (uint8_t)n, .cap = (uint8_t)n};
  tl__loan_none(node);
  return node;
}

void tl__slots_drop(tl_node *node, uint32_t which) {
  for (which &= node->n ? TL__ALL >> (32 - node->n) : 0; which; which &= which - 1) {
    const size_t i = (size_t)__builtin_ctz(which);
    if (node->level > 0) {
      tl__node_release(tl__children(node)[i]);
      continue;
    }
    if (node->kind == TL_MAP) tl__drop(tl__entries(node)[i].key);
    tl__drop(*tl__value_slot(node, i));
  }
}

void tl__node_free(tl_node *node) {
  if (node->kind == TL_STRING) {
    tl__string_free(node);
    return;
  }
  uint32_t which = tl__loan_end(node);
  if (which) tl__slots_drop(node, which);
  tl__node_dealloc(node);
}

static inline void sum_value(tl_node *node, tl_value v) {
  if (!tl__counted(v)) {
    if (tl__kind(v) == TL_DRAFT) node->flags |= TL__ALIEN;
    return;
  }
  /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): what counts has a node */
  node->bytes = tl__add_bytes(node->bytes, v.node->bytes);
  if (tl__kind(v) == TL_STRING) return;
  node->flags |= v.node->flags & TL__ALIEN;
  if (v.node->depth >= node->depth) node->depth = (uint16_t)(v.node->depth < 0xffff ? v.node->depth + 1 : 0xffff);
}

static void sum_leaf(tl_node *leaf) {
  leaf->depth = 1;
  leaf->count = leaf->n;
  if (leaf->kind == TL_LIST) {
    for (size_t i = 0; i < leaf->n; i++) sum_value(leaf, tl__items(leaf)[i]);
    return;
  }
  for (size_t i = 0; i < leaf->n; i++) {
    sum_value(leaf, tl__entries(leaf)[i].key);
    sum_value(leaf, tl__entries(leaf)[i].value);
  }
}

void tl__node_sum(tl_node *node) {
  node->bytes = tl__node_size(node->kind, node->level, node->cap);
  if (node->level == 0) {
    sum_leaf(node);
    return;
  }
  node->count = 0;
  for (size_t i = 0; i < node->n; i++) {
    const tl_node *child = tl__children(node)[i];
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): the payload was filled by memcpy */
    node->bytes = tl__add_bytes(node->bytes, child->bytes);
    node->flags |= child->flags & TL__ALIEN;
    if (child->depth > node->depth) node->depth = child->depth;
    tl__ends(node)[i] = node->count += child->count;
  }
}

tl_node *tl__branches(tl_node **nodes, size_t n) {
  for (int level = 1; n > 1; level++) {
    size_t parents = (n + TL__FAN - 1) / TL__FAN, from = 0;
    for (size_t p = 0; p < parents; p++) {
      size_t to = n * (p + 1) / parents;
      tl_node *branch = tl__node_new(nodes[from]->kind, level, to - from);
      memcpy(tl__children(branch), nodes + from, (to - from) * sizeof *nodes);
      tl__node_sum(branch);
      nodes[p] = branch; /* p <= from: its children have been read */
      from = to;
    }
    n = parents;
  }
  /* NOLINTNEXTLINE(clang-analyzer-core.uninitialized.UndefReturn): n > 0 */
  return nodes[0];
}

/* A tree over n items of the given size, bit by bit. */
static tl_value build(tl_kind kind, const char *items, size_t n, size_t size) {
  size_t leaves = (n + TL__FAN - 1) / TL__FAN, from = 0;
  tl_node *few[32], **nodes = leaves > 32 ? tl_alloc(leaves * sizeof *nodes) : few;
  for (size_t k = 0; k < leaves; k++) {
    size_t to = n * (k + 1) / leaves;
    nodes[k] = tl__node_new(kind, 0, to - from);
    memcpy(nodes[k]->payload, items + from * size, (to - from) * size);
    tl__node_sum(nodes[k]);
    from = to;
  }
  tl_node *root = tl__branches(nodes, leaves);
  if (nodes != few) tl_free(nodes);
  return tl__wrap(root);
}

tl_value tl_list(const tl_value *items, size_t n) {
  if (n == 0) return tl__wrap(&tl__empty_fluid);
  return build(TL_LIST, (const char *)items, n, sizeof *items);
}

tl_value tl_list_empty_fixed(void) { return tl__wrap(&tl__empty_list); }

static int compare_entries(const tl_entry *a, const tl_entry *b) {
  size_t len;
  const char *key = tl_string_bytes(&b->key, &len);
  return tl__key_compare(&a->key, key, len);
}

/* Stable, so that of equal keys the last stays last. */
static void sort_entries(tl_entry *e, size_t n, tl_entry *spare) {
  if (n <= 12) {
    for (size_t i = 1; i < n; i++) {
      tl_entry x = e[i];
      size_t k = i;
      for (; k > 0 && compare_entries(&e[k - 1], &x) > 0; k--) e[k] = e[k - 1];
      e[k] = x;
    }
    return;
  }
  size_t half = n / 2, a = 0, b = half, k = 0;
  sort_entries(e, half, spare);
  sort_entries(e + half, n - half, spare);
  memcpy(spare, e, half * sizeof *e);
  while (a < half && b < n) e[k++] = compare_entries(&e[b], &spare[a]) < 0 ? e[b++] : spare[a++];
  memcpy(e + k, spare + a, (half - a) * sizeof *e);
}

static size_t drop_doubles(tl_entry *e, size_t n) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (kept > 0 && compare_entries(&e[kept - 1], &e[i]) == 0) {
      tl_release(e[--kept].key);
      tl_release(e[kept].value);
    }
    e[kept++] = e[i];
  }
  return kept;
}

tl_value tl_map(tl_entry *entries, size_t n) {
  if (n == 0) return tl__wrap(&tl__empty_map);
  size_t sorted = 1;
  while (sorted < n && compare_entries(&entries[sorted - 1], &entries[sorted]) < 0) sorted++;
  if (sorted < n) {
    tl_entry *spare = n > 12 ? tl_alloc(n / 2 * sizeof *spare) : NULL;
    sort_entries(entries, n, spare);
    tl_free(spare);
    n = drop_doubles(entries, n);
  }
  return build(TL_MAP, (const char *)entries, n, sizeof *entries);
}

bool tl_list_fluid(tl_value v) { return v.kind == TL_LIST && v.node == &tl__empty_fluid; }

size_t tl_count(tl_value container) { return container.node->count; }

tl_value tl_list_at(tl_value list, size_t i) { return *tl__slot_at(list.node, i); }

bool tl_map_get(tl_value map, const char *key, size_t len, tl_value *out) {
  size_t pos;
  if (!tl__find(map.node, key, len, &pos)) return false;
  *out = *tl__slot_at(map.node, pos);
  return true;
}

size_t tl_map_rank(tl_value map, const char *key, size_t len, bool *found) {
  size_t pos;
  bool there = tl__find(map.node, key, len, &pos);
  if (found) *found = there;
  return pos;
}

const tl_entry *tl_map_entry(tl_value map, size_t i) {
  size_t at;
  const tl_node *leaf = tl__leaf_at(map.node, i, &at);
  return &tl__entries(leaf)[at];
}

void tl_iter_start(tl_iter *it, tl_value container, size_t pos) { *it = (tl_iter){container, pos, NULL, 0}; }

bool tl_iter_next(tl_iter *it, const tl_value **key, tl_value *value) {
  if (it->pos >= it->container.node->count) return false;
  const tl_node *leaf = it->leaf_;
  if (!leaf || it->at_ == leaf->n) it->leaf_ = leaf = tl__leaf_at(it->container.node, it->pos, &it->at_);
  if (key) *key = leaf->kind == TL_MAP ? &tl__entries(leaf)[it->at_].key : NULL;
  if (value) *value = *tl__value_slot(leaf, it->at_);
  it->at_++;
  it->pos++;
  return true;
}
