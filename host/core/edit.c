/* edit.c: changing the tree of a draft in place (edit nodes, see tree.h).
 *
 * Inserting splits full nodes on the way down, so that there is always room; removing mends thin nodes on the way
 * up. A split at the very end leaves the left node full: what is built by appending is packed. */
#include "core/loan.h"

static size_t item_size(const tl_node *node) {
  if (node->level > 0) return sizeof(tl_node *);
  return node->kind == TL_MAP ? sizeof(tl_entry) : sizeof(tl_value);
}
static char *item(const tl_node *node, size_t i) { return (char *)node->payload + i * item_size(node); }

static tl_node *edit_new(tl_kind kind, int level, size_t cap) {
  tl_node *node = tl__node_alloc(kind, level, cap);
  *node = (tl_node){
      .refs = 1, .kind = (uint8_t)kind, .level = (uint8_t)level, .cap = (uint8_t)cap, .depth = 1, .flags = TL__EDIT};
  node->pub = NULL;
  tl__loan_none(node);
  return node;
}

/* Frees the node alone; what it holds has gone elsewhere. */
static void edit_drop(tl_node *node) {
  if (node->pub) tl__node_release(node->pub);
  tl__node_dealloc(node);
}

/* memcpy of whole words. Where the compiler knows that the size is a multiple of eight it writes `rep movs`, which
 * takes longer to start than half a kilobyte takes to copy. */
static inline void copy_words(void *to, const void *from, size_t n) {
  char *d = to;
  const char *s = from;
  for (; n >= 64; n -= 64, d += 64, s += 64) memcpy(d, s, 64);
  for (; n; n -= 8, d += 8, s += 8) memcpy(d, s, 8);
}

/* A node of another size with the same items, bit by bit. */
static tl_node *with_cap(const tl_node *from, size_t cap) {
  tl_node *node = edit_new(from->kind, from->level, cap);
  node->n = from->n;
  node->count = from->count;
  copy_words(node->payload, from->payload, from->n * item_size(from));
  if (node->level > 0) memcpy(tl__ends(node), tl__ends(from), from->n * sizeof(uint32_t));
  return node;
}

static void keep_all(const tl_node *node) {
  for (size_t i = 0; i < node->n; i++) tl__slot_keep(node, i);
}

tl_node *tl__edit_copy(tl_node *sealed) {
  tl_node *node = with_cap(sealed, sealed->n);
  node->pub = sealed;
  if (!tl__loan_borrow(node, sealed)) keep_all(node);
  return node;
}

static tl_node *roomy_copy(tl_node *sealed) {
  tl_node *node = with_cap(sealed, TL__FAN);
  node->pub = sealed;
  keep_all(node);
  return node;
}

/* Takes over a node that owns its slots. */
static tl_node *resized(tl_node *node, size_t cap) {
  tl_node *other = with_cap(node, cap);
  other->pub = node->pub;
  tl__node_dealloc(node);
  return other;
}

tl_node *tl__edit_fit(tl_node *node) { return node->cap == node->n ? node : resized(node, node->n); }

static inline tl_node *editable(tl_node **slot) {
  return (*slot)->flags & TL__EDIT ? *slot : (*slot = tl__edit_copy(*slot));
}

static inline tl_node *editable_child(tl_node *branch, size_t c) {
  tl__loan_own(branch, c);
  return editable(&tl__children(branch)[c]);
}

/* Editable, with slots that may move. */
static inline tl_node *loose(tl_node *edit) {
  tl__loan_own_all(edit);
  return edit;
}

/* Loose, and with room for as much as a node may hold. */
static inline tl_node *roomy(tl_node **slot) {
  if (!((*slot)->flags & TL__EDIT)) return *slot = roomy_copy(*slot);
  loose(*slot);
  return (*slot)->cap == TL__FAN ? *slot : (*slot = resized(*slot, TL__FAN));
}

tl_node *tl__edit_leaf(tl_node **root, size_t pos, size_t *at) {
  tl_node *node = editable(root);
  while (node->level > 0) {
    size_t start, c = tl__child_at(node, pos, &start);
    pos -= start;
    node = editable_child(node, c);
  }
  tl__loan_own(node, pos);
  *at = pos;
  return node;
}

void tl__edit_loosen(tl_node *edit) { loose(edit); }

/* Counts and ends of an edit node after children came or went. */
static void recount(tl_node *node) {
  if (node->level == 0) {
    node->count = node->n;
    return;
  }
  node->count = 0;
  for (size_t i = 0; i < node->n; i++) tl__ends(node)[i] = node->count += tl__children(node)[i]->count;
}

static void open_gap(tl_node *node, size_t i) {
  memmove(item(node, i + 1), item(node, i), (node->n - i) * item_size(node));
  node->n++;
}
static void close_gap(tl_node *node, size_t i) {
  node->n--;
  memmove(item(node, i), item(node, i + 1), (node->n - i) * item_size(node));
}
static void move_items(tl_node *to, size_t at, tl_node *from, size_t i, size_t n) {
  memcpy(item(to, at), item(from, i), n * item_size(from));
}

/* Splits the full child c of a parent that has room. */
static void split_child(tl_node *parent, size_t c, bool at_end) {
  tl_node *left = loose(editable_child(parent, c));
  tl_node *right = edit_new(left->kind, left->level, TL__FAN);
  size_t keep = at_end ? TL__FAN - 1 : TL__FAN / 2;
  right->n = (uint8_t)(TL__FAN - keep);
  move_items(right, 0, left, keep, right->n);
  left->n = (uint8_t)keep;
  recount(left);
  recount(right);
  open_gap(parent, c + 1);
  tl__children(parent)[c + 1] = right;
  recount(parent);
}

static void split_root(tl_node **root, bool at_end) {
  tl_node *top = edit_new((*root)->kind, (*root)->level + 1, TL__FAN);
  tl__children(top)[0] = *root;
  top->n = 1;
  recount(top);
  *root = top;
  split_child(top, 0, at_end);
}

/* Where an element that will be at pos goes: at a border to the end of the left child. */
static size_t child_for(const tl_node *branch, size_t pos, size_t *start) {
  return tl__child_at(branch, pos ? pos - 1 : 0, start);
}

tl_value *tl__edit_insert(tl_node **root, size_t pos, const tl_value *key) {
  bool at_end = pos == (*root)->count;
  tl_node *node = roomy(root);
  if (node->n == TL__FAN) {
    split_root(root, at_end);
    node = *root;
  }
  while (node->level > 0) {
    size_t start, c = child_for(node, pos, &start);
    if (tl__children(node)[c]->n == TL__FAN) {
      split_child(node, c, at_end);
      c = child_for(node, pos, &start);
    }
    for (size_t i = c; i < node->n; i++) tl__ends(node)[i]++;
    node->count++;
    pos -= start;
    node = roomy(&tl__children(node)[c]);
  }
  open_gap(node, pos);
  node->count++;
  if (key) tl__entries(node)[pos].key = *key;
  tl_value *slot = tl__value_slot(node, pos);
  *slot = tl_nil();
  return slot;
}

/* Children c and c + 1 become one, or share evenly what they have. */
static void even_out(tl_node *parent, size_t c) {
  tl_node *left = roomy(&tl__children(parent)[c]), *right = roomy(&tl__children(parent)[c + 1]);
  size_t all = left->n + right->n, keep = all <= TL__FAN ? all : all / 2, had = left->n;
  if (keep > had) {
    size_t moved = keep - had;
    move_items(left, had, right, 0, moved);
    right->n -= (uint8_t)moved;
    memmove(item(right, 0), item(right, moved), right->n * item_size(right));
  } else {
    size_t moved = had - keep;
    memmove(item(right, moved), item(right, 0), right->n * item_size(right));
    move_items(right, 0, left, keep, moved);
    right->n += (uint8_t)moved;
  }
  left->n = (uint8_t)keep;
  recount(left);
  recount(right);
  if (right->n == 0) {
    edit_drop(right);
    close_gap(parent, c + 1);
  }
  recount(parent);
}

static void mend(tl_node *parent, size_t c) {
  tl_node *child = tl__children(parent)[c];
  if (child->n == 0) {
    edit_drop(child);
    close_gap(parent, c);
    recount(parent);
  } else if (child->n < TL__MIN && parent->n > 1) {
    even_out(parent, c + 1 < parent->n ? c : c - 1);
  }
}

/* A branch with one child is no root; one with none is an empty leaf. */
static void lower_root(tl_node **root) {
  while ((*root)->level > 0 && (*root)->n <= 1) {
    tl_node *top = *root;
    *root = top->n == 1 ? tl__children(top)[0] : edit_new(top->kind, 0, TL__FAN);
    edit_drop(top);
  }
}

tl_value tl__edit_remove(tl_node **root, size_t pos) {
  tl_node *path[TL__HEIGHT_MAX], *node = loose(editable(root));
  size_t taken[TL__HEIGHT_MAX];
  int depth = 0;
  while (node->level > 0) {
    size_t start, c = tl__child_at(node, pos, &start);
    for (size_t i = c; i < node->n; i++) tl__ends(node)[i]--;
    node->count--;
    path[depth] = node;
    taken[depth++] = c;
    pos -= start;
    node = loose(editable(&tl__children(node)[c]));
  }
  tl_value gone = *tl__value_slot(node, pos);
  if (node->kind == TL_MAP) tl__drop(tl__entries(node)[pos].key);
  close_gap(node, pos);
  node->count--;
  while (depth-- > 0) mend(path[depth], taken[depth]);
  lower_root(root);
  return gone;
}

void tl__edit_free(tl_node *node) {
  if (!(node->flags & TL__EDIT)) {
    tl__node_release(node);
    return;
  }
  uint32_t which = tl__loan_end(node);
  if (node->level == 0) tl__slots_drop(node, which);
  for (size_t i = 0; node->level > 0 && i < node->n; i++)
    if (which >> i & 1) tl__edit_free(tl__children(node)[i]);
  edit_drop(node);
}
