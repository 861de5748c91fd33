/* diff.c: the difference of two values as a patch of protocol.md section 4: maps, strings and whole values. Lists are
 * in diff_list.c. What turns out to be the same is taken back from the buffer, so a patch never names it. */
#include "core/diff_inner.h"
#include "core/json.h"

void tl__diff_whole(tl__diff *d, tl_value v, int level) {
  if (v.kind != TL_MAP) {
    tl_json_write(d->out, v);
    return;
  }
  tl_buf_puts(d->out, "{\"$\":[\"set\",");
  if (d->public_only && level == 0)
    tl_json_write_public(d->out, v);
  else if (d->public_only && level == 1)
    tl__json_write_state(d->out, v);
  else
    tl_json_write(d->out, v);
  tl_buf_puts(d->out, "]}");
}

/* A short patch stays even when the whole would be shorter: it says what happened, so the page changes just that.
 * Memory per byte of JSON is never above BYTES_PER_BYTE: a patch below tl_bytes / that is shorter without comparing,
 * and comparing costs no more than a multiple of what has been written. */
enum { SHORT_PATCH = 128, BYTES_PER_BYTE = 12 };

bool tl__diff_shorten(tl__diff *d, size_t start, tl_value v, int level) {
  size_t end = d->out->len;
  if (end - start < SHORT_PATCH || end - start < tl_bytes(v) / BYTES_PER_BYTE) return false;
  tl__diff_whole(d, v, level);
  size_t whole = d->out->len - end;
  if (whole >= end - start) {
    d->out->len = end;
    return false;
  }
  memmove(d->out->data + start, d->out->data + end, whole);
  d->out->len = start + whole;
  return true;
}

/* A map of the patch in the making. */
typedef struct map_diff {
  tl__diff *d;
  const tl_keyhint *hint;
  int level;
  size_t start; /* of the map in the buffer */
  bool deleted;
} map_diff;

static bool hidden(const map_diff *m, const tl_value *key) {
  if (!m->d->public_only || m->level != 1) return false;
  size_t n;
  const char *s = tl_string_bytes(key, &n);
  return n > 0 && s[0] == '_';
}

static void write_key(map_diff *m, const tl_value *key) {
  tl_buf *out = m->d->out;
  size_t n;
  const char *s = tl_string_bytes(key, &n);
  tl_buf_putc(out, out->len == m->start ? '{' : ',');
  size_t start = out->len;
  bool dollar = n > 0 && s[0] == '$';
  if (dollar) tl_buf_putc(out, '"'); /* and the quote of the string itself becomes one `$` more */
  tl_json_write_string(out, s, n);
  if (dollar) out->data[start + 1] = '$';
  tl_buf_putc(out, ':');
}

static void both(map_diff *m, const tl_value *key, tl_value a, tl_value b) {
  if (tl__same(a, b) || hidden(m, key)) return;
  size_t before = m->d->out->len, n;
  const char *s = tl_string_bytes(key, &n);
  write_key(m, key);
  if (!tl__diff_value(m->d, a, b, tl__hint_below(m->hint, s, n), m->level + 1)) m->d->out->len = before;
}

static void only_old(map_diff *m, const tl_value *key) {
  if (hidden(m, key)) return;
  write_key(m, key);
  tl_buf_puts(m->d->out, "{\"$\":[\"del\"]}");
  m->deleted = true;
}

static void only_new(map_diff *m, const tl_value *key, tl_value b) {
  if (hidden(m, key)) return;
  write_key(m, key);
  tl__diff_whole(m->d, b, m->level + 1);
}

static int compare_keys(const tl_value *a, const tl_value *b) {
  if (tl__same(*a, *b)) return 0;
  size_t n;
  const char *s = tl_string_bytes(b, &n);
  return tl__key_compare(a, s, n);
}

/* Two flat maps of the same keys: the common case. */
static bool same_keys(const tl_node *a, const tl_node *b) {
  if (a->level > 0 || b->level > 0 || a->n != b->n) return false;
  for (size_t i = 0; i < a->n; i++)
    if (!tl__same(tl__entries(a)[i].key, tl__entries(b)[i].key)) return false;
  return true;
}

static void walk_flat(map_diff *m, const tl_entry *from, const tl_entry *to, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!tl__same(from[i].value, to[i].value)) both(m, &from[i].key, from[i].value, to[i].value);
}

static void walk(map_diff *m, const tl_node *from, const tl_node *to) {
  if (same_keys(from, to)) {
    walk_flat(m, tl__entries(from), tl__entries(to), from->n);
    return;
  }
  tl__cursor a, b;
  tl__cursor_start(&a, from);
  tl__cursor_start(&b, to);
  while (!tl__cursor_done(&a) || !tl__cursor_done(&b)) {
    if (tl__cursor_skip(&a, &b)) continue;
    int order = tl__cursor_done(&a)   ? 1
                : tl__cursor_done(&b) ? -1
                                      : compare_keys(tl__cursor_key(&a), tl__cursor_key(&b));
    if (order == 0)
      both(m, tl__cursor_key(&a), tl__cursor_value(&a), tl__cursor_value(&b));
    else if (order < 0)
      only_old(m, tl__cursor_key(&a));
    else
      only_new(m, tl__cursor_key(&b), tl__cursor_value(&b));
    if (order <= 0) tl__cursor_next(&a);
    if (order >= 0) tl__cursor_next(&b);
  }
}

static bool diff_map(tl__diff *d, tl_value a, tl_value b, const tl_keyhint *hint, int level) {
  map_diff m = {d, hint, level, d->out->len, false};
  walk(&m, a.node, b.node);
  if (d->out->len == m.start) return false;
  tl_buf_putc(d->out, '}');
  if (m.deleted && level > 0) tl__diff_shorten(d, m.start, b, level);
  return true;
}

/* Characters around the suffix of a string that grew: shorter than the old text, or not worth it. */
enum { GROWTH = sizeof "{\"$\":[\"+\",]}" - 1 };

static bool diff_string(tl__diff *d, tl_value a, tl_value b) {
  size_t na, nb;
  const char *sa = tl_string_bytes(&a, &na), *sb = tl_string_bytes(&b, &nb);
  bool begins = na <= nb && (tl__same_text(a, b) || memcmp(sa, sb, na) == 0);
  if (begins && na == nb) return false;
  if (begins && na > GROWTH) {
    tl_buf_puts(d->out, "{\"$\":[\"+\",");
    tl_json_write_string(d->out, sb + na, nb - na);
    tl_buf_puts(d->out, "]}");
  } else {
    tl_json_write_string(d->out, sb, nb);
  }
  return true;
}

bool tl__diff_value(tl__diff *d, tl_value a, tl_value b, const tl_keyhint *hint, int level) {
  if (tl__same(a, b)) return false;
  if (a.kind == b.kind) {
    if (a.kind == TL_MAP) return diff_map(d, a, b, hint, level);
    if (a.kind == TL_LIST) return tl__diff_list(d, a, b, hint, level);
    if (a.kind == TL_STRING) return diff_string(d, a, b);
  }
  if (tl_equal(a, b)) return false;
  tl__diff_whole(d, b, level);
  return true;
}

bool tl_diff(tl_value from, tl_value to, const tl_diff_opts *o, tl_buf *out) {
  if (from.node == to.node) return false;
  tl__diff d = {out, o && o->public_only};
  return diff_map(&d, from, to, o ? o->keys : NULL, 0);
}

static bool differ(map_diff *m, tl_value from, tl_value to);

static bool differ_flat(map_diff *m, const tl_entry *from, const tl_entry *to, size_t n) {
  map_diff below = {.d = m->d, .level = m->level + 1};
  for (size_t i = 0; i < n; i++) {
    if (tl__same(from[i].value, to[i].value) || hidden(m, &from[i].key)) continue;
    if (differ(&below, from[i].value, to[i].value)) return true;
  }
  return false;
}

/* Do the public parts differ? level as in a map_diff. */
static bool differ(map_diff *m, tl_value from, tl_value to) {
  if (m->level > 1 || from.kind != TL_MAP || to.kind != TL_MAP) return !tl_equal(from, to);
  if (same_keys(from.node, to.node)) return differ_flat(m, tl__entries(from.node), tl__entries(to.node), from.node->n);
  tl__cursor a, b;
  tl__cursor_start(&a, from.node);
  tl__cursor_start(&b, to.node);
  while (!tl__cursor_done(&a) || !tl__cursor_done(&b)) {
    if (tl__cursor_skip(&a, &b)) continue;
    int order = tl__cursor_done(&a)   ? 1
                : tl__cursor_done(&b) ? -1
                                      : compare_keys(tl__cursor_key(&a), tl__cursor_key(&b));
    if (!hidden(m, tl__cursor_key(order <= 0 ? &a : &b))) {
      map_diff below = {.d = m->d, .level = m->level + 1};
      if (order != 0 || differ(&below, tl__cursor_value(&a), tl__cursor_value(&b))) return true;
    }
    if (order <= 0) tl__cursor_next(&a);
    if (order >= 0) tl__cursor_next(&b);
  }
  return false;
}

bool tl_differs(tl_value from, tl_value to, const tl_diff_opts *o) {
  if (!o || !o->public_only) return !tl_equal(from, to);
  tl__diff d = {.public_only = true};
  map_diff m = {.d = &d};
  return differ(&m, from, to);
}
