/* origin.c: see origin.h. Owns the names of files (of the VM) and what is kept of tasks that have started others. */
#include "lua/origin.h"

#include <string.h>

#include "base/mem.h"
#include "base/pool.h"
#include "lua/convert.h"
#include "lua/inner.h"

enum { FILES = 1000, ANCESTORS = 8 }; /* so many are known; of more, the last */
enum { WORDS = 4096 };                /* bytes; tasks may hand an error on to each other without end */

struct tl__ancestor {
  unsigned refs;
  bool cut; /* it had ancestors that are forgotten */
  uint64_t id;
  const tl_handler *handler;
  char *name; /* owned; NULL: the handler's */
  tl__origin origin;
};

/* ---- spots ---- */

static uint32_t add_file(tl__spots *s, const char *name) {
  if (s->n == s->cap) {
    s->cap = s->cap ? 2 * s->cap : 8;
    s->names = tl_realloc(s->names, s->cap * sizeof *s->names);
  }
  memcpy(s->names[s->n], name, strlen(name) + 1);
  return s->n++;
}

static uint32_t file_number(tl_lua *S, const char *name) {
  tl__spots *s = &S->spots;
  if (!s->n) add_file(s, "?"); /* number 0: of chunks with names of their own, without end */
  for (uint32_t i = 1; i < s->n; i++)
    if (!strcmp(s->names[i], name)) return i;
  return s->n < FILES ? add_file(s, name) : 0;
}

tl__spot tl__spot_of(lua_State *L) {
  lua_Debug ar;
  for (int level = 1; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "Sl", &ar);
    if (ar.currentline > 0 && strncmp(ar.source, "=tidelock.", 10))
      return (tl__spot){file_number(tl_lua_of(L), ar.short_src), ar.currentline};
  }
  return (tl__spot){0};
}

const char *tl__spot_file(const tl_lua *S, tl__spot at) { return S->spots.names[at.file]; }

/* ---- ancestors ---- */

static void let_go(tl__ancestor *a) {
  while (a && !--a->refs) {
    tl__ancestor *next = a->origin.by;
    tl_free(a->name);
    tl_free_sized(a, sizeof *a);
    a = next;
  }
}

/* A task that starts its like for ever would grow a chain. */
static void bound(tl__ancestor *a) {
  for (int n = 1; n < ANCESTORS && a; n++) a = a->origin.by;
  if (!a || !a->origin.by) return;
  let_go(a->origin.by);
  a->origin.by = NULL;
  a->cut = true;
}

static tl__ancestor *ancestor_of(tl_task *t) { /* borrowed: the task keeps it */
  if (t->ancestor) return t->ancestor;
  tl__ancestor *a = t->ancestor = tl_alloc_sized(sizeof *a);
  *a = (tl__ancestor){.refs = 1, .id = t->id, .handler = t->handler, .origin = t->origin};
  if (t->name) a->name = tl_strndup(t->name, strlen(t->name));
  if (a->origin.by) a->origin.by->refs++;
  if (t->event) a->origin.event = t->event;
  bound(a);
  return a;
}

void tl__origin_set(tl_task *t, tl_task *by, tl__spot at) {
  t->origin.at = at;
  if (!by || by == t->S->root_task) return;
  t->origin.by = ancestor_of(by);
  t->origin.by->refs++;
}

void tl__origin_end(tl_task *t) {
  let_go(t->ancestor);
  let_go(t->origin.by);
  t->ancestor = NULL;
  t->origin.by = NULL;
}

/* ---- in words ---- */

static void add_spot(tl_buf *out, const tl_lua *S, tl__spot at) {
  tl_buf_printf(out, " at %s:%d", tl__spot_file(S, at), at.line);
}

static const char *name_of(const tl__ancestor *a) { return a->name ? a->name : a->handler ? a->handler->name : "task"; }

/* Where the function of a handler begins; nothing for those of the host. */
static void add_begin(tl_buf *out, const tl_lua *S, const tl_handler *h) {
  lua_Debug ar;
  if (!lua_checkstack(S->L, 1)) return;
  tl_handler_push(S->L, h);
  lua_getinfo(S->L, ">S", &ar);
  if (ar.linedefined > 0) tl_buf_printf(out, ", which begins at %s:%d", ar.short_src, ar.linedefined);
}

static void add_how(tl_buf *out, const tl_lua *S, const tl__origin *o) {
  if (o->at.line) add_spot(out, S, o->at);
  if (!o->by) {
    if (o->event) tl_buf_printf(out, " by event %llu of the page", (unsigned long long)o->event);
    return;
  }
  const tl__ancestor *a = o->by;
  tl_buf_printf(out, " by task %llu %s", (unsigned long long)a->id, name_of(a));
  if (!o->at.line && a->handler) add_begin(out, S, a->handler);
}

static bool known(const tl__origin *o) { return o->by || o->at.line || o->event; }

void tl__origin_words(const tl_task *t, tl_buf *out) {
  enum { TOKEN_SHOWN = 6 }; /* the whole would let in whoever reads it */
  tl__origin o = t->origin;
  if (t->event) o.event = t->event;
  tl_buf_printf(out, "task %llu %s", (unsigned long long)t->id, tl__task_name(t));
  if (t->token[0]) tl_buf_printf(out, " of the tab %.*s...", TOKEN_SHOWN, t->token);
  if (t->waited.line) {
    tl_buf_printf(out, "\n\twaited last in %s", t->waited_in);
    add_spot(out, t->S, t->waited);
  }
  if (known(&o)) {
    tl_buf_puts(out, "\n\twas started");
    add_how(out, t->S, &o);
  }
  for (const tl__ancestor *a = o.by; a; a = a->origin.by) {
    if (a->cut) tl_buf_puts(out, "\n\tand so on");
    if (a->cut || !known(&a->origin)) return;
    tl_buf_puts(out, "\n\twhich was started");
    add_how(out, t->S, &a->origin);
  }
}

/* The registry's table of the trace on top is that of another error: of a lack of memory no message handler hears. */
static void begin_trace(lua_State *L, int err) {
  lua_pushvalue(L, err);
  lua_rawseti(L, -2, 1);
  for (int i = 2; i <= 3; i++) {
    lua_pushnil(L);
    lua_rawseti(L, -2, i);
  }
}

void tl__origin_tell(lua_State *L, const tl_task *t, int err) {
  luaL_checkstack(L, 8, NULL);
  tl_buf *text = tl__push_buf(L);
  tl__reg(L, &tl__key_trace);
  lua_rawgeti(L, -1, 1);
  bool seen = lua_rawequal(L, -1, err);
  lua_pop(L, 1);
  if (!seen) begin_trace(L, err);
  if (lua_rawgeti(L, -1, 3) == LUA_TSTRING) tl_buf_printf(text, "%s\n", lua_tostring(L, -1));
  if (text->len < WORDS)
    tl__origin_words(t, text);
  else
    text->len--; /* the line's end: what there is says enough */
  lua_pushlstring(L, text->data, text->len);
  lua_rawseti(L, -3, 3);
  lua_pop(L, 3);
}
