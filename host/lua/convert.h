/* convert.h: what the files of host/lua about values share: tagged userdata, boxed C memory, the way from Lua to the
 * value tree and back. Included by proxy, state, computed, tablelib and jsonlib; lua.h has what others may use. */
#ifndef TL_LUA_CONVERT_H
#define TL_LUA_CONVERT_H
#include "lua/lua.h"

/* Every userdata of ours begins with the address of its tag: told apart without a look at the registry, and not to be
 * forged by debug.setmetatable. NULL: another value. No stack change. */
static inline void *tl__tagged(lua_State *L, int idx, const void *tag, size_t size) {
  if (lua_type(L, idx) != LUA_TUSERDATA || lua_rawlen(L, idx) != size) return NULL;
  const void **p = lua_touserdata(L, idx);
  return *p == tag ? p : NULL;
}

/* Sets the metatable kept in the registry under `key` to the value on top; `make` fills the table on top when it is
 * new. May raise. */
void tl__set_meta(lua_State *L, const void *key, void (*make)(lua_State *L));

void tl__open_boxes(lua_State *L);
void tl__open_parts(lua_State *L);
tl_value *
tl__push_box(lua_State *L); /* +1: a boxed nil; what is put there is released with it. Raises on lack of memory */
tl_buf *tl__push_buf(lua_State *L); /* +1: an empty buffer owned by a userdata. Raises on lack of memory */

/* How a value is to be taken, and what was found. */
typedef struct tl__take {
  const tl_place *place; /* NULL: no state; anything a tree can hold */
  tl_draft *draft;       /* live nodes of this draft become TL_DRAFT values; NULL: contents are taken */
  tl_kind empty;         /* kind of an unmarked empty table at the top: TL_LIST, TL_MAP; TL_NIL: nothing fixes it */
  bool piece;            /* it is a part of a text: told when it is no UTF-8 */
  bool dirty;            /* out: holds text or numbers that a public var may not */
} tl__take;
tl_value tl__from_lua(lua_State *L, int idx, tl__take *take); /* owned. Raises SerializationError. No stack change */

void tl__push_scalar(lua_State *L, const tl_value *v, bool inside); /* +1; nil inside a container is tl.null */
void tl__push_null(lua_State *L);                                   /* +1: tl.null */
bool tl__is_null(lua_State *L, int idx);
tl_kind tl__marker(lua_State *L, int idx); /* TL_LIST, TL_MAP: a table marked by tl.list, tl.map; TL_NIL: none */
void tl__write_lua_key(lua_State *L, int key, tl_buf *out); /* of a path: [3], .title, or what type of key it is */

int tl__native_list(lua_State *L); /* tl.list */
int tl__native_map(lua_State *L);  /* tl.map */
int tl__native_copy(lua_State *L); /* tl.copy */

#endif
