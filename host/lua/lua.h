/* lua.h: what the files of host/lua share. The Lua half's state (tl_lua) hangs in the extra space of every Lua thread.
 * Nothing here knows sockets; the runtime plugs itself in by tl_lua_hooks.
 *
 * House rules: a function that can raise holds no C resource that is not owned by a userdata. Only task.c resumes
 * coroutines. Each boundary function tells its stack effect, and whether it raises or yields. */
#ifndef TL_LUA_LUA_H
#define TL_LUA_LUA_H
#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>

#include "core/cell.h"
#include "core/diff.h"

typedef struct tl_lua tl_lua;
typedef struct tl_task tl_task;
typedef struct tl_app tl_app;
typedef struct tl_failure tl_failure; /* host.h */
typedef struct tl_terms tl_terms;     /* options of tl.background (policy.c) */

static inline tl_lua *tl_lua_of(lua_State *L) { return *(tl_lua **)lua_getextraspace(L); }

/* ---- errors (error.c): error values are tables with name, message, traceback; tostring gives "Name: message" ---- */
_Noreturn int tl_raise(lua_State *L, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4))); /* raises; fmt: C's printf. An int: `return tl_raise(...)` */
_Noreturn int tl_raise_saying(lua_State *L, const char *say, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 4, 5))); /* the same; say: words for the person at the page, or NULL */
void tl_push_error(lua_State *L, const char *name, const char *message); /* +1: an error value without traceback */
bool tl_error_is(lua_State *L, int idx, const char *name);
int tl_error_trace(lua_State *L); /* message handler: the error as it is; its traceback is kept for tl_lua_failed */
int tl_error_text(lua_State *L);  /* message handler: the error as text; its tostring may raise, so not after a pcall */
enum { TL_WHERE = LUA_IDSIZE + 16 };
bool tl_where(lua_State *L, int level,
              char out[TL_WHERE]); /* "main.lua:12" of the Lua function at that level; false: none, "?" */

/* ---- the view (view.c): what a `self` is bound to. Siblings of gather share it; get_state gives others of the same
 * view ---- */
typedef struct tl_view {
  unsigned refs;
  tl_cell *cell;     /* reference */
  tl_value snapshot; /* owned: the root at the last refresh; read it by tl_view_root */
  bool loose;        /* its handler has ended: the next read outside takes the snapshot */
  int self;          /* registry: of a tab's handlers, the instance that the last of them was given; else LUA_NOREF */
  struct tl_class *self_class; /* of that instance; NULL: none yet */
} tl_view;
tl_view *tl_view_new(tl_cell *cell);
tl_view *tl_view_of_handlers(tl_cell *cell); /* owned: one for all handlers of the tab, until tl_view_forget */
void tl_view_forget(tl_lua *S, tl_cell *cell);
void tl_view_release(tl_view *v);
void tl_view_refresh(tl_view *v);  /* snapshot = the cell's committed root */
void tl_view_loosen(tl_view *v);   /* holds no root until somebody reads again: a `self` that waits for Lua's collector
                                      must not keep   one alive, for the collector does not see its weight */
tl_value tl_view_root(tl_view *v); /* borrowed: the snapshot */
bool tl_view_inside(lua_State *L,
                    const tl_view *v); /* the running task holds the cell's lock: reads and writes go to cell->draft */
bool tl_cell_inside(lua_State *L, const tl_cell *c);
/* Why a write outside is refused, for the end of an ImmutableStateError's message: "; enter with_state first" */

/* ---- values (convert.c) ---- */
typedef struct tl_place {  /* for error texts: "Job.items[3].title" */
  const char *state, *var; /* var may be NULL */
  tl_dnode *node;          /* container that is written, or NULL: the var itself */
  bool is_public;          /* strings must be UTF-8, integers within 2^53-1 */
  bool is_text;            /* no state but JSON text: strings must be UTF-8, integers may be any */
  int key;                 /* stack index of the key that is written in node, 0: none */
} tl_place;
/* Owned value of the Lua value at idx. Raises SerializationError naming place and path. Tables are copied; proxies give
 * their content (live nodes of the running draft become TL_DRAFT when keep_nodes). No stack change. */
tl_value tl_from_lua(lua_State *L, int idx, const tl_place *place, bool keep_nodes);
void tl_push_plain(lua_State *L, tl_value v); /* +1: containers as plain Lua tables (empty ones keep their kind), null
                                                 inside as tl.null, nil at the top */
void tl_push_boxed(
    lua_State *L,
    tl_value v); /* +1: a userdata that owns a reference to v (released by __gc); for C holders across raises */
tl_value *tl_test_boxed(lua_State *L, int idx); /* NULL: none */

/* ---- classes, handlers, instances (state.c; declared by lua/tidelock/state.lua) ---- */
typedef struct tl_class tl_class;
typedef struct tl_handler {
  char *name; /* "Job.add" */
  tl_class *cls;
  int fn;          /* its Lua function: registry reference */
  tl_terms *terms; /* owned; NULL: none */
  bool background;
  bool offered; /* a page's trigger or tl.expose offers it to clients */
} tl_handler;
tl_app *tl_app_current(lua_State *L); /* NULL: none */
tl_handler *tl_app_handler(tl_app *a, const char *name, size_t len);
void tl_handler_push(lua_State *L, const tl_handler *h); /* +1: its Lua function */
const char *tl_class_name(const tl_class *c);
tl_class *tl_class_at(lua_State *L, int idx); /* of the class (what tl.state returned) at idx; NULL: none */
void tl_state_push(
    lua_State *L, tl_view *v,
    tl_class *c); /* +1: the `self` of a new task (keeps a reference to v, of which there is no other yet) */
void tl_state_push_new(lua_State *L, tl_cell *cell, tl_class *c); /* +1: the same, with a view of its own */
tl_view *tl_state_view(lua_State *L, int idx);                    /* NULL: not a state instance; borrowed */
tl_class *tl_state_class(lua_State *L, int idx);
/* A value that can be entered: a state instance, or a proxy reached by map keys. Pushes nothing. NULL: no such; raises
 * when it was reached through a list position. */
tl_view *tl_enterable(lua_State *L, int idx);
void tl_entered_push(
    lua_State *L,
    int idx); /* +1: what the block's function gets: the instance itself, or the proxy read again inside */

/* An event reference (Job.add, Job.add(5)) is a table whose metatable is marked __tidelock = "event", with the raw
 * fields handler (its name) and args (a table with n; absent: none bound). */
/* +1: the native functions that lua/tidelock/state.lua is built on. Of the host it calls back native.router(self). */
int tl_open_state(lua_State *L);

/* The app: one at a time in a VM. Made before main.lua runs, frozen after. */
tl_app *tl_app_new(lua_State *L);            /* becomes current; its Lua table is reached by native.app_table() */
void tl_app_freeze(lua_State *L, tl_app *a); /* no more declarations; evaluates default computed vars; may raise */
void tl_app_free(lua_State *L, tl_app *a);
tl_value tl_app_default_root(const tl_app *a); /* borrowed; shared by all new tabs */
tl_diff_opts tl_app_diff_opts(const tl_app *a);
size_t *tl_app_state_limit(tl_app *a); /* bytes a tab; 0: none */

/* What self.router has, which nobody can write (readonly.c). Owned: a map of what is in the table; its tables are maps.
 */
tl_value tl_router_value(lua_State *L, int table);
void tl_push_router_value(lua_State *L, int self, const tl_value *v); /* +1: its proxy; self: index of an instance */

/* ---- vars that the browser keeps (stored.c) ---- */
typedef enum tl_keep { TL_KEEP_COOKIE, TL_KEEP_LOCAL, TL_KEEP_SESSION } tl_keep;
typedef struct tl_stored {
  const struct tl_var *var;
  tl_keep keep;
  char *key;     /* under which the browser has it */
  char *options; /* a JSON object: what the page has to know besides */
} tl_stored;
const tl_stored *tl_app_stored(const tl_app *a, size_t *n);      /* in the order of their declaration */
const char *tl_stored_kind(const tl_stored *s);                  /* "cookie", "local", "session" */
void tl_stored_name(const tl_stored *s, char *out, size_t size); /* "Prefs.theme" */
tl_value tl_stored_get(const tl_stored *s, tl_value root);       /* borrowed: what the var is */
tl_value tl_stored_initial(const tl_stored *s);                  /* borrowed */
bool tl_stored_fits(const tl_stored *s, tl_value v);             /* v may come from a browser; null does not */
tl_value tl_stored_put(const tl_stored *s, tl_value root,
                       tl_value v); /* takes over root, borrows v, which fits: owned */

/* ---- computed vars (computed.c) ---- */
/* Called by the holder before a commit's root is published: the owned root with computed vars brought up to date (takes
 * over `root`). Errors of a computed var are logged (and reported by hooks->computed_error), its last value stays;
 * nothing else is held back. Never raises, never yields. */
tl_value tl_computed_commit(lua_State *L, tl_cell *c, tl_value root);
void tl_computed_drop(lua_State *L, tl_cell *c); /* frees the cell's cache */
/* Told of a computed var's error at a commit; c NULL: in the app's defaults, which new tabs have. May not raise. */
typedef void (*tl_computed_error_fn)(void *ctx, tl_cell *c, const tl_failure *f);
void tl_computed_on_error(lua_State *L, tl_computed_error_fn fn, void *ctx); /* for the current app */

#endif
