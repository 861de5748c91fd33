/* stale.h: inside host/lua: lost updates. A task reads a var outside of its block, somebody else changes it, and the
 * task's block writes it without having read it again: what the other had written is lost. Such a write is reported,
 * with the places of the read and of the write, when the block is committed. It is looked for in dev mode and in specs
 * only.
 *
 * What it read in a block of its own is stale in the next one, too: that is reported where what it writes is computed.
 *
 * Not reported: what nobody else has changed since the read, and a write that changes nothing, unless it is a number
 * that was computed. So `self.running = false` in a block, after `while self.running do` outside, is what it looks
 * like. A value in a map is told apart from its neighbours; an element of a list is not looked at, for its position
 * says nothing about which one it is. */
#ifndef TL_LUA_STALE_H
#define TL_LUA_STALE_H
#include "lua/class.h"
#include "lua/inner.h"

typedef struct tl__read tl__read; /* what a task has read outside */
typedef struct tl__lost tl__lost; /* a lost update */

struct tl_watch {
  tl__lost *found; /* newest first */
};

/* The running task, when something that it has read outside may matter to what it does inside now. */
static inline tl_task *tl__stale_reader(lua_State *L) {
  tl_task *t = tl_lua_of(L)->current;
  return t && t->reads ? t : NULL;
}
/* Is anybody looking? */
static inline bool tl__stale_watched(lua_State *L) { return tl_lua_of(L)->watch != NULL; }

/* path: of what is below the var, as tl__proxy_path gives it; NULL: the var itself. Values are borrowed. */
void tl__stale_outside(lua_State *L, const tl_cell *c, const tl_var *v, const char *path, tl_value seen);
void tl__stale_in_block(lua_State *L, const tl_cell *c, const tl_var *v, tl_value seen); /* for the blocks after this */
void tl__stale_inside(tl_task *t, const tl_cell *c, const tl_var *v, const char *path);  /* read again */
void tl__stale_all(tl_task *t, const tl_cell *c, const tl_var *v);                       /* it and all below */
/* What a computed var has read counts as read again. */
void tl__stale_computed(tl_task *t, const tl_cell *c, const tl_var *computed,
                        bool (*depends)(const tl_cell *c, const tl_var *computed, const tl_var *base));
void tl__stale_write(lua_State *L, tl_task *t, const tl_cell *c, const tl_var *v, const char *path, const tl_slot *old,
                     tl_value now);
bool tl__stale_below(const tl_task *t); /* has it read something in a map? */

#endif
