/* foreign.h: values of the tree to and from a Lua state that is not the host's (a thread's own). That state knows no
 * proxies and no kinds of empty tables; its memory and its thread are its own. */
#ifndef TL_LUA_FOREIGN_H
#define TL_LUA_FOREIGN_H
#include <lua.h>

#include "core/value.h"

void tl_foreign_push(lua_State *L, tl_value v); /* +1: plain tables; null in them is a light userdata NULL, as tl.null
                                                   is. May raise for lack of memory */
/* Owned, in *out. False: it is no plain value, and why says where and what ("[2].f: a function"). Raises nothing. */
bool tl_foreign_take(lua_State *L, int idx, tl_value *out, tl_buf *why);

#endif
