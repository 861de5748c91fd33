/* loan.h: who holds the references of what versions of a node have in common; inner to host/core.
 *
 * A changed node is a copy of which nearly all slots are the same. Counting all of them up for the copy, and down when
 * the old version ends, would touch as many nodes, which lie anywhere in memory: that was a third of what a changed row
 * cost. Instead the copy *borrows*: of each slot exactly one version in a line of versions holds the reference
 * (`owned`, a bit a slot), namely the nearest one, from the copy back over its lenders, that has the bit. When a
 * version ends it hands its slots on to its heir, but for those that the heir has itself; so in whatever order versions
 * end, each slot is held as long as one of them lives.
 *
 *   - A version has one heir at most; a second copy of it counts its slots up as usual, and is a line of its own.
 *   - A slot is owned before it is changed. What moves slots about owns all of them and leaves the line.
 *   - Lenders are sealed; the last of a line may be an edit node. Small nodes have no loan: they own what they hold.
 *
 * Threads: a node may end in any thread, so what is read and written here is under one lock, once there are several. */
#ifndef TL_CORE_LOAN_H
#define TL_CORE_LOAN_H
#include "base/pool.h"
#include "core/tree.h"

enum { TL__LOAN_MIN = 8 }; /* slots; below, counting is as quick */
#define TL__ALL UINT32_MAX
_Static_assert(TL__FAN <= 32, "a bit a slot");

/* In front of a node with room for TL__LOAN_MIN: the node's head lies in the same line of the cache. */
typedef struct tl__loan {
  tl_node *lender, *heir; /* not counted */
  uint32_t owned;
} tl__loan;

static inline bool tl__has_loan(size_t cap) { return cap >= TL__LOAN_MIN; }
static inline tl__loan *tl__loan_of(tl_node *node) { return (tl__loan *)node - 1; }

/* Memory for a node and its loan; nothing in it is filled in. */
static inline tl_node *tl__node_alloc(tl_kind kind, int level, size_t cap) {
  char *block = tl_alloc_sized(tl__node_size(kind, level, cap));
  return (tl_node *)(block + (tl__has_loan(cap) ? sizeof(tl__loan) : 0));
}
static inline void tl__node_dealloc(tl_node *node) {
  const size_t cap = node->cap;
  char *block = (char *)node - (tl__has_loan(cap) ? sizeof(tl__loan) : 0);
  tl_free_sized(block, tl__node_size(node->kind, node->level, cap));
}

void tl__loan_lock(void);
void tl__loan_unlock(void);

/* A new node that owns what it holds. */
static inline void tl__loan_none(tl_node *node) {
  if (tl__has_loan(node->cap)) *tl__loan_of(node) = (tl__loan){NULL, NULL, TL__ALL};
}
bool tl__loan_borrow(tl_node *copy, tl_node *lender);       /* of equal slots, none counted; false: count them up */
void tl__loan_own(tl_node *node, size_t i);                 /* slot i may be changed from now on */
uint32_t tl__loan_owned(tl_node *node);                     /* all others are as its lender has them */
uint32_t tl__loan_since(tl_node *node, const tl_node *old); /* the slots in which they may differ, if of one shape */
void tl__loan_own_all(tl_node *node);                       /* slots may move: the node leaves its line */
uint32_t tl__loan_end(tl_node *node);                       /* the node ends: the slots that are to be dropped */

void tl__slots_drop(tl_node *node, uint32_t which); /* releases what these slots of a sealed node hold (container.c) */
static inline void tl__slot_keep(const tl_node *node, size_t i) {
  if (node->level > 0) {
    tl__node_retain(tl__children(node)[i]);
    return;
  }
  if (node->kind == TL_MAP) tl__keep(tl__entries(node)[i].key);
  tl__keep(*tl__value_slot(node, i));
}

#endif
