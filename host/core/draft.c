/* draft.c: beginning, committing and ending a draft. Rules in draft.h, structure in draft_inner.h. */
#include "core/draft_inner.h"

#include "base/pool.h"

tl_draft *tl_draft_begin(tl_value root) {
  tl_draft *d = tl_alloc_sized(sizeof *d);
  *d = (tl_draft){.mark = 1};
  d->root = tl__dnode_new(d, NULL, tl__node_retain(root.node), 0);
  return d;
}

tl_dnode *tl_draft_root(tl_draft *d) { return d->root; }
bool tl_draft_changed(tl_draft *d) { return d->changed; }
size_t tl_draft_bytes(tl_draft *d) { return d->root->weight; }
tl_value tl_draft_peek(tl_draft *d) { return tl_dnode_value(d->root); }

tl_value tl_draft_commit(tl_draft *d) {
  tl__draft_settle(d);
  for (tl_dnode *n = d->all; n; n = n->next) {
    tl_node *now = tl__dnode_seal(n);
    if (now != n->base) tl__dnode_set_base(n, tl__node_retain(now));
    n->flags &= (uint8_t)~DN_FRESH;
    n->weight = now->bytes;
  }
  if (++d->mark == 0) { /* marks of 255 commits ago must not look like new ones */
    for (tl_dnode *n = d->all; n; n = n->next)
      if (n->tree) tl__unmark(n->tree);
    d->mark = 1;
  }
  d->changed = false;
  return tl_dnode_value(d->root);
}

/* What a node reads when its draft has ended. */
static tl_node *last_content(tl_dnode *n, bool keep) {
  return keep || (n->flags & DN_FRESH) ? tl__dnode_seal(n) : n->base;
}

static void bury(tl_dnode *n) {
  if (n->tree) tl__edit_free(n->tree);
  tl__dnode_set_now(n, NULL);
  if (!n->handles) {
    if (n->base) tl__node_release(n->base);
    tl_free_sized(n, sizeof *n);
    return;
  }
  n->draft = NULL;
  n->tree = NULL;
  n->parent = n->prev = n->next = n->limbo_next = n->twin = n->twin_of = NULL;
  n->flags = n->base == &tl__empty_fluid ? DN_FLUID : 0;
  n->kind = n->base->kind;
}

/* Two rounds: while some node still seals, all trees must stand. */
static void end(tl_draft *d, bool keep) {
  for (tl_dnode *n = d->all; n; n = n->next) {
    if (!n->handles) continue;
    tl_node *last = last_content(n, keep);
    if (last != n->base) tl__dnode_set_base(n, tl__node_retain(last));
  }
  for (tl_dnode *n = d->all, *next; n; n = next) {
    next = n->next;
    bury(n);
  }
  tl_free_sized(d, sizeof *d);
}

tl_value tl_draft_finish(tl_draft *d) {
  d->ending = true;
  tl_value root = tl_dnode_value(d->root);
  end(d, true);
  return root;
}

void tl_draft_rollback(tl_draft *d) { end(d, false); }
