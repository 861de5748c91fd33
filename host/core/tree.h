/* tree.h: the nodes behind values; inner to host/core.
 *
 * Lists and maps are counted B-trees of one make: leaves hold values (lists) or entries (maps, in byte order of
 * the keys), branches hold children and where each ends. All leaves of a tree are at one level. Invariants:
 *   - A *sealed* node never changes. It is just as large as what it holds, and counted by reference.
 *   - An *edit* node (TL__EDIT) belongs to one draft and is reachable from there alone; it changes in place, and gets
 *     room for TL__FAN when something is inserted. Its slots may hold draft nodes (TL_DRAFT). `pub` is the sealed node
 *     that it was copied from or last sealed to, or NULL. Sealing gives pub again when the contents are the same.
 *   - Below a sealed node there is no edit node. Only the root may be empty. */
#ifndef TL_CORE_TREE_H
#define TL_CORE_TREE_H
#include <stdatomic.h>
#if __has_include(<sys/single_threaded.h>)
#include <sys/single_threaded.h>
#else
enum { __libc_single_threaded = 0 };
#endif

#include "core/value.h"

enum { TL__FAN = 32, TL__MIN = 9, TL__HEIGHT_MAX = 16 };
enum {
  TL__EDIT = 1,   /* mutable, of one draft */
  TL__STATIC = 2, /* an empty container: never counted, never freed */
  TL__ALIEN = 4,  /* a list or map built with TL_DRAFT values in it, as an argument of a write */
  TL__VIEW = 8,   /* a string whose bytes are in a tl__text */
};

struct tl_node {
  _Atomic uint32_t refs;
  uint8_t kind;  /* TL_STRING, TL_LIST, TL_MAP */
  uint8_t level; /* 0: leaf */
  uint8_t n, cap;
  uint32_t count; /* elements in and below */
  uint16_t depth; /* of containers; sealed nodes only */
  uint8_t flags;
  uint8_t spare;
  union {
    uint64_t bytes; /* memory of this and all below; sealed nodes and strings, views as if the text were their own */
    tl_node *pub;   /* owned; edit nodes */
  };
  uint64_t payload[];
};

/* The bytes of strings that grew out of each other (text.c): each is a view, and sees them from the first on. */
typedef struct tl__text {
  _Atomic uint32_t refs;
  _Atomic size_t used; /* bytes that views have claimed */
  size_t room;
  char bytes[];
} tl__text;
typedef struct tl__view { /* the payload of a TL__VIEW */
  tl__text *text;         /* reference */
  size_t from;            /* where what it claimed begins; it ends where the string ends */
} tl__view;

/* The empty containers are three nodes for all; a list that nothing has fixed yet is one of its own. */
extern tl_node tl__empty_fluid, tl__empty_list, tl__empty_map;

static inline tl_value *tl__items(const tl_node *leaf) { return (tl_value *)leaf->payload; }
static inline tl_entry *tl__entries(const tl_node *leaf) { return (tl_entry *)leaf->payload; }
static inline tl_node **tl__children(const tl_node *branch) { return (tl_node **)branch->payload; }
static inline uint32_t *tl__ends(const tl_node *branch) { return (uint32_t *)(branch->payload + branch->cap); }
static inline tl_value *tl__value_slot(const tl_node *leaf, size_t at) {
  return leaf->kind == TL_MAP ? &tl__entries(leaf)[at].value : &tl__items(leaf)[at];
}
static inline tl__view *tl__view_of(const tl_node *string) { return (tl__view *)string->payload; }
static inline tl_value tl__wrap(tl_node *node) { return (tl_value){.pad_ = node->kind, .node = node}; }
/* Kind and length are read out of the first word here, not as bytes: a value that comes in two registers would go
 * through memory for that, and reading it back stalls. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the kind is the low byte of the first word");
static inline uint8_t tl__kind(tl_value v) { return (uint8_t)v.pad_; }
static inline bool tl__contains(tl_value v) { return tl__kind(v) == TL_LIST || tl__kind(v) == TL_MAP; }
static inline bool tl__counted(tl_value v) {
  return tl__contains(v) || (v.pad_ & 0xffff) == (TL_LONG << 8 | TL_STRING);
}
/* Bits of the second word decide for all but strings: the first has a mark of the draft's in containers. */
static inline bool tl__same(tl_value a, tl_value b) {
  return a.i == b.i && tl__kind(a) == tl__kind(b) && (a.pad_ == b.pad_ || tl__kind(a) != TL_STRING);
}

/* Nodes. */
size_t tl__node_size(tl_kind kind, int level, size_t cap); /* bytes of a sealed node */
tl_node *tl__node_new(tl_kind kind, int level, size_t n);  /* sealed, refs 1, payload and sums not filled in */
void tl__node_free(tl_node *node);                         /* its last reference is gone */
/* Counts are atomic as soon as the process has a second thread (glibc tells); before that an increment need not wait
 * for the memory that it misses. */
static inline void tl__refs_up(_Atomic uint32_t *refs) {
  if (__libc_single_threaded)
    atomic_store_explicit(refs, atomic_load_explicit(refs, memory_order_relaxed) + 1, memory_order_relaxed);
  else
    atomic_fetch_add_explicit(refs, 1, memory_order_relaxed);
}
static inline bool tl__refs_down(_Atomic uint32_t *refs) {
  if (!__libc_single_threaded) return atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
  uint32_t left = atomic_load_explicit(refs, memory_order_relaxed) - 1;
  atomic_store_explicit(refs, left, memory_order_relaxed);
  return left == 0;
}
static inline tl_node *tl__node_retain(tl_node *node) {
  /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): children of an edit copy were filled in by memcpy */
  if (!(node->flags & TL__STATIC)) tl__refs_up(&node->refs);
  return node;
}
static inline void tl__node_release(tl_node *node) {
  if (node->flags & TL__STATIC) return;
  if (tl__refs_down(&node->refs)) tl__node_free(node);
}
static inline tl_value tl__keep(tl_value v) {
  if (tl__counted(v)) tl__node_retain(v.node);
  return v;
}
static inline void tl__drop(tl_value v) {
  if (tl__counted(v)) tl__node_release(v.node);
}
/* Growing strings (text.c). */
void tl__string_free(tl_node *string);                            /* its last reference is gone */
void tl__string_grow(tl_value *slot, const char *more, size_t n); /* of an edit leaf; more may lie in it */
static inline bool tl__same_text(tl_value a, tl_value b) {        /* strings: then one begins with the other */
  return tl__counted(a) && tl__counted(b) && a.node->flags & b.node->flags & TL__VIEW &&
         tl__view_of(a.node)->text == tl__view_of(b.node)->text;
}

void tl__node_sum(tl_node *node); /* fills in count, bytes, depth, flags (and ends) from what it holds */
tl_node *tl__branches(tl_node **nodes, size_t n); /* the branches over n > 0 sealed nodes of one level; owned */
static inline uint64_t tl__add_bytes(uint64_t a, uint64_t b) { /* sharing can make sums without bound */
  return a + b < (uint64_t)1 << 62 ? a + b : (uint64_t)1 << 62;
}

/* Reading, of sealed and edit trees alike. */
tl_node *tl__leaf_at(const tl_node *root, size_t pos, size_t *at); /* pos < count */
tl_value *tl__slot_at(const tl_node *root, size_t pos);            /* pos < count */
size_t tl__child_at(const tl_node *branch, size_t pos, size_t *start);
bool tl__find(const tl_node *map, const char *key, size_t len, size_t *pos); /* the position, or where it would be */
int tl__key_compare(const tl_value *a, const char *key, size_t len);

/* Edit trees; *root is owned by the caller and replaced where needed. */
tl_node *tl__edit_copy(tl_node *sealed); /* without room; takes over the reference, which becomes pub */
tl_node *tl__edit_leaf(tl_node **root, size_t pos, size_t *at); /* the leaf of pos, the way down made
                                                                   editable: that slot may be changed */
void tl__edit_loosen(tl_node *leaf);                            /* of its slots, all may be changed */
tl_value *tl__edit_insert(tl_node **root, size_t pos,
                          const tl_value *key);       /* the new value slot, nil; key: owned, maps */
tl_value tl__edit_remove(tl_node **root, size_t pos); /* owned: what was there; the key of an entry is released */
void tl__edit_free(tl_node *root);                    /* draft nodes in slots are left alone */
tl_node *tl__edit_fit(tl_node *node);                 /* takes it over; without the room that it does not use */

/* A walk over two trees at once that steps over what they share. */
typedef struct tl__cursor {
  const tl_node *node[TL__HEIGHT_MAX]; /* by level */
  uint8_t at[TL__HEIGHT_MAX];
  int top;
  size_t pos, count;
} tl__cursor;
void tl__cursor_start(tl__cursor *c, const tl_node *root);
static inline bool tl__cursor_done(const tl__cursor *c) { return c->pos >= c->count; }
void tl__cursor_next(tl__cursor *c);
bool tl__cursor_skip(tl__cursor *a,
                     tl__cursor *b); /* steps over one subtree that begins at both; false: there is none */
static inline const tl_value *tl__cursor_key(const tl__cursor *c) { return &tl__entries(c->node[0])[c->at[0]].key; }
static inline tl_value tl__cursor_value(const tl__cursor *c) { return *tl__value_slot(c->node[0], c->at[0]); }

#endif
