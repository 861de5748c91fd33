/* draft_spec.c: the rules of draft.h, one by one. Everything by chance is in draft_model_spec.c. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/draft.h"
#include "spec.h"

typedef struct fix {
  tl_value root;
  tl_draft *d;
  tl_dnode *job;
} fix;

static tl_dnode *get(tl_dnode *n, const char *key) { return tl_dnode_get(n, key, strlen(key)).node; }
static tl_dstatus put(tl_dnode *n, const char *key, tl_value v) { return tl_dnode_put(n, key, strlen(key), v); }
static int64_t x_of(const tl_handle *h) { return tl_dnode_get(h->node, "x", 1).v.i; }

/* {"Job": ...} with a draft of it. */
static fix start(const char *job) {
  fix f;
  tl_value v = spec_json(job);
  tl_entry e = {tl_string("Job", 3), v};
  f.root = tl_map(&e, 1);
  f.d = tl_draft_begin(f.root);
  f.job = get(tl_draft_root(f.d), "Job");
  return f;
}

static bool ends(fix *f, const char *job) {
  tl_value now = tl_draft_finish(f->d), v;
  tl_map_get(now, "Job", 3, &v);
  bool good = spec_is(v, job);
  tl_release(now);
  tl_release(f->root);
  return good;
}

static tl_handle held(tl_dnode *n, size_t i, tl_handle *h) {
  tl_handle_bind(h, tl_dnode_at(n, i).node);
  return *h;
}

static void sets(void) {
  fix f = start("{\"a\":1,\"items\":[{\"x\":1},{\"x\":2}]}");
  CHECK(!tl_draft_changed(f.d));
  CHECK(put(f.job, "a", tl_int(1)) == TL_D_OK && !tl_draft_changed(f.d));
  CHECK(put(f.job, "a", tl_float(1)) == TL_D_OK && tl_draft_changed(f.d));
  CHECK(put(tl_dnode_at(get(f.job, "items"), 1).node, "x", tl_int(7)) == TL_D_OK);
  CHECK(get(f.job, "items") == get(f.job, "items"));
  CHECK(tl_dnode_set_at(get(f.job, "items"), 3, tl_int(1)) == TL_D_RANGE);
  CHECK(tl_dnode_insert(f.job, 0, tl_int(1)) == TL_D_KIND && put(get(f.job, "items"), "k", tl_int(1)) == TL_D_KIND);
  CHECK(spec_is(f.root, "{\"Job\":{\"a\":1,\"items\":[{\"x\":1},{\"x\":2}]}}"));
  CHECK(ends(&f, "{\"a\":1.0,\"items\":[{\"x\":1},{\"x\":7}]}"));
}

/* Looking at everything leaves the very same root, also with a commit in between. */
/* holds: proxy.reading */
static void looking_costs_nothing(void) {
  tl_value root = spec_rows(3000);
  size_t before = tl_mem_live();
  tl_draft *d = tl_draft_begin(root);
  tl_dnode *items = get(get(tl_draft_root(d), "Job"), "items");
  for (size_t i = 0; i < 3000; i++) CHECK(tl_dnode_get(tl_dnode_at(items, i).node, "id", 2).v.i == (int64_t)i);
  tl_value mid = tl_draft_commit(d), end = tl_draft_finish(d);
  CHECK(tl_identical(mid, root) && tl_identical(end, root));
  tl_release(mid);
  tl_release(end);
  CHECK(tl_mem_live() == before);
  tl_release(root);
}

/* One change makes new only what is on the way to it: root, state, two branches and a leaf of the list, the row. */
static void sharing(void) {
  tl_value root = spec_rows(10000);
  size_t before = tl_mem_live();
  tl_draft *d = tl_draft_begin(root);
  tl_dnode *items = get(get(tl_draft_root(d), "Job"), "items");
  for (size_t i = 0; i < 10000; i += 3) tl_dnode_at(items, i);
  put(tl_dnode_at(items, 5000).node, "done", tl_bool(true));
  tl_value now = tl_draft_finish(d), a, b;
  CHECKF(tl_mem_live() - before <= 7, "%zu new blocks", tl_mem_live() - before);
  tl_map_get(root, "Job", 3, &a);
  tl_map_get(now, "Job", 3, &b);
  tl_map_get(a, "items", 5, &a);
  tl_map_get(b, "items", 5, &b);
  for (size_t i = 0; i < 10000; i++) CHECK(tl_identical(tl_list_at(a, i), tl_list_at(b, i)) == (i != 5000));
  CHECK(tl_bytes(now) == tl_bytes(root));
  tl_release(now);
  tl_release(root);
}

static void follow(void) {
  fix f = start("{\"l\":[{\"x\":0},{\"x\":1},{\"x\":2}]}");
  tl_dnode *l = get(f.job, "l");
  tl_handle h;
  held(l, 1, &h);
  tl_dnode_insert(l, 0, tl_int(9));
  CHECK(tl_dnode_at(l, 2).node == h.node);
  tl_dnode_remove(l, 0, NULL);
  tl_dnode_permute(l, (size_t[]){1, 2, 0});
  CHECK(tl_dnode_at(l, 0).node == h.node && tl_dnode_permute(l, (size_t[]){1, 1, 0}) == TL_D_RANGE);
  put(h.node, "x", tl_int(10));
  tl_handle_unbind(&h);
  CHECK(ends(&f, "{\"l\":[{\"x\":10},{\"x\":2},{\"x\":0}]}"));
}

static void swapping(void) {
  for (int first = 0; first < 2; first++) {
    fix f = start("{\"l\":[{\"x\":0,\"in\":{}},{\"x\":1,\"in\":{}}]}");
    tl_dnode *l = get(f.job, "l");
    tl_handle a, b, in;
    held(l, 0, &a);
    held(l, 1, &b);
    tl_handle_bind(&in, get(a.node, "in"));
    tl_value va = tl_draft_value(a.node), vb = tl_draft_value(b.node);
    tl_dnode_set_at(l, first ? 0 : 1, first ? vb : va);
    tl_dnode_set_at(l, first ? 1 : 0, first ? va : vb);
    CHECK(tl_dnode_at(l, 1).node == a.node && tl_dnode_at(l, 0).node == b.node);
    put(a.node, "x", tl_int(5));
    put(b.node, "x", tl_int(6));
    put(in.node, "deep", tl_int(7));
    tl_handle_unbind(&a);
    tl_handle_unbind(&b);
    tl_handle_unbind(&in);
    CHECK(ends(&f, "{\"l\":[{\"in\":{},\"x\":6},{\"in\":{\"deep\":7},\"x\":5}]}"));
  }
}

/* What table.remove does to a proxy with plain assignments. */
static void shifting(void) {
  fix f = start("{\"l\":[{\"x\":0},{\"x\":1},{\"x\":2},{\"x\":3}]}");
  tl_dnode *l = get(f.job, "l");
  tl_handle h[4];
  for (size_t i = 0; i < 4; i++) held(l, i, &h[i]);
  for (size_t i = 0; i < 3; i++) tl_dnode_set_at(l, i, tl_draft_value(tl_dnode_at(l, i + 1).node));
  for (size_t i = 1; i < 3; i++) CHECK(tl_dnode_at(l, i - 1).node == h[i].node);
  CHECK(!tl_dnode_attached(h[0].node) && x_of(&h[0]) == 0);
  tl_dnode_remove(l, 3, NULL);
  put(h[1].node, "x", tl_int(10));
  for (size_t i = 0; i < 4; i++) tl_handle_unbind(&h[i]);
  CHECK(ends(&f, "{\"l\":[{\"x\":10},{\"x\":2},{\"x\":3}]}"));
}

static void filtering(void) {
  fix f = start("{\"l\":[{\"x\":0},{\"x\":1},{\"x\":2},{\"x\":3}]}");
  tl_dnode *l = get(f.job, "l");
  tl_handle h[4], old;
  tl_handle_bind(&old, l);
  for (size_t i = 0; i < 4; i++) held(l, i, &h[i]);
  tl_value kept[] = {tl_draft_value(h[1].node), tl_draft_value(h[3].node)};
  put(f.job, "l", tl_list(kept, 2));
  l = get(f.job, "l");
  CHECK(tl_dnode_at(l, 0).node == h[1].node && tl_dnode_at(l, 1).node == h[3].node);
  CHECK(tl_dnode_attached(h[3].node) && !tl_dnode_attached(h[0].node) && !tl_dnode_attached(old.node));
  CHECK(tl_dnode_count(old.node) == 4 && tl_dnode_get(tl_dnode_at(old.node, 1).node, "x", 1).v.i == 1);
  put(h[3].node, "x", tl_int(9));
  put(h[0].node, "x", tl_int(8));
  for (size_t i = 0; i < 4; i++) tl_handle_unbind(&h[i]);
  tl_handle_unbind(&old);
  CHECK(ends(&f, "{\"l\":[{\"x\":1},{\"x\":9}]}"));
}

/* The other way to filter: a new list first, then what was displaced goes into it. */
static void displaced_moves(void) {
  fix f = start("{\"l\":[{\"x\":0},{\"x\":1}]}");
  tl_handle h, old;
  tl_handle_bind(&old, get(f.job, "l"));
  held(old.node, 1, &h);
  put(f.job, "l", tl_list(NULL, 0));
  tl_dnode *l = get(f.job, "l");
  CHECK(!tl_dnode_fluid(l)); /* it took the kind of the list that it replaced */
  tl_dnode_insert(l, 0, tl_draft_value(h.node));
  CHECK(tl_dnode_attached(h.node) && tl_dnode_at(l, 0).node == h.node);
  put(h.node, "x", tl_int(5));
  CHECK(tl_dnode_get(tl_dnode_at(old.node, 1).node, "x", 1).v.i == 1);
  tl_handle_unbind(&h);
  tl_handle_unbind(&old);
  CHECK(ends(&f, "{\"l\":[{\"x\":5}]}"));
}

static void removed(void) {
  fix f = start("{\"l\":[{\"x\":0},{\"x\":1}],\"m\":{\"x\":2}}");
  tl_dnode *l = get(f.job, "l");
  tl_slot out;
  tl_handle h, m;
  CHECK(tl_dnode_remove(l, 0, &out) == TL_D_OK && out.node);
  tl_handle_bind(&h, out.node);
  tl_handle_bind(&m, get(f.job, "m"));
  tl_dnode_del(f.job, "m", 1);
  put(h.node, "x", tl_int(5));
  tl_dnode_insert(l, 1, tl_draft_value(h.node));
  put(h.node, "x", tl_int(6));
  CHECK(!tl_dnode_attached(h.node) && x_of(&h) == 6 && x_of(&m) == 2);
  tl_buf path = {0};
  tl_dnode_path(m.node, &path);
  CHECK(strcmp(tl_buf_cstr(&path), "(removed)") == 0);
  tl_buf_free(&path);
  tl_handle_unbind(&h);
  tl_handle_unbind(&m);
  CHECK(ends(&f, "{\"l\":[{\"x\":1},{\"x\":5}]}"));
}

/* A copy that was written, or whose source was, is no twin any more. */
static void written_twins_part(void) {
  for (int which = 0; which < 2; which++) {
    fix f = start("{\"a\":{\"x\":1}}");
    tl_handle a;
    tl_handle_bind(&a, get(f.job, "a"));
    put(f.job, "b", tl_draft_value(a.node));
    put(which ? a.node : get(f.job, "b"), "x", tl_int(2));
    put(f.job, "a", tl_int(0));
    CHECK(!tl_dnode_attached(a.node));
    tl_handle_unbind(&a);
    CHECK(ends(&f, which ? "{\"a\":0,\"b\":{\"x\":1}}" : "{\"a\":0,\"b\":{\"x\":2}}"));
  }
}

static void copy_with_a_handle(void) {
  fix f = start("{\"a\":{\"x\":1,\"in\":{}}}");
  tl_handle a, b, in;
  tl_handle_bind(&a, get(f.job, "a"));
  tl_handle_bind(&in, get(a.node, "in"));
  put(f.job, "b", tl_draft_value(a.node));
  tl_handle_bind(&b, get(f.job, "b"));
  put(f.job, "a", tl_int(0));
  CHECK(a.node == b.node && tl_dnode_handle(b.node) == &b && get(b.node, "in") == in.node);
  put(a.node, "x", tl_int(2));
  CHECK(x_of(&b) == 2);
  tl_handle_unbind(&a);
  tl_handle_unbind(&in);
  tl_handle_unbind(&b);
  CHECK(ends(&f, "{\"a\":0,\"b\":{\"in\":{},\"x\":2}}"));
}

static void into_itself(void) {
  fix f = start("{\"a\":{\"x\":{}}}");
  tl_handle a;
  tl_handle_bind(&a, get(f.job, "a"));
  put(get(a.node, "x"), "me", tl_draft_value(a.node));
  put(a.node, "a", tl_draft_value(a.node));
  put(f.job, "a", tl_draft_value(a.node)); /* itself: nothing */
  CHECK(get(f.job, "a") == a.node);
  tl_handle_unbind(&a);
  CHECK(ends(&f, "{\"a\":{\"a\":{\"x\":{\"me\":{\"x\":{}}}},\"x\":{\"me\":{\"x\":{}}}}}"));
}

static void commits(void) {
  fix f = start("{\"n\":1,\"o\":{\"x\":1}}");
  tl_handle o, fresh;
  tl_handle_bind(&o, get(f.job, "o"));
  put(o.node, "x", tl_int(2));
  tl_value first = tl_draft_commit(f.d), peek;
  CHECK(spec_is(first, "{\"Job\":{\"n\":1,\"o\":{\"x\":2}}}") && !tl_draft_changed(f.d));
  put(o.node, "x", tl_int(3));
  put(f.job, "new", spec_json("{\"x\":4}"));
  tl_handle_bind(&fresh, get(f.job, "new"));
  put(fresh.node, "x", tl_int(5));
  peek = tl_draft_peek(f.d);
  CHECK(spec_is(peek, "{\"Job\":{\"n\":1,\"new\":{\"x\":5},\"o\":{\"x\":3}}}"));
  put(o.node, "x", tl_int(2)); /* undone */
  tl_dnode_del(f.job, "new", 3);
  tl_value same = tl_draft_peek(f.d);
  CHECK(tl_identical(same, first));
  put(o.node, "x", tl_int(7));
  tl_draft_rollback(f.d);
  CHECK(!tl_dnode_live(o.node) && !tl_dnode_draft(o.node) && x_of(&o) == 2 && x_of(&fresh) == 5);
  CHECK(put(o.node, "x", tl_int(1)) == TL_D_DEAD && tl_dnode_remove(o.node, 0, NULL) == TL_D_DEAD);
  CHECK(tl_dnode_count(o.node) == 1 && tl_dnode_kind(o.node) == TL_MAP);
  tl_handle_unbind(&o);
  tl_handle_unbind(&fresh);
  tl_release(first);
  tl_release(peek);
  tl_release(same);
  tl_release(f.root);
}

static void many_commits(void) {
  fix f = start("{\"l\":[]}");
  for (int i = 0; i < 600; i++) { /* more than there are marks */
    tl_dnode *l = get(f.job, "l");
    tl_dnode_insert(l, 0, spec_json("{\"x\":1}"));
    tl_dnode_at(l, 0);
    tl_release(tl_draft_commit(f.d));
  }
  CHECK(tl_dnode_count(get(f.job, "l")) == 600);
  tl_draft_rollback(f.d);
  tl_release(f.root);
}

/* A dead node's containers come as values. */
static void dead(void) {
  fix f = start("{\"o\":{\"in\":{\"x\":1},\"y\":2}}");
  tl_handle o;
  tl_handle_bind(&o, get(f.job, "o"));
  put(o.node, "y", tl_int(3));
  tl_release(tl_draft_finish(f.d));
  tl_slot in = tl_dnode_get(o.node, "in", 2);
  CHECK(in.found && !in.node && spec_is(in.v, "{\"x\":1}") && tl_dnode_get(o.node, "y", 1).v.i == 3);
  tl_value v = tl_dnode_value(o.node);
  CHECK(spec_is(v, "{\"in\":{\"x\":1},\"y\":3}"));
  tl_release(v);
  tl_handle_unbind(&o);
  tl_release(f.root);
}

static void fluid(void) {
  fix f = start("{\"m\":{\"a\":1},\"l\":[1]}");
  put(f.job, "e", tl_list(NULL, 0));
  CHECK(tl_dnode_fluid(get(f.job, "e")));
  put(f.job, "m", tl_list(NULL, 0));
  put(f.job, "l", tl_list(NULL, 0));
  CHECK(tl_dnode_kind(get(f.job, "m")) == TL_MAP && tl_dnode_kind(get(f.job, "l")) == TL_LIST);
  CHECK(put(get(f.job, "l"), "k", tl_int(1)) == TL_D_KIND);
  tl_release(tl_draft_commit(f.d)); /* it stays open over a commit */
  CHECK(tl_dnode_fluid(get(f.job, "e")) && put(get(f.job, "e"), "k", tl_int(1)) == TL_D_OK);
  put(f.job, "f", tl_list(NULL, 0));
  tl_dnode_fix(get(f.job, "f"));
  CHECK(!tl_dnode_fluid(get(f.job, "f")) && put(get(f.job, "f"), "k", tl_int(1)) == TL_D_KIND);
  put(f.job, "g", tl_list(NULL, 0));
  tl_dnode_insert(get(f.job, "g"), 0, tl_int(1));
  tl_dnode_remove(get(f.job, "g"), 0, NULL);
  CHECK(!tl_dnode_fluid(get(f.job, "g")));
  put(f.job, "m", tl_list_empty_fixed());
  CHECK(tl_dnode_kind(get(f.job, "m")) == TL_LIST);
  CHECK(ends(&f, "{\"e\":{\"k\":1},\"f\":[],\"g\":[],\"l\":[],\"m\":[]}"));
}

/* A var's value may be 64 deep, however it came together. */
static void deep(void) {
  fix f = start("{\"v\":[]}");
  tl_value v = tl_list_empty_fixed();
  for (int i = 1; i < TL_DEPTH_MAX; i++) v = tl_list(&v, 1);
  tl_value more = tl_retain(v);
  more = tl_list(&more, 1);
  CHECK(put(f.job, "v", v) == TL_D_OK && put(f.job, "w", more) == TL_D_DEPTH);
  tl_dnode *n = get(f.job, "v");
  for (int i = 1; i < TL_DEPTH_MAX; i++) n = tl_dnode_at(n, 0).node;
  CHECK(tl_dnode_insert(n, 0, tl_list_empty_fixed()) == TL_D_DEPTH && tl_dnode_insert(n, 0, tl_int(1)) == TL_D_OK);
  put(f.job, "u", tl_list_empty_fixed());
  CHECK(tl_dnode_insert(get(f.job, "u"), 0, tl_draft_value(get(f.job, "v"))) == TL_D_DEPTH);
  tl_value wrapped = tl_draft_value(get(f.job, "v"));
  CHECK(put(f.job, "u", tl_list(&wrapped, 1)) == TL_D_DEPTH);
  tl_draft_rollback(f.d);
  tl_release(f.root);
}

static void paths(void) {
  fix f = start("{\"items\":[0,0,{\"tags\":[],\"a key\":{}}]}");
  tl_buf b = {0};
  tl_dnode *row = tl_dnode_at(get(f.job, "items"), 2).node;
  tl_dnode_path(get(row, "tags"), &b);
  tl_buf_putc(&b, ' ');
  tl_dnode_path(get(row, "a key"), &b);
  CHECK(strcmp(tl_buf_cstr(&b), "Job.items[3].tags Job.items[3][\"a key\"]") == 0);
  tl_buf_free(&b);
  tl_draft_rollback(f.d);
  tl_release(f.root);
}

/* The tree beside an array: every shape of splitting and mending, with nodes of some elements held. */
static void long_lists(void) {
  enum { MOST = 4000 };
  int64_t *truth = malloc(MOST * sizeof *truth);
  size_t n = 0;
  tl_rng r;
  tl_rng_seed(&r, spec_seed);
  fix f = start("{\"l\":[]}");
  tl_dnode *l = get(f.job, "l");
  for (unsigned i = 0; i < spec_rounds(60000); i++) {
    bool growing = i / 3000 % 2 == 0;
    size_t at = tl_rng_below(&r, 4) ? tl_rng_below(&r, (uint32_t)n + 1) : growing ? n : 0;
    if (n < MOST && tl_rng_below(&r, 10) < (growing ? 8u : 2u)) {
      memmove(truth + at + 1, truth + at, (n++ - at) * sizeof *truth);
      truth[at] = i;
      tl_entry e = {tl_string("x", 1), tl_int(i)};
      CHECK(tl_dnode_insert(l, at, tl_map(&e, 1)) == TL_D_OK);
    } else if (at < n) {
      CHECK(tl_dnode_get(tl_dnode_at(l, at).node, "x", 1).v.i == truth[at]);
      memmove(truth + at, truth + at + 1, (--n - at) * sizeof *truth);
      CHECK(tl_dnode_remove(l, at, NULL) == TL_D_OK);
    }
    CHECK(tl_dnode_count(l) == n);
    if (i % 5000 == 0) tl_release(tl_draft_commit(f.d));
  }
  for (size_t i = 0; i < n; i++) CHECK(tl_dnode_get(tl_dnode_at(l, i).node, "x", 1).v.i == truth[i]);
  tl_release(tl_draft_finish(f.d));
  tl_release(f.root);
  free(truth);
}

static void long_maps(void) {
  enum { KEYS = 2000 };
  static int64_t truth[KEYS];
  size_t n = 0;
  tl_rng r;
  tl_rng_seed(&r, spec_seed + 5);
  memset(truth, 0, sizeof truth);
  fix f = start("{\"m\":{}}");
  tl_dnode *m = get(f.job, "m");
  for (unsigned i = 1; i < spec_rounds(60000); i++) {
    char key[40];
    unsigned k = tl_rng_below(&r, KEYS);
    size_t len = (size_t)snprintf(key, sizeof key, k % 2 ? "%u" : "%u with a longer name", k);
    bool growing = i / 5000 % 2 == 0;
    tl_slot slot = tl_dnode_get(m, key, len);
    CHECK(slot.found == (truth[k] != 0) && (!slot.found || slot.v.i == truth[k]));
    if (tl_rng_below(&r, 10) < (growing ? 8u : 2u)) {
      n += truth[k] == 0;
      CHECK(tl_dnode_put(m, key, len, tl_int(truth[k] = i)) == TL_D_OK);
    } else {
      n -= truth[k] != 0;
      truth[k] = 0;
      CHECK(tl_dnode_del(m, key, len) == TL_D_OK);
    }
    CHECK(tl_dnode_count(m) == n);
  }
  tl_value key, last = tl_nil();
  for (size_t i = 0; i < n; i++) {
    size_t len;
    CHECK(tl_dnode_entry(m, i, &key).found);
    const char *s = tl_string_bytes(&key, &len);
    bool found;
    CHECK(tl_dnode_rank(m, s, len, &found) == i && found);
    tl_release(last);
    last = key;
  }
  tl_release(last);
  tl_release(tl_draft_finish(f.d));
  tl_release(f.root);
}

static void weight(void) {
  fix f = start("{\"l\":[]}");
  size_t before = tl_draft_bytes(f.d);
  CHECK(before == tl_bytes(f.root));
  put(f.job, "l", spec_json("[\"a string of more than fourteen bytes\",[1,2,3]]"));
  CHECK(tl_draft_bytes(f.d) > before + 100);
  tl_dnode_insert(tl_dnode_at(get(f.job, "l"), 1).node, 0, tl_string("another string that is long", 27));
  size_t most = tl_draft_bytes(f.d);
  tl_value now = tl_draft_peek(f.d);
  CHECK(most + 200 > tl_bytes(now) && most < tl_bytes(now) + 200);
  tl_release(now);
  tl_dnode_clear(get(f.job, "l"));
  CHECK(tl_draft_bytes(f.d) <= before);
  tl_draft_rollback(f.d);
  tl_release(f.root);
}

void spec_draft(void) {
  sets();
  looking_costs_nothing();
  sharing();
  follow();
  swapping();
  shifting();
  filtering();
  displaced_moves();
  removed();
  written_twins_part();
  copy_with_a_handle();
  into_itself();
  commits();
  many_commits();
  dead();
  fluid();
  deep();
  paths();
  long_lists();
  long_maps();
  weight();
}
