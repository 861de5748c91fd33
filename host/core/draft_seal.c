/* draft_seal.c: from edit trees to sealed ones. The edit tree stays as it is, a private overlay with the nodes in its
 * slots; what is published are copies of just the right size. An edit node whose content is that of `pub` seals to pub:
 * so what was only looked at leaves nothing, and neither does a write that was undone. */
#include "core/draft_inner.h"

/* The value of a slot as others may see it, borrowed. */
static inline tl_value plain(tl_value slot) {
  if (tl__kind(slot) == TL_DRAFT) return tl__wrap(((tl_dnode *)slot.draft)->now);
  if (tl__contains(slot)) slot.pad_ = tl__kind(slot); /* the mark is the draft's own */
  return slot;
}

static void seal_below(const tl_node *leaf) {
  for (size_t i = 0; i < leaf->n; i++) {
    const tl_value *slot = tl__value_slot(leaf, i);
    if (slot->kind == TL_DRAFT) tl__dnode_seal(slot->draft);
  }
}

static bool leaf_same(const tl_node *leaf, const tl_node *pub) {
  if (!pub || pub->level != 0 || pub->n != leaf->n) return false;
  for (size_t i = 0; i < leaf->n; i++) {
    if (!tl_identical(plain(*tl__value_slot(leaf, i)), *tl__value_slot(pub, i))) return false;
    if (leaf->kind == TL_MAP && !tl_identical(tl__entries(leaf)[i].key, tl__entries(pub)[i].key)) return false;
  }
  return true;
}

static tl_node *leaf_copy(const tl_node *leaf) {
  tl_node *copy = tl__node_new(leaf->kind, 0, leaf->n);
  for (size_t i = 0; i < leaf->n; i++) {
    *tl__value_slot(copy, i) = tl__keep(plain(*tl__value_slot(leaf, i)));
    if (leaf->kind == TL_MAP) tl__entries(copy)[i].key = tl__keep(tl__entries(leaf)[i].key);
  }
  return copy;
}

/* The same for a draft that ends: what the leaf holds goes over, without counting it up here and down when the leaf is
 * freed. */
static tl_node *leaf_take(tl_node *leaf) {
  tl_node *copy = tl__node_new(leaf->kind, 0, leaf->n);
  for (size_t i = 0; i < leaf->n; i++) {
    tl_value slot = *tl__value_slot(leaf, i);
    *tl__value_slot(copy, i) = tl__kind(slot) == TL_DRAFT ? tl__keep(plain(slot)) : plain(slot);
    if (leaf->kind == TL_MAP) tl__entries(copy)[i].key = tl__entries(leaf)[i].key;
  }
  leaf->n = 0;
  return copy;
}

static tl_node *seal_tree(tl_node *node, bool take);

static tl_node *branch_seal(tl_node *branch, bool take) {
  tl_node *sealed[TL__FAN], **children = tl__children(branch);
  const tl_node *pub = *tl__pub(branch);
  const size_t n = branch->n;
  bool same = pub && pub->level == branch->level && pub->n == n;
  for (size_t i = 0; i < n; i++) {
    sealed[i] = seal_tree(children[i], take);
    if (same && sealed[i] != tl__children(pub)[i]) same = false;
  }
  if (same) return NULL;
  tl_node *copy = tl__node_new(branch->kind, branch->level, n);
  memcpy(tl__children(copy), sealed, n * sizeof *sealed);
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (take && sealed[i] == children[i]) continue; /* goes over */
    tl__node_retain(sealed[i]);
    children[kept++] = children[i];
  }
  branch->n = (uint8_t)kept;
  return copy;
}

static tl_node *leaf_seal(tl_node *leaf, bool take) {
  seal_below(leaf);
  if (leaf_same(leaf, *tl__pub(leaf))) return NULL;
  return take ? leaf_take(leaf) : leaf_copy(leaf);
}

/* Borrowed: the node itself when it is sealed, else its pub, which is brought up to date. take: the tree is not read
 * any more. */
static tl_node *seal_tree(tl_node *node, bool take) {
  if (!(node->flags & TL__EDIT)) return node;
  tl_node **pub = tl__pub(node), *fresh = node->level > 0 ? branch_seal(node, take) : leaf_seal(node, take);
  if (fresh) {
    tl__node_sum(fresh);
    if (*pub) tl__node_release(*pub);
    *pub = fresh;
  }
  return *pub;
}

static tl_node *empty_of(const tl_dnode *n) {
  if (n->kind == TL_MAP) return &tl__empty_map;
  return n->flags & DN_FLUID ? &tl__empty_fluid : &tl__empty_list;
}

/* After a seal in between `pub` is younger than the last commit: what was undone since is found here. */
static bool is_base(const tl_dnode *n, const tl_node *now) {
  const tl_node *base = n->base;
  if (!base || now->count == 0 || base->level != now->level || base->n != now->n || base->kind != now->kind)
    return false;
  if (base->level == 0) return leaf_same(now, base);
  return memcmp(tl__children(base), tl__children(now), now->n * sizeof(tl_node *)) == 0;
}

tl_node *tl__dnode_seal(tl_dnode *n) {
  if (n->now) return n->now;
  const tl_node *compared = n->tree->flags & TL__EDIT ? *tl__pub(n->tree) : NULL;
  tl_node *now = n->tree->count > 0 ? seal_tree(n->tree, n->draft->ending) : empty_of(n);
  if (compared != n->base && is_base(n, now)) now = n->base;
  tl__dnode_set_now(n, tl__node_retain(now));
  return n->now;
}

void tl__unmark(tl_node *tree) {
  if (!(tree->flags & TL__EDIT)) return;
  for (size_t i = 0; i < tree->n; i++) {
    if (tree->level > 0) {
      tl__unmark(tl__children(tree)[i]);
      continue;
    }
    tl_value *slot = tl__value_slot(tree, i);
    if (slot->kind == TL_LIST || slot->kind == TL_MAP) slot->len = 0;
  }
}
