/* computed.h: inside host/lua: how reads of a computed var's function are traced, and how computed values are had. */
#ifndef TL_LUA_COMPUTED_H
#define TL_LUA_COMPUTED_H
#include "lua/class.h"

/* A trace: the immutable root that a computed function reads, and what it read of it, as a tree of dependencies along
 * the root. It is refcounted: by the cache that keeps it for validation, and by the state instances that were handed to
 * the function. */
typedef struct tl_trace tl_trace;
typedef struct tl_dep tl_dep; /* one container or scalar that was read; owned by its trace */

tl_trace *tl__trace_new(tl_value root, tl_app *app,
                        tl_cell *cell); /* owned, one reference; cell NULL: the app's defaults */
tl_trace *tl__trace_retain(tl_trace *t);
void tl__trace_release(tl_trace *t);
tl_value tl__trace_root(const tl_trace *t); /* borrowed */
tl_cell *tl__trace_cell(const tl_trace *t);
tl_app *tl__trace_app(const tl_trace *t); /* NULL: closed */
void tl__trace_close(tl_trace *t);        /* the function has ended */

/* Reads through a trace, each noted. dep: of the container; NULL: nothing to note (it is depended on as a whole).
 * *child: of what was found. */
bool tl__dep_get(tl_dep *dep, tl_value container, const char *key, size_t len, tl_value *out, tl_dep **child);
bool tl__dep_at(tl_dep *dep, tl_value container, size_t i, tl_value *out, tl_dep **child);
void tl__dep_count(tl_dep *dep);
void tl__dep_whole(tl_dep *dep);
bool tl__trace_var(tl_trace *t, const tl_var *v, tl_value *out,
                   tl_dep **child); /* a base var; false: the root has no such state or var */

bool tl__trace_has(const tl_trace *t, const tl_var *v); /* was this base var read? */
bool tl__trace_holds(tl_trace *t,
                     tl_value root); /* everything that was read is the same in root (computed vars aside) */
void tl__trace_rebase(tl_trace *t, tl_value root); /* after that: lets go of the old parts */

typedef struct tl__read {
  size_t slot;
  tl_value seen;
  bool failed; /* it raised: there was no value */
} tl__read;    /* another computed var that was read */
const tl__read *tl__trace_reads(const tl_trace *t, size_t *n);
void tl__trace_note(tl_trace *t, size_t slot); /* it is read: as failed, until its value is there */
void tl__trace_saw(tl_trace *t, size_t slot, tl_value seen);

/* Values. Both raise what the function raised. */
void tl__computed_inside(lua_State *L, tl_cell *cell, const tl_var *v,
                         tl_value *out); /* *out owned: over the holder's draft */
bool tl__computed_depends(const tl_cell *cell, const tl_var *v,
                          const tl_var *base); /* did it read the base var, by itself or by others, when it ran last? */
tl_value tl__computed_traced(lua_State *L, tl_trace *t, const tl_var *v); /* borrowed: read by another computed var */
void tl__computed_defaults(lua_State *L, tl_app *a); /* brings a->root up to date; raises the first error */
void tl__computed_free(tl_app *a);
_Noreturn void tl__computed_write(lua_State *L, const char *what); /* raises: a computed var cannot write */

#endif
