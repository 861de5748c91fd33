/* draft_node.c: the life of draft nodes: made when looked at, held by slots and handles, homeless when removed. See
 * draft_inner.h for who holds what. */
#include <assert.h>

#include "base/pool.h"
#include "core/draft_inner.h"

tl_dnode *tl__dnode_new(tl_draft *d, tl_dnode *parent, tl_node *content, uint8_t flags) {
  tl_dnode *n = tl_alloc_sized(sizeof *n);
  *n = (tl_dnode){.draft = d, .parent = parent, .next = d->all, .base = content, .now = content, .flags = flags};
  if (d->all) d->all->prev = n;
  d->all = n;
  if (content) {
    n->kind = content->kind;
    n->weight = content->bytes;
    if (content == &tl__empty_fluid) n->flags |= DN_FLUID;
  }
  return n;
}

void tl__dnode_set_now(tl_dnode *n, tl_node *now) {
  if (n->now && n->now != n->base) tl__node_release(n->now);
  if (now && now == n->base) tl__node_release(now);
  n->now = now;
}

void tl__dnode_set_base(tl_dnode *n, tl_node *base) {
  tl_node *now = n->now ? tl__node_retain(n->now) : NULL;
  tl__dnode_set_now(n, NULL);
  if (n->base) tl__node_release(n->base);
  n->base = base;
  tl__dnode_set_now(n, now);
}

static void unlist(tl_dnode *n) {
  if (n->prev)
    n->prev->next = n->next;
  else
    n->draft->all = n->next;
  if (n->next) n->next->prev = n->prev;
}

void tl__dnode_destroy(tl_dnode *n) {
  assert(!n->handles);
  size_t pos;
  tl_dnode *child;
  for (size_t from = 0; n->tree && (child = tl__dnode_below(n->tree, from, &pos)); from = pos + 1)
    tl__dnode_destroy(child);
  tl__twin_unlink(n);
  unlist(n);
  if (n->tree) tl__edit_free(n->tree);
  tl__dnode_set_now(n, NULL);
  if (n->base) tl__node_release(n->base);
  tl_free_sized(n, sizeof *n);
}

void tl__dnode_limbo(tl_dnode *n) {
  if (n->flags & DN_LIMBO) return;
  n->flags |= DN_LIMBO;
  n->limbo_next = n->draft->limbo;
  n->draft->limbo = n;
}

void tl__dnode_ref(tl_dnode *n) {
  while (n && n->refs++ == 0) n = n->parent;
}

void tl__dnode_unref(tl_dnode *n) {
  while (n && --n->refs == 0) {
    if (!n->parent && n != n->draft->root) tl__dnode_limbo(n);
    n = n->parent;
  }
}

void tl__dnode_leave_home(tl_dnode *n, uint8_t flag) {
  tl_dnode *parent = n->parent;
  n->parent = NULL;
  n->flags |= flag;
  tl__dnode_limbo(n);
  if (n->refs > 0 && parent) tl__dnode_unref(parent);
}

void tl__draft_settle(tl_draft *d) {
  while (d->limbo) {
    tl_dnode *n = d->limbo;
    d->limbo = n->limbo_next;
    n->flags &= (uint8_t)~DN_LIMBO;
    if (n->refs == 0) tl__dnode_destroy(n);
  }
}

tl_node *tl__dnode_leaf(tl_dnode *n, size_t pos, size_t *at) {
  if (!n->tree) n->tree = tl__edit_copy(tl__node_retain(n->now));
  return tl__edit_leaf(&n->tree, pos, at);
}

tl_dnode *tl__dnode_child(tl_dnode *n, size_t pos) {
  size_t at;
  tl_value *slot = tl__slot_at(tl__dnode_tree(n), pos);
  if (slot->kind == TL_DRAFT) return slot->draft;
  const tl_node *leaf = tl__dnode_leaf(n, pos, &at);
  slot = tl__value_slot(leaf, at);
  uint8_t fresh = (n->flags & DN_FRESH) || slot->len == n->draft->mark ? DN_FRESH : 0;
  tl_dnode *child = tl__dnode_new(n->draft, n, slot->node, fresh);
  *slot = tl_draft_value(child);
  return child;
}

tl_dnode *tl__dnode_below(const tl_node *tree, size_t from, size_t *pos) {
  if (!(tree->flags & TL__EDIT) || from >= tree->count) return NULL;
  if (tree->level == 0) {
    for (size_t i = from; i < tree->n; i++) {
      tl_value *slot = tl__value_slot(tree, i);
      if (slot->kind != TL_DRAFT) continue;
      *pos = i;
      return slot->draft;
    }
    return NULL;
  }
  size_t start;
  for (size_t c = tl__child_at(tree, from, &start); c < tree->n; start = tl__ends(tree)[c++]) {
    tl_dnode *found = tl__dnode_below(tl__children(tree)[c], from > start ? from - start : 0, pos);
    if (!found) continue;
    *pos += start;
    return found;
  }
  return NULL;
}

bool tl__dnode_within(const tl_dnode *n, const tl_dnode *top) {
  while (n && n != top) n = n->parent;
  return n != NULL;
}

tl_dnode *tl__dnode_top(const tl_dnode *n) {
  while (n->parent) n = n->parent;
  return (tl_dnode *)n;
}

/* Handles. */

void tl_handle_bind(tl_handle *h, tl_dnode *n) {
  tl_handle **end = &n->handles;
  while (*end) end = &(*end)->next;
  *end = h;
  h->next = NULL;
  h->node = n;
  if (n->draft) tl__dnode_ref(n);
}

void tl_handle_unbind(tl_handle *h) {
  tl_dnode *n = h->node;
  if (!n) return;
  tl_handle **at = &n->handles;
  while (*at != h) at = &(*at)->next;
  *at = h->next;
  h->node = NULL;
  h->next = NULL;
  if (n->draft) {
    tl__dnode_unref(n);
  } else if (!n->handles) {
    tl__node_release(n->base);
    tl_free_sized(n, sizeof *n);
  }
}

tl_handle *tl_dnode_handle(tl_dnode *n) { return n->handles; }
