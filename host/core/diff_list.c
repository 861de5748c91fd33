/* diff_list.c: the difference of two lists as operations of protocol.md section 4.
 *
 * Elements in the gaps (diff_gaps.c) are matched: by identity (same node, equal scalar), by the declared key, by
 * equal content, and at last by position between two elements that stay. A longest part that keeps its order stays;
 * the rest of the matched moves. Operations come in four rounds, so that positions are easy to know: remove, move in
 * the order of the new list, insert from left to right, change in place. */
#include "base/mem.h"
#include "core/diff_inner.h"
#include "core/json.h"
#include "core/loan.h"

typedef struct element {
  tl_value v;
  size_t pos;
  size_t gap;
  size_t mate;  /* index in the other side's elements, or TL__NONE */
  bool stays;   /* matched, and in order with all that stay */
  bool differs; /* matched by key or position: may have to change */
} element;

typedef struct side {
  element *e;
  size_t n;
} side;

typedef struct list_diff {
  tl__diff *d;
  const tl_keyhint *hint;
  const char *key;
  size_t key_len;
  int level;
  size_t ops;
  side a, b;
} list_diff;

/* Elements. */

static void load(side *s, tl_value list, size_t from, size_t n, size_t gap) {
  tl_iter it;
  tl_value v;
  tl_iter_start(&it, list, from);
  for (size_t i = 0; i < n && tl_iter_next(&it, NULL, &v); i++)
    s->e[s->n++] = (element){.v = v, .pos = from + i, .gap = gap, .mate = TL__NONE};
}

/* What is equal at both ends of a gap does not belong to it. */
static void trim(tl__gap *g, tl_value a, tl_value b) {
  tl_iter ia, ib;
  tl_value va, vb;
  tl_iter_start(&ia, a, g->a);
  tl_iter_start(&ib, b, g->b);
  while (g->na > 0 && g->nb > 0 && tl_iter_next(&ia, NULL, &va) && tl_iter_next(&ib, NULL, &vb) && tl_equal(va, vb)) {
    g->a++, g->na--;
    g->b++, g->nb--;
  }
  while (g->na > 0 && g->nb > 0 && tl_equal(tl_list_at(a, g->a + g->na - 1), tl_list_at(b, g->b + g->nb - 1)))
    g->na--, g->nb--;
}

static void load_gaps(list_diff *l, tl_value a, tl_value b) {
  size_t n, na = 0, nb = 0;
  tl__gap *gaps = tl__list_gaps(a.node, b.node, &n);
  for (size_t i = 0; i < n; i++) {
    trim(&gaps[i], a, b);
    na += gaps[i].na;
    nb += gaps[i].nb;
  }
  l->a.e = tl_alloc((na + nb) * sizeof(element));
  l->b.e = l->a.e + na;
  for (size_t i = 0; i < n; i++) {
    load(&l->a, a, gaps[i].a, gaps[i].na, i);
    load(&l->b, b, gaps[i].b, gaps[i].nb, i);
  }
  tl_free(gaps);
}

/* Matching. A criterion gives a value's hash, or says that it does not apply, and compares. */

typedef struct criterion {
  bool (*hash)(const list_diff *l, tl_value v, uint64_t *h);
  bool (*equal)(const list_diff *l, tl_value a, tl_value b);
  bool differs;
} criterion;

static bool key_of(const list_diff *l, tl_value v, tl_value *key) {
  return l->key && v.kind == TL_MAP && tl_map_get(v, l->key, l->key_len, key) && !tl_is_container(*key) &&
         key->kind != TL_NIL;
}

static bool hash_identity(const list_diff *l, tl_value v, uint64_t *h) {
  (void)l;
  *h = tl_is_container(v) ? tl__hash_mix(1, (uintptr_t)v.node) : tl__hash_value(v);
  return true;
}
static bool equal_identity(const list_diff *l, tl_value a, tl_value b) {
  (void)l;
  return tl_is_container(a) ? tl_identical(a, b) : tl_equal(a, b);
}
static bool hash_key(const list_diff *l, tl_value v, uint64_t *h) {
  tl_value key;
  if (!key_of(l, v, &key)) return false;
  *h = tl__hash_value(key);
  return true;
}
static bool equal_key(const list_diff *l, tl_value a, tl_value b) {
  tl_value ka, kb;
  return key_of(l, a, &ka) && key_of(l, b, &kb) && tl_equal(ka, kb);
}
static bool hash_content(const list_diff *l, tl_value v, uint64_t *h) {
  tl_value key;
  if (!tl_is_container(v) || key_of(l, v, &key)) return false;
  *h = tl__hash_value(v);
  return true;
}
static bool equal_content(const list_diff *l, tl_value a, tl_value b) {
  (void)l;
  return tl_equal(a, b);
}

static const criterion by_identity = {hash_identity, equal_identity, false};
static const criterion by_key = {hash_key, equal_key, true};
static const criterion by_content = {hash_content, equal_content, false};

/* Chained hash table of the elements of a that are not matched, each chain in their order: of equal ones the first
 * is found first. A matched one leaves its chain, so many equal elements cost no more than different ones. */
typedef struct chains {
  size_t *head, *next, mask;
  uint64_t *hash;
} chains;

static chains chains_new(size_t n) {
  size_t cap = 8;
  while (cap < n) cap *= 2;
  chains c = {.mask = cap - 1};
  c.head = tl_alloc((cap + n) * sizeof(size_t) + n * sizeof(uint64_t));
  c.next = c.head + cap;
  c.hash = (uint64_t *)(c.next + n);
  for (size_t i = 0; i < cap; i++) c.head[i] = TL__NONE;
  return c;
}

static void match(list_diff *l, const criterion *by) {
  chains c = chains_new(l->a.n);
  uint64_t h;
  for (size_t i = l->a.n; i-- > 0;) {
    if (l->a.e[i].mate != TL__NONE || !by->hash(l, l->a.e[i].v, &h)) continue;
    c.hash[i] = h;
    c.next[i] = c.head[h & c.mask];
    c.head[h & c.mask] = i;
  }
  for (size_t i = 0; i < l->b.n; i++) {
    element *b = &l->b.e[i];
    if (b->mate != TL__NONE || !by->hash(l, b->v, &h)) continue;
    size_t *at = &c.head[h & c.mask];
    while (*at != TL__NONE && !(c.hash[*at] == h && by->equal(l, l->a.e[*at].v, b->v))) at = &c.next[*at];
    if (*at == TL__NONE) continue;
    element *a = &l->a.e[*at];
    b->mate = *at;
    b->differs = by->differs;
    a->mate = i;
    *at = c.next[*at];
  }
  tl_free(c.head);
}

/* Of the pairs within one gap a longest part in order stays; what changes its gap moves. */
static void choose_stays(list_diff *l) {
  size_t *seq = tl_alloc((l->b.n ? l->b.n : 1) * sizeof *seq);
  for (size_t i = 0, end; i < l->b.n; i = end) {
    for (end = i; end < l->b.n && l->b.e[end].gap == l->b.e[i].gap; end++) {
      size_t mate = l->b.e[end].mate;
      seq[end] = mate != TL__NONE && l->a.e[mate].gap == l->b.e[i].gap ? mate : TL__NONE;
    }
    tl__keep_rising(seq + i, end - i);
  }
  for (size_t i = 0; i < l->b.n; i++)
    if (seq[i] != TL__NONE) l->b.e[i].stays = l->a.e[seq[i]].stays = true;
  tl_free(seq);
}

static bool pairable(const list_diff *l, const element *x) {
  tl_value key;
  return x->mate == TL__NONE && !key_of(l, x->v, &key);
}

/* Between two that stay, what is left over pairs up by position. */
static void pair_positions(list_diff *l) {
  size_t a = 0;
  for (size_t b = 0; b < l->b.n; b++) {
    element *eb = &l->b.e[b];
    while (a < l->a.n && l->a.e[a].gap < eb->gap) a++;
    if (eb->stays) a = eb->mate + 1;
    if (!pairable(l, eb)) continue;
    while (a < l->a.n && l->a.e[a].gap == eb->gap && !l->a.e[a].stays && !pairable(l, &l->a.e[a])) a++;
    if (a == l->a.n || l->a.e[a].gap != eb->gap || l->a.e[a].stays) continue;
    l->a.e[a].mate = b;
    eb->mate = a++;
    eb->stays = l->a.e[eb->mate].stays = eb->differs = true;
  }
}

static void match_all(list_diff *l) {
  if (l->a.n == 0 || l->b.n == 0) return;
  if (l->a.n > 1 || l->b.n > 1) {
    match(l, &by_identity);
    if (l->key) match(l, &by_key);
    match(l, &by_content);
  } else if (l->key) {
    match(l, &by_key);
  }
  choose_stays(l);
  pair_positions(l);
}

/* Writing. */

static void begin_op(list_diff *l, const char *name, size_t pos) {
  tl_buf_puts(l->d->out, l->ops++ ? ",[\"" : "[\"");
  tl_buf_puts(l->d->out, name);
  tl_buf_puts(l->d->out, "\",");
  tl_json_write(l->d->out, tl_int((int64_t)pos));
}
static void put_number(list_diff *l, size_t n) {
  tl_buf_putc(l->d->out, ',');
  tl_json_write(l->d->out, tl_int((int64_t)n));
}

static void write_removes(list_diff *l) {
  const element *e = l->a.e;
  for (size_t i = 0, removed = 0, n; i < l->a.n; i += n ? n : 1, removed += n) {
    for (n = 0; i + n < l->a.n && e[i + n].mate == TL__NONE && e[i + n].pos == e[i].pos + n; n++) {
    }
    if (n == 0) continue;
    begin_op(l, "-", e[i].pos - removed);
    put_number(l, n);
    tl_buf_putc(l->d->out, ']');
  }
}

static void write_inserts(list_diff *l) {
  const element *e = l->b.e;
  for (size_t i = 0, n; i < l->b.n; i += n ? n : 1) {
    for (n = 0; i + n < l->b.n && e[i + n].mate == TL__NONE && e[i + n].pos == e[i].pos + n; n++) {
      if (n == 0) begin_op(l, "+", e[i].pos);
      tl_buf_putc(l->d->out, ',');
      tl_json_write(l->d->out, e[i + n].v);
    }
    if (n) tl_buf_putc(l->d->out, ']');
  }
}

static void write_changes(list_diff *l) {
  const tl_keyhint *below = tl__hint_below(l->hint, "*", 1);
  for (size_t i = 0; i < l->b.n; i++) {
    const element *b = &l->b.e[i];
    if (!b->differs) continue;
    size_t before = l->d->out->len;
    begin_op(l, "~", b->pos);
    tl_buf_putc(l->d->out, ',');
    if (tl__diff_value(l->d, l->a.e[b->mate].v, b->v, below, l->level + 1)) {
      tl_buf_putc(l->d->out, ']');
    } else {
      l->d->out->len = before;
      l->ops--;
    }
  }
}

/* Moves. Think of the list, when removals are done, as the elements that stay, and between each two of them a slot.
 * An element that moves waits in the slot of its old place (in old order) and goes to the slot of its new one, behind
 * those already moved there and before those that wait. Elements go in the order of the new list. Then positions are
 * counts: of those that stay before a slot, of those moved before, of those that wait before. */
typedef struct mover {
  size_t old_slot, new_slot; /* how many stay before it */
  size_t order;              /* among the movers in old order */
} mover;

typedef struct moves {
  mover *m; /* in new order */
  size_t n;
  size_t *old_slots; /* in old order, rising */
  size_t *waiting;   /* a Fenwick tree over the movers in old order */
} moves;

static void wait_add(moves *m, size_t i, size_t by) {
  for (i++; i <= m->n; i += i & (0 - i)) m->waiting[i] += by;
}
static size_t wait_before(const moves *m, size_t i) {
  size_t sum = 0;
  for (; i > 0; i -= i & (0 - i)) sum += m->waiting[i];
  return sum;
}

/* How many of the movers in old order have an old slot below. */
static size_t old_below(const moves *m, size_t slot) {
  size_t low = 0, high = m->n;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (m->old_slots[mid] < slot)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

/* How many of the first n movers in new order have a new slot up to this. */
static size_t new_up_to(const moves *m, size_t n, size_t slot) {
  size_t low = 0, high = n;
  while (low < high) {
    size_t mid = (low + high) / 2;
    if (m->m[mid].new_slot <= slot)
      low = mid + 1;
    else
      high = mid;
  }
  return low;
}

static moves collect_moves(list_diff *l) {
  moves m = {0};
  for (size_t i = 0; i < l->b.n; i++) m.n += l->b.e[i].mate != TL__NONE && !l->b.e[i].stays;
  if (m.n == 0) return m;
  size_t *old_order = tl_alloc(l->a.n * sizeof *old_order), gone = 0, k = 0;
  m.m = tl_alloc(m.n * sizeof *m.m);
  m.old_slots = tl_alloc(m.n * sizeof *m.old_slots);
  m.waiting = tl_calloc((m.n + 1) * sizeof *m.waiting);
  for (size_t i = 0; i < l->a.n; i++) {
    const element *a = &l->a.e[i];
    if (a->stays) continue;
    if (a->mate != TL__NONE) {
      m.old_slots[k] = a->pos - gone;
      old_order[i] = k++;
    }
    gone++;
  }
  k = gone = 0;
  for (size_t i = 0; i < l->b.n; i++) {
    const element *b = &l->b.e[i];
    if (b->stays) continue;
    if (b->mate != TL__NONE) {
      size_t order = old_order[b->mate];
      m.m[k++] = (mover){m.old_slots[order], b->pos - gone, order};
    }
    gone++;
  }
  for (size_t i = 0; i < m.n; i++) wait_add(&m, i, 1);
  tl_free(old_order);
  return m;
}

static size_t run_at(const moves *m, size_t i) {
  size_t n = 1;
  for (; i + n < m->n; n++) {
    const mover *x = &m->m[i + n];
    if (x->order != m->m[i].order + n || x->old_slot != m->m[i].old_slot || x->new_slot != m->m[i].new_slot) break;
  }
  return n;
}

static void write_moves(list_diff *l) {
  moves m = collect_moves(l);
  for (size_t i = 0, n; i < m.n; i += n) {
    const mover *x = &m.m[i];
    n = run_at(&m, i);
    size_t from = x->old_slot + wait_before(&m, x->order) + new_up_to(&m, i, x->old_slot);
    for (size_t k = 0; k < n; k++) wait_add(&m, x->order + k, (size_t)-1);
    size_t to = x->new_slot + wait_before(&m, old_below(&m, x->new_slot)) + i;
    if (from == to) continue;
    begin_op(l, "m", from);
    put_number(l, n);
    put_number(l, to);
    tl_buf_putc(l->d->out, ']');
  }
  tl_free(m.m);
  tl_free(m.old_slots);
  tl_free(m.waiting);
}

static bool slot_same(const tl_node *a, const tl_node *b, size_t i) {
  if (a->level > 0) return tl__children(a)[i] == tl__children(b)[i];
  return tl__same(tl__items(a)[i], tl__items(b)[i]);
}

/* The one slot that is not the same in two nodes of one shape; -1: none, or more. */
static int one_slot(const tl_node *a, tl_node *b) {
  int found = -1;
  for (uint32_t which = tl__loan_since(b, a) & TL__ALL >> (32 - a->n); which; which &= which - 1) {
    const int i = __builtin_ctz(which);
    if (slot_same(a, b, (size_t)i)) continue;
    if (found >= 0) return -1;
    found = i;
  }
  return found;
}

/* The common case: one element was changed in place. Then the trees have one shape and differ in one slot a level. */
static bool one_changed(const tl_node *a, tl_node *b, size_t *pos) {
  for (*pos = 0;;) {
    if (a->level != b->level || a->n != b->n || a->count != b->count) return false;
    const int i = one_slot(a, b);
    if (i < 0) return false;
    if (a->level == 0) {
      *pos += (size_t)i;
      return true;
    }
    if (i > 0) *pos += tl__ends(a)[i - 1];
    a = tl__children(a)[i];
    b = tl__children(b)[i];
  }
}

/* False: not that case, nothing was written. */
static bool write_one(list_diff *l, tl_value a, tl_value b, bool *differs) {
  size_t pos, start = l->d->out->len;
  if (!one_changed(a.node, b.node, &pos)) return false;
  tl_value from = tl_list_at(a, pos), to = tl_list_at(b, pos), key;
  if ((key_of(l, from, &key) || key_of(l, to, &key)) && !equal_key(l, from, to)) return false;
  tl_buf_puts(l->d->out, "{\"$\":[\"list\",[");
  begin_op(l, "~", pos);
  tl_buf_putc(l->d->out, ',');
  *differs = tl__diff_value(l->d, from, to, tl__hint_below(l->hint, "*", 1), l->level + 1);
  if (*differs)
    tl_buf_puts(l->d->out, "]]]}");
  else
    l->d->out->len = start;
  return true;
}

bool tl__diff_list(tl__diff *d, tl_value a, tl_value b, const tl_keyhint *hint, int level) {
  if (tl_count(a) == 0 || tl_count(b) == 0) {
    if (tl_count(a) == tl_count(b)) return false;
    tl__diff_whole(d, b, level);
    return true;
  }
  list_diff l = {.d = d, .hint = hint, .level = level};
  l.key = tl__hint_key(hint, &l.key_len);
  size_t start = d->out->len;
  bool differs;
  if (write_one(&l, a, b, &differs)) {
    if (differs) tl__diff_shorten(d, start, b, level);
    return differs;
  }
  load_gaps(&l, a, b);
  match_all(&l);
  tl_buf_puts(d->out, "{\"$\":[\"list\",[");
  write_removes(&l);
  write_moves(&l);
  write_inserts(&l);
  write_changes(&l);
  tl_buf_puts(d->out, "]]}");
  tl_free(l.a.e);
  if (l.ops == 0)
    d->out->len = start;
  else
    tl__diff_shorten(d, start, b, level);
  return l.ops > 0;
}
