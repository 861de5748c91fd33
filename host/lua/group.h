/* group.h: the tasks that a gather, a race or a scope has started, its children: they have ended when it ends. A group
 * belongs to one task, its owner. It is a userdata, which the registry keeps while there are children. */
#ifndef TL_LUA_GROUP_H
#define TL_LUA_GROUP_H
#include "lua/owned.h"

struct tl__group {
  tl__owned head;
  tl__scope limit; /* a scope's: by it a failure reaches the owner at whatever it waits for */
  tl_task *owner;
  uint64_t owner_id;
  tl_task *first, *last; /* children that have not ended, in the order of their start */
  tl_task *decided;      /* who failed first, or in a race ended first; only to be compared */
  bool any;              /* a race: over when one has ended */
  bool scope, closed;    /* a scope's; it takes no more children */
  bool failed;           /* user value 1 is what is kept of the error: for tl__push_kept_error */
  bool cancelled;        /* and so is each child that is started from now on */
};

static inline tl_task *tl__owner_of(const tl__group *g) { /* NULL: it has ended */
  return g->owner->id == g->owner_id && !g->owner->reaped ? g->owner : NULL;
}
static inline tl_task *tl__parent(const tl_task *t) { /* NULL: none, or it has ended */
  return t->group ? tl__owner_of(t->group) : NULL;
}

void tl__group_left(tl_task *child); /* it has ended; its results are in the registry */
void tl__group_cancel(tl__group *g, const char *reason);
void tl__group_abandon(tl__group *g, tl_task *owner);       /* the owner has ended, and the scope was never closed */
_Noreturn void tl__group_raise(lua_State *L, tl__group *g); /* the error by which it failed */

/* The children of a scope, as Lua sees it: scope.c. */
void tl__scope_methods(lua_State *L); /* into the metatable on top, and tl.scope into the table below it */
tl__group *tl__group_push(lua_State *L, tl_task *owner); /* +1 */
void tl__group_start(lua_State *L, int group,
                     int nargs); /* function and arguments -> the child's task object; group:
                                    stack index. Raises on lack of memory: then there is none */
/* Waits until no child is left; a failure, and what is pending for the owner, cancels them first. Raises nothing before
 * that, and nothing then: k begins with `if (tl__group_waits(L, g)) return tl__group_join(L, g, ctx, k)`. */
int tl__group_join(lua_State *L, tl__group *g, lua_KContext ctx, lua_KFunction k);
bool tl__group_waits(lua_State *L, tl__group *g);

#endif
