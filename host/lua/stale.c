/* stale.c: see stale.h. What a task has read hangs on the task, newest first; what it has lost waits there until the
 * block is committed. */
#include "lua/stale.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"

enum { MOST = 64 }; /* reads a task: what a walk over a big map has read is of no use to anybody */

struct tl__read {
  tl__read *next;
  const tl_cell *cell; /* only compared */
  const tl_var *var;
  char *path;    /* NULL: the var itself */
  tl_value seen; /* reference */
  bool inside;   /* in a block of its own ... */
  bool fresh;    /* ... which has not ended: nobody else can write */
  char place[TL_WHERE];
};

struct tl__lost {
  tl__lost *next;
  char *path, *task;
  char read[TL_WHERE], write[TL_WHERE];
};

/* ---- reads ---- */

static void read_free(tl__read *r) {
  tl_free(r->path);
  tl_release(r->seen);
  tl_free(r);
}

static bool is_same(const tl__read *r, const tl_cell *c, const tl_var *v, const char *path) {
  if (r->cell != c || r->var != v) return false;
  return r->path && path ? !strcmp(r->path, path) : r->path == path;
}

static tl__read **find(tl_task *t, const tl_cell *c, const tl_var *v, const char *path) {
  tl__read **at = &t->reads;
  while (*at && !is_same(*at, c, v, path)) at = &(*at)->next;
  return at;
}

static size_t count(const tl_task *t) {
  size_t n = 0;
  for (const tl__read *r = t->reads; r; r = r->next) n++;
  return n;
}

static void find_place(lua_State *L, char out[TL_WHERE]) {
  lua_Debug ar;
  snprintf(out, TL_WHERE, "?");
  for (int level = 0; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (ar.currentline <= 0) continue;
    snprintf(out, TL_WHERE, "%s:%d", ar.short_src, ar.currentline);
    return;
  }
}

static void note_read(lua_State *L, tl_task *t, const tl_cell *c, const tl_var *v, const char *path, tl_value seen,
                      bool inside) {
  tl__read *r = *find(t, c, v, path);
  if (!r) {
    if (path && count(t) >= MOST) return;
    r = tl_calloc(sizeof *r);
    *r = (tl__read){.next = t->reads, .cell = c, .var = v, .path = path ? tl_strndup(path, strlen(path)) : NULL};
    t->reads = r;
  }
  tl_value old = r->seen;
  r->seen = tl_retain(seen);
  tl_release(old);
  r->inside = r->fresh = inside;
  find_place(L, r->place);
}

void tl__stale_outside(lua_State *L, const tl_cell *c, const tl_var *v, const char *path, tl_value seen) {
  tl_task *t = tl_lua_of(L)->current;
  if (t && t->kind != TL__HANDLER) note_read(L, t, c, v, path, seen, false);
}

void tl__stale_in_block(lua_State *L, const tl_cell *c, const tl_var *v, tl_value seen) {
  tl_task *t = tl_lua_of(L)->current;
  if (t && t->kind != TL__HANDLER && t->hold.held) note_read(L, t, c, v, NULL, seen, true);
}

static void drop(tl__read **at) {
  tl__read *r = *at;
  *at = r->next;
  read_free(r);
}

void tl__stale_inside(tl_task *t, const tl_cell *c, const tl_var *v, const char *path) {
  tl__read **at = find(t, c, v, path);
  if (*at) drop(at);
}

void tl__stale_all(tl_task *t, const tl_cell *c, const tl_var *v) {
  for (tl__read **at = &t->reads; *at;)
    if ((*at)->cell == c && (*at)->var == v)
      drop(at);
    else
      at = &(*at)->next;
}

void tl__stale_computed(tl_task *t, const tl_cell *c, const tl_var *computed,
                        bool (*depends)(const tl_cell *c, const tl_var *computed, const tl_var *base)) {
  for (tl__read **at = &t->reads; *at;)
    if ((*at)->cell == c && depends(c, computed, (*at)->var))
      drop(at);
    else
      at = &(*at)->next;
}

bool tl__stale_below(const tl_task *t) {
  for (const tl__read *r = t->reads; r; r = r->next)
    if (r->path) return true;
  return false;
}

/* ---- what is lost ---- */

static void lost_free(tl__lost *l) {
  for (tl__lost *next; l; l = next) {
    next = l->next;
    tl_free(l->path);
    tl_free(l->task);
    tl_free(l);
  }
}

static char *path_of(const tl__read *r) {
  tl_buf b = {0};
  if (r->path)
    tl_buf_puts(&b, r->path);
  else
    tl_buf_printf(&b, "%s.%s", r->var->cls->name, r->var->name);
  char *out = tl_strndup(tl_buf_cstr(&b), b.len);
  tl_buf_free(&b);
  return out;
}

static void note(lua_State *L, tl_task *t, const tl__read *r) {
  const char *name = tl__task_name(t);
  tl__lost *l = tl_calloc(sizeof *l);
  l->path = path_of(r);
  l->task = tl_strndup(name, strlen(name));
  memcpy(l->read, r->place, sizeof l->read);
  find_place(L, l->write);
  l->next = t->losing;
  t->losing = l;
}

/* ---- a number that is written over itself ---- */

static const char *past_text(const char *at) {
  const char *end = strchr(at + 1, *at);
  return end ? end + 1 : at;
}

/* Behind a constant: a number, a text, true, false, nil, or a name in capitals (LIMIT, Job.LIMIT); else where it
 * begins.
 */
static const char *past_constant(const char *at) {
  static const char *const words[] = {"true", "false", "nil"};
  static const char digits[] = "0123456789", capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  for (size_t i = 0; i < sizeof words / sizeof *words; i++)
    if (!strncmp(at, words[i], strlen(words[i])) && !strspn(at + strlen(words[i]), letters))
      return at + strlen(words[i]);
  if (*at == '"' || *at == '\'') return past_text(at);
  if (*at && strchr("0123456789.", *at)) return at + strspn(at, "0123456789.xXabcdefABCDEF");
  const char *name = at;
  for (const char *end = at + strspn(at, letters); *end == '.'; end = name + strspn(name, letters)) name = end + 1;
  size_t n = strspn(name, letters);
  size_t shouted = 0;
  while (shouted < n && (strchr(capitals, name[shouted]) || strchr(digits, name[shouted]) || name[shouted] == '_'))
    shouted++;
  return n && shouted == n ? name + n : at;
}

/* Behind `name =` in a line of source: is it computed, and not a constant? False, too, where that cannot be told. */
static bool is_computed(const char *line, const char *name) {
  size_t n = strlen(name);
  const char *at = line;
  while ((at = strstr(at, name))) {
    at += n;
    const char *rest = at + strspn(at, " ");
    if (*rest != '=' || rest[1] == '=') continue;
    rest = past_constant(rest + 1 + strspn(rest + 1, " -"));
    rest += strspn(rest, " ");
    return *rest && !strchr("\r\n;-}", *rest) && strncmp(rest, "end", 3);
  }
  return false;
}

static bool is_computed_here(lua_State *L, const char *name) {
  lua_Debug ar;
  int level = 0;
  do {
    if (!lua_getstack(L, level++, &ar)) return false;
    lua_getinfo(L, "Sl", &ar);
  } while (ar.currentline <= 0);
  FILE *f = *ar.source == '@' ? fopen(ar.source + 1, "re") : NULL;
  if (!f) return false;
  char *line = NULL;
  size_t size = 0;
  int number = 0;
  while (number < ar.currentline && getline(&line, &size, f) >= 0) number++;
  bool computed = number == ar.currentline && is_computed(line, name);
  free(line);
  fclose(f);
  return computed;
}

/* Two that count from the same 0 both write 1; but `self.running = false` over false, or a 0 over a 0, loses nothing.
 */
static bool is_lost(lua_State *L, const tl__read *r, tl_value before, tl_value now) {
  if (r->fresh || tl_equal(before, r->seen)) return false;
  if (r->inside) return is_computed_here(L, r->var->name); /* a constant has nothing to do with it */
  if (!tl_equal(before, now)) return true;
  return !r->path && (tl_kind_of(now) == TL_INT || tl_kind_of(now) == TL_FLOAT) && is_computed_here(L, r->var->name);
}

void tl__stale_write(lua_State *L, tl_task *t, const tl_cell *c, const tl_var *v, const char *path, const tl_slot *old,
                     tl_value now) {
  tl__read **at = find(t, c, v, path), *r = *at;
  if (r && tl_kind_of(now) != TL_DRAFT) { /* a node of the draft was read in this block */
    tl_value before = old->node ? tl_dnode_value(old->node) : tl_retain(old->v);
    if (is_lost(L, r, before, now)) note(L, t, r);
    tl_release(before);
  }
  if (path)
    tl__stale_inside(t, c, v, path);
  else
    tl__stale_all(t, c, v);
}

/* ---- the end of a block, of a task ---- */

void tl__stale_left(tl_task *t, bool committed) {
  for (tl__read **at = &t->reads; *at;)
    if ((*at)->fresh && !committed) {
      drop(at);
    } else {
      (*at)->fresh = false;
      at = &(*at)->next;
    }
}

static bool is_known(const tl__lost *list, const tl__lost *l) {
  for (; list; list = list->next)
    if (!strcmp(list->read, l->read) && !strcmp(list->write, l->write) && !strcmp(list->path, l->path)) return true;
  return false;
}

static void report(tl_watch *w, tl__lost *l) {
  tl_log(TL_LOG_WARN,
         "%s: an update was lost: %s read it at %s, it was changed meanwhile, and %s overwrites it without having read "
         "it again; read it inside the block",
         l->path, l->task, l->read, l->write);
  l->next = w->found;
  w->found = l;
}

void tl__stale_end(tl_task *t, bool committed) {
  tl_watch *w = t->S->watch;
  tl__lost *list = t->losing;
  t->losing = NULL;
  for (tl__lost *next; list; list = next) {
    next = list->next;
    list->next = NULL;
    if (w && committed && !is_known(w->found, list))
      report(w, list);
    else
      lost_free(list);
  }
}

void tl__stale_forget(tl_task *t) {
  while (t->reads) drop(&t->reads);
  lost_free(t->losing);
  t->losing = NULL;
}

/* ---- for the host ---- */

void tl_lua_watch(tl_lua *S, bool on) {
  if (S->watch) lost_free(S->watch->found);
  tl_free(S->watch);
  S->watch = on ? tl_calloc(sizeof *S->watch) : NULL;
}

int tl_lua_lost(lua_State *L) { /* -> { { path =, task =, read =, write = }, ... }, oldest first */
  const tl_watch *w = tl_lua_of(L)->watch;
  lua_Integer n = 0;
  for (const tl__lost *l = w ? w->found : NULL; l; l = l->next) n++;
  lua_createtable(L, (int)n, 0);
  for (const tl__lost *l = w ? w->found : NULL; l; l = l->next) {
    const char *const fields[][2] = {{"path", l->path}, {"task", l->task}, {"read", l->read}, {"write", l->write}};
    lua_createtable(L, 0, 4);
    for (size_t i = 0; i < 4; i++) {
      lua_pushstring(L, fields[i][1]);
      lua_setfield(L, -2, fields[i][0]);
    }
    lua_rawseti(L, -2, n--);
  }
  return 1;
}
