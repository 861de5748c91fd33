/* diff_spec.c: a patch must fit, name nothing that is the same, and be as large as the change. */
#include "core/diff.h"

#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "core/draft.h"
#include "core/patch.h"
#include "spec.h"

/* Is the patch of one slot to the point? old and new are what the slot held and will hold. */
static void check_value(tl_value old, tl_value new, tl_value patch);

static void check_map(tl_value old, tl_value new, tl_value patch) {
  tl_iter it;
  const tl_value *key;
  tl_value p, what, name, a = tl_nil(), b = tl_nil();
  CHECK(tl_count(patch) > 0);
  tl_iter_start(&it, patch, 0);
  while (tl_iter_next(&it, &key, &p)) {
    size_t n;
    const char *s = tl_string_bytes(key, &n);
    if (n > 0 && s[0] == '$') s++, n--;
    bool was = tl_map_get(old, s, n, &a), is = tl_map_get(new, s, n, &b);
    CHECK(was || is);
    bool special = p.kind == TL_MAP && tl_map_get(p, "$", 1, &what);
    if (special) name = tl_list_at(what, 0);
    if (!is)
      CHECK(special && spec_is(name, "\"del\""));
    else if (was)
      check_value(a, b, p);
  }
}

/* The elements as they are after each operation, borrowed; of a changed one what it becomes is not known before the
 * end, and by construction changes come last. */
typedef struct row {
  tl_value v[3000];
  size_t n;
} row;

static void check_list(tl_value old, tl_value new, tl_value ops) {
  row *r = tl_alloc(sizeof *r);
  r->n = 0;
  for (size_t i = 0; i < tl_count(old); i++) r->v[r->n++] = tl_list_at(old, i);
  CHECK(tl_count(ops) > 0);
  for (size_t k = 0; k < tl_count(ops); k++) {
    tl_value op = tl_list_at(ops, k), name = tl_list_at(op, 0);
    size_t at = (size_t)tl_list_at(op, 1).i, n = tl_count(op) - 2;
    if (name.s[0] == '~') check_value(r->v[at], tl_list_at(new, at), tl_list_at(op, 2));
    if (name.s[0] == '+') {
      memmove(r->v + at + n, r->v + at, (r->n - at) * sizeof *r->v);
      for (size_t i = 0; i < n; i++) r->v[at + i] = tl_list_at(op, i + 2);
      r->n += n;
    } else if (name.s[0] == '-') {
      n = (size_t)tl_list_at(op, 2).i;
      r->n -= n;
      memmove(r->v + at, r->v + at + n, (r->n - at) * sizeof *r->v);
    } else if (name.s[0] == 'm') {
      tl_value taken[3000];
      n = (size_t)tl_list_at(op, 2).i;
      size_t to = (size_t)tl_list_at(op, 3).i;
      CHECK(to != at);
      memcpy(taken, r->v + at, n * sizeof *taken);
      memmove(r->v + at, r->v + at + n, (r->n - at - n) * sizeof *r->v);
      memmove(r->v + to + n, r->v + to, (r->n - n - to) * sizeof *r->v);
      memcpy(r->v + to, taken, n * sizeof *taken);
    }
  }
  tl_free(r);
}

static void check_value(tl_value old, tl_value new, tl_value patch) {
  tl_value what, name;
  CHECK(!tl_equal(old, new));
  if (patch.kind != TL_MAP) return;
  if (!tl_map_get(patch, "$", 1, &what)) {
    check_map(old, new, patch);
    return;
  }
  name = tl_list_at(what, 0);
  if (name.s[0] == 'l') check_list(old, new, tl_list_at(what, 1));
  if (name.s[0] == '+') CHECK(tl_count(what) == 2);
}

/* Diffs, checks, and returns the size of the patch. */
static size_t goes(tl_value from, tl_value to, const tl_diff_opts *o) {
  tl_buf text = {0}, err = {0};
  bool differs = tl_diff(from, to, o, &text);
  size_t size = text.len;
  CHECK(differs == !tl_equal(from, to) && differs == (size > 0) && differs == tl_differs(from, to, o));
  if (differs) {
    tl_value patch = spec_json(tl_buf_cstr(&text)), got = tl_nil();
    CHECKF(tl_patch_apply(from, patch, &got, &err) == 0, "%.300s: %s", text.data, tl_buf_cstr(&err));
    CHECKF(tl_equal(got, to), "%.300s", text.data);
    check_map(from, to, patch);
    tl_release(got);
    tl_release(patch);
  }
  tl_buf_free(&text);
  tl_buf_free(&err);
  return size;
}

static bool gives(const char *from, const char *to, const tl_diff_opts *o, const char *patch) {
  tl_value a = spec_json(from), b = spec_json(to);
  tl_buf text = {0};
  tl_diff(a, b, o, &text);
  bool good = strcmp(tl_buf_cstr(&text), patch) == 0;
  if (!good) printf("  have %s\n  want %s\n", text.data, patch);
  if (!o || !o->public_only) goes(a, b, o);
  tl_buf_free(&text);
  tl_release(a);
  tl_release(b);
  return good;
}

/* Random changes of a root by a draft, so that most is shared. */
static void change(tl_rng *r, tl_dnode *n, int depth) {
  size_t count = tl_dnode_count(n);
  tl_slot slot = {0};
  if (count > 0 && depth > 0 && tl_rng_below(r, 4)) {
    size_t i = tl_rng_below(r, (uint32_t)count);
    slot = tl_dnode_kind(n) == TL_LIST ? tl_dnode_at(n, i) : tl_dnode_entry(n, i, NULL);
  }
  if (slot.node) {
    change(r, slot.node, depth - 1);
    return;
  }
  if (tl_dnode_kind(n) == TL_MAP) {
    char key[8];
    size_t len = (size_t)snprintf(key, sizeof key, "k%u", tl_rng_below(r, 12));
    if (tl_rng_below(r, 3) == 0)
      tl_dnode_del(n, key, len);
    else
      tl_dnode_put(n, key, len, spec_random_value(r, 2));
    return;
  }
  size_t i = tl_rng_below(r, (uint32_t)count + 1), k = tl_rng_below(r, (uint32_t)count + 1);
  switch (tl_rng_below(r, 4)) {
  case 0: tl_dnode_insert(n, i, spec_random_value(r, 2)); break;
  case 1: tl_dnode_remove(n, i, NULL); break;
  case 2: tl_dnode_set_at(n, i, spec_random_value(r, 2)); break;
  default:
    if (i < count && k < count) {
      tl_dnode_remove(n, i, &slot);
      tl_dnode_insert(n, k, slot.node ? tl_dnode_value(slot.node) : slot.v);
    }
  }
}

static tl_value changed(tl_rng *r, tl_value root, unsigned times) {
  tl_draft *d = tl_draft_begin(root);
  while (times-- > 0) change(r, tl_draft_root(d), 5);
  return tl_draft_finish(d);
}

static tl_keyhint *hints(void) {
  tl_keyhint *h = tl_keyhint_new();
  tl_keyhint_add(h, (const char *const[]){"Job", "items"}, 2, "id");
  tl_keyhint_add(h, (const char *const[]){"Job", "items", "*", "tags"}, 4, "name");
  tl_keyhint_add(h, (const char *const[]){"*", "*"}, 2, "k1");
  return h;
}

/* holds: patch.minimal */
static void random_pairs(void) {
  tl_keyhint *h = hints();
  tl_diff_opts o = {.keys = h};
  tl_rng r;
  tl_rng_seed(&r, spec_seed);
  for (unsigned i = 0; i < spec_rounds(4000); i++) {
    tl_value a = spec_random_map(&r, 5, 6), b = changed(&r, a, 1 + tl_rng_below(&r, 12)), c = spec_random_map(&r, 4, 6);
    goes(a, b, i % 2 ? &o : NULL);
    goes(b, a, i % 2 ? NULL : &o);
    goes(b, c, i % 2 ? &o : NULL);
    CHECK(goes(b, b, NULL) == 0);
    tl_release(a);
    tl_release(b);
    tl_release(c);
  }
  tl_keyhint_free(h);
}

/* Lists of few different values, so that there is much to align, of all sizes. */
/* holds: patch.minimal */
static void random_lists(void) {
  tl_rng r;
  tl_rng_seed(&r, spec_seed + 2);
  for (unsigned i = 0; i < spec_rounds(1500); i++) {
    tl_value v[400];
    uint32_t n = tl_rng_below(&r, i % 10 ? 30 : 400), kinds = 1 + tl_rng_below(&r, 40);
    for (uint32_t k = 0; k < n; k++) {
      tl_entry e = {tl_string("k1", 2), tl_int(tl_rng_below(&r, kinds))};
      v[k] = tl_rng_below(&r, 2) ? tl_int(tl_rng_below(&r, kinds)) : tl_map(&e, 1);
    }
    tl_entry list = {tl_string("l", 1), tl_list(v, n)};
    tl_value inner = tl_map(&list, 1);
    tl_entry state = {tl_string("S", 1), inner};
    tl_value a = tl_map(&state, 1), b;
    tl_draft *d = tl_draft_begin(a);
    tl_dnode *l = tl_dnode_get(tl_dnode_get(tl_draft_root(d), "S", 1).node, "l", 1).node;
    for (uint32_t k = tl_rng_below(&r, 20); k > 0; k--) change(&r, l, 1);
    b = tl_draft_finish(d);
    goes(a, b, NULL);
    goes(b, a, NULL);
    tl_release(a);
    tl_release(b);
  }
}

static void words(void) {
  tl_keyhint *h = hints();
  tl_diff_opts keys = {.keys = h}, public = {.public_only = true};
  CHECK(gives("{\"J\":{\"n\":1}}", "{\"J\":{\"n\":1.0}}", NULL, ""));
  CHECK(gives("{\"J\":{\"$a\":1,\"$\":2}}", "{\"J\":{\"$a\":2,\"$\":3}}", NULL, "{\"J\":{\"$$\":3,\"$$a\":2}}"));
  CHECK(gives("{\"J\":{\"s\":\"thirteen chars\"}}", "{\"J\":{\"s\":\"thirteen chars!\"}}", NULL,
              "{\"J\":{\"s\":{\"$\":[\"+\",\"!\"]}}}"));
  CHECK(gives("{\"J\":{\"l\":[1,2,3,4]}}", "{\"J\":{\"l\":[4,1,2,3]}}", NULL,
              "{\"J\":{\"l\":{\"$\":[\"list\",[[\"m\",3,1,0]]]}}}"));
  /* With a key a row that changed and moved is one move and one change; another row is no change of this one. */
  CHECK(gives("{\"Job\":{\"items\":[{\"id\":1,\"t\":1},{\"id\":2,\"t\":1},{\"id\":3,\"t\":1}]}}",
              "{\"Job\":{\"items\":[{\"id\":3,\"t\":2},{\"id\":1,\"t\":1},{\"id\":2,\"t\":1}]}}", &keys,
              "{\"Job\":{\"items\":{\"$\":[\"list\",[[\"m\",2,1,0],[\"~\",0,{\"t\":2}]]]}}}"));
  CHECK(gives("{\"Job\":{\"items\":[{\"id\":1},{\"id\":2}]}}", "{\"Job\":{\"items\":[{\"id\":1},{\"id\":3}]}}", &keys,
              "{\"Job\":{\"items\":{\"$\":[\"list\",[[\"-\",1,1],[\"+\",1,{\"id\":3}]]]}}}"));
  CHECK(gives("{\"Job\":{\"items\":[{\"id\":1},{\"id\":2}]}}", "{\"Job\":{\"items\":[{\"id\":1},{\"id\":3}]}}", NULL,
              "{\"Job\":{\"items\":{\"$\":[\"list\",[[\"~\",1,{\"id\":3}]]]}}}"));
  /* What is not public is not there. */
  CHECK(gives("{\"J\":{\"_n\":1,\"a\":1}}", "{\"J\":{\"_n\":2,\"a\":1}}", &public, ""));
  CHECK(gives("{\"J\":{\"a\":1}}", "{\"J\":{\"_n\":2,\"a\":2}}", &public, "{\"J\":{\"a\":2}}"));
  CHECK(gives("{}", "{\"J\":{\"_n\":2,\"a\":2}}", &public, "{\"J\":{\"$\":[\"set\",{\"a\":2}]}}"));
  CHECK(gives("{\"J\":{\"m\":{\"_k\":1}}}", "{\"J\":{\"m\":{\"_k\":2}}}", &public, "{\"J\":{\"m\":{\"_k\":2}}}"));
  tl_value a = spec_json("{\"J\":{\"_n\":1,\"a\":[1]},\"K\":{}}"),
           b = spec_json("{\"J\":{\"_m\":2,\"a\":[1.0]},\"K\":{\"_x\":1}}");
  CHECK(!tl_differs(a, b, &public) && tl_differs(a, b, NULL));
  tl_release(a);
  tl_release(b);
  tl_keyhint_free(h);
}

static tl_dnode *items_of(tl_draft *d) {
  return tl_dnode_get(tl_dnode_get(tl_draft_root(d), "Job", 3).node, "items", 5).node;
}

static void move(tl_dnode *items, size_t from, size_t n, size_t to) {
  size_t count = tl_dnode_count(items), *order = tl_alloc(count * sizeof *order), k = 0;
  for (size_t i = 0; i < count; i++)
    if (i < from || i >= from + n) order[k++] = i;
  memmove(order + to + n, order + to, (count - n - to) * sizeof *order);
  for (size_t i = 0; i < n; i++) order[to + i] = from + i;
  tl_dnode_permute(items, order);
  tl_free(order);
}

/* Sizes of patches for one thing done to 2,500 rows. */
/* holds: patch.size.row */
static void rows_sizes(void) {
  tl_value rows = spec_rows(2500), now;
  for (int what = 0; what < 8; what++) {
    static const size_t most[] = {100, 140, 60, 70, 70, 60, 220, 60};
    tl_draft *d = tl_draft_begin(rows);
    tl_dnode *items = items_of(d);
    switch (what) {
    case 0: tl_dnode_put(tl_dnode_at(items, 1234).node, "done", 4, tl_bool(true)); break;
    case 1: tl_dnode_insert(items, 0, spec_json("{\"id\":-1,\"title\":\"first\"}")); break;
    case 2: tl_dnode_remove(items, 1000, NULL); break;
    case 3: move(items, 100, 20, 2000); break;
    case 4: move(items, 2400, 1, 0); break;
    case 5: tl_dnode_insert(items, 2500, tl_int(1)); break;
    case 6:
      for (size_t i = 10; i < 2500; i += 600) tl_dnode_put(tl_dnode_at(items, i).node, "done", 4, tl_bool(true));
      break;
    default:
      for (size_t i = 0; i < 30; i++) tl_dnode_remove(items, 500, NULL);
    }
    now = tl_draft_finish(d);
    size_t size = goes(rows, now, NULL);
    CHECKF(size > 0 && size <= most[what], "case %d takes %zu bytes", what, size);
    tl_release(now);
  }
  tl_release(rows);
}

/* A list that was built anew shares no node: it is aligned by content. */
static void rebuilt(void) {
  tl_value a = spec_rows(1000), b = spec_rows(1000);
  CHECK(goes(a, b, NULL) == 0);
  tl_draft *d = tl_draft_begin(b);
  tl_dnode *items = items_of(d);
  tl_dnode_remove(items, 700, NULL);
  tl_dnode_remove(items, 300, NULL);
  tl_dnode_insert(items, 0, tl_int(5));
  move(items, 500, 3, 100);
  tl_value c = tl_draft_finish(d);
  size_t size = goes(a, c, NULL);
  CHECKF(size < 140, "%zu bytes", size);
  tl_release(a);
  tl_release(b);
  tl_release(c);
}

static void whole_when_shorter(void) {
  tl_value v[500], w[500];
  for (int i = 0; i < 500; i++) {
    v[i] = tl_int(i);
    w[i] = tl_int(499 - i);
  }
  tl_entry a = {tl_string("l", 1), tl_list(v, 500)}, b = {tl_string("l", 1), tl_list(w, 500)};
  tl_value from = tl_map(&a, 1), to = tl_map(&b, 1);
  size_t size = goes(from, to, NULL);
  CHECKF(size < 2000, "%zu bytes for 500 numbers turned round", size);
  tl_release(from);
  tl_release(to);
}

static void undone(void) {
  tl_value rows = spec_rows(100);
  tl_draft *d = tl_draft_begin(rows);
  tl_dnode *items = items_of(d);
  tl_dnode *row = tl_dnode_at(items, 50).node;
  tl_dnode_put(row, "done", 4, tl_bool(true));
  tl_dnode_put(row, "done", 4, tl_bool(false));
  move(items, 3, 4, 60);
  move(items, 60, 4, 3);
  tl_value now = tl_draft_finish(d);
  CHECK(tl_identical(now, rows) && !tl_differs(rows, now, NULL));
  tl_release(now);
  tl_release(rows);
}

static double seconds(tl_value a, tl_value b) {
  double best = 1e9;
  for (int round = 0; round < 7; round++) {
    tl_buf out = {0};
    clock_t t = clock();
    for (int i = 0; i < 300; i++) {
      tl_buf_clear(&out);
      tl_diff(a, b, NULL, &out);
    }
    double took = (double)(clock() - t) / CLOCKS_PER_SEC;
    if (took < best) best = took;
    tl_buf_free(&out);
  }
  return best;
}

/* A hundred times the rows must not take anything like a hundred times as long. */
static void flat(void) {
  double took[2];
  for (int k = 0; k < 2; k++) {
    tl_value rows = spec_rows(k ? 20000 : 200);
    tl_draft *d = tl_draft_begin(rows);
    tl_dnode_put(tl_dnode_at(items_of(d), 150).node, "done", 4, tl_bool(true));
    tl_value now = tl_draft_finish(d);
    took[k] = seconds(rows, now);
    tl_release(now);
    tl_release(rows);
  }
  CHECKF(took[1] < took[0] * 15 + 1e-4, "%g s and %g s", took[0], took[1]);
}

void spec_diff(void) {
  words();
  random_pairs();
  random_lists();
  rows_sizes();
  rebuilt();
  whole_when_shorter();
  undone();
  flat();
}
