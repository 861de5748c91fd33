/* draft_inner.h: what the files of the draft share.
 *
 * A node's content is a tree: `tree` when anything below was looked at (edit nodes, whose slots may hold the nodes
 * of children as TL_DRAFT), else `now`. `now` is the content as a sealed tree, or NULL when something was written
 * since it was sealed; then the `now` of every node above is NULL as well. `base` is the content at the last commit,
 * for rollback; of an element made since (DN_FRESH) it says nothing.
 *
 * Who holds a node: the slot of its parent (whose tree it moves with), or, when it is homeless, its handles and those
 * below it: `refs` counts its handles and its children with refs. A homeless node without refs waits in the draft's
 * limbo and goes at the next call: so nothing is freed while somebody works with it. */
#ifndef TL_CORE_DRAFT_INNER_H
#define TL_CORE_DRAFT_INNER_H
#include "core/draft.h"
#include "core/tree.h"

enum {
  DN_FLUID = 1,     /* an empty list that may become a map */
  DN_FRESH = 2,     /* its element was made since the last commit */
  DN_DISPLACED = 4, /* homeless: overwritten, so that assigning it moves it */
  DN_LIMBO = 8,     /* in the draft's limbo */
};

struct tl_dnode {
  tl_draft *draft;  /* NULL: dead; then only base, kind, flags and handles mean anything */
  tl_dnode *parent; /* NULL: the root, or homeless */
  tl_dnode *prev, *next, *limbo_next;
  tl_node *base; /* owned; NULL only when DN_FRESH */
  tl_node *now;  /* owned unless it is base */
  tl_node *tree; /* owned */
  tl_handle *handles;
  tl_dnode *twin, *twin_of; /* the copy that was made by assigning it, and the reverse; both unwritten since */
  size_t weight;            /* about what the content weighs, tl_bytes */
  uint32_t refs;
  uint8_t kind, flags;
};

struct tl_draft {
  tl_dnode *root, *all, *limbo;
  size_t twins; /* pairs */
  bool changed;
  bool ending;  /* trees are sealed for the last time */
  uint8_t mark; /* 1..255; in the len byte of a container in a slot: assigned since the last commit. */
};

/* Making and ending nodes (draft_node.c). */
tl_dnode *tl__dnode_new(tl_draft *d, tl_dnode *parent, tl_node *content,
                        uint8_t flags);              /* takes over content; NULL: none yet */
void tl__dnode_destroy(tl_dnode *n);                 /* with all below; nothing of it is bound */
void tl__dnode_set_now(tl_dnode *n, tl_node *now);   /* takes over now (NULL: unknown) */
void tl__dnode_set_base(tl_dnode *n, tl_node *base); /* takes over base */
void tl__dnode_ref(tl_dnode *n);
void tl__dnode_unref(tl_dnode *n);
void tl__dnode_limbo(tl_dnode *n);                    /* a homeless node must live to the end of the call */
void tl__dnode_leave_home(tl_dnode *n, uint8_t flag); /* its slot has been given up */
void tl__draft_settle(tl_draft *d);                   /* ends the unbound of the limbo */
static inline tl_node *tl__dnode_tree(const tl_dnode *n) { return n->tree ? n->tree : n->now; }
tl_node *tl__dnode_leaf(tl_dnode *n, size_t pos, size_t *at); /* the edit leaf of a position */
tl_dnode *tl__dnode_child(tl_dnode *n, size_t pos);           /* the node of the container at a position */
tl_dnode *tl__dnode_below(const tl_node *tree, size_t from,
                          size_t *pos);                        /* the next child node at or behind a position */
bool tl__dnode_within(const tl_dnode *n, const tl_dnode *top); /* n is top or below it */
tl_dnode *tl__dnode_top(const tl_dnode *n);

/* The content as a sealed node, borrowed (draft_seal.c). */
tl_node *tl__dnode_seal(tl_dnode *n);
void tl__unmark(tl_node *tree); /* no slot counts as assigned since the commit any more */

void tl__dnode_weigh(tl_dnode *n, size_t more, size_t less); /* the weight of n and all above it changes */

/* Twins (draft_twin.c). */
void tl__twin_link(tl_dnode *n, tl_dnode *copy);
void tl__twin_unlink(tl_dnode *n);                         /* on both sides of n */
void tl__twin_handover(tl_dnode *n, tl_dnode *twin);       /* handles of n, and of what is touched below, go to twin */
void tl__twin_displaced(tl_dnode *n, const tl_dnode *top); /* n was overwritten somewhere below top: what has a twin
                                                               there or below the root is handed over */

/* Values on their way into a slot (draft_assign.c). */
bool tl__deeper(const tl_dnode *n, tl_value v); /* v as an element of n would be too deep */
tl_value tl__assign(tl_dnode *n, tl_value v);   /* takes over v; a plain value, marked, or the node of a child of n */
void tl__displace(tl_dnode *n, tl_value old);   /* takes over what was in a slot of n that is overwritten */
size_t tl__weight(tl_value v);
void tl__written(tl_dnode *n, size_t more, size_t less); /* content of n changed: what is above it is stale */

#endif
