/* micro.c: what one operation of host/core costs, by size. `micro [--quick]` prints one JSON object: ns an operation,
 * and the yardstick, a fixed piece of work by which figures of two machines can be compared.
 *
 * Times are of the thread's CPU clock, the best of several batches, so a busy machine disturbs them little. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "core/diff.h"
#include "core/draft.h"
#include "core/json.h"
#include "core/patch.h"

typedef struct world {
  size_t n; /* the size that the operation is measured at */
  uint64_t random;
  tl_value root, other;
  tl_draft *draft;
  tl_dnode *node; /* of the draft: the list, the map */
  tl_buf text;
  uint64_t sum; /* of what was read, so that reading is not left out */
} world;

typedef struct bench {
  const char *name;
  size_t from, to; /* sizes, by tens; 0: without one */
  void (*begin)(world *w);
  void (*run)(world *w);
} bench;

static void fail(const char *what) {
  fprintf(stderr, "micro: %s\n", what);
  exit(1);
}

static size_t any(world *w) {
  w->random = w->random * 6364136223846793005u + 1442695040888963407u;
  return (size_t)((w->random >> 33) * w->n >> 31);
}

static size_t key_of(char *out, size_t i) { return (size_t)snprintf(out, 16, "key%07zu", i); }

/* ---- worlds ---- */

static tl_value list_of(size_t n) {
  tl_value *items = malloc(n * sizeof *items);
  for (size_t i = 0; i < n; i++) items[i] = tl_int((int64_t)i);
  tl_value list = tl_list(items, n);
  free(items);
  return list;
}

static tl_value map_of(size_t n) {
  tl_entry *entries = malloc(n * sizeof *entries);
  char key[16];
  for (size_t i = 0; i < n; i++) {
    size_t len = key_of(key, i);
    entries[i] = (tl_entry){tl_string(key, len), tl_int((int64_t)i)};
  }
  tl_value map = tl_map(entries, n);
  free(entries);
  return map;
}

static tl_value row_of(size_t i) {
  char title[24];
  size_t len = (size_t)snprintf(title, sizeof title, "Row %zu", i);
  tl_entry fields[] = {{tl_string("done", 4), tl_bool(false)},
                       {tl_string("id", 2), tl_int((int64_t)i)},
                       {tl_string("title", 5), tl_string(title, len)}};
  return tl_map(fields, 3);
}

static tl_value rows_of(size_t n) {
  tl_value *rows = malloc(n * sizeof *rows);
  for (size_t i = 0; i < n; i++) rows[i] = row_of(i);
  tl_value list = tl_list(rows, n);
  free(rows);
  return list;
}

static tl_value root_of(const char *var, tl_value v) { /* {"Bench": {var: v}} */
  tl_entry in[] = {{tl_string(var, strlen(var)), v}};
  tl_entry out[] = {{tl_string("Bench", 5), tl_map(in, 1)}};
  return tl_map(out, 1);
}

static tl_dnode *var_node(tl_draft *d, const char *var) {
  tl_dnode *state = tl_dnode_get(tl_draft_root(d), "Bench", 5).node;
  return var ? tl_dnode_get(state, var, strlen(var)).node : state;
}

static void open_draft(world *w, const char *var, tl_value v) {
  w->root = root_of(var, v);
  w->draft = tl_draft_begin(w->root);
  w->node = var_node(w->draft, var);
}

static void begin_list(world *w) { w->root = list_of(w->n); }
static void begin_map(world *w) { w->root = map_of(w->n); }
static void begin_draft_list(world *w) { open_draft(w, "list", list_of(w->n)); }
static void begin_draft_map(world *w) { open_draft(w, "map", map_of(w->n)); }
static void begin_rows(world *w) { w->root = root_of("rows", rows_of(w->n)); }

static void begin_string(world *w) {
  char *text = malloc(w->n);
  memset(text, 'x', w->n);
  w->root = root_of("text", tl_string(text, w->n));
  free(text);
}

static void read_json(const char *text, size_t n, tl_value *out) {
  tl_json_err err;
  if (tl_json_read(text, n, out, &err)) fail(err.message);
}

static void begin_json(world *w) {
  w->root = rows_of(w->n);
  tl_json_write(&w->text, w->root);
}

static void begin_message(world *w) {
  tl_buf_puts(&w->text, "{\"event\":{\"id\":12345,\"handler\":\"Bench.flip\",\"args\":[421]}}");
}

static void begin_patch(world *w) {
  begin_rows(w);
  tl_buf_printf(&w->text, "{\"Bench\":{\"rows\":{\"$\":[\"list\",[[\"~\",%zu,{\"done\":true}]]]}}}", w->n / 2);
  read_json(w->text.data, w->text.len, &w->other);
}

static void end(world *w) {
  if (w->draft) tl_draft_rollback(w->draft);
  tl_release(w->root);
  tl_release(w->other);
  tl_buf_free(&w->text);
}

/* ---- operations ---- */

static void run_list_read(world *w) { w->sum += (uint64_t)tl_list_at(w->root, any(w)).i; }

static void run_map_read(world *w) {
  char key[16];
  tl_value v = tl_nil();
  tl_map_get(w->root, key, key_of(key, any(w)), &v);
  w->sum += (uint64_t)v.i;
}

static void run_list_set(world *w) { tl_dnode_set_at(w->node, any(w), tl_int((int64_t)w->random)); }

static void run_list_move(world *w) {
  tl_dnode_insert(w->node, any(w), tl_int(1));
  tl_dnode_remove(w->node, any(w), NULL);
}

static void run_map_set(world *w) {
  char key[16];
  size_t len = key_of(key, any(w));
  tl_dnode_put(w->node, key, len, tl_int((int64_t)w->random));
}

static void run_map_move(world *w) {
  char key[16];
  size_t len = key_of(key, any(w));
  tl_dnode_del(w->node, key, len);
  tl_dnode_put(w->node, key, len, tl_int(1));
}

/* Ends the draft, and writes the difference as the sender does. */
static void commit(world *w, tl_draft *d) {
  tl_value root = tl_draft_finish(d);
  tl_diff_opts o = {.public_only = true};
  tl_buf_clear(&w->text);
  if (!tl_diff(w->root, root, &o, &w->text)) fail("no difference");
  tl_release(w->root);
  w->root = root;
}

static void run_row_flip(world *w) {
  tl_draft *d = tl_draft_begin(w->root);
  tl_dnode *row = tl_dnode_at(var_node(d, "rows"), any(w)).node;
  tl_dnode_put(row, "done", 4, tl_bool(!tl_dnode_get(row, "done", 4).v.b));
  commit(w, d);
}

/* Put at the end and taken from the front: a window over a log. */
static void run_rows_append(world *w) {
  tl_draft *d = tl_draft_begin(w->root);
  tl_dnode *rows = var_node(d, "rows");
  tl_dnode_insert(rows, w->n, row_of(w->n));
  tl_dnode_remove(rows, 0, NULL);
  commit(w, d);
}

/* As self.text = self.text .. "12345678" does it; starts anew when it has doubled. */
static void run_string_grow(world *w) {
  tl_draft *d = tl_draft_begin(w->root);
  tl_dnode *state = var_node(d, NULL);
  tl_slot old = tl_dnode_get(state, "text", 4);
  size_t len;
  const char *text = tl_string_bytes(&old.v, &len);
  if (len > 2 * w->n) len = w->n;
  char *grown = malloc(len + 8);
  memcpy(grown, text, len);
  memcpy(grown + len, "12345678", 8);
  tl_dnode_put(state, "text", 4, tl_string(grown, len + 8));
  free(grown);
  commit(w, d);
}

/* As tl.append(self, "text", "12345678") does it; also starts anew. */
static void run_string_piece(world *w) {
  tl_draft *d = tl_draft_begin(w->root);
  tl_dnode *state = var_node(d, NULL);
  tl_slot old = tl_dnode_get(state, "text", 4);
  size_t len;
  const char *text = tl_string_bytes(&old.v, &len);
  if (len > 2 * w->n)
    tl_dnode_put(state, "text", 4, tl_string(text, w->n));
  else
    tl_dnode_append(state, "text", 4, "12345678", 8);
  commit(w, d);
}

static void run_json_read(world *w) {
  tl_value v;
  read_json(w->text.data, w->text.len, &v);
  tl_release(v);
}

static void run_json_write(world *w) {
  tl_buf_clear(&w->text);
  tl_json_write(&w->text, w->root);
}

static void run_patch(world *w) {
  tl_value out;
  tl_buf err = {0};
  if (tl_patch_apply(w->root, w->other, &out, &err)) fail(tl_buf_cstr(&err));
  tl_release(out);
}

/* A thousand dependent steps through a table that fits in the first cache. */
static void run_yardstick(world *w) {
  static uint32_t table[4096];
  uint32_t at = (uint32_t)w->sum;
  if (!table[0])
    for (uint32_t i = 0; i < 4096; i++) table[i] = i * 2654435761u + 12345;
  for (int i = 0; i < 1000; i++) at = at * 31 + table[at & 4095];
  w->sum += at;
}

static void begin_nothing(world *w) { (void)w; }

static const bench benches[] = {
    {"yardstick", 0, 0, begin_nothing, run_yardstick},
    {"list.read", 100, 1000000, begin_list, run_list_read},
    {"list.set", 100, 1000000, begin_draft_list, run_list_set},
    {"list.insert_remove", 100, 1000000, begin_draft_list, run_list_move},
    {"map.read", 100, 1000000, begin_map, run_map_read},
    {"map.set", 100, 1000000, begin_draft_map, run_map_set},
    {"map.remove_insert", 100, 1000000, begin_draft_map, run_map_move},
    {"row.flip_commit_diff", 1000, 1000000, begin_rows, run_row_flip},
    {"rows.append_commit_diff", 1000, 1000000, begin_rows, run_rows_append},
    {"string.append_commit_diff", 100, 1000000, begin_string, run_string_grow},
    {"string.piece_commit_diff", 100, 1000000, begin_string, run_string_piece},
    {"json.read_event", 0, 0, begin_message, run_json_read},
    {"json.read_rows", 100, 10000, begin_json, run_json_read},
    {"json.write_rows", 100, 10000, begin_json, run_json_write},
    {"patch.apply_row", 1000, 1000000, begin_patch, run_patch},
};

/* ---- measuring ---- */

static double cpu_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static double batch(const bench *b, world *w, size_t times) {
  double began = cpu_ns();
  for (size_t i = 0; i < times; i++) b->run(w);
  return (cpu_ns() - began) / (double)times;
}

/* A batch lasts about batch_ns; the best of some, of which the first is to warm up. */
static double best_of(const bench *b, world *w, int batches, double batch_ns) {
  size_t times = 1;
  double best = batch(b, w, times);
  while (best * (double)times < batch_ns / 4 && times < (size_t)1 << 24) best = batch(b, w, times *= 2);
  times = (size_t)(batch_ns / (best + 1)) + 1;
  for (int i = 0; i < batches; i++) {
    double ns = batch(b, w, times);
    if (ns < best) best = ns;
  }
  return best;
}

static void measure(const bench *b, size_t n, bool quick, bool first) {
  world w = {.n = n ? n : 1, .random = 1, .root = tl_nil(), .other = tl_nil()};
  b->begin(&w);
  double ns = best_of(b, &w, quick ? 3 : 7, quick ? 5e6 : 3e7);
  printf(first ? "{" : ",\n ");
  if (n)
    printf("\"%s/%zu\":%.1f", b->name, n, ns);
  else
    printf("\"%s\":%.1f", b->name, ns);
  end(&w);
}

int main(int argc, char **argv) {
  bool quick = argc > 1 && !strcmp(argv[1], "--quick");
  for (size_t i = 0; i < sizeof benches / sizeof *benches; i++) {
    const bench *b = &benches[i];
    for (size_t n = b->from; n <= b->to; n = n ? n * 10 : 1) measure(b, n, quick, i == 0);
  }
  printf("}\n");
  return 0;
}
