/* diff.c: two values from the input, the second often made of the first by a draft, so that they share. The difference
 * is a patch of valid JSON that gives the new value; nothing is written when nothing differs; what is private never
 * shows. */
#include "core/diff.h"

#include <string.h>

#include "base/mem.h"
#include "core/draft.h"
#include "core/json.h"
#include "core/patch.h"
#include "fuzz.h"

enum { LARGE = 64 * 1024 };

static tl_dnode *some_node(fuzz_in *in, tl_draft *d) {
  tl_dnode *n = tl_draft_root(d);
  for (unsigned steps = fuzz_below(in, 5); steps && tl_dnode_count(n); steps--) {
    size_t i = fuzz_below(in, (uint32_t)tl_dnode_count(n));
    tl_value key = tl_nil();
    tl_slot slot = tl_dnode_kind(n) == TL_LIST ? tl_dnode_at(n, i) : tl_dnode_entry(n, i, &key);
    tl_release(key);
    if (!slot.node) break;
    n = slot.node;
  }
  return n;
}

static void permute(fuzz_in *in, tl_dnode *n) {
  size_t count = tl_dnode_count(n), from[600];
  if (count > 600) return;
  for (size_t i = 0; i < count; i++) from[i] = i;
  for (size_t turns = 1 + fuzz_below(in, 4); count && turns; turns--) {
    size_t a = fuzz_below(in, (uint32_t)count), b = fuzz_below(in, (uint32_t)count), x = from[a];
    from[a] = from[b];
    from[b] = x;
  }
  tl_dnode_permute(n, from);
}

static void edit_list(fuzz_in *in, tl_draft *d, tl_dnode *n) {
  size_t count = tl_dnode_count(n), i = fuzz_below(in, (uint32_t)count + 1);
  switch (fuzz_below(in, 6)) {
  case 0: tl_dnode_insert(n, i, fuzz_value(in, 2)); break;
  case 1: tl_dnode_remove(n, i, NULL); break;
  case 2: permute(in, n); break;
  case 3: tl_dnode_insert(n, i, tl_draft_value(some_node(in, d))); break;
  default: tl_dnode_set_at(n, i, fuzz_value(in, 2));
  }
}

static void edit_map(fuzz_in *in, tl_dnode *n) {
  tl_value key = tl_nil();
  size_t count = tl_dnode_count(n), len;
  uint8_t which = fuzz_byte(in);
  if (count) tl_dnode_entry(n, fuzz_below(in, (uint32_t)count), &key);
  if (!count || which < 64) {
    tl_release(key);
    key = which & 1 ? tl_string("x", 1) : tl_string("_x", 2);
  }
  const char *s = tl_string_bytes(&key, &len);
  if (which & 2)
    tl_dnode_del(n, s, len);
  else
    tl_dnode_put(n, s, len, fuzz_value(in, 3));
  tl_release(key);
}

/* A value may be put into itself, which doubles it, so its size has a limit. */
static tl_value changed(fuzz_in *in, tl_value a) {
  tl_draft *d = tl_draft_begin(a);
  for (int i = 0; i < 60 && in->p < in->end && tl_draft_bytes(d) < LARGE; i++) {
    tl_dnode *n = some_node(in, d);
    if (tl_dnode_kind(n) == TL_LIST)
      edit_list(in, d, n);
    else
      edit_map(in, n);
  }
  return tl_draft_finish(d);
}

static tl_value public_of(tl_value root) {
  tl_buf b = {0};
  tl_json_write_public(&b, root);
  tl_value v = fuzz_json(b.data, b.len, 1000);
  tl_buf_free(&b);
  return v;
}

static void gives(tl_value a, tl_value b, const tl_diff_opts *o) {
  tl_buf out = {0}, err = {0};
  tl_value from = o->public_only ? public_of(a) : tl_retain(a), to = o->public_only ? public_of(b) : tl_retain(b);
  tl_buf_puts(&out, "before");
  bool differs = tl_diff(a, b, o, &out);
  CHECK(differs == tl_differs(a, b, o) && differs == !tl_equal(from, to));
  CHECK(memcmp(out.data, "before", 6) == 0 && differs == (out.len > 6));
  if (differs) {
    tl_value patch = fuzz_json(out.data + 6, out.len - 6, 1000), got = tl_nil();
    CHECKF(tl_patch_apply(from, patch, &got, &err) == 0, "%s: %.*s", tl_buf_cstr(&err), (int)out.len - 6, out.data + 6);
    CHECKF(tl_equal(got, to), "%.*s", (int)out.len - 6, out.data + 6);
    tl_release(got);
    tl_release(patch);
  }
  tl_release(from);
  tl_release(to);
  tl_buf_free(&out);
  tl_buf_free(&err);
}

/* A root whose states are maps, as public_only wants it. */
static tl_value states(tl_value v) {
  tl_entry e[2] = {{tl_string("Job", 3), v}, {tl_string("Other", 5), tl_retain(v)}};
  return tl_map(e, 2);
}

static tl_keyhint *hints(void) {
  static const char *const paths[][4] = {{"*"}, {"*", "*"}, {"*", "*", "*"}, {"Job", "k1"}};
  static const char *const keys[] = {"k0", "k1", "k0", "k2"};
  tl_keyhint *h = tl_keyhint_new();
  for (size_t i = 0; i < 4; i++) tl_keyhint_add(h, paths[i], i < 3 ? i + 1 : 2, keys[i]);
  return h;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size > 600) return -1;
  size_t blocks = tl_mem_live();
  fuzz_in in = {data, data + size};
  uint8_t how = fuzz_byte(&in);
  tl_keyhint *h = how & 1 ? hints() : NULL;
  tl_diff_opts o = {h, how & 2};
  tl_value a = fuzz_map(&in, 4);
  if (how & 2) a = states(a);
  tl_value b = how & 4 ? fuzz_map(&in, 4) : changed(&in, a);
  if ((how & 6) == 6) b = states(b);
  tl_value part;
  /* what a state's place holds in a root is a map, always */
  bool roots = !(how & 2) || (tl_map_get(b, "Job", 3, &part) && part.kind == TL_MAP &&
                              tl_map_get(b, "Other", 5, &part) && part.kind == TL_MAP && tl_count(b) == 2);
  if (roots) {
    gives(a, b, &o);
    gives(b, a, &o);
    gives(a, a, &o);
  }
  tl_release(a);
  tl_release(b);
  if (h) tl_keyhint_free(h);
  CHECK(tl_mem_live() == blocks);
  return 0;
}
