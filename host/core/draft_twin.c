/* draft_twin.c: how proxies follow their elements through assignments (rules in draft.h).
 *
 * Assigning a node copies its content; node and copy are linked as twins until one of them is written. As long as the
 * link stands their contents are equal, so that the two may trade places: when the node is displaced, what it is (its
 * content with the nodes below, its base, its handles) goes to the place of the twin. */
#include "core/draft_inner.h"

static void unlink_copy(tl_dnode *n) {
  if (!n->twin) return;
  n->twin->twin_of = NULL;
  n->twin = NULL;
  n->draft->twins--;
}

void tl__twin_unlink(tl_dnode *n) {
  unlink_copy(n);
  if (n->twin_of) unlink_copy(n->twin_of);
}

void tl__twin_link(tl_dnode *n, tl_dnode *copy) {
  unlink_copy(n);
  if (copy->twin_of) unlink_copy(copy->twin_of);
  n->twin = copy;
  copy->twin_of = n;
  n->draft->twins++;
}

static void adopt_children(tl_dnode *n) {
  size_t pos;
  tl_dnode *child;
  for (size_t from = 0; n->tree && (child = tl__dnode_below(n->tree, from, &pos)); from = pos + 1) child->parent = n;
}

/* n and an untouched node of equal content trade all but their places. */
static void trade(tl_dnode *n, tl_dnode *unbound) {
  const uint8_t own = DN_FLUID | DN_FRESH; /* flags that belong to the content */
  tl_dnode was = *n;
  n->base = unbound->base;
  n->now = unbound->now;
  n->tree = unbound->tree;
  n->handles = NULL;
  n->flags = (uint8_t)((n->flags & ~own) | (unbound->flags & own));
  unbound->base = was.base;
  unbound->now = was.now;
  unbound->tree = was.tree;
  unbound->handles = was.handles;
  unbound->flags = (uint8_t)((unbound->flags & ~own) | (was.flags & own));
  for (tl_handle *h = was.handles; h; h = h->next) h->node = unbound;
  tl__dnode_weigh(n, unbound->weight, was.weight);
  tl__dnode_weigh(unbound, was.weight, unbound->weight);
  adopt_children(n);
  adopt_children(unbound);
  if (was.refs == 0) return;
  unbound->refs = was.refs;
  tl__dnode_ref(unbound->parent);
  n->refs = 0;
  tl__dnode_unref(n->parent);
}

static void merge_handles(tl_dnode *n, tl_dnode *twin) {
  tl_handle **end = &twin->handles;
  while (*end) end = &(*end)->next;
  *end = n->handles;
  n->handles = NULL;
  for (tl_handle *h = *end; h; h = h->next) {
    h->node = twin;
    tl__dnode_ref(twin);
    tl__dnode_unref(n);
  }
}

/* The twin has been touched as well: handles go one by one, here and, place by place, below. */
static void merge(tl_dnode *n, tl_dnode *twin) {
  size_t pos;
  tl_dnode *child;
  for (size_t from = 0; n->tree && (child = tl__dnode_below(n->tree, from, &pos)); from = pos + 1)
    tl__twin_handover(child, tl__dnode_child(twin, pos));
  merge_handles(n, twin);
  if ((n->flags & DN_FRESH) || !(twin->flags & DN_FRESH)) return;
  tl__dnode_set_base(twin, tl__node_retain(n->base)); /* a rollback makes of it what the older one was */
  twin->flags &= (uint8_t)~DN_FRESH;
}

/* Links of n to others are from now on those of the twin: all of them have the same content. */
static void pass_links(tl_dnode *n, tl_dnode *twin) {
  tl_dnode *copy = n->twin, *source = n->twin_of;
  tl__twin_unlink(n);
  if (copy && copy != twin) tl__twin_link(twin, copy);
  if (source && source != twin) tl__twin_link(source, twin);
}

void tl__twin_handover(tl_dnode *n, tl_dnode *twin) {
  pass_links(n, twin);
  if (twin->refs == 0 && !twin->tree)
    trade(n, twin);
  else
    merge(n, twin);
}

void tl__twin_displaced(tl_dnode *n, const tl_dnode *top) {
  const tl_dnode *home = n->twin ? tl__dnode_top(n->twin) : NULL;
  if (home && (home == n->draft->root || home == top)) {
    tl__twin_handover(n, n->twin);
    return;
  }
  size_t pos;
  tl_dnode *child;
  for (size_t from = 0; n->tree && (child = tl__dnode_below(n->tree, from, &pos)); from = pos + 1)
    tl__twin_displaced(child, top);
}
