/* loan_spec.c: versions of one root, made of each other in lines and forks and ended in any order: each keeps its
 * content to its end, and nothing is left (core_spec looks at that). See core/loan.h. */
#include "core/loan.h"

#include <pthread.h>
#include <string.h>

#include "base/mem.h"
#include "core/draft.h"
#include "spec.h"

enum { HELD = 24 };

typedef struct version {
  tl_value root;
  char *json;
} version;

typedef struct shelf {
  version held[HELD];
  tl_rng r;
} shelf;

static unsigned below(shelf *s, unsigned n) { return tl_rng_below(&s->r, n); }

static char *json_of(tl_value v) {
  tl_buf b = {0};
  tl_json_write(&b, v);
  char *text = tl_strndup(b.data, b.len);
  tl_buf_free(&b);
  return text;
}

static void put_away(shelf *s, unsigned i) {
  if (!s->held[i].json) return;
  tl_release(s->held[i].root);
  tl_free(s->held[i].json);
  s->held[i] = (version){tl_nil(), NULL};
}

static void keep(shelf *s, unsigned i, tl_value root) {
  put_away(s, i);
  s->held[i] = (version){root, json_of(root)};
}

static tl_value long_name(shelf *s) {
  char name[40];
  int n = snprintf(name, sizeof name, "a name that is long, number %u", below(s, 1000));
  return tl_string(name, (size_t)n);
}

static tl_value row(shelf *s) {
  tl_entry e[2] = {{tl_string("id", 2), tl_int(below(s, 1000))}, {tl_string("name", 4), long_name(s)}};
  return tl_map(e, 2);
}

/* {"list": rows, "map": name -> row, with keys long enough to be counted} */
static tl_value first_root(shelf *s) {
  tl_value rows[300];
  tl_entry entries[300];
  unsigned n = 20 + below(s, 280);
  for (unsigned i = 0; i < n; i++) {
    rows[i] = row(s);
    entries[i] = (tl_entry){long_name(s), row(s)};
  }
  tl_entry e[2] = {{tl_string("list", 4), tl_list(rows, n)}, {tl_string("map", 3), tl_map(entries, n)}};
  return tl_map(e, 2);
}

static void change_list(shelf *s, tl_dnode *list) {
  size_t n = tl_dnode_count(list), i = below(s, (unsigned)n + 1);
  unsigned what = below(s, 12);
  if (what == 0 || i == n) {
    tl_dnode_insert(list, i, row(s));
  } else if (what == 1) {
    tl_dnode_remove(list, i, NULL);
  } else if (what == 2) {
    tl_dnode_set_at(list, i, row(s));
  } else if (what == 3 && n > 1) { /* elements trade places */
    size_t from[2000];
    for (size_t k = 0; k < n; k++) from[k] = k;
    from[i] = n - 1 - i;
    from[n - 1 - i] = i;
    tl_dnode_permute(list, from);
  } else {
    tl_slot slot = tl_dnode_at(list, i);
    if (what < 7)
      tl_dnode_append(slot.node, "name", 4, " and on and on", 14);
    else
      tl_dnode_put(slot.node, "id", 2, tl_int(below(s, 1000)));
  }
}

static void change_map(shelf *s, tl_dnode *map) {
  tl_value key = long_name(s);
  size_t len;
  const char *name = tl_string_bytes(&key, &len);
  tl_slot slot = tl_dnode_get(map, name, len);
  if (!slot.found || below(s, 4) == 0)
    tl_dnode_put(map, name, len, row(s));
  else if (below(s, 4) == 0)
    tl_dnode_del(map, name, len);
  else
    tl_dnode_put(slot.node, "name", 4, long_name(s));
  tl_release(key);
}

static void change(shelf *s, tl_draft *d) {
  tl_dnode *root = tl_draft_root(d);
  if (below(s, 3))
    change_list(s, tl_dnode_get(root, "list", 4).node);
  else
    change_map(s, tl_dnode_get(root, "map", 3).node);
}

/* A version made of another: most often by one change; now and then by several commits of one draft, or by none. */
static void go_on(shelf *s, unsigned from, unsigned to) {
  tl_draft *d = tl_draft_begin(s->held[from].root);
  unsigned commits = below(s, 6) ? 0 : 1 + below(s, 3);
  for (unsigned i = 0; i < commits; i++) {
    change(s, d);
    keep(s, below(s, HELD), tl_draft_commit(d));
  }
  for (unsigned i = below(s, 8) ? 1 : below(s, 12); i > 0; i--) change(s, d);
  if (below(s, 8) == 0)
    tl_draft_rollback(d);
  else
    keep(s, to, tl_draft_finish(d));
}

/* How many are not what they were. */
static unsigned wrong(shelf *s) {
  unsigned n = 0;
  for (unsigned i = 0; i < HELD; i++) {
    if (!s->held[i].json) continue;
    char *now = json_of(s->held[i].root);
    n += strcmp(now, s->held[i].json) != 0;
    tl_free(now);
  }
  return n;
}

static void play(uint64_t seed, unsigned steps) {
  shelf s = {0};
  tl_rng_seed(&s.r, seed);
  keep(&s, 0, first_root(&s));
  for (unsigned i = 0; i < steps; i++) {
    unsigned from = below(&s, HELD), to = below(&s, HELD);
    if (!s.held[from].json)
      continue;
    else if (below(&s, 4) == 0 && from != to)
      put_away(&s, to);
    else
      go_on(&s, from, to);
    if (i % 64 == 0) CHECK(wrong(&s) == 0);
  }
  CHECK(wrong(&s) == 0);
  for (unsigned i = 0; i < HELD; i++) put_away(&s, (i * 7) % HELD);
}

/* A page's life: each version made of the last one, the oldest of sixteen ends. No neighbour is counted: so it costs
 * what a change does, not what a node holds. */
static void a_line(void) {
  tl_value root = spec_rows(1000), ring[16];
  tl_value rows, job;
  for (unsigned i = 0; i < 16; i++) ring[i] = tl_nil();
  tl_map_get(root, "Job", 3, &job);
  tl_map_get(job, "items", 5, &rows);
  tl_node *neighbour = tl_list_at(rows, 1).node;
  uint32_t before = neighbour->refs;
  for (unsigned i = 0; i < 100; i++) {
    tl_draft *d = tl_draft_begin(root);
    tl_dnode *items = tl_dnode_get(tl_dnode_get(tl_draft_root(d), "Job", 3).node, "items", 5).node;
    tl_dnode_put(tl_dnode_at(items, 0).node, "id", 2, tl_int(i + 10));
    tl_value next = tl_draft_finish(d);
    CHECK(neighbour->refs == before);
    tl_release(ring[i % 16]);
    ring[i % 16] = root;
    root = next;
  }
  for (unsigned i = 0; i < 16; i++) tl_release(ring[i]);
  CHECK(neighbour->refs == before);
  tl_release(root);
}

/* Two threads make versions of one root and end them, each what the other still holds. */
static void *in_thread(void *root) {
  shelf s = {0};
  tl_rng_seed(&s.r, spec_seed + 5);
  keep(&s, 0, tl_retain(*(tl_value *)root));
  for (unsigned i = 0; i < 300; i++) go_on(&s, 0, 1 + below(&s, HELD - 1));
  unsigned bad = wrong(&s);
  for (unsigned i = 0; i < HELD; i++) put_away(&s, i);
  return bad ? root : NULL;
}

static void two_threads(void) {
  shelf s = {0};
  tl_rng_seed(&s.r, spec_seed + 9);
  tl_value root = first_root(&s);
  char *json = json_of(root);
  pthread_t a, b;
  bool both = pthread_create(&a, NULL, in_thread, &root) == 0;
  if (!CHECK(both)) return;
  both = pthread_create(&b, NULL, in_thread, &root) == 0;
  CHECK(both);
  void *bad_a, *bad_b = NULL;
  pthread_join(a, &bad_a);
  if (both) pthread_join(b, &bad_b);
  CHECK(!bad_a && !bad_b);
  char *now = json_of(root);
  CHECK(strcmp(json, now) == 0);
  tl_free(now);
  tl_free(json);
  tl_release(root);
}

void spec_loan(void) {
  for (unsigned i = 0; i < spec_rounds(40); i++) play(spec_seed * 1000 + i, 400);
  a_line();
  two_threads();
}
