/* mirror.h: what a driven page is made of: its copy of the state (mirror.c), its connection (driven.c). Each adds its
 * function, `mirror` and `peer_open`, to tidelock.native, which is on top of the stack. */
#ifndef TL_RUNTIME_MIRROR_H
#define TL_RUNTIME_MIRROR_H
#include <lua.h>

void tl_open_mirror(lua_State *L);
void tl_open_driven(lua_State *L);

#endif
