/* text.c: strings that grow. A long string that came about by appending is a *view*: a length, and a text that it
 * shares with the strings that it grew from and that grew from it. Uses only memory and the nodes' layout.
 *
 * Appending to the view at which a text ends claims room behind it, puts the piece there and makes a view that is
 * longer. The bytes of older views never change. Where there is no room, or somebody else has claimed it (a version can
 * go on in two ways), the bytes move to a text of their own, with twice the room: so n bytes that come in pieces are
 * copied O(n) in all, and the versions that are kept of a text are kept once.
 *
 * The claims of a text follow each other without a gap from 0 to `used`, and each belongs to one view. A claim goes
 * back when its view ends while it is the last one: what was rolled back leaves its room to the next. A claim whose
 * view ended earlier stays used. Hence, at any time, no view is longer than `used`, and all views of a text are
 * beginnings of the same bytes: who claims at `used` writes where nobody reads.
 *
 * Threads: roots are shared, so two may append to one view at once. `used` alone decides, by compare and exchange; who
 * loses copies. A view reaches another thread as any node does, by what publishes the root, and its bytes were written
 * before that. Room that went back was read by others: their last reading comes before the view's count fell (release),
 * that before the end of the view (acquire), which gives back by release; who claims it then acquires. */
#include "base/mem.h"
#include "base/pool.h"
#include "core/tree.h"

/* Below this a copy costs less than what a text needs beside its bytes. */
enum { VIEW_MIN = 256 };
enum { VIEW_SIZE = sizeof(tl_node) + sizeof(tl__view) };

static size_t length(const tl_node *string) { return string->bytes - sizeof *string; }

static tl__text *text_new(size_t room) {
  tl__text *t = tl_alloc(sizeof *t + room);
  atomic_init(&t->refs, 0);
  atomic_init(&t->used, 0);
  t->room = room;
  return t;
}

/* The view of what was claimed from `from` on, and of all before it. */
static tl_value view_new(tl__text *t, size_t from, size_t len) {
  tl_node *node = tl_alloc_sized(VIEW_SIZE);
  *node = (tl_node){.refs = 1, .kind = TL_STRING, .flags = TL__VIEW, .bytes = sizeof *node + len};
  *tl__view_of(node) = (tl__view){t, from};
  tl__refs_up(&t->refs);
  return (tl_value){.pad_ = TL_LONG << 8 | TL_STRING, .node = node};
}

static void view_free(tl_node *node) {
  const tl__view *view = tl__view_of(node);
  tl__text *t = view->text;
  size_t end = length(node);
  atomic_compare_exchange_strong_explicit(&t->used, &end, view->from, memory_order_release, memory_order_relaxed);
  if (tl__refs_down(&t->refs)) tl_free(t);
  tl_free_sized(node, VIEW_SIZE);
}

void tl__string_free(tl_node *node) {
  if (node->flags & TL__VIEW)
    view_free(node);
  else
    tl_free(node);
}

/* True: n bytes behind the string are the caller's to write, and to make a view of. */
static bool claim(tl_value s, size_t n) {
  if (!tl__counted(s) || !(s.node->flags & TL__VIEW)) return false;
  tl__text *t = tl__view_of(s.node)->text;
  size_t end = length(s.node);
  return n <= t->room - end &&
         atomic_compare_exchange_strong_explicit(&t->used, &end, end + n, memory_order_acquire, memory_order_relaxed);
}

static tl_value join_short(const char *s, size_t len, const char *more, size_t n) {
  char both[VIEW_MIN];
  memcpy(both, s, len);
  memcpy(both + len, more, n);
  return tl_string(both, len + n);
}

static tl_value join_long(const char *s, size_t len, const char *more, size_t n) {
  tl__text *t = text_new(2 * (len + n));
  memcpy(t->bytes, s, len);
  memcpy(t->bytes + len, more, n);
  atomic_store_explicit(&t->used, len + n, memory_order_relaxed); /* nobody else knows it */
  return view_new(t, 0, len + n);
}

tl_value tl_string_append(tl_value s, const char *more, size_t n) {
  size_t len;
  const char *bytes = tl_string_bytes(&s, &len);
  if (n == 0) return tl_retain(s);
  if (claim(s, n)) {
    tl__text *t = tl__view_of(s.node)->text;
    memcpy(t->bytes + len, more, n);
    return view_new(t, len, len + n);
  }
  return len + n <= VIEW_MIN ? join_short(bytes, len, more, n) : join_long(bytes, len, more, n);
}

/* A string that the slot alone refers to can grow as it is: whoever can reach an edit leaf may write in it. */
static bool grows_in_place(tl_value s, size_t n) {
  return tl__counted(s) && atomic_load_explicit(&s.node->refs, memory_order_acquire) == 1 && claim(s, n);
}

void tl__string_grow(tl_value *slot, const char *more, size_t n) {
  if (grows_in_place(*slot, n)) {
    memcpy(tl__view_of(slot->node)->text->bytes + length(slot->node), more, n);
    slot->node->bytes += n;
    return;
  }
  tl_value longer = tl_string_append(*slot, more, n);
  tl__drop(*slot);
  *slot = longer;
}
