/* draft_model_spec.c: drafts against the model, by chance: after each step the root, and every so often all that is
 * held, must be as the model says. */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "model.h"

/* The model goes first: it looks up what live nodes in an argument mean now. */
#define AGREE(model_call, draft_call) \
  do {                                \
    tl_dstatus want = model_call;     \
    CHECK(draft_call == want);        \
  } while (0)

typedef struct game {
  model_world w;
  tl_draft *d;
  tl_rng r;
  unsigned long ops;
} game;

static unsigned below(game *g, size_t n) { return tl_rng_below(&g->r, (uint32_t)n); }

static int free_handle(game *g) {
  int h = (int)below(g, MODEL_HANDLES);
  for (int k = 0; k < MODEL_HANDLES; k++, h = (h + 1) % MODEL_HANDLES)
    if (!g->w.held[h]) return h;
  tl_handle_unbind(&g->w.handles[h]);
  g->w.held[h] = NULL;
  return h;
}

static int hold(game *g, tl_dnode *n, model *m) {
  int h = free_handle(g);
  g->w.held[h] = m;
  g->w.moved[h] = false;
  tl_handle_bind(&g->w.handles[h], n);
  return h;
}

/* A handle that is in use; the root's when there is no other. */
static int some_handle(game *g) {
  for (int tries = 0; tries < 12; tries++) {
    int h = (int)below(g, MODEL_HANDLES);
    if (g->w.held[h]) return h;
  }
  return hold(g, tl_draft_root(g->d), g->w.root);
}

static const char *random_name(game *g, char key[32]) {
  snprintf(key, 32, below(g, 6) ? "k%u" : "a key longer than fourteen %u", below(g, below(g, 5) ? 6 : 60));
  return key;
}

static tl_value plain_value(game *g) {
  if (below(g, 8) == 0) return tl_list(NULL, 0);
  return spec_random_value(&g->r, (int)below(g, 4));
}

/* Something to assign: plain, live, or with live things in it. */
static tl_value argument(game *g, int depth) {
  unsigned kind = below(g, 10);
  if (kind < 4 || depth == 0) return plain_value(g);
  if (kind < 8) return tl_draft_value(g->w.handles[some_handle(g)].node);
  tl_entry e[4];
  tl_value v[4];
  char key[32];
  unsigned n = 1 + below(g, 4);
  for (unsigned i = 0; i < n; i++) {
    v[i] = argument(g, depth - 1);
    random_name(g, key);
    e[i] = (tl_entry){tl_string(key, strlen(key)), v[i]};
  }
  if (kind == 8) return tl_map(e, n);
  for (unsigned i = 0; i < n; i++) tl_release(e[i].key);
  return tl_list(v, n);
}

static void look(game *g, int h) {
  tl_dnode *n = g->w.handles[h].node;
  model *m = g->w.held[h];
  if (m->n == 0) return;
  size_t i = below(g, m->n);
  tl_value key = tl_nil();
  tl_slot slot = m->kind == TL_LIST ? tl_dnode_at(n, i) : tl_dnode_entry(n, i, &key);
  CHECK(slot.found && !slot.node == !m->items[i].child);
  if (m->kind == TL_MAP) CHECK(tl_equal(key, m->items[i].key));
  tl_release(key);
  if (!slot.node) {
    CHECK(spec_same_kind(slot.v, m->items[i].scalar));
    return;
  }
  for (int k = 0; k < MODEL_HANDLES; k++)
    if (g->w.held[k] == m->items[i].child) CHECK(g->w.handles[k].node == slot.node);
  hold(g, slot.node, m->items[i].child);
}

static void step_list(game *g, int h) {
  tl_dnode *n = g->w.handles[h].node;
  model *m = g->w.held[h], *gone = NULL;
  size_t i = below(g, m->n + 2);
  tl_slot out = {0};
  tl_value v;
  switch (below(g, 5)) {
  case 0:
    v = argument(g, 2);
    n = g->w.handles[h].node; /* making the argument may have let go of it */
    if (!n) break;
    AGREE(model_insert(&g->w, m, i, v), tl_dnode_insert(n, i, v));
    break;
  case 1:
    AGREE(model_remove(&g->w, m, i, &gone), tl_dnode_remove(n, i, below(g, 2) ? &out : NULL));
    if (out.node)
      hold(g, out.node, gone);
    else
      tl_release(out.v);
    break;
  default:
    v = argument(g, 2);
    n = g->w.handles[h].node;
    if (!n) break;
    AGREE(model_set(&g->w, m, i, v), tl_dnode_set_at(n, i, v));
  }
}

static void step_map(game *g, int h) {
  char key[32];
  random_name(g, key);
  tl_dnode *n = g->w.handles[h].node;
  model *m = g->w.held[h];
  if (below(g, 4) == 0) {
    AGREE(model_del(&g->w, m, key, strlen(key)), tl_dnode_del(n, key, strlen(key)));
    return;
  }
  tl_value v = argument(g, 2);
  n = g->w.handles[h].node;
  if (n) AGREE(model_put(&g->w, m, key, strlen(key), v), tl_dnode_put(n, key, strlen(key), v));
}

static void swap(game *g, int h) {
  model *m = g->w.held[h];
  tl_dnode *n = g->w.handles[h].node;
  if (m->kind != TL_LIST || m->n < 2) return;
  size_t i = below(g, m->n), k = below(g, m->n);
  tl_slot a = tl_dnode_at(n, i), b = tl_dnode_at(n, k);
  if (!a.node || !b.node || i == k) return;
  int ha = hold(g, a.node, m->items[i].child), hb = hold(g, b.node, m->items[k].child);
  if (g->w.held[h] != m || ha == hb) return; /* there were too few handles */
  const model *ma = g->w.held[ha], *mb = g->w.held[hb];
  bool first = below(g, 2), elsewhere = ma->twin || mb->twin; /* then it follows that copy */
  for (int turn = 0; turn < 2; turn++) {
    bool which = first == (turn == 0);
    tl_value v = tl_draft_value(g->w.handles[which ? ha : hb].node);
    AGREE(model_set(&g->w, m, which ? k : i, v), tl_dnode_set_at(n, which ? k : i, v));
  }
  if (!elsewhere && g->w.held[ha]->parent == m && g->w.held[hb]->parent == m)
    CHECK(g->w.held[ha] == m->items[k].child && g->w.held[hb] == m->items[i].child);
}

static void permute(game *g, int h) {
  model *m = g->w.held[h];
  if (m->kind != TL_LIST) return;
  size_t *from = malloc((m->n + 1) * sizeof *from), n = m->n, some = below(g, n + 1);
  for (size_t i = 0; i < n; i++) from[i] = i;
  for (size_t i = 0; i + 1 < some; i++) {
    size_t k = i + below(g, some - i), x = from[i];
    from[i] = from[k];
    from[k] = x;
  }
  model_permute(&g->w, m, from);
  CHECK(tl_dnode_permute(g->w.handles[h].node, from) == TL_D_OK);
  free(from);
}

/* Strings in place of what lies there now and then, so that there is something to append to. */
static void append(game *g, int h) {
  char piece[200];
  model *m = g->w.held[h];
  tl_dnode *n = g->w.handles[h].node;
  size_t i = below(g, m->n + 1), len = below(g, below(g, 3) ? 20 : sizeof piece);
  memset(piece, 'a' + (int)below(g, 26), sizeof piece);
  memcpy(piece, &g->ops, sizeof g->ops); /* each another text: to assign an equal one is no write for the model */
  if (m->kind == TL_LIST && i < m->n && below(g, 4) == 0) {
    tl_value v = tl_string(piece, len);
    AGREE(model_set(&g->w, m, i, v), tl_dnode_set_at(n, i, v));
  }
  for (unsigned times = 1 + below(g, 4); times > 0; times--) {
    if (m->kind == TL_LIST || i == m->n) {
      tl_dstatus want = m->kind == TL_LIST ? model_append(m, i, piece, len) : TL_D_KIND;
      CHECK(tl_dnode_append_at(n, i, piece, len) == want);
      continue;
    }
    size_t key_len;
    tl_value own = tl_retain(m->items[i].key);
    const char *key = tl_string_bytes(&own, &key_len);
    AGREE(model_append(m, i, piece, len), tl_dnode_append(n, key, key_len, piece, len));
    tl_release(own);
  }
}

/* Enough elements for branches, some of them containers. */
static void fill(game *g, int h) {
  tl_dnode *n = g->w.handles[h].node;
  model *m = g->w.held[h];
  unsigned count = 20 + below(g, 60);
  size_t i = below(g, 2) ? m->n : below(g, m->n + 1);
  if (model_size(g->w.root) > 400) return;
  for (unsigned k = 0; k < count; k++) {
    tl_value v = below(g, 3) ? tl_int(k) : spec_random_value(&g->r, 2);
    char key[32];
    if (m->kind == TL_LIST) {
      model_insert(&g->w, m, i, v);
      tl_dnode_insert(n, i, v);
    } else {
      random_name(g, key);
      model_put(&g->w, m, key, strlen(key), v);
      tl_dnode_put(n, key, strlen(key), v);
    }
  }
}

static void empty(game *g, int h) {
  model_clear(&g->w, g->w.held[h]);
  CHECK(tl_dnode_clear(g->w.handles[h].node) == TL_D_OK);
}

static void step(game *g) {
  int h = some_handle(g);
  unsigned what = below(g, 100);
  g->ops++;
  if (model_size(g->w.root) > 800) {
    h = hold(g, tl_draft_root(g->d), g->w.root);
    empty(g, h);
  } else if (model_size(g->w.held[h]) > 800)
    empty(g, h);
  else if (what < 30)
    look(g, h);
  else if (what < 38)
    swap(g, h);
  else if (what < 42)
    permute(g, h);
  else if (what < 44)
    fill(g, h);
  else if (what < 50)
    append(g, h);
  else if (what < 52 && below(g, 4) == 0)
    empty(g, h);
  else if (what < 58) {
    tl_handle_unbind(&g->w.handles[h]);
    g->w.held[h] = NULL;
  } else if (g->w.held[h]->kind == TL_LIST && !(g->w.held[h]->fluid && what < 76))
    step_list(g, h);
  else
    step_map(g, h);
}

static void check_root(game *g) {
  tl_value now = tl_draft_peek(g->d);
  CHECK(model_is(g->w.root, now));
  tl_release(now);
}

static void check_handles(game *g) {
  for (int h = 0; h < MODEL_HANDLES; h++) {
    if (!g->w.held[h]) continue;
    tl_dnode *n = g->w.handles[h].node;
    tl_value v = tl_dnode_value(n);
    CHECKF(model_is(g->w.held[h], v), "handle %d after %lu steps", h, g->ops);
    CHECK(tl_dnode_attached(n) == model_attached(&g->w, g->w.held[h]));
    CHECK(tl_dnode_kind(n) == (tl_kind)g->w.held[h]->kind && tl_dnode_fluid(n) == g->w.held[h]->fluid);
    for (int k = 0; k < h; k++)
      if (g->w.held[k]) CHECK((g->w.held[k] == g->w.held[h]) == (g->w.handles[k].node == n));
    tl_release(v);
  }
}

/* After the end: dead, not writable, and reading what it should. */
static void check_dead(game *g, bool kept) {
  for (int h = 0; h < MODEL_HANDLES; h++) {
    const model *m = g->w.held[h];
    if (!m) continue;
    tl_dnode *n = g->w.handles[h].node;
    CHECK(!tl_dnode_live(n) && tl_dnode_clear(n) == TL_D_DEAD && tl_dnode_put(n, "x", 1, tl_int(1)) == TL_D_DEAD);
    tl_value v = tl_dnode_value(n);
    if (kept || m->fresh)
      CHECK(model_is(m, v) || g->w.moved[h]);
    else
      CHECK(m->base.kind == TL_NIL || spec_same_kind(m->base, v) || g->w.moved[h]);
    tl_release(v);
    tl_handle_unbind(&g->w.handles[h]);
    g->w.held[h] = NULL;
  }
}

static void play(uint64_t seed, unsigned steps) {
  game g = {.ops = 0};
  tl_rng_seed(&g.r, seed);
  tl_value root = spec_random_map(&g.r, 4, 6), committed = tl_retain(root);
  g.d = tl_draft_begin(root);
  model_begin(&g.w, root);
  for (unsigned i = 0; i < steps; i++) {
    step(&g);
    if (below(&g, 4) == 0) check_root(&g);
    if (below(&g, 16) == 0) check_handles(&g);
    if (below(&g, 60) == 0) {
      tl_release(committed);
      committed = tl_draft_commit(g.d);
      CHECK(model_is(g.w.root, committed) && !tl_draft_changed(g.d));
      CHECK(tl_draft_bytes(g.d) == tl_bytes(committed));
      model_commit(&g.w);
    }
  }
  check_handles(&g);
  bool keep = below(&g, 2);
  if (keep) {
    tl_value last = tl_draft_finish(g.d);
    CHECK(model_is(g.w.root, last));
    tl_release(last);
  } else {
    tl_draft_rollback(g.d);
  }
  check_dead(&g, keep);
  model_end(&g.w);
  tl_release(committed);
  tl_release(root);
}

void spec_draft_model(void) {
  unsigned rounds = spec_rounds(1000);
  for (unsigned i = 0; i < rounds; i++) {
    size_t before = tl_mem_live();
    play(spec_seed * 1000003 + i, 20 + i % 280);
    if (!CHECKF(tl_mem_live() == before, "round %u leaves %zu blocks", i, tl_mem_live() - before)) return;
  }
}
