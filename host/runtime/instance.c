/* instance.c: see instance.h. An event id is kept while it is open, so a page load costs its name and a few words. */
#include "runtime/instance.h"

#include <string.h>

#include "base/mem.h"

static void free_instance(tl_instance *one) {
  tl_free(one->name);
  tl_free(one->path);
  tl_free(one->open);
  tl_free(one->gaps);
  *one = (tl_instance){0};
}

void tl_instances_free(tl_instances *all) {
  free_instance(&all->now);
  for (unsigned i = 0; i < all->before_n; i++) free_instance(&all->before[i]);
  tl_free(all->before);
}

static bool named(const tl_instance *one, const char *name) { return one->name && !strcmp(one->name, name); }

bool tl_instance_is(const tl_instances *all, const char *name) { return named(&all->now, name); }

/* The oldest is forgotten when there is no room. */
static void put_before(tl_instances *all, tl_instance one) {
  if (!all->before) all->before = tl_calloc(TL_INSTANCES * sizeof *all->before);
  if (all->before_n == TL_INSTANCES) {
    free_instance(&all->before[0]);
    memmove(all->before, all->before + 1, --all->before_n * sizeof *all->before);
  }
  all->before[all->before_n++] = one;
}

/* False: it is not known. */
static bool take_before(tl_instances *all, const char *name, tl_instance *out) {
  for (unsigned i = 0; i < all->before_n; i++) {
    if (!named(&all->before[i], name)) continue;
    *out = all->before[i];
    memmove(all->before + i, all->before + i + 1, (--all->before_n - i) * sizeof *all->before);
    return true;
  }
  return false;
}

void tl_instance_begin(tl_instances *all, const char *name) {
  tl_instance next;
  if (!take_before(all, name, &next)) next = (tl_instance){.name = tl_strndup(name, strlen(name)), .no = ++all->count};
  if (all->now.name) put_before(all, all->now);
  all->now = next;
}

static const tl_instance *find(const tl_instances *all, const char *name) {
  if (named(&all->now, name)) return &all->now;
  for (unsigned i = 0; i < all->before_n; i++)
    if (named(&all->before[i], name)) return &all->before[i];
  return NULL;
}

static tl_gap *copy_gaps(const tl_instance *one) {
  if (!one->gaps) return NULL;
  tl_gap *copy = tl_calloc(TL_GAPS * sizeof *copy);
  memcpy(copy, one->gaps, one->gaps_n * sizeof *copy);
  return copy;
}

void tl_instance_copy(tl_instances *to, const tl_instances *from, const char *name) {
  const tl_instance *known = find(from, name);
  if (!known) return;
  put_before(to, (tl_instance){.name = tl_strndup(name, strlen(name)),
                               .path = known->path ? tl_strndup(known->path, strlen(known->path)) : NULL,
                               .no = ++to->count,
                               .highest = known->highest,
                               .gaps = copy_gaps(known),
                               .gaps_n = known->gaps_n});
}

void tl_instance_move(tl_instances *all, const char *path, size_t n) {
  char *copy = tl_strndup(path, n); /* path may be what is there */
  tl_free(all->now.path);
  all->now.path = copy;
}

/* ---- events ---- */

static uint64_t *open_event(const tl_instance *one, uint64_t id) {
  for (unsigned i = 0; i < one->open_n; i++)
    if (one->open[i] == id) return &one->open[i];
  return NULL;
}

static void add_open(tl_instance *one, uint64_t id) {
  if (one->open_n == one->open_cap) {
    one->open_cap = one->open_cap ? 2 * one->open_cap : 4;
    one->open = tl_realloc(one->open, one->open_cap * sizeof *one->open);
  }
  one->open[one->open_n++] = id;
}

/* The page's connection loses nothing before its end, so ids come without gaps, but for those that the page gave up.
 * What does lose one must not make it count as ended. */
static void drop_gap(tl_instance *one, unsigned i) {
  memmove(one->gaps + i, one->gaps + i + 1, (--one->gaps_n - i) * sizeof *one->gaps);
}

static void add_gap(tl_instance *one, uint64_t from, uint64_t to) {
  if (from > to || to - from >= TL_PAGE_KEEPS) return;
  if (!one->gaps) one->gaps = tl_calloc(TL_GAPS * sizeof *one->gaps);
  if (one->gaps_n == TL_GAPS) drop_gap(one, 0);
  one->gaps[one->gaps_n++] = (tl_gap){from, to};
}

/* False: it is in none. */
static bool take_from_gap(tl_instance *one, uint64_t id) {
  for (unsigned i = 0; i < one->gaps_n; i++) {
    tl_gap gap = one->gaps[i];
    if (id < gap.from || id > gap.to) continue;
    drop_gap(one, i);
    add_gap(one, gap.from, id - 1);
    add_gap(one, id + 1, gap.to);
    return true;
  }
  return false;
}

tl_event_seen tl_instance_see(tl_instances *all, uint64_t id) {
  tl_instance *one = &all->now;
  if (id > one->highest) {
    add_gap(one, one->highest + 1, id - 1);
    one->highest = id;
  } else if (!take_from_gap(one, id)) {
    return open_event(one, id) ? TL_EVENT_OPEN : TL_EVENT_ENDED;
  }
  add_open(one, id);
  return TL_EVENT_NEW;
}

void tl_instance_end(tl_instances *all, uint64_t no, uint64_t id) {
  tl_instance *one = &all->now;
  for (unsigned i = 0; one->no != no && i < all->before_n; i++) one = &all->before[i];
  uint64_t *event = one->no == no ? open_event(one, id) : NULL;
  if (event) *event = one->open[--one->open_n];
}

uint64_t tl_instance_last(const tl_instances *all) {
  uint64_t last = all->now.highest;
  for (unsigned i = 0; i < all->now.open_n; i++)
    if (all->now.open[i] <= last) last = all->now.open[i] - 1;
  for (unsigned i = 0; i < all->now.gaps_n; i++)
    if (all->now.gaps[i].from <= last) last = all->now.gaps[i].from - 1;
  return last;
}

bool tl_instance_busy(const tl_instances *all) {
  bool busy = all->now.open_n;
  for (unsigned i = 0; i < all->before_n; i++) busy = busy || all->before[i].open_n;
  return busy;
}
