/* value.c: scalars, references and comparing. Containers are built and read in container.c.
 * Every tl_value has its unused bytes zero, so that two scalars are identical when their bits are. */
#include "core/value.h"

#include "base/mem.h"
#include "core/tree.h"

_Static_assert(sizeof(tl_value) == 16, "a value is 16 bytes");

tl_value tl_bool(bool b) { return (tl_value){.pad_ = TL_BOOL, .i = b}; }
tl_value tl_int(int64_t i) { return (tl_value){.pad_ = TL_INT, .i = i}; }
tl_value tl_float(double f) { return (tl_value){.pad_ = TL_FLOAT, .f = f}; }

static inline uint64_t load(const char *s, size_t n) { /* n: 4 or 8, known to the compiler */
  uint64_t w = 0;
  memcpy(&w, s, n);
  return w;
}

/* Up to 14 bytes in two words, by loads that overlap: keys are looked for as values, and a memcpy of so few bytes costs
 * more than all the rest. */
static inline tl_value short_string(const char *s, size_t n) {
  uint64_t low = 0, high = 0; /* bytes 0 to 7, and 8 to 13 */
  if (n >= 8) {
    low = load(s, 8);
    if (n > 8) high = load(s + n - 8, 8) >> (8 * (16 - n));
  } else if (n >= 4) {
    low = load(s, 4) | load(s + n - 4, 4) << (8 * (n - 4));
  } else if (n) {
    low = (uint64_t)(uint8_t)s[0] | (uint64_t)(uint8_t)s[n / 2] << (8 * (n / 2)) |
          (uint64_t)(uint8_t)s[n - 1] << (8 * (n - 1));
  }
  return (tl_value){.pad_ = TL_STRING | (uint64_t)n << 8 | low << 16, .i = (int64_t)(low >> 48 | high << 16)};
}

tl_value tl_string(const char *s, size_t n) {
  if (n <= TL_SHORT_MAX) return short_string(s, n);
  tl_value v = {.kind = TL_STRING};
  tl_node *node = tl_alloc(sizeof *node + n);
  *node = (tl_node){.refs = 1, .kind = TL_STRING, .bytes = sizeof *node + n};
  memcpy(node->payload, s, n);
  v.len = TL_LONG;
  v.node = node;
  return v;
}

const char *tl_string_bytes(const tl_value *v, size_t *len) {
  if (v->len != TL_LONG) {
    *len = v->len;
    return v->s;
  }
  *len = v->node->bytes - sizeof(tl_node);
  return v->node->flags & TL__VIEW ? tl__view_of(v->node)->text->bytes : (const char *)v->node->payload;
}

size_t tl_string_weight(size_t n) { return n > TL_SHORT_MAX ? sizeof(tl_node) + n : 0; }

tl_value tl_retain(tl_value v) { return tl__keep(v); }
void tl_release(tl_value v) { tl__drop(v); }

bool tl_identical(tl_value a, tl_value b) { return tl__same(a, b); }

static bool equal_int_float(int64_t i, double f) {
  /* 2^63 is the first float beyond: below it the cast is defined, and the comparison of integers exact. */
  return f >= -0x1p63 && f < 0x1p63 && (double)(int64_t)f == f && (int64_t)f == i;
}

static bool equal_strings(tl_value a, tl_value b) {
  size_t na, nb;
  if (a.len != b.len) return false;
  const char *sa = tl_string_bytes(&a, &na), *sb = tl_string_bytes(&b, &nb);
  return na == nb && memcmp(sa, sb, na) == 0;
}

static bool same_shape(const tl_node *a, const tl_node *b) {
  return a->level == b->level && a->n == b->n &&
         (a->level == 0 || !memcmp(tl__ends(a), tl__ends(b), a->n * sizeof *tl__ends(a)));
}

static bool equal_slots(const tl_node *a, const tl_node *b) {
  for (size_t i = 0; i < a->n; i++) {
    if (a->kind == TL_MAP) {
      tl_value ka = tl__entries(a)[i].key, kb = tl__entries(b)[i].key;
      if (!tl__same(ka, kb) && !equal_strings(ka, kb)) return false;
    }
    tl_value va = *tl__value_slot(a, i), vb = *tl__value_slot(b, i);
    if (!tl__same(va, vb) && !tl_equal(va, vb)) return false;
  }
  return true;
}

/* Trees that differ by changes in place have one shape: node against node. Others go by a cursor over both. */
static bool equal_containers(const tl_node *a, const tl_node *b) {
  if (a == b) return true;
  if (a->count != b->count) return false;
  if (same_shape(a, b)) {
    if (a->level == 0) return equal_slots(a, b);
    for (size_t i = 0; i < a->n; i++)
      if (!equal_containers(tl__children(a)[i], tl__children(b)[i])) return false;
    return true;
  }
  tl__cursor ca, cb;
  tl__cursor_start(&ca, a);
  tl__cursor_start(&cb, b);
  while (!tl__cursor_done(&ca)) {
    if (tl__cursor_skip(&ca, &cb)) continue;
    if (a->kind == TL_MAP && !equal_strings(*tl__cursor_key(&ca), *tl__cursor_key(&cb))) return false;
    if (!tl_equal(tl__cursor_value(&ca), tl__cursor_value(&cb))) return false;
    tl__cursor_next(&ca);
    tl__cursor_next(&cb);
  }
  return true;
}

bool tl_equal(tl_value a, tl_value b) {
  if (a.kind != b.kind) {
    if (a.kind == TL_INT && b.kind == TL_FLOAT) return equal_int_float(a.i, b.f);
    if (a.kind == TL_FLOAT && b.kind == TL_INT) return equal_int_float(b.i, a.f);
    return false;
  }
  switch (a.kind) {
  case TL_FLOAT: return a.f == b.f;
  case TL_STRING: return equal_strings(a, b);
  case TL_LIST:
  case TL_MAP: return equal_containers(a.node, b.node);
  default: return a.i == b.i;
  }
}

size_t tl_bytes(tl_value v) { return tl__counted(v) ? v.node->bytes : 0; }
int tl_depth(tl_value v) { return tl__contains(v) ? v.node->depth : 0; }
