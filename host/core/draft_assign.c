/* draft_assign.c: values on their way into a slot. A plain value goes in as it is; a live node, or a container that
 * has live nodes in it, as the node of a new child whose content is a copy. */
#include "core/draft_inner.h"

static bool usable(const tl_dnode *n, const tl_dnode *source) { return source->draft && source->draft == n->draft; }

static tl_node *content_of(tl_dnode *source) { return source->draft ? tl__dnode_seal(source) : source->base; }

size_t tl__weight(tl_value v) { return tl__kind(v) == TL_DRAFT ? ((tl_dnode *)v.draft)->weight : tl_bytes(v); }

void tl__dnode_weigh(tl_dnode *n, size_t more, size_t less) {
  for (; more != less && n; n = n->parent) n->weight = n->weight + more > less ? n->weight + more - less : 0;
}

void tl__written(tl_dnode *n, size_t more, size_t less) {
  tl_draft *d = n->draft;
  tl__dnode_weigh(n, more, less);
  for (; n; n = n->parent) {
    tl__dnode_set_now(n, NULL);
    if (n->twin || n->twin_of) tl__twin_unlink(n);
    if (n == d->root) d->changed = true;
  }
}

/* The depth of an argument: with the nodes in it. */
static int depth_of(tl_value v) {
  if (v.kind == TL_DRAFT) return content_of(v.draft)->depth;
  if (!tl_is_container(v) || !(v.node->flags & TL__ALIEN)) return tl_depth(v);
  int deepest = 0;
  tl_iter it;
  tl_value x;
  tl_iter_start(&it, v, 0);
  while (tl_iter_next(&it, NULL, &x)) {
    int depth = depth_of(x);
    if (depth > deepest) deepest = depth;
  }
  return deepest + 1;
}

/* The root is level 0, a state 1, a var 2: an element of a var's container is one deeper than the var. What is homeless
 * counts as if it were a var's value, and is looked at again when it is assigned. */
bool tl__deeper(const tl_dnode *n, tl_value v) {
  if (tl__kind(v) != TL_DRAFT && !tl__contains(v)) return false;
  int level = 1, depth = depth_of(v);
  const tl_dnode *at = n;
  for (; at->parent; at = at->parent) level++;
  if (at != n->draft->root) level += 2;
  return level - 2 + depth > TL_DEPTH_MAX;
}

static bool displaced(const tl_dnode *n) { return tl__dnode_top(n)->flags & DN_DISPLACED; }

/* A copy of a live node as an element of n. Nobody is told apart from it when nobody looks; when a displaced one comes
 * to a place again, it is the copy that its handles mean from now on. */
static tl_value assign_node(tl_dnode *n, tl_dnode *source) {
  tl_node *content = tl__node_retain(content_of(source));
  tl_value v = tl__wrap(content);
  v.pad_ |= (uint64_t)n->draft->mark << 8;
  if (!usable(n, source) || source->refs == 0 || tl__dnode_within(n, source)) return v;
  bool moves = displaced(source);
  if (!moves && !source->parent) return v; /* removed: stays what it is */
  tl_dnode *copy = tl__dnode_new(n->draft, n, content, DN_FRESH);
  if (moves) {
    tl__dnode_limbo(tl__dnode_top(source));
    tl__twin_handover(source, copy);
  } else {
    tl__twin_link(source, copy);
  }
  return tl_draft_value(copy);
}

/* A container with live nodes in it becomes a node of its own, element by element. */
static tl_value assign_alien(tl_dnode *n, tl_value v) {
  tl_dnode *child = tl__dnode_new(n->draft, n, NULL, DN_FRESH);
  child->kind = v.kind;
  child->weight = tl__node_size(v.kind, 0, tl_count(v));
  child->tree = tl__edit_copy(tl__node_retain(v.kind == TL_MAP ? &tl__empty_map : &tl__empty_list));
  tl_iter it;
  const tl_value *key;
  tl_value x;
  tl_iter_start(&it, v, 0);
  for (size_t i = 0; tl_iter_next(&it, &key, &x); i++) {
    tl_value own_key, element = tl__assign(child, tl_retain(x));
    if (key) own_key = tl_retain(*key);
    *tl__edit_insert(&child->tree, i, key ? &own_key : NULL) = element;
    child->weight += tl__weight(element);
  }
  tl_release(v);
  return tl_draft_value(child);
}

tl_value tl__assign(tl_dnode *n, tl_value v) {
  if (tl__kind(v) == TL_DRAFT) return assign_node(n, v.draft);
  if (!tl__contains(v)) return v;
  if (v.node->flags & TL__ALIEN) return assign_alien(n, v);
  v.pad_ |= (uint64_t)n->draft->mark << 8;
  return v;
}

void tl__displace(tl_dnode *n, tl_value old) {
  if (tl__kind(old) != TL_DRAFT) {
    tl__drop(old);
    return;
  }
  tl__dnode_leave_home(old.draft, DN_DISPLACED);
  if (n->draft->twins > 0) tl__twin_displaced(old.draft, tl__dnode_top(n));
}
