/* diff_gaps.c: finds where two lists differ by looking at nodes, not elements.
 *
 * Level by level from the root: shared children at both ends go; between them, shared ones are found by address, and
 * what lies between those is opened one level further. So the cost follows the number of nodes that differ. */
#include "base/mem.h"
#include "core/diff_inner.h"

/* A node with the position of its first element. */
typedef struct part {
  const tl_node *node;
  size_t pos;
} part;

/* Neighbouring nodes of one level; pos is where they begin, also when there are none. */
typedef struct span {
  part *parts;
  size_t n, pos;
} span;

typedef struct gaps {
  tl__gap *list;
  size_t n, cap;
} gaps;

static size_t width(span s) {
  if (s.n == 0) return 0;
  return s.parts[s.n - 1].pos + s.parts[s.n - 1].node->count - s.pos;
}

static void add_gap(gaps *g, span a, span b) {
  tl__gap gap = {a.pos, width(a), b.pos, width(b)};
  if (g->n > 0) {
    tl__gap *last = &g->list[g->n - 1];
    if (last->a + last->na == gap.a && last->b + last->nb == gap.b) {
      last->na += gap.na;
      last->nb += gap.nb;
      return;
    }
  }
  if (g->n == g->cap) {
    g->cap = g->cap ? g->cap * 2 : 4;
    g->list = tl_realloc(g->list, g->cap * sizeof *g->list);
  }
  g->list[g->n++] = gap;
}

static span part_of(span s, size_t from, size_t to) {
  span sub = {s.parts + from, to - from, s.pos};
  if (from < s.n)
    sub.pos = s.parts[from].pos;
  else if (s.n > 0)
    sub.pos = s.pos + width(s);
  return sub;
}

/* The children of all nodes; the parts are owned. */
static span open_span(span s) {
  size_t n = 0, k = 0;
  for (size_t i = 0; i < s.n; i++) n += s.parts[i].node->n;
  span below = {tl_alloc((n ? n : 1) * sizeof(part)), n, s.pos};
  for (size_t i = 0; i < s.n; i++) {
    size_t pos = s.parts[i].pos;
    for (size_t c = 0; c < s.parts[i].node->n; c++) {
      const tl_node *child = tl__children(s.parts[i].node)[c];
      below.parts[k++] = (part){child, pos};
      pos += child->count;
    }
  }
  return below;
}

static void compare(gaps *g, span a, span b, int level);

static void open_both(gaps *g, span a, span b, int level) {
  if (a.n == 0 && b.n == 0) return;
  if (a.n == 0 || b.n == 0 || level == 0) {
    add_gap(g, a, b);
    return;
  }
  span below_a = open_span(a), below_b = open_span(b);
  compare(g, below_a, below_b, level - 1);
  tl_free(below_a.parts);
  tl_free(below_b.parts);
}

/* For each node of b its place in a, as far as these rise. */
static size_t *shared_nodes(span a, span b) {
  size_t cap = 8;
  while (cap < a.n * 2) cap *= 2;
  size_t *table = tl_alloc(cap * sizeof *table), *mate = tl_alloc(b.n * sizeof *mate);
  for (size_t i = 0; i < cap; i++) table[i] = TL__NONE;
  for (size_t i = 0; i < a.n; i++) {
    size_t h = tl__hash_mix(0, (uintptr_t)a.parts[i].node) & (cap - 1);
    while (table[h] != TL__NONE) h = (h + 1) & (cap - 1);
    table[h] = i;
  }
  for (size_t i = 0; i < b.n; i++) {
    size_t h = tl__hash_mix(0, (uintptr_t)b.parts[i].node) & (cap - 1);
    while (table[h] != TL__NONE && a.parts[table[h]].node != b.parts[i].node) h = (h + 1) & (cap - 1);
    mate[i] = table[h];
  }
  tl_free(table);
  tl__keep_rising(mate, b.n);
  return mate;
}

static void compare(gaps *g, span a, span b, int level) {
  size_t front = 0, back = 0, least = a.n < b.n ? a.n : b.n;
  while (front < least && a.parts[front].node == b.parts[front].node) front++;
  while (back < least - front && a.parts[a.n - 1 - back].node == b.parts[b.n - 1 - back].node) back++;
  a = part_of(a, front, a.n - back);
  b = part_of(b, front, b.n - back);
  if (a.n < 2 || b.n < 2) {
    open_both(g, a, b, level);
    return;
  }
  size_t *mate = shared_nodes(a, b), from_a = 0, from_b = 0;
  for (size_t i = 0; i < b.n; i++) {
    if (mate[i] == TL__NONE) continue;
    open_both(g, part_of(a, from_a, mate[i]), part_of(b, from_b, i), level);
    from_a = mate[i] + 1;
    from_b = i + 1;
  }
  open_both(g, part_of(a, from_a, a.n), part_of(b, from_b, b.n), level);
  tl_free(mate);
}

/* One root, opened until it is at the level. */
static span at_level(const tl_node *root, int level) {
  span s = {tl_alloc(sizeof(part)), 1, 0};
  s.parts[0] = (part){root, 0};
  for (int at = root->level; at > level; at--) {
    span below = open_span(s);
    tl_free(s.parts);
    s = below;
  }
  return s;
}

tl__gap *tl__list_gaps(const tl_node *a, const tl_node *b, size_t *n) {
  gaps g = {0};
  int level = a->level < b->level ? a->level : b->level;
  span sa = at_level(a, level), sb = at_level(b, level);
  compare(&g, sa, sb, level);
  tl_free(sa.parts);
  tl_free(sb.parts);
  *n = g.n;
  return g.list;
}

void tl__keep_rising(size_t *seq, size_t n) {
  size_t *tail = tl_alloc((n + 1) * sizeof *tail), *before = tl_alloc((n + 1) * sizeof *before), length = 0;
  for (size_t i = 0; i < n; i++) {
    if (seq[i] == TL__NONE) continue;
    size_t low = 0, high = length; /* tail[k]: where the rising part of k + 1 that ends lowest ends */
    if (length && seq[tail[length - 1]] < seq[i]) low = length;
    while (low < high) {
      size_t mid = (low + high) / 2;
      if (seq[tail[mid]] < seq[i])
        low = mid + 1;
      else
        high = mid;
    }
    before[i] = low ? tail[low - 1] : TL__NONE;
    tail[low] = i;
    if (low == length) length++;
  }
  size_t kept = length ? tail[length - 1] : TL__NONE;
  for (size_t i = n; i-- > 0;) {
    if (i == kept)
      kept = before[i];
    else
      seq[i] = TL__NONE;
  }
  tl_free(tail);
  tl_free(before);
}
