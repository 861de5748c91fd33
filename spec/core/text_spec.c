/* text_spec.c: strings that grow: whatever is appended to whatever version, in whatever order, no other version
 * changes; and the newest one costs what the piece is long. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "core/diff.h"
#include "core/draft.h"
#include "core/patch.h"
#include "spec.h"

/* Of a long string: the bytes of a short one lie in the value itself. */
static const char *bytes_of(tl_value v) {
  size_t n;
  return tl_string_bytes(&v, &n);
}

static size_t length_of(tl_value v) {
  size_t n;
  tl_string_bytes(&v, &n);
  return n;
}

static bool holds(const tl_value *v, const char *want, size_t n) {
  size_t len;
  const char *s = tl_string_bytes(v, &len);
  return len == n && memcmp(s, want, n) == 0;
}

static tl_value filled(char c, size_t n) {
  char *s = tl_alloc(n);
  memset(s, c, n);
  tl_value v = tl_string(s, n);
  tl_free(s);
  return v;
}

static tl_value appended(tl_value s, const char *more) { return tl_string_append(s, more, strlen(more)); }

/* One byte at a time through all the forms that a string has. */
static void grows(void) {
  char want[3000];
  tl_value s = tl_string("", 0);
  for (size_t n = 0; n < sizeof want; n++) {
    want[n] = (char)('a' + n % 26);
    tl_value longer = tl_string_append(s, &want[n], 1), whole = tl_string(want, n + 1);
    CHECK(holds(&s, want, n));
    CHECK(tl_equal(longer, whole) && tl_bytes(longer) == tl_bytes(whole) && tl_bytes(whole) == tl_string_weight(n + 1));
    tl_release(whole);
    tl_release(s);
    s = longer;
  }
  tl_value same = tl_string_append(s, "", 0);
  CHECK(tl_identical(same, s));
  tl_release(same);
  tl_release(s);
}

/* What is copied in all is a small multiple of the end. */
static void copies_seldom(void) {
  const char *at = NULL;
  size_t copied = 0;
  tl_value s = filled('x', 1000);
  for (int i = 0; i < 100000; i++) {
    tl_value longer = appended(s, "a piece of 20 bytes.");
    if (bytes_of(longer) != at) copied += length_of(longer);
    at = bytes_of(longer);
    tl_release(s);
    s = longer;
  }
  CHECKF(copied < 3 * length_of(s), "%zu copied for %zu", copied, length_of(s));
  tl_release(s);
}

static void forks(void) {
  tl_value x = filled('x', 1000), base = appended(x, "base");
  tl_value a = appended(base, "A"), b = appended(base, "B"), aa = appended(a, "AA"), bb = appended(b, "BB");
  CHECK(bytes_of(a) == bytes_of(base) && bytes_of(aa) == bytes_of(a));
  CHECK(bytes_of(b) != bytes_of(base) && bytes_of(bb) == bytes_of(b));
  CHECK(!memcmp(bytes_of(aa) + 1000, "baseAAA", 7) && length_of(aa) == 1007);
  CHECK(!memcmp(bytes_of(bb) + 1000, "baseBBB", 7) && length_of(bb) == 1007);
  CHECK(!memcmp(bytes_of(a) + 1000, "baseA", 5) && length_of(a) == 1005 && length_of(base) == 1004);
  tl_value all[] = {x, base, a, b, aa, bb};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) tl_release(all[i]);
}

/* The last claim goes back when its string does; one in the middle does not. */
static void gives_back(void) {
  tl_value x = filled('x', 1000), base = appended(x, "base");
  for (int i = 0; i < 10; i++) {
    tl_value dropped = appended(base, "dropped");
    CHECK(bytes_of(dropped) == bytes_of(base));
    tl_release(dropped);
  }
  tl_value a = appended(base, "a"), b = appended(a, "b");
  tl_release(a);
  tl_value c = appended(base, "c");
  CHECK(bytes_of(c) != bytes_of(base) && !memcmp(bytes_of(b) + 1004, "ab", 2));
  tl_release(b);
  tl_release(c);
  tl_release(base);
  tl_release(x);
}

/* ---- versions by chance ---- */

typedef struct version {
  tl_value v;
  char *want;
  size_t n;
} version;

static void drop(version *s) {
  tl_release(s->v);
  free(s->want);
}

static version longer_one(tl_rng *r, const version *s) {
  char piece[300];
  size_t n = tl_rng_below(r, tl_rng_below(r, 4) ? 20 : sizeof piece);
  memset(piece, 'a' + (int)tl_rng_below(r, 26), n);
  version to = {tl_string_append(s->v, piece, n), malloc(s->n + n + 1), s->n + n};
  memcpy(to.want, s->want, s->n);
  memcpy(to.want + s->n, piece, n);
  return to;
}

static void random_versions(uint64_t seed) {
  enum { MANY = 24 };
  tl_rng r;
  version all[MANY];
  size_t n = 1;
  tl_rng_seed(&r, seed);
  all[0] = (version){tl_string("", 0), malloc(1), 0};
  for (int i = 0; i < 400; i++) {
    size_t at = tl_rng_below(&r, 3) ? n - 1 : tl_rng_below(&r, (uint32_t)n);
    version next = longer_one(&r, &all[at]);
    if (n == MANY || tl_rng_below(&r, 3) == 0) {
      size_t gone = tl_rng_below(&r, (uint32_t)n);
      drop(&all[gone]);
      all[gone] = all[--n];
    }
    all[n++] = next;
    for (size_t k = 0; k < n; k++) CHECK(holds(&all[k].v, all[k].want, all[k].n));
  }
  while (n > 0) drop(&all[--n]);
}

/* ---- in drafts ---- */

static tl_value root_of(tl_value text) {
  tl_entry e = {tl_string("text", 4), text};
  e = (tl_entry){tl_string("Job", 3), tl_map(&e, 1)};
  return tl_map(&e, 1);
}
static tl_dnode *vars_of(tl_draft *d) { return tl_dnode_get(tl_draft_root(d), "Job", 3).node; }
static tl_value text_of(tl_value root) {
  tl_value vars, text = tl_nil();
  return tl_map_get(root, "Job", 3, &vars) && tl_map_get(vars, "text", 4, &text) ? text : tl_nil();
}
static tl_dstatus append(tl_draft *d, const char *more) {
  return tl_dnode_append(vars_of(d), "text", 4, more, strlen(more));
}

static tl_value committed(tl_value root, const char *more) {
  tl_draft *d = tl_draft_begin(root);
  CHECK(append(d, more) == TL_D_OK && tl_draft_changed(d));
  size_t weight = tl_draft_bytes(d);
  tl_value next = tl_draft_finish(d);
  CHECK(weight == tl_bytes(next));
  return next;
}

static bool ends_with(tl_value s, const char *end) {
  size_t n = strlen(end), len;
  const char *bytes = tl_string_bytes(&s, &len);
  return len >= n && !memcmp(bytes + len - n, end, n);
}

static void in_drafts(void) {
  tl_value first = root_of(filled('x', 1000)), second = committed(first, "two"), third = committed(second, "three");
  CHECK(bytes_of(text_of(second)) == bytes_of(text_of(third)) && bytes_of(text_of(first)) != bytes_of(text_of(second)));
  CHECK(length_of(text_of(first)) == 1000 && ends_with(text_of(second), "xtwo"));
  CHECK(ends_with(text_of(third), "xtwothree"));

  /* Two go on from one version. */
  tl_draft *d = tl_draft_begin(third), *e = tl_draft_begin(third);
  CHECK(append(d, "D") == TL_D_OK && append(e, "E") == TL_D_OK && append(d, "DD") == TL_D_OK &&
        append(e, "EE") == TL_D_OK);
  tl_value by_d = tl_draft_finish(d), by_e = tl_draft_finish(e);
  CHECK(ends_with(text_of(by_d), "threeDDD") && ends_with(text_of(by_e), "threeEEE") &&
        ends_with(text_of(third), "three"));
  CHECK(bytes_of(text_of(by_d)) == bytes_of(text_of(third)));
  tl_release(by_d);
  tl_release(by_e);

  /* What was rolled back is gone, and its room free. */
  for (int i = 0; i < 3; i++) {
    d = tl_draft_begin(third);
    append(d, "never");
    append(d, "ever");
    tl_draft_rollback(d);
  }
  tl_value fourth = committed(third, "four");
  CHECK(ends_with(text_of(fourth), "threefour") && bytes_of(text_of(fourth)) == bytes_of(text_of(third)));

  /* A look in between keeps what was seen. */
  d = tl_draft_begin(fourth);
  append(d, "a");
  tl_value seen = tl_draft_peek(d);
  append(d, "b");
  tl_value after = tl_draft_commit(d);
  append(d, "c");
  tl_draft_rollback(d);
  CHECK(ends_with(text_of(seen), "foura") && ends_with(text_of(after), "fourab"));
  tl_value all[] = {first, second, third, fourth, seen, after};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) tl_release(all[i]);
}

static void refusals(void) {
  tl_value root = spec_json("{\"Job\":{\"n\":1,\"text\":\"short\",\"l\":[\"a\",[],null]}}");
  tl_draft *d = tl_draft_begin(root);
  tl_dnode *vars = vars_of(d), *list = tl_dnode_get(vars, "l", 1).node;
  CHECK(tl_dnode_append(vars, "n", 1, "x", 1) == TL_D_KIND && tl_dnode_append(vars, "l", 1, "x", 1) == TL_D_KIND);
  CHECK(tl_dnode_append(vars, "m", 1, "x", 1) == TL_D_RANGE && tl_dnode_append_at(list, 3, "x", 1) == TL_D_RANGE);
  CHECK(tl_dnode_append_at(list, 1, "x", 1) == TL_D_KIND && tl_dnode_append_at(list, 2, "x", 1) == TL_D_KIND);
  CHECK(tl_dnode_append_at(vars, 0, "x", 1) == TL_D_KIND && tl_dnode_append(list, "a", 1, "x", 1) == TL_D_KIND);
  CHECK(append(d, "") == TL_D_OK && !tl_draft_changed(d));
  CHECK(tl_dnode_append_at(list, 0, "bc", 2) == TL_D_OK && append(d, "er") == TL_D_OK);
  tl_handle h;
  tl_handle_bind(&h, vars);
  tl_value now = tl_draft_finish(d);
  CHECK(tl_dnode_append(h.node, "text", 4, "x", 1) == TL_D_DEAD);
  CHECK(spec_is(now, "{\"Job\":{\"l\":[\"abc\",[],null],\"n\":1,\"text\":\"shorter\"}}"));
  tl_handle_unbind(&h);
  tl_release(now);
  tl_release(root);
}

/* Assigning what begins with the old text appends; what is short, or begins otherwise, does not. */
static void assigned(void) {
  tl_value first = root_of(filled('x', 2000)), second = committed(first, "two");
  char *s = tl_alloc(3000);
  memcpy(s, bytes_of(text_of(second)), 2003);
  memcpy(s + 2003, "three", 5);
  for (int changed = 0; changed < 2; changed++) {
    tl_draft *d = tl_draft_begin(second);
    s[0] = changed ? 'y' : 'x';
    tl_dnode_put(vars_of(d), "text", 4, tl_string(s, 2008));
    size_t weight = tl_draft_bytes(d);
    tl_value third = tl_draft_finish(d);
    CHECK(weight == tl_bytes(third) && length_of(text_of(third)) == 2008 && !memcmp(bytes_of(text_of(third)), s, 2008));
    CHECK((bytes_of(text_of(third)) == bytes_of(text_of(second))) == !changed);
    tl_release(third);
  }
  tl_free(s);
  tl_release(second);
  tl_release(first);
}

/* The patch says just what came, also over several versions; and applying it shares as well. */
static void patches(void) {
  tl_value first = root_of(filled('x', 2000)), second = committed(first, "two "), third = committed(second, "three ");
  tl_value fourth = committed(third, "four"), page = tl_nil(), patch, next;
  tl_buf out = {0};
  CHECK(tl_diff(second, fourth, NULL, &out) &&
        !strcmp(tl_buf_cstr(&out), "{\"Job\":{\"text\":{\"$\":[\"+\",\"three four\"]}}}"));
  patch = spec_json(tl_buf_cstr(&out));
  CHECK(tl_patch_apply(second, patch, &page, NULL) == 0 && tl_equal(page, fourth));
  CHECK(tl_patch_apply(page, patch, &next, NULL) == 0 && bytes_of(text_of(next)) == bytes_of(text_of(page)));
  tl_release(next);
  tl_buf_clear(&out);
  CHECK(!tl_diff(page, fourth, NULL, &out) && !tl_differs(page, fourth, NULL) && tl_differs(third, fourth, NULL));
  CHECK(tl_diff(fourth, second, NULL, &out) && out.len > 2000); /* shorter: whole */
  tl_buf_free(&out);
  tl_value all[] = {first, second, third, fourth, page, patch};
  for (size_t i = 0; i < sizeof all / sizeof *all; i++) tl_release(all[i]);
}

/* ---- threads go on from one version, and let go of it at once ---- */

static bool went_on(tl_value v, tl_value base, const char *piece) {
  size_t had = length_of(base), n = strlen(piece);
  return length_of(v) == had + n && !memcmp(bytes_of(v) + had, piece, n);
}

/* The newer goes first, so that both claims go back, and another thread gets that room. */
static void *go_on(void *arg) {
  tl_value base = *(tl_value *)arg;
  for (unsigned i = 0; i < spec_rounds(20000); i++) {
    char piece[32];
    int n = snprintf(piece, sizeof piece, "%p %u", (void *)&base, i);
    tl_value one = tl_string_append(base, piece, (size_t)n), two = tl_string_append(one, piece, (size_t)n);
    if (!went_on(one, base, piece) || !went_on(two, one, piece)) abort();
    tl_release(two);
    if (!went_on(one, base, piece)) abort();
    tl_release(one);
  }
  tl_release(base);
  return NULL;
}

static void threads(void) {
  pthread_t t[4];
  tl_value x = filled('x', 300), base = appended(x, "base");
  for (int i = 0; i < 4; i++) {
    tl_retain(base);
    pthread_create(&t[i], NULL, go_on, &base);
  }
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
  CHECK(length_of(base) == 304 && ends_with(base, "xbase"));
  tl_release(base);
  tl_release(x);
}

void spec_text(void) {
  grows();
  copies_seldom();
  forks();
  gives_back();
  for (unsigned i = 0; i < spec_rounds(100); i++) random_versions(spec_seed * 7919 + i);
  in_drafts();
  refusals();
  assigned();
  patches();
  threads();
}
