/* tree.c: finding places in a tree, sealed or in edit, and walking two trees at once. Nothing here changes a node. */
#include "core/tree.h"

/* The first child that ends beyond pos; *start: where it begins. Where the children are full, as in a list that was
 * built in one go, it is known without a look at them; elsewhere it is no earlier one. */
size_t tl__child_at(const tl_node *branch, size_t pos, size_t *start) {
  const uint32_t *ends = tl__ends(branch);
  size_t low = pos >> (5 * branch->level), high = branch->n - 1u;
  if (ends[low] > pos) high = low;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (ends[mid] > pos)
      high = mid;
    else
      low = mid + 1;
  }
  *start = low ? ends[low - 1] : 0;
  return low;
}

tl_node *tl__leaf_at(const tl_node *node, size_t pos, size_t *at) {
  while (node->level > 0) {
    size_t start, c = tl__child_at(node, pos, &start);
    pos -= start;
    node = tl__children(node)[c];
  }
  *at = pos;
  return (tl_node *)node;
}

tl_value *tl__slot_at(const tl_node *root, size_t pos) {
  size_t at;
  const tl_node *leaf = tl__leaf_at(root, pos, &at);
  return tl__value_slot(leaf, at);
}

int tl__key_compare(const tl_value *a, const char *key, size_t len) {
  size_t n;
  const char *s = tl_string_bytes(a, &n);
  int order = memcmp(s, key, n < len ? n : len);
  return order ? order : (n > len) - (n < len);
}

static const tl_value *first_key(const tl_node *node) {
  while (node->level > 0) node = tl__children(node)[0];
  return &tl__entries(node)[0].key;
}

/* A short key is looked for by its bits: quicker than comparing in order, in a leaf of thirty. */
static bool find_short(const tl_node *leaf, const char *key, size_t len, size_t *at) {
  tl_value probe = tl_string(key, len);
  const tl_entry *e = tl__entries(leaf);
  for (size_t i = 0; i < leaf->n; i++) {
    if (e[i].key.pad_ == probe.pad_ && e[i].key.i == probe.i) {
      *at = i;
      return true;
    }
  }
  return false;
}

static bool find_in_leaf(const tl_node *leaf, const char *key, size_t len, size_t *at) {
  if (len <= TL_SHORT_MAX && find_short(leaf, key, len, at)) return true;
  size_t low = 0, high = leaf->n;
  while (low < high) {
    size_t mid = (low + high) / 2;
    int order = tl__key_compare(&tl__entries(leaf)[mid].key, key, len);
    if (order == 0) {
      *at = mid;
      return true;
    }
    if (order < 0)
      low = mid + 1;
    else
      high = mid;
  }
  *at = low;
  return false;
}

bool tl__find(const tl_node *node, const char *key, size_t len, size_t *pos) {
  size_t before = 0, at;
  while (node->level > 0) {
    size_t low = 0, high = node->n - 1u; /* the last child whose first key is not beyond the key */
    while (low < high) {
      size_t mid = (low + high + 1) / 2;
      if (tl__key_compare(first_key(tl__children(node)[mid]), key, len) <= 0)
        low = mid;
      else
        high = mid - 1;
    }
    if (low) before += tl__ends(node)[low - 1];
    node = tl__children(node)[low];
  }
  bool found = find_in_leaf(node, key, len, &at);
  *pos = before + at;
  return found;
}

/* From the subtree that at[level] points to down to its first leaf. */
static void cursor_down(tl__cursor *c, int level) {
  for (; level > 0; level--) {
    c->node[level - 1] = tl__children(c->node[level])[c->at[level]];
    c->at[level - 1] = 0;
  }
}

void tl__cursor_start(tl__cursor *c, const tl_node *root) {
  c->top = root->level;
  c->pos = 0;
  c->count = root->count;
  c->node[c->top] = root;
  c->at[c->top] = 0;
  if (root->count > 0) cursor_down(c, c->top);
}

/* On to what follows the item or child at the given level. */
static void cursor_advance(tl__cursor *c, int level) {
  while (++c->at[level] == c->node[level]->n)
    if (++level > c->top) return;
  cursor_down(c, level);
}

void tl__cursor_next(tl__cursor *c) {
  c->pos++;
  cursor_advance(c, 0);
}

bool tl__cursor_skip(tl__cursor *a, tl__cursor *b) {
  if (a->at[0] != 0 || b->at[0] != 0 || a->pos >= a->count || b->pos >= b->count) return false;
  int highest = 0, top = a->top < b->top ? a->top : b->top;
  while (highest < top && a->at[highest + 1] == 0 && b->at[highest + 1] == 0) highest++;
  for (int level = highest; level >= 0; level--) {
    if (a->node[level] != b->node[level]) continue;
    size_t count = a->node[level]->count;
    a->pos += count;
    b->pos += count;
    if (!tl__cursor_done(a)) cursor_advance(a, level + 1);
    if (!tl__cursor_done(b)) cursor_advance(b, level + 1);
    return true;
  }
  return false;
}
