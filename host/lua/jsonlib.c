/* jsonlib.c: tl.json: Lua values to and from JSON by way of the value tree. Integers stay integers; empty lists and
 * maps keep their kind; null is tl.null inside a container and nil at the top. Raises; runs no user code; does not
 * wait. */
#include "core/json.h"
#include "lua/convert.h"
#include "lua/state.h"

/* json_encode(value) -> text. Raises SerializationError. */
static int json_encode(lua_State *L) {
  luaL_checkany(L, 1);
  lua_settop(L, 1);
  tl_place place = {.state = "tl.json.encode: value", .is_text = true};
  tl__take take = {.place = &place};
  tl_value *box = tl__push_box(L);
  tl_buf *buf = tl__push_buf(L);
  *box = tl__from_lua(L, 1, &take);
  tl_json_write(buf, *box);
  lua_pushlstring(L, buf->data, buf->len);
  return 1;
}

/* json_decode(text) -> value. Raises JsonError. */
static int json_decode(lua_State *L) {
  size_t len;
  if (lua_type(L, 1) != LUA_TSTRING)
    return tl_raise(L, "TypeError", "tl.json.decode(text): a string is needed, not %s", luaL_typename(L, 1));
  const char *text = lua_tolstring(L, 1, &len);
  tl_value *box = tl__push_box(L), v;
  tl_json_err err;
  if (tl_json_read(text, len, &v, &err))
    return err.offset < len
               ? tl_raise(L, "JsonError", "the text is no JSON: %s at byte %zu of %zu", err.message, err.offset + 1,
                          len)
               : tl_raise(L, "JsonError", "the text is no JSON: %s at its end (byte %zu)", err.message, len);
  *box = v;
  tl_push_plain(L, v);
  return 1;
}

void tl__open_json(lua_State *L) {
  lua_pushcfunction(L, json_encode);
  lua_pushvalue(L, -1);
  lua_setfield(L, -3, "json_encode");
  lua_pushcfunction(L, json_decode);
  lua_pushvalue(L, -1);
  lua_setfield(L, -4, "json_decode");
  lua_createtable(L, 0, 2);
  lua_insert(L, -3);
  lua_setfield(L, -3, "decode");
  lua_setfield(L, -2, "encode");
  lua_setfield(L, -2, "json");
}
