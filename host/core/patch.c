/* patch.c: applies patches, strictly: what does not fit in any way is an error, and then nothing has happened. The
 * work is done by a draft of the old value, so what the patch does not name stays shared. */
#include "core/patch.h"

#include "core/draft.h"

typedef struct patcher {
  tl_buf *err;
  tl_buf path; /* where we are, for messages */
} patcher;

static int fail(patcher *p, const char *message) {
  if (!p->err) return -1;
  tl_buf_put(p->err, p->path.data, p->path.len);
  tl_buf_puts(p->err, p->path.len ? ": " : "");
  tl_buf_puts(p->err, message);
  return -1;
}

/* Where a patch of one slot goes: a key of a map or a position of a list. */
typedef struct place {
  tl_dnode *in;
  const char *key; /* NULL: a position */
  size_t len, pos;
} place;

static tl_slot current(const place *at) {
  return at->key ? tl_dnode_get(at->in, at->key, at->len) : tl_dnode_at(at->in, at->pos);
}

static int store(patcher *p, const place *at, tl_value v) {
  tl_dstatus s = at->key ? tl_dnode_put(at->in, at->key, at->len, v) : tl_dnode_set_at(at->in, at->pos, v);
  return s == TL_D_OK ? 0 : fail(p, "nested too deep");
}

static int apply_map(patcher *p, tl_dnode *map, tl_value patch);

static bool index_of(tl_value v, size_t *i) {
  if (v.kind != TL_INT || v.i < 0) return false;
  *i = (size_t)v.i;
  return true;
}

static bool is_word(tl_value v, const char *word) {
  size_t n;
  if (v.kind != TL_STRING) return false;
  const char *s = tl_string_bytes(&v, &n);
  return n == strlen(word) && memcmp(s, word, n) == 0;
}

static int apply_value(patcher *p, const place *at, tl_value patch);

/* List operations. */

static int op_change(patcher *p, tl_dnode *list, tl_value op) {
  size_t i;
  if (tl_count(op) != 3 || !index_of(tl_list_at(op, 1), &i)) return fail(p, "a change that is not [\"~\", i, patch]");
  if (i >= tl_dnode_count(list)) return fail(p, "a change of a position that is not there");
  size_t before = p->path.len;
  tl_buf_printf(&p->path, "[%zu]", i);
  int failed = apply_value(p, &(place){list, NULL, 0, i}, tl_list_at(op, 2));
  if (!failed) p->path.len = before;
  return failed;
}

static int op_insert(patcher *p, tl_dnode *list, tl_value op) {
  size_t i, n = tl_count(op);
  if (n < 3 || !index_of(tl_list_at(op, 1), &i)) return fail(p, "an insert that is not [\"+\", i, v, ...]");
  if (i > tl_dnode_count(list)) return fail(p, "an insert at a position that is not there");
  for (size_t k = 2; k < n; k++)
    if (tl_dnode_insert(list, i + k - 2, tl_retain(tl_list_at(op, k))) != TL_D_OK) return fail(p, "nested too deep");
  return 0;
}

static bool range_of(tl_dnode *list, tl_value op, size_t *i, size_t *n) {
  size_t count = tl_dnode_count(list);
  return index_of(tl_list_at(op, 1), i) && index_of(tl_list_at(op, 2), n) && *n > 0 && *i <= count && *n <= count - *i;
}

static int op_remove(patcher *p, tl_dnode *list, tl_value op) {
  size_t i, n;
  if (tl_count(op) != 3 || !range_of(list, op, &i, &n)) return fail(p, "a remove that does not fit");
  while (n-- > 0) tl_dnode_remove(list, i, NULL);
  return 0;
}

static int op_move(patcher *p, tl_dnode *list, tl_value op) {
  size_t i, n, to;
  if (tl_count(op) != 4 || !range_of(list, op, &i, &n) || !index_of(tl_list_at(op, 3), &to) ||
      to > tl_dnode_count(list) - n)
    return fail(p, "a move that does not fit");
  tl_buf taken = {0};
  for (size_t k = 0; k < n; k++) {
    tl_slot slot;
    tl_dnode_remove(list, i, &slot);
    tl_value v = slot.node ? tl_dnode_value(slot.node) : slot.v;
    tl_buf_put(&taken, &v, sizeof v);
  }
  for (size_t k = 0; k < n; k++) {
    tl_value v;
    memcpy(&v, taken.data + k * sizeof v, sizeof v);
    tl_dnode_insert(list, to + k, v);
  }
  tl_buf_free(&taken);
  return 0;
}

static int apply_op(patcher *p, tl_dnode *list, tl_value op) {
  if (op.kind != TL_LIST || tl_count(op) < 3) return fail(p, "a list operation that is none");
  tl_value name = tl_list_at(op, 0);
  if (is_word(name, "~")) return op_change(p, list, op);
  if (is_word(name, "+")) return op_insert(p, list, op);
  if (is_word(name, "-")) return op_remove(p, list, op);
  if (is_word(name, "m")) return op_move(p, list, op);
  return fail(p, "no such list operation");
}

static int apply_ops(patcher *p, tl_dnode *list, tl_value ops) {
  tl_iter it;
  tl_value op;
  tl_iter_start(&it, ops, 0);
  while (tl_iter_next(&it, NULL, &op))
    if (apply_op(p, list, op)) return -1;
  return 0;
}

/* Slots. */

static int grow(patcher *p, const place *at, tl_value suffix) {
  tl_dstatus s = TL_D_KIND;
  size_t n;
  if (suffix.kind == TL_STRING) {
    const char *more = tl_string_bytes(&suffix, &n);
    s = at->key ? tl_dnode_append(at->in, at->key, at->len, more, n) : tl_dnode_append_at(at->in, at->pos, more, n);
  }
  return s == TL_D_OK ? 0 : fail(p, "a suffix without a string that grows");
}

static int apply_del(patcher *p, const place *at) {
  if (!at->key) return fail(p, "a list element cannot be deleted by \"del\"");
  if (!current(at).found) return fail(p, "a key to delete that is not there");
  tl_dnode_del(at->in, at->key, at->len);
  return 0;
}

static int apply_special(patcher *p, const place *at, tl_value what) {
  if (what.kind != TL_LIST || tl_count(what) == 0) return fail(p, "\"$\" without a list");
  size_t n = tl_count(what);
  tl_value name = tl_list_at(what, 0), arg = n == 2 ? tl_list_at(what, 1) : tl_nil();
  if (n == 1 && is_word(name, "del")) return apply_del(p, at);
  if (n != 2) return fail(p, "no such \"$\"");
  if (is_word(name, "set"))
    return arg.kind == TL_MAP ? store(p, at, tl_retain(arg)) : fail(p, "\"set\" is for objects");
  if (is_word(name, "+")) return grow(p, at, arg);
  if (!is_word(name, "list")) return fail(p, "no such \"$\"");
  tl_slot slot = current(at);
  if (!slot.node || tl_dnode_kind(slot.node) != TL_LIST) return fail(p, "list operations without a list");
  if (arg.kind != TL_LIST) return fail(p, "list operations that are no list");
  return apply_ops(p, slot.node, arg);
}

static int apply_value(patcher *p, const place *at, tl_value patch) {
  tl_value what;
  if (patch.kind != TL_MAP) return store(p, at, tl_retain(patch));
  if (tl_map_get(patch, "$", 1, &what))
    return tl_count(patch) == 1 ? apply_special(p, at, what) : fail(p, "a key beside \"$\"");
  tl_slot slot = current(at);
  if (!slot.node || tl_dnode_kind(slot.node) != TL_MAP) return fail(p, "a patch for a map that is not there");
  return apply_map(p, slot.node, patch);
}

static int apply_key(patcher *p, tl_dnode *map, const tl_value *key, tl_value patch) {
  size_t len, before = p->path.len;
  const char *s = tl_string_bytes(key, &len);
  if (before) tl_buf_putc(&p->path, '.');
  tl_buf_put(&p->path, s, len);
  if (len > 0 && s[0] == '$') {
    if (len < 2 || s[1] != '$') return fail(p, "a key with one \"$\"");
    s++;
    len--;
  }
  int failed = apply_value(p, &(place){map, s, len, 0}, patch);
  if (!failed) p->path.len = before;
  return failed;
}

static int apply_map(patcher *p, tl_dnode *map, tl_value patch) {
  tl_iter it;
  const tl_value *key;
  tl_value v;
  tl_iter_start(&it, patch, 0);
  while (tl_iter_next(&it, &key, &v))
    if (apply_key(p, map, key, v)) return -1;
  return 0;
}

int tl_patch_apply(tl_value old, tl_value patch, tl_value *out, tl_buf *err) {
  patcher p = {.err = err};
  if (old.kind != TL_MAP || patch.kind != TL_MAP) return fail(&p, "not a map");
  tl_draft *d = tl_draft_begin(old);
  int failed = apply_map(&p, tl_draft_root(d), patch);
  if (failed)
    tl_draft_rollback(d);
  else
    *out = tl_draft_finish(d);
  tl_buf_free(&p.path);
  return failed;
}
