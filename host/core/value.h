/* value.h: the value tree, immutable. A tl_value is 16 bytes, passed by value; containers and long
 * strings are refcounted nodes behind it (atomic counts: threads may share roots). Lists and maps are
 * counted B-trees of one kind, by position or by key (byte order); a small container is one flat leaf.
 *
 * Ownership: "owned" results and arguments carry one reference; "borrowed" ones stay the property of
 * the container that they were read from and live as long as it does. Nothing here mutates a value
 * that somebody else can see: changes are made by a draft (draft.h). */
#ifndef TL_CORE_VALUE_H
#define TL_CORE_VALUE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

typedef enum tl_kind {
  TL_NIL, /* nil of a var; null inside a container */
  TL_BOOL,
  TL_INT,
  TL_FLOAT, /* finite */
  TL_STRING,
  TL_LIST,
  TL_MAP,
  TL_DRAFT, /* only in arguments of draft.h's writes: a live draft node, to be copied there */
} tl_kind;

typedef struct tl_node tl_node;

enum { TL_SHORT_MAX = 14, TL_LONG = 0xff, TL_DEPTH_MAX = 64 };

typedef union tl_value {
  struct {
    uint8_t kind;         /* tl_kind */
    uint8_t len;          /* TL_STRING: its length when short and inline, else TL_LONG */
    char s[TL_SHORT_MAX]; /* TL_STRING, short */
  };
  struct {
    uint64_t pad_;
    union {
      bool b;
      int64_t i;
      double f;
      tl_node *node; /* TL_LIST, TL_MAP, long TL_STRING */
      void *draft;   /* TL_DRAFT: tl_dnode* */
    };
  };
} tl_value;

/* Scalars. */
static inline tl_value tl_nil(void) { return (tl_value){.kind = TL_NIL}; }
tl_value tl_bool(bool b);
tl_value tl_int(int64_t i);
tl_value tl_float(double f);
tl_value tl_string(const char *s, size_t n); /* owned; bytes are copied */
/* s and n bytes more; owned. s is a string, borrowed, and stays what it is, but a long result may share its bytes with
 * it: so pieces that are appended to the newest string, one after the other, cost only what they are long. */
tl_value tl_string_append(tl_value s, const char *more, size_t n);
size_t tl_string_weight(size_t n); /* tl_bytes of a string of n bytes */
const char *tl_string_bytes(const tl_value *v,
                            size_t *len); /* borrowed; valid while *v stays put. Not NUL-terminated */

/* References. Both are free for scalars. */
tl_value tl_retain(tl_value v);
void tl_release(tl_value v);
static inline tl_kind tl_kind_of(tl_value v) { return (tl_kind)v.kind; }
static inline bool tl_is_container(tl_value v) { return v.kind == TL_LIST || v.kind == TL_MAP; }

/* Containers. tl_list/tl_map take over the references of the items. O(n), O(n log n) when unsorted. */
typedef struct tl_entry {
  tl_value key; /* TL_STRING */
  tl_value value;
} tl_entry;
tl_value tl_list(const tl_value *items, size_t n);
tl_value
tl_list_empty_fixed(void); /* an empty list that stays a list; that of tl_list(NULL, 0) is fluid, as {} is in Lua */
tl_value tl_map(tl_entry *entries, size_t n); /* sorts entries in place; of equal keys the last wins */

size_t tl_count(tl_value container);
bool tl_list_fluid(tl_value v); /* an empty list that nothing has fixed: a draft may still make it a map */
tl_value tl_list_at(tl_value list, size_t i);                              /* borrowed; i < count. O(log n) */
bool tl_map_get(tl_value map, const char *key, size_t len, tl_value *out); /* borrowed; false: no such key */
size_t tl_map_rank(tl_value map, const char *key, size_t len,
                   bool *found);                      /* position of the key, or where it would be */
const tl_entry *tl_map_entry(tl_value map, size_t i); /* borrowed; i < count, in byte order of keys */

/* A walk over a container: O(1) amortised a step. The container must outlive the walk. */
typedef struct tl_iter {
  tl_value container;
  size_t pos;        /* of the next element */
  const void *leaf_; /* inner */
  size_t at_;
} tl_iter;
void tl_iter_start(tl_iter *it, tl_value container, size_t pos);
bool tl_iter_next(tl_iter *it, const tl_value **key, tl_value *value); /* key: NULL for lists; borrowed */

/* Comparing. tl_identical: the same bits (same node), O(1). tl_equal: by value, deep, as JSON sees it: 5 equals 5.0.
 * Shared subtrees are skipped by pointer. */
bool tl_identical(tl_value a, tl_value b);
bool tl_equal(tl_value a, tl_value b);

size_t tl_bytes(tl_value v); /* memory of the whole value, what is shared counted each time it occurs, without the room
                                that a string has to grow. O(1) */
int tl_depth(tl_value v);    /* scalar 0, flat container 1; O(1) or cached */

#endif
