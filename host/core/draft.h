/* draft.h: a copy-on-write view of a root, for the one holder of a tab's lock.
 *
 * A draft hands out *draft nodes* (tl_dnode), one for each container that was looked at; a node keeps
 * its identity while its element moves. Rules (host/lua/README.md tells them to authors of the host):
 *   - Reading a container element always gives the same node, until the element is gone.
 *   - insert, remove, permute and writes beside it carry the node with its element.
 *   - A *removed* element's node (remove, del, clear, nil) stays readable and writable; writes touch only it;
 *     assigning it somewhere copies it.
 *   - Assigning a node that has a home makes a copy there (its *twin*). When the node is then *displaced*: its slot
 *     overwritten by another value, or the container above it replaced, and neither node nor twin was
 *     written since, then its handle moves over to the twin (so swaps and filter-and-assign keep proxies). A
 *     displaced node that is assigned moves likewise.
 *   - Nothing may be assigned into itself or below itself as an alias: it is always a copy.
 * Reading costs nothing that stays: what was looked at but not changed seals to the very node it came from.
 *
 * Every operation is O(log n) in the size of the container. Errors are codes, never longjmps. One thread. */
#ifndef TL_CORE_DRAFT_H
#define TL_CORE_DRAFT_H
#include "core/value.h"

typedef struct tl_draft tl_draft;
typedef struct tl_dnode tl_dnode;

/* What an owner (a Lua proxy) holds. Bound to one node at a time; the draft may re-point it (see above). When the twin
 * has a handle of its own already, both are bound to it from then on: compare nodes, not handles. */
typedef struct tl_handle {
  tl_dnode *node;
  struct tl_handle *next; /* inner */
} tl_handle;

tl_draft *tl_draft_begin(tl_value root); /* borrows root, keeps a reference of its own; root is a map */
tl_dnode *tl_draft_root(tl_draft *d);    /* borrowed */
bool tl_draft_changed(tl_draft *d); /* anything written since begin or the last commit? (undone writes may count) */
size_t tl_draft_bytes(tl_draft *d); /* about what the root would weigh now (tl_bytes), O(1) */

tl_value tl_draft_peek(tl_draft *d);   /* owned: the root as it would be committed now; the draft goes on */
tl_value tl_draft_commit(tl_draft *d); /* owned: the new root; the draft goes on from it, all nodes stay live */
tl_value
tl_draft_finish(tl_draft *d); /* owned: the new root; ends the draft: nodes are dead, they read what was sealed */
void tl_draft_rollback(tl_draft *d); /* ends the draft, all since the last commit is dropped; nodes are dead and read
                                        what they were at the last commit (those made since: what they held) */
/* commit, finish and peek give the identical root (same node) when nothing is different in effect of pointer sharing.
 */

/* Handles. */
void tl_handle_bind(tl_handle *h, tl_dnode *n); /* takes a reference; h is unbound */
void tl_handle_unbind(tl_handle *h);            /* gives it back; h->node becomes NULL */
tl_handle *tl_dnode_handle(tl_dnode *n);        /* the first that was bound; NULL: none */

/* Nodes. */
bool tl_dnode_live(const tl_dnode *n);       /* its draft has not ended */
tl_draft *tl_dnode_draft(const tl_dnode *n); /* NULL when dead */
bool tl_dnode_attached(const tl_dnode *n);   /* live and reachable from the root */
tl_kind tl_dnode_kind(const tl_dnode *n);    /* TL_LIST or TL_MAP */
bool tl_dnode_fluid(const tl_dnode *n);      /* an empty list whose kind nothing has fixed: may become a map */
void tl_dnode_fix(tl_dnode *n);              /* fixes the kind of an empty container */
size_t tl_dnode_count(const tl_dnode *n);
tl_value tl_dnode_value(tl_dnode *n); /* owned: the content as an immutable value (unchanged: the node it came from) */
void tl_dnode_path(const tl_dnode *n,
                   tl_buf *out); /* appends "Job.items[3].tags"; a homeless one: "(removed)". May be O(n) */

/* One element: a scalar in v (borrowed), or a container as a node (borrowed; v.kind says list or map). */
typedef struct tl_slot {
  bool found;
  tl_value v;
  tl_dnode *node; /* NULL for scalars, and for containers of dead nodes, where v is the (borrowed) container */
} tl_slot;
tl_slot tl_dnode_at(tl_dnode *n, size_t i);
tl_slot tl_dnode_get(tl_dnode *n, const char *key, size_t len);
tl_slot tl_dnode_entry(tl_dnode *n, size_t i, tl_value *key); /* map: i-th in byte order; key owned */
size_t tl_dnode_rank(tl_dnode *n, const char *key, size_t len, bool *found);

typedef enum tl_dstatus {
  TL_D_OK = 0,
  TL_D_DEAD = -1,  /* the draft has ended */
  TL_D_RANGE = -2, /* no such position */
  TL_D_KIND = -3,  /* list operation on a map or the reverse; to append to what is no string */
  TL_D_DEPTH = -4, /* deeper than TL_DEPTH_MAX below the var */
} tl_dstatus;

/* Writes take over v's reference in every case. v may be or contain TL_DRAFT values (live nodes of this draft). */
static inline tl_value tl_draft_value(tl_dnode *n) { return (tl_value){.pad_ = TL_DRAFT, .draft = n}; }
tl_dstatus tl_dnode_set_at(tl_dnode *n, size_t i, tl_value v); /* i == count appends */
tl_dstatus tl_dnode_insert(tl_dnode *n, size_t i, tl_value v); /* i <= count */
tl_dstatus tl_dnode_remove(tl_dnode *n, size_t i,
                           tl_slot *out); /* out may be NULL; out->v owned when a scalar; out->node needs a bind
                                            before the next call to live on */
tl_dstatus tl_dnode_put(tl_dnode *n, const char *key, size_t len, tl_value v); /* a fluid empty list becomes a map */
/* Bytes at the end of a string that lies there: costs what they are long, whatever the string is (tl_string_append).
 * TL_D_RANGE: nothing lies there; TL_D_KIND: no string. */
tl_dstatus tl_dnode_append(tl_dnode *n, const char *key, size_t len, const char *more, size_t more_len);
tl_dstatus tl_dnode_append_at(tl_dnode *n, size_t i, const char *more, size_t more_len);
tl_dstatus tl_dnode_del(tl_dnode *n, const char *key, size_t len); /* missing: OK, nothing happens */
tl_dstatus tl_dnode_clear(tl_dnode *n);
tl_dstatus tl_dnode_permute(tl_dnode *n, const size_t *from); /* position k takes what was at from[k]; O(n) */

#endif
