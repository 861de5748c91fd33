/* mirror.c: a page's copy of the state, for the driver: kept up by patches exactly as the browser does it. */
#include "runtime/mirror.h"
#include "base/mem.h"
#include "core/json.h"
#include "core/patch.h"
#include "runtime/host.h"

static const char mirror_name[] = "tidelock.mirror";

static tl_value *check(lua_State *L) { return luaL_checkudata(L, 1, mirror_name); }

static int read_json(lua_State *L, int idx, tl_value *out) {
  size_t n;
  const char *text = luaL_checklstring(L, idx, &n);
  tl_json_err err;
  if (!tl_json_read(text, n, out, &err)) return 0;
  lua_pushnil(L);
  lua_pushfstring(L, "not JSON: %s at byte %d", err.message, (int)err.offset);
  return 2;
}

static int mirror_init(lua_State *L) {
  tl_value *m = check(L), v;
  int bad = read_json(L, 2, &v);
  if (bad) return bad;
  tl_release(*m);
  *m = v;
  lua_pushboolean(L, 1);
  return 1;
}

static int mirror_patch(lua_State *L) {
  tl_value *m = check(L), patch, next;
  int bad = read_json(L, 2, &patch);
  if (bad) return bad;
  tl_buf err = {0};
  int status = tl_patch_apply(*m, patch, &next, &err);
  tl_release(patch);
  if (status) {
    lua_pushnil(L);
    lua_pushlstring(L, err.data, err.len);
  } else {
    tl_release(*m);
    *m = next;
    lua_pushboolean(L, 1);
  }
  tl_buf_free(&err);
  return status ? 2 : 1;
}

static int mirror_plain(lua_State *L) {
  tl_push_plain(L, *check(L));
  return 1;
}

static int mirror_json(lua_State *L) {
  tl_buf b = {0};
  tl_json_write(&b, *check(L));
  lua_pushlstring(L, b.data, b.len);
  tl_buf_free(&b);
  return 1;
}

static int mirror_gc(lua_State *L) {
  tl_value *m = check(L);
  tl_release(*m);
  *m = tl_nil();
  return 0;
}

static int mirror_new(lua_State *L) {
  tl_value *m = lua_newuserdatauv(L, sizeof *m, 0);
  *m = tl_nil();
  luaL_setmetatable(L, mirror_name);
  return 1;
}

void tl_open_mirror(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"init", mirror_init}, {"patch", mirror_patch}, {"plain", mirror_plain}, {"json", mirror_json}, {NULL, NULL}};
  luaL_newmetatable(L, mirror_name);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, mirror_gc);
  lua_setfield(L, -2, "__gc");
  lua_pop(L, 1);
  lua_pushcfunction(L, mirror_new);
  lua_setfield(L, -2, "mirror");
}
