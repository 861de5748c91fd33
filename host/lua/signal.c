/* signal.c: tl.event(): something that has happened, or not yet. User value 1: what it was set with last. */
#include "lua/line.h"

static const char signal_name[] = "tidelock.event";

typedef struct signal {
  tl__line line;
  bool set;
} signal;

static signal *check_signal(lua_State *L, const char *usage) {
  signal *s = luaL_testudata(L, 1, signal_name);
  if (!s)
    tl_raise(L, "TypeError", "%s: an event of tl.event() is needed (with a colon), not %s", usage, tl__given(L, 1));
  return s;
}

static int new_signal(lua_State *L) {
  signal *s = lua_newuserdatauv(L, sizeof *s, 1);
  *s = (signal){0};
  luaL_setmetatable(L, signal_name);
  return 1;
}

static int wait_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  if (!tl__line_over(L)) return 0; /* the time is over */
  lua_getiuservalue(L, 1, 1);
  return 1;
}

static int signal_wait(lua_State *L) { /* event [, seconds] -> what it was set with; nothing when the time is over */
  signal *s = check_signal(L, "event:wait(s)");
  double seconds = lua_isnoneornil(L, 2) ? -1 : tl__seconds_arg(L, 2, "event:wait(s)");
  tl_task *t = tl__may_wait(L, "event:wait");
  if (s->set) {
    lua_getiuservalue(L, 1, 1);
    return 1;
  }
  if (seconds >= 0) tl_wake_in(t->S, (tl_wake){.task = t}, seconds);
  return tl__line_wait(L, &s->line, t, wait_k);
}

static int signal_set(lua_State *L) { /* event [, value] */
  signal *s = check_signal(L, "event:set(value)");
  lua_settop(L, 2);
  if (lua_isnil(L, 2)) lua_pushboolean(L, true);
  lua_setiuservalue(L, 1, 1);
  s->set = true;
  while (tl__line_wake(&s->line)) {
  }
  return 0;
}

static int signal_clear(lua_State *L) {
  check_signal(L, "event:clear()")->set = false;
  return 0;
}

static int signal_is_set(lua_State *L) {
  lua_pushboolean(L, check_signal(L, "event:is_set()")->set);
  return 1;
}

void tl__open_signal(lua_State *L) {
  static const luaL_Reg methods[] = {
      {"wait", signal_wait}, {"set", signal_set}, {"clear", signal_clear}, {"is_set", signal_is_set}, {NULL, NULL}};
  luaL_newmetatable(L, signal_name);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, signal_name);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_pushcfunction(L, new_signal);
  lua_setfield(L, -2, "event");
}
