/* value_spec.c: scalars, containers of all sizes, comparing, memory. */
#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "core/draft.h"
#include "spec.h"

static void scalars(void) {
  CHECK(tl_equal(tl_int(5), tl_float(5.0)) && !tl_identical(tl_int(5), tl_float(5.0)));
  CHECK(tl_equal(tl_float(0.0), tl_float(-0.0)) && !tl_identical(tl_float(0.0), tl_float(-0.0)));
  CHECK(!tl_equal(tl_int(INT64_MAX), tl_float(0x1p63)) && tl_equal(tl_int(INT64_MIN), tl_float(-0x1p63)));
  CHECK(!tl_equal(tl_int((1ll << 53) + 1), tl_float(0x1p53)));
  CHECK(!tl_equal(tl_int(1), tl_bool(true)) && !tl_equal(tl_nil(), tl_bool(false)));
  CHECK(tl_bytes(tl_int(1)) == 0 && tl_depth(tl_int(1)) == 0);
}

static void strings(void) {
  char text[100];
  memset(text, 'x', sizeof text);
  for (size_t n = 0; n < sizeof text; n++) {
    size_t len;
    tl_value a = tl_string(text, n), b = tl_string(text, n);
    CHECK(memcmp(tl_string_bytes(&a, &len), text, n) == 0 && len == n && tl_equal(a, b));
    CHECK((tl_bytes(a) == 0) == (n <= TL_SHORT_MAX) && tl_identical(a, b) == (n <= TL_SHORT_MAX));
    tl_release(a);
    tl_release(b);
  }
}

static void lists(size_t n) {
  tl_value *items = tl_alloc((n + 1) * sizeof *items), v;
  for (size_t i = 0; i < n; i++) items[i] = tl_int((int64_t)i * 3);
  tl_value list = tl_list(items, n);
  CHECK(tl_count(list) == n && tl_depth(list) == 1);
  for (size_t i = 0; i < n; i++) CHECK(tl_list_at(list, i).i == (int64_t)i * 3);
  tl_iter it;
  size_t from = n / 3, i = from;
  for (tl_iter_start(&it, list, from); tl_iter_next(&it, NULL, &v); i++) CHECK(v.i == (int64_t)i * 3);
  CHECK(i == n);
  tl_release(list);
  tl_free(items);
}

static void maps(size_t n, bool shuffled) {
  tl_entry *e = tl_alloc((n + 1) * sizeof *e);
  char key[40];
  for (size_t i = 0; i < n; i++) {
    size_t k = shuffled ? i * 7919 % n : i; /* a permutation as long as n has no factor 7919 */
    size_t len = (size_t)snprintf(key, sizeof key, k % 2 ? "%06zu" : "%06zu and then some more", k);
    e[i] = (tl_entry){tl_string(key, len), tl_int((int64_t)k)};
  }
  tl_value map = tl_map(e, n), v;
  CHECK(tl_count(map) == n);
  for (size_t i = 0; i < n; i++) {
    bool found;
    size_t len = (size_t)snprintf(key, sizeof key, i % 2 ? "%06zu" : "%06zu and then some more", i);
    CHECK(tl_map_get(map, key, len, &v) && v.i == (int64_t)i);
    CHECK(tl_map_rank(map, key, len, &found) == i && found);
    CHECK(tl_map_rank(map, key, 6, &found) == i && found == (i % 2 == 1));
    CHECK(tl_map_entry(map, i)->value.i == (int64_t)i);
  }
  CHECK(!tl_map_get(map, "nobody", 6, &v) && !tl_map_get(map, "", 0, &v));
  tl_release(map);
  tl_free(e);
}

static void last_key_wins(void) {
  tl_entry e[40];
  for (int i = 0; i < 40; i++) e[i] = (tl_entry){tl_string(i % 2 ? "b" : "a", 1), tl_int(i)};
  tl_value map = tl_map(e, 40);
  CHECK(spec_is(map, "{\"a\":38,\"b\":39}"));
  tl_release(map);
}

static void empties(void) {
  CHECK(tl_list_fluid(tl_list(NULL, 0)) && !tl_list_fluid(tl_list_empty_fixed()));
  CHECK(tl_equal(tl_list(NULL, 0), tl_list_empty_fixed()) && !tl_equal(tl_list(NULL, 0), tl_map(NULL, 0)));
  CHECK(tl_bytes(tl_list(NULL, 0)) == 0 && tl_depth(tl_map(NULL, 0)) == 1);
}

/* Comparing by the text of the JSON is the slow truth. */
static void equality(void) {
  tl_rng r;
  tl_rng_seed(&r, spec_seed);
  for (unsigned i = 0; i < spec_rounds(3000); i++) {
    tl_value a = spec_random_value(&r, 3), b = tl_rng_below(&r, 2) ? spec_random_value(&r, 1) : tl_retain(a);
    tl_buf text = {0};
    tl_json_write(&text, b);
    tl_value again = spec_json(tl_buf_cstr(&text));
    CHECK(tl_equal(b, again) && tl_equal(again, b) && spec_same_kind(b, again));
    CHECK(tl_equal(a, b) == tl_equal(a, again));
    tl_buf_free(&text);
    tl_release(again);
    tl_release(a);
    tl_release(b);
  }
}

static void memory(void) {
  tl_value v = spec_json("{\"Job\":{\"counter\":0,\"max\":10,\"running\":false,\"items\":[],\"result\":null}}");
  CHECKF(tl_bytes(v) <= 300, "a counter's tab takes %zu bytes", tl_bytes(v));
  tl_release(v);
  v = spec_json("[1]");
  for (int i = 0; i < 200; i++) v = tl_list((tl_value[]){tl_retain(v), v}, 2); /* sums beyond 64 bits stay sane */
  CHECK(tl_bytes(v) > (size_t)1 << 61 && tl_depth(v) == 201);
  tl_release(v);
}

/* Roots cross between threads by reference: each takes one, drafts from it, and lets go; the last one frees. */
static void *use_root(void *arg) {
  tl_value root = *(tl_value *)arg;
  for (unsigned i = 0; i < spec_rounds(2000); i++) {
    tl_draft *d = tl_draft_begin(root);
    tl_dnode *items = tl_dnode_get(tl_dnode_get(tl_draft_root(d), "Job", 3).node, "items", 5).node;
    tl_dnode_put(tl_dnode_at(items, i % 100).node, "done", 4, tl_int(i));
    tl_value now = tl_draft_finish(d);
    tl_release(tl_retain(now));
    tl_release(now);
  }
  tl_release(root);
  return NULL;
}

static void threads(void) {
  pthread_t t[4];
  tl_value root = spec_rows(100);
  for (int i = 0; i < 4; i++) {
    tl_retain(root);
    pthread_create(&t[i], NULL, use_root, &root);
  }
  for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
  CHECK(spec_same_kind(root, root) && tl_count(root) == 1);
  tl_release(root);
}

void spec_value(void) {
  static const size_t sizes[] = {0, 1, 2, 12, 13, 31, 32, 33, 64, 65, 1023, 1024, 1025, 3000, 30000, 32769};
  scalars();
  strings();
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
    lists(sizes[i]);
    maps(sizes[i], false);
    maps(sizes[i], true);
  }
  last_key_wins();
  empties();
  equality();
  memory();
  threads();
}
