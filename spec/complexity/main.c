/* complexity: what operations of the core cost at several sizes, in instructions. Runs under callgrind: what stands
 * between begin() and end() is counted and dumped with its name, and nothing else. script/complexity runs it, reads
 * the dumps and holds them to bounds. A name is "what size operations": cost is a mean of so many.
 *
 * Memory needs no callgrind: it is measured here, and a line "name figure" on stdout tells it. */
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <valgrind/callgrind.h>

#include "base/mem.h"
#include "base/rng.h"
#include "core/diff.h"
#include "core/draft.h"
#include "core/patch.h"

enum { OPERATIONS = 100 };

static tl_rng chance;

static void begin(void) {
  CALLGRIND_START_INSTRUMENTATION;
  CALLGRIND_ZERO_STATS;
}

static void end(const char *what, size_t size, unsigned operations) {
  char name[80];
  CALLGRIND_STOP_INSTRUMENTATION;
  snprintf(name, sizeof name, "%s %zu %u", what, size, operations);
  CALLGRIND_DUMP_STATS_AT(name);
}

static tl_value text(const char *s) { return tl_string(s, strlen(s)); }

static tl_value map1(const char *key, tl_value v) {
  tl_entry e = {text(key), v};
  return tl_map(&e, 1);
}

/* {"Job":{"items":v}}: containers stand where an app has them. */
static tl_value root_of(tl_value v) { return map1("Job", map1("items", v)); }
static tl_dnode *items_of(tl_draft *d) {
  return tl_dnode_get(tl_dnode_get(tl_draft_root(d), "Job", 3).node, "items", 5).node;
}

static tl_value numbers(size_t n) {
  tl_value *v = tl_alloc(n * sizeof *v);
  for (size_t i = 0; i < n; i++) v[i] = tl_int((int64_t)i);
  tl_value list = tl_list(v, n);
  tl_free(v);
  return list;
}

/* Even numbers are keys, odd ones are free for inserting. */
typedef struct key {
  char s[16];
  size_t len;
} key;
static key key_of(size_t i) {
  key k;
  k.len = (size_t)snprintf(k.s, sizeof k.s, "k%08zu", i);
  return k;
}

static tl_value dictionary(size_t n) {
  tl_entry *e = tl_alloc(n * sizeof *e);
  for (size_t i = 0; i < n; i++) {
    key k = key_of(2 * i);
    e[i] = (tl_entry){tl_string(k.s, k.len), tl_int((int64_t)i)};
  }
  tl_value map = tl_map(e, n);
  tl_free(e);
  return map;
}

static tl_value rows(size_t n) {
  tl_value *v = tl_alloc(n * sizeof *v);
  for (size_t i = 0; i < n; i++) {
    char title[40];
    snprintf(title, sizeof title, "the title of row %zu", i);
    tl_entry e[] = {{text("id"), tl_int((int64_t)i)}, {text("title"), text(title)}, {text("done"), tl_bool(false)}};
    v[i] = tl_map(e, 3);
  }
  tl_value list = tl_list(v, n);
  tl_free(v);
  return list;
}

/* ---- read, set, insert, remove: each operation in a block of its own, from the newest root ---- */

typedef void (*operation)(tl_dnode *items, size_t n, size_t at);

static void nothing(tl_dnode *items, size_t n, size_t at) { (void)items, (void)n, (void)at; }
static void list_read(tl_dnode *items, size_t n, size_t at) { (void)n, tl_dnode_at(items, at); }
static void list_set(tl_dnode *items, size_t n, size_t at) { (void)n, tl_dnode_set_at(items, at, tl_int(-1)); }
static void list_insert(tl_dnode *items, size_t n, size_t at) { (void)n, tl_dnode_insert(items, at, tl_int(-1)); }
static void list_remove(tl_dnode *items, size_t n, size_t at) { (void)n, tl_dnode_remove(items, at, NULL); }

static void map_read(tl_dnode *items, size_t n, size_t at) {
  key k = key_of(2 * at);
  (void)n, tl_dnode_get(items, k.s, k.len);
}
static void map_set(tl_dnode *items, size_t n, size_t at) {
  key k = key_of(2 * at);
  (void)n, tl_dnode_put(items, k.s, k.len, tl_int(-1));
}
static void map_insert(tl_dnode *items, size_t n, size_t at) {
  key k = key_of(2 * at + 1);
  (void)n, tl_dnode_put(items, k.s, k.len, tl_int(-1));
}
static void map_remove(tl_dnode *items, size_t n, size_t at) {
  key k = key_of(2 * at);
  (void)n, tl_dnode_del(items, k.s, k.len);
}

/* The same root each time: so sizes stay, and a removed key is there again. */
static void measure(const char *what, tl_value root, size_t n, operation run) {
  begin();
  for (unsigned i = 0; i < OPERATIONS; i++) {
    tl_draft *d = tl_draft_begin(root);
    run(items_of(d), n, tl_rng_below(&chance, (uint32_t)n));
    tl_release(tl_draft_finish(d));
  }
  end(what, n, OPERATIONS);
}

static void containers(size_t n) {
  tl_value list = root_of(numbers(n)), map = root_of(dictionary(n));
  measure("block", list, n, nothing);
  measure("list-read", list, n, list_read);
  measure("list-set", list, n, list_set);
  measure("list-insert", list, n, list_insert);
  measure("list-remove", list, n, list_remove);
  measure("map-read", map, n, map_read);
  measure("map-set", map, n, map_set);
  measure("map-insert", map, n, map_insert);
  measure("map-remove", map, n, map_remove);
  tl_release(list);
  tl_release(map);
}

/* ---- one field of one row: block, commit and the patch ---- */

static void one_field(size_t n) {
  tl_value root = root_of(rows(n));
  tl_buf patch = {0};
  tl_buf_grow(&patch, 4096);
  begin();
  for (unsigned i = 0; i < OPERATIONS; i++) {
    tl_draft *d = tl_draft_begin(root);
    tl_dnode *row = tl_dnode_at(items_of(d), tl_rng_below(&chance, (uint32_t)n)).node;
    tl_dnode_put(row, "done", 4, tl_bool(true));
    tl_value next = tl_draft_finish(d);
    tl_buf_clear(&patch);
    tl_diff(root, next, NULL, &patch);
    tl_release(next);
  }
  end("row-field", n, OPERATIONS);
  tl_buf_free(&patch);
  tl_release(root);
}

/* ---- a text that grows in small pieces, each in a block of its own, with its patch; and the page that follows ---- */

enum { PIECE = 256, VERSIONS = 16 };

static size_t heap(void) {
  struct mallinfo2 m = mallinfo2();
  return m.uordblks + m.hblkhd;
}

static tl_value append_piece(tl_value root, const char *piece) {
  tl_draft *d = tl_draft_begin(root);
  tl_dnode_append(tl_dnode_get(tl_draft_root(d), "Job", 3).node, "text", 4, piece, PIECE);
  return tl_draft_finish(d);
}

/* From nothing to that many pieces. As a host does, it keeps the last versions for a client that comes back. Percent of
 * the text's bytes that are in use at the end. */
static size_t grow_text(size_t pieces, const char *piece, tl_buf *patch) {
  size_t before = heap();
  tl_value kept[VERSIONS] = {{{0}}}, root = map1("Job", map1("text", text("")));
  for (size_t i = 0; i < pieces; i++) {
    tl_value next = append_piece(root, piece);
    tl_buf_clear(patch);
    tl_diff(root, next, NULL, patch);
    tl_release(kept[i % VERSIONS]);
    kept[i % VERSIONS] = root;
    root = next;
  }
  size_t percent = (heap() - before) * 100 / (pieces * PIECE);
  for (size_t i = 0; i < VERSIONS; i++) tl_release(kept[i]);
  tl_release(root);
  return percent;
}

static void follow_text(size_t pieces, const char *piece) {
  tl_entry plus = {text("$"), tl_list((tl_value[]){text("+"), tl_string(piece, PIECE)}, 2)};
  tl_value patch = map1("Job", map1("text", tl_map(&plus, 1))), page = map1("Job", map1("text", text(""))), next;
  for (size_t i = 0; i < pieces; i++) {
    tl_patch_apply(page, patch, &next, NULL);
    tl_release(page);
    page = next;
  }
  tl_release(page);
  tl_release(patch);
}

/* Small texts often enough that what is done only once does not count. */
static void growing_text(size_t n) {
  char piece[PIECE];
  size_t percent = 0, pieces = n / PIECE, rounds = n < 1000000 ? 1000000 / n : 1;
  tl_buf patch = {0};
  memset(piece, 'x', sizeof piece);
  tl_buf_grow(&patch, 4096);
  begin();
  for (size_t i = 0; i < rounds; i++) percent = grow_text(pieces, piece, &patch);
  end("append-piece", n, (unsigned)(pieces * rounds));
  begin();
  for (size_t i = 0; i < rounds; i++) follow_text(pieces, piece);
  end("append-apply", n, (unsigned)(pieces * rounds));
  printf("append-percent %zu %zu\n", n, percent);
  tl_buf_free(&patch);
}

/* A program that assigns the whole text with a piece more: that copies, but the versions and the patch stay small. */
static void assign_text(size_t n) {
  enum { TIMES = 4 };
  char *s = tl_alloc(n + (TIMES + 1) * PIECE);
  memset(s, 'x', n + (TIMES + 1) * PIECE);
  tl_value root = map1("Job", map1("text", tl_string(s, n))), next;
  tl_buf patch = {0};
  for (unsigned i = 0; i <= TIMES; i++) {
    if (i == 1) begin(); /* the first makes the room */
    tl_draft *d = tl_draft_begin(root);
    tl_dnode_put(tl_dnode_get(tl_draft_root(d), "Job", 3).node, "text", 4, tl_string(s, n + (i + 1) * PIECE));
    next = tl_draft_finish(d);
    tl_diff(root, next, NULL, &patch);
    tl_release(root);
    root = next;
  }
  end("append-assign", n, TIMES);
  tl_buf_free(&patch);
  tl_free(s);
  tl_release(root);
}

/* ---- a thousand tabs on one default root ---- */

static void tabs(size_t n) {
  enum { TABS = 1000 };
  static tl_draft *drafts[TABS];
  static tl_value roots[TABS];
  tl_entry job[] = {{text("counter"), tl_int(0)}, {text("items"), rows(n)}};
  tl_value root = map1("Job", tl_map(job, 2));
  size_t before = heap(), blocks = tl_mem_live();
  for (unsigned i = 0; i < TABS; i++) drafts[i] = tl_draft_begin(root);
  printf("drafts-bytes %zu %zu\n", n, (heap() - before) / TABS);
  printf("drafts-blocks %zu %zu\n", n, (tl_mem_live() - blocks) / TABS);
  /* Then each writes a var of its own and one row, and commits: the rest stays shared. */
  for (unsigned i = 0; i < TABS; i++) {
    tl_dnode *vars = tl_dnode_get(tl_draft_root(drafts[i]), "Job", 3).node;
    tl_dnode_put(vars, "counter", 7, tl_int(i));
    tl_dnode *row = tl_dnode_at(tl_dnode_get(vars, "items", 5).node, tl_rng_below(&chance, (uint32_t)n)).node;
    tl_dnode_put(row, "done", 4, tl_bool(true));
    roots[i] = tl_draft_commit(drafts[i]);
  }
  printf("written-drafts-bytes %zu %zu\n", n, (heap() - before) / TABS);
  for (unsigned i = 0; i < TABS; i++) tl_draft_rollback(drafts[i]);
  printf("written-roots-bytes %zu %zu\n", n, (heap() - before) / TABS);
  for (unsigned i = 0; i < TABS; i++) tl_release(roots[i]);
  printf("tabs-left-blocks %zu %zu\n", n, tl_mem_live() - blocks);
  tl_release(root);
}

int main(void) {
  setvbuf(stdout, NULL, _IOFBF, 1 << 16); /* no allocation by stdio between two looks at the heap */
  begin();
  end("empty", 0, 1);
  for (size_t n = 100; n <= 1000000; n *= 10) containers(n);
  for (size_t n = 1000; n <= 1000000; n *= 10) one_field(n);
  for (size_t n = 10000; n <= 10000000; n *= 10) {
    growing_text(n);
    assign_text(n);
  }
  for (size_t n = 1000; n <= 10000; n *= 10) tabs(n);
  return 0;
}
