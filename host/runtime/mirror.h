/* mirror.h: see mirror.c. Adds `mirror` to tidelock.native, which is on top of the stack. */
#ifndef TL_RUNTIME_MIRROR_H
#define TL_RUNTIME_MIRROR_H
#include <lua.h>

void tl_open_mirror(lua_State *L);

#endif
