/* patch.c: a patch that says anything, applied to a value. The input is two JSON texts in two lines; or, when it does
 * not begin with a brace, choices from which a value and a patch that nearly fits are made. Applying never breaks
 * anything, is all or nothing, and what came out differs from the old value by a patch that does the same. */
#include "core/patch.h"

#include <string.h>

#include "base/mem.h"
#include "core/diff.h"
#include "core/json.h"
#include "fuzz.h"

static tl_value text(const char *s) { return tl_string(s, strlen(s)); }

static tl_value one(const char *key, tl_value v) {
  tl_entry e = {text(key), v};
  return tl_map(&e, 1);
}

static tl_value tuple(size_t n, const tl_value *v) { return tl_list(v, n); }

/* A position: mostly one that is there. */
static tl_value place(fuzz_in *in, size_t count) {
  uint8_t b = fuzz_byte(in);
  return b < 8 ? fuzz_value(in, 1) : tl_int((int64_t)(b % (count + 1)));
}

static tl_value patch_of(fuzz_in *in, tl_value old, int depth);

static tl_value operation(fuzz_in *in, tl_value list, size_t *count, int depth) {
  static const char *const names[] = {"~", "+", "-", "m"};
  uint8_t which = fuzz_byte(in);
  tl_value v[5] = {text(names[which % 4]), place(in, *count)};
  size_t n = 2;
  int64_t i = v[1].kind == TL_INT ? v[1].i : -1;
  switch (which % 4) {
  case 0:
    v[n++] = patch_of(in, i >= 0 && (size_t)i < tl_count(list) ? tl_list_at(list, (size_t)i) : tl_nil(), depth);
    break;
  case 1:
    do {
      v[n++] = fuzz_value(in, 2);
      ++*count;
    } while (n < 4 && fuzz_byte(in) & 1);
    break;
  case 2:
    v[n++] = tl_int(1 + fuzz_below(in, 2));
    *count -= *count > 0;
    break;
  default: v[n++] = tl_int(1 + fuzz_below(in, 2)); v[n++] = place(in, *count);
  }
  if (which > 250) v[n++] = fuzz_value(in, 1);
  return tuple(n > 5 ? 5 : n, v);
}

static tl_value list_patch(fuzz_in *in, tl_value old, int depth) {
  tl_value ops[6];
  size_t n = 1 + fuzz_below(in, 6), count = tl_count(old);
  for (size_t i = 0; i < n; i++) ops[i] = operation(in, old, &count, depth - 1);
  tl_value list[2] = {text("list"), tl_list(ops, n)};
  return one("$", tuple(2, list));
}

static tl_value map_patch(fuzz_in *in, tl_value old, int depth) {
  tl_entry e[4];
  size_t n = 1 + fuzz_below(in, 4), m = 0;
  for (size_t i = 0; i < n; i++) {
    uint8_t which = fuzz_byte(in);
    tl_value v = tl_nil();
    if (tl_count(old) && which >= 40) {
      const tl_entry *there = tl_map_entry(old, which % tl_count(old));
      e[m].key = tl_retain(there->key);
      v = there->value;
    } else {
      e[m].key = text(which % 2 ? "$new" : "new");
    }
    e[m++].value = patch_of(in, v, depth - 1);
  }
  return tl_map(e, m);
}

static tl_value patch_of(fuzz_in *in, tl_value old, int depth) {
  uint8_t which = fuzz_byte(in);
  if (depth > 0 && which >= 100 && old.kind == TL_LIST) return list_patch(in, old, depth);
  if (depth > 0 && which >= 60 && old.kind == TL_MAP) return map_patch(in, old, depth);
  if (which < 10) {
    tl_value del = text("del");
    return one("$", tuple(1, &del));
  }
  tl_value set[2] = {text(which & 1 ? "set" : "+"), tl_nil()};
  if (which >= 60) {
    tl_release(set[0]);
    return fuzz_value(in, 2);
  }
  set[1] = which & 1 ? fuzz_map(in, 2) : text("and more");
  return one("$", tuple(2, set));
}

static bool read_both(const uint8_t *data, size_t size, tl_value *old, tl_value *patch) {
  const char *p = (const char *)data, *lf = memchr(p, '\n', size);
  size_t n = lf ? (size_t)(lf - p) : size;
  if (!lf || tl_json_read(p, n, old, NULL)) return false;
  if (tl_json_read_deep(lf + 1, size - n - 1, 4 * TL_DEPTH_MAX, patch, NULL) == 0) return true;
  tl_release(*old);
  return false;
}

static void fits(tl_value old, tl_value new) {
  tl_buf made = {0}, err = {0};
  tl_value again = tl_nil();
  bool differs = tl_diff(old, new, NULL, &made);
  CHECK(differs == !tl_equal(old, new) && differs == tl_differs(old, new, NULL));
  if (differs) {
    tl_value patch = fuzz_json(made.data, made.len, 1000);
    CHECKF(tl_patch_apply(old, patch, &again, &err) == 0 && tl_equal(again, new), "%.*s", (int)made.len, made.data);
    tl_release(patch);
    tl_release(again);
  }
  tl_buf_free(&made);
}

static void apply(tl_value old, tl_value patch) {
  tl_buf before = {0}, after = {0}, err = {0};
  tl_value new = tl_int(41);
  tl_json_write(&before, old);
  int failed = tl_patch_apply(old, patch, &new, &err);
  if (failed)
    CHECK(failed == -1 && err.len > 0 && new.kind == TL_INT &&new.i == 41);
  else
    CHECK(err.len == 0 && new.kind == TL_MAP);
  tl_json_write(&after, old);
  CHECK(before.len == after.len && memcmp(before.data, after.data, before.len) == 0);
  if (!failed) {
    fits(old, new);
    tl_release(new);
  }
  tl_buf_free(&before);
  tl_buf_free(&after);
  tl_buf_free(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t blocks = tl_mem_live();
  tl_value old, patch;
  if (size && data[0] == '{') {
    if (!read_both(data, size, &old, &patch)) return -1;
  } else {
    fuzz_in in = {data, data + size};
    old = fuzz_map(&in, 3);
    patch = patch_of(&in, old, 5);
  }
  apply(old, patch);
  tl_release(old);
  tl_release(patch);
  CHECK(tl_mem_live() == blocks);
  return 0;
}
