/* draft_seal.c: from edit trees to sealed ones. While the draft goes on, the edit tree stays as it is, a private
 * overlay with the nodes in its slots, and what is published are copies; when it ends, the edit nodes themselves are
 * sealed. An edit node whose content is that of `pub` seals to pub: so what was only looked at leaves nothing, and
 * neither does a write that was undone. */
#include "core/draft_inner.h"
#include "core/loan.h"

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
    if (!tl__same(plain(*tl__value_slot(leaf, i)), *tl__value_slot(pub, i))) return false;
    if (leaf->kind == TL_MAP && !tl__same(tl__entries(leaf)[i].key, tl__entries(pub)[i].key)) return false;
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

static tl_node *seal_tree(tl_node *node);

static tl_node *branch_copy(tl_node *branch) {
  tl_node *sealed[TL__FAN];
  const tl_node *pub = branch->pub;
  const size_t n = branch->n;
  bool same = pub && pub->level == branch->level && pub->n == n;
  for (size_t i = 0; i < n; i++) {
    sealed[i] = seal_tree(tl__children(branch)[i]);
    if (same && sealed[i] != tl__children(pub)[i]) same = false;
  }
  if (same) return NULL;
  tl_node *copy = tl__node_new(branch->kind, branch->level, n);
  for (size_t i = 0; i < n; i++) tl__children(copy)[i] = tl__node_retain(sealed[i]);
  return copy;
}

static tl_node *leaf_seal(const tl_node *leaf) {
  seal_below(leaf);
  return leaf_same(leaf, leaf->pub) ? NULL : leaf_copy(leaf);
}

/* Borrowed: the node itself when it is sealed, else its pub, which is brought up to date. */
static tl_node *seal_tree(tl_node *node) {
  if (!(node->flags & TL__EDIT)) return node;
  tl_node *fresh = node->level > 0 ? branch_copy(node) : leaf_seal(node);
  if (fresh) {
    tl__node_sum(fresh);
    if (node->pub) tl__node_release(node->pub);
    node->pub = fresh;
  }
  return node->pub;
}

/* ---- the end ---- */

/* What became different of a node's sums, so that they need not be made anew from all that it holds. */
typedef struct change {
  bool any, keys;
  uint64_t more, less; /* bytes */
  int deepest, was;    /* depth of what came and of what went */
} change;

static void note_change(change *c, uint64_t more, uint64_t less, int depth, int was) {
  c->any = true;
  c->more += more;
  c->less += less;
  if (depth > c->deepest) c->deepest = depth;
  if (was > c->was) c->was = was;
}

/* node becomes a sealed one. pub: with as many items, c the differences; NULL: not known. */
static tl_node *close_node(tl_node *node, const tl_node *pub, const change *c) {
  tl_node *old = node->pub;
  node = tl__edit_fit(node);
  node->flags = 0;
  int own = node->level > 0 ? 0 : 1;
  bool known = pub && !c->keys && (c->was + own < pub->depth || c->deepest >= c->was);
  if (known && pub->bytes + c->more < (uint64_t)1 << 62) {
    node->bytes = pub->bytes + c->more - c->less;
    node->depth = (uint16_t)(c->deepest + own > pub->depth ? c->deepest + own : pub->depth);
  } else {
    tl__node_sum(node);
  }
  if (old) tl__node_release(old);
  return node;
}

/* What was copied is the same still: pub is to be had again. */
static tl_node *reopen(tl_node *node) {
  tl_node *pub = tl__node_retain(node->pub);
  tl__edit_free(node);
  return pub;
}

/* The value of a slot goes from the draft's form to that which others may see. */
static inline tl_value settle_slot(tl_value *slot) {
  if (tl__kind(*slot) == TL_DRAFT)
    *slot = tl__keep(tl__wrap(tl__dnode_seal(slot->draft)));
  else if (tl__contains(*slot))
    slot->pad_ = tl__kind(*slot);
  return *slot;
}

/* The slots that an edit node has changed or may have; what it only borrowed is what pub has. */
static uint32_t touched(tl_node *node) { return tl__loan_owned(node) & TL__ALL >> (32 - node->n); }

static tl_node *leaf_finish(tl_node *leaf) {
  const tl_node *pub = leaf->pub && leaf->pub->level == 0 && leaf->pub->n == leaf->n ? leaf->pub : NULL;
  change c = {0};
  for (uint32_t which = touched(leaf); which; which &= which - 1) {
    const size_t i = (size_t)__builtin_ctz(which);
    tl_value v = settle_slot(tl__value_slot(leaf, i));
    if (!pub) continue;
    tl_value old = *tl__value_slot(pub, i);
    if (!tl__same(v, old)) note_change(&c, tl_bytes(v), tl_bytes(old), tl_depth(v), tl_depth(old));
    if (leaf->kind == TL_MAP && !tl__same(tl__entries(leaf)[i].key, tl__entries(pub)[i].key)) c.any = c.keys = true;
  }
  return pub && !c.any ? reopen(leaf) : close_node(leaf, pub, &c);
}

static tl_node *finish_tree(tl_node *node);

static tl_node *branch_finish(tl_node *branch) {
  const tl_node *pub =
      branch->pub && branch->pub->level == branch->level && branch->pub->n == branch->n ? branch->pub : NULL;
  change c = {0};
  for (uint32_t which = touched(branch); which; which &= which - 1) {
    const size_t i = (size_t)__builtin_ctz(which);
    tl_node *child = tl__children(branch)[i] = finish_tree(tl__children(branch)[i]);
    const tl_node *old = pub ? tl__children(pub)[i] : child;
    if (child != old) note_change(&c, child->bytes, old->bytes, child->depth, old->depth);
  }
  return pub && !c.any ? reopen(branch) : close_node(branch, pub, &c);
}

/* Takes over a tree that nobody edits any more; owned: it, sealed. */
static tl_node *finish_tree(tl_node *node) {
  if (!(node->flags & TL__EDIT)) return node;
  return node->level > 0 ? branch_finish(node) : leaf_finish(node);
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
  tl_node *tree = n->tree, *now;
  const tl_node *compared = tree->flags & TL__EDIT ? tree->pub : NULL;
  if (n->draft->ending) {
    bool empty = tree->count == 0;
    n->tree = NULL;
    if (empty) tl__edit_free(tree);
    now = empty ? empty_of(n) : finish_tree(tree);
  } else {
    now = tl__node_retain(tree->count > 0 ? seal_tree(tree) : empty_of(n));
  }
  if (compared != n->base && is_base(n, now)) {
    tl__node_release(now);
    now = tl__node_retain(n->base);
  }
  tl__dnode_set_now(n, now);
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
