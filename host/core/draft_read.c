/* draft_read.c: looking at nodes, live and dead. A container that is looked at gets its node here; scalars leave
 * no trace. */
#include "core/draft_inner.h"

/* What to read: of a dead node what it was. */
static inline tl_node *content(const tl_dnode *n) { return n->draft ? tl__dnode_tree(n) : n->base; }

bool tl_dnode_live(const tl_dnode *n) { return n->draft != NULL; }
tl_draft *tl_dnode_draft(const tl_dnode *n) { return n->draft; }
tl_kind tl_dnode_kind(const tl_dnode *n) { return (tl_kind)n->kind; }
bool tl_dnode_fluid(const tl_dnode *n) { return n->flags & DN_FLUID; }
size_t tl_dnode_count(const tl_dnode *n) { return content(n)->count; }
bool tl_dnode_attached(const tl_dnode *n) { return n->draft && tl__dnode_top(n) == n->draft->root; }

tl_value tl_dnode_value(tl_dnode *n) { return tl__wrap(tl__node_retain(n->draft ? tl__dnode_seal(n) : n->base)); }

static tl_slot element(tl_dnode *n, size_t pos) {
  tl_value v = *tl__slot_at(content(n), pos);
  if (v.kind == TL_LIST || v.kind == TL_MAP || v.kind == TL_DRAFT) {
    v.len = 0;
    if (!n->draft) return (tl_slot){true, v, NULL};
    tl_dnode *child = tl__dnode_child(n, pos);
    return (tl_slot){true, {.kind = child->kind}, child};
  }
  return (tl_slot){true, v, NULL};
}

tl_slot tl_dnode_at(tl_dnode *n, size_t i) {
  if (n->draft) tl__draft_settle(n->draft);
  if (n->kind != TL_LIST || i >= content(n)->count) return (tl_slot){0};
  return element(n, i);
}

tl_slot tl_dnode_get(tl_dnode *n, const char *key, size_t len) {
  size_t pos;
  if (n->draft) tl__draft_settle(n->draft);
  if (n->kind != TL_MAP || !tl__find(content(n), key, len, &pos)) return (tl_slot){0};
  return element(n, pos);
}

tl_slot tl_dnode_entry(tl_dnode *n, size_t i, tl_value *key) {
  size_t at;
  if (n->draft) tl__draft_settle(n->draft);
  if (n->kind != TL_MAP || i >= content(n)->count) return (tl_slot){0};
  const tl_node *leaf = tl__leaf_at(content(n), i, &at);
  if (key) *key = tl_retain(tl__entries(leaf)[at].key);
  return element(n, i);
}

size_t tl_dnode_rank(tl_dnode *n, const char *key, size_t len, bool *found) {
  size_t pos = 0;
  bool there = n->kind == TL_MAP && tl__find(content(n), key, len, &pos);
  if (found) *found = there;
  return pos;
}

static bool plain_name(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    bool letter = (s[i] >= 'a' && s[i] <= 'z') || (s[i] >= 'A' && s[i] <= 'Z') || s[i] == '_';
    if (!letter && (i == 0 || s[i] < '0' || s[i] > '9')) return false;
  }
  return n > 0;
}

static void step_name(const tl_dnode *n, tl_buf *out, bool first) {
  const tl_dnode *parent = n->parent;
  size_t pos, at, len, from = 0;
  while (tl__dnode_below(parent->tree, from, &pos) != n) from = pos + 1;
  if (parent->kind == TL_LIST) {
    tl_buf_printf(out, "[%zu]", pos + 1);
    return;
  }
  const tl_node *leaf = tl__leaf_at(parent->tree, pos, &at);
  const char *key = tl_string_bytes(&tl__entries(leaf)[at].key, &len);
  if (plain_name(key, len)) {
    if (!first) tl_buf_putc(out, '.');
    tl_buf_put(out, key, len);
  } else {
    tl_buf_puts(out, "[\"");
    tl_buf_put(out, key, len);
    tl_buf_puts(out, "\"]");
  }
}

static bool path_above(const tl_dnode *n, tl_buf *out) {
  if (!n->parent) {
    bool homeless = n != n->draft->root;
    if (homeless) tl_buf_puts(out, "(removed)");
    return !homeless;
  }
  step_name(n, out, path_above(n->parent, out));
  return false;
}

void tl_dnode_path(const tl_dnode *n, tl_buf *out) {
  if (n->draft)
    path_above(n, out);
  else
    tl_buf_puts(out, "(ended)");
}
