/* owned.h: inside host/lua: userdata that own something of the C side, and give it back without a finalizer.
 *
 * A finalizer costs several times what the object does: the collector moves it between lists, keeps it and all it
 * refers to for another cycle, and calls it protected; and where there is no memory for the call it is left out, and
 * what the object owns leaks. So those that are made by the thousand, or when memory is short, have none. Their memory
 * is recognized when Lua gives it back to the allocator, by its size and by a mark that nothing else can have, and what
 * they own is released then. Releasing may not touch Lua, nor another Lua object. */
#ifndef TL_LUA_OWNED_H
#define TL_LUA_OWNED_H
#include "lua/inner.h"

/* Begins each such userdata. tag: for tl__tagged. */
typedef struct tl__owned {
  const void *tag;
  uint64_t mark;
} tl__owned;

/* Declares a kind: its size, the user values of each, what releases it. -1: the metatable; nil: the caller of
 * tl__owned_push sets one. Once a VM. */
void tl__owned_open(lua_State *L, tl__owned_kind kind, size_t size, int user_values, void (*release)(void *object));

/* +1: a userdata of that kind, all zero but for its head. Raises on lack of memory. */
void *tl__owned_push(lua_State *L, tl__owned_kind kind, const void *tag);

/* The allocator: a block goes back. */
void tl__owned_freed(tl_lua *S, void *block, size_t size);
static inline void tl__owned_check(tl_lua *S, void *block, size_t size) {
  if (size <= TL__OWNED_SIZE_MAX && (S->owned_sizes[size / 64] >> (size % 64) & 1)) tl__owned_freed(S, block, size);
}

#endif
