/* channel.c: tl.channel(capacity): values from tasks to tasks, in the order in which they were sent. User value 1 is a
 * table: the values that wait, at first .. first + count - 1; and by a task's address what a waiting sender gives, or
 * what a woken receiver was given. A receiver waits only when there is no value, a sender only when there is no room.
 */
#include "lua/line.h"

static const char channel_name[] = "tidelock.channel";

typedef struct channel {
  tl__line senders, receivers;
  lua_Integer capacity, first, count;
  bool closed;
} channel;

static channel *check_channel(lua_State *L, const char *usage) {
  channel *c = luaL_testudata(L, 1, channel_name);
  if (!c) tl_raise(L, "TypeError", "%s: a channel is needed (with a colon), not %s", usage, tl__given(L, 1));
  return c;
}

static int new_channel(lua_State *L) {
  bool given = !lua_isnoneornil(L, 1);
  if (given && !lua_isinteger(L, 1))
    return tl_raise(L, "TypeError", "tl.channel(capacity): the capacity is an integer, not %s", tl__given(L, 1));
  lua_Integer capacity = given ? lua_tointeger(L, 1) : 0;
  if (capacity < 0)
    return tl_raise(L, "TypeError", "tl.channel(capacity): the capacity is at least 0, not %lld", (long long)capacity);
  channel *c = lua_newuserdatauv(L, sizeof *c, 1);
  *c = (channel){.capacity = capacity, .first = 1};
  lua_newtable(L);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, channel_name);
  return 1;
}

/* ---- the table, at index 2 while a method works ---- */

enum { CHANNEL = 1, VALUES = 2 };

static channel *open_values(lua_State *L, const char *usage, int top) {
  channel *c = check_channel(L, usage);
  lua_settop(L, top);
  lua_getiuservalue(L, CHANNEL, 1);
  lua_insert(L, VALUES);
  return c;
}

/* +1: what the task gives or was given; nil: none. It is taken. */
static void take_of(lua_State *L, const tl_task *t) {
  if (lua_rawgetp(L, VALUES, t) == LUA_TNIL) return;
  lua_pushnil(L);
  lua_rawsetp(L, VALUES, t);
}

/* -1: at the end. May raise; then nothing has changed. */
static void append(lua_State *L, channel *c) {
  lua_rawseti(L, VALUES, c->first + c->count);
  c->count++;
}

/* +1 */
static void take_first(lua_State *L, channel *c) {
  lua_rawgeti(L, VALUES, c->first);
  lua_pushnil(L);
  lua_rawseti(L, VALUES, c->first);
  c->first++;
  c->count--;
}

/* ---- send ---- */

static int refuse_closed(lua_State *L, const char *usage) {
  return tl_raise(L, "ClosedError", "%s: the channel is closed", usage);
}

static channel *begin_send(lua_State *L, const char *usage) { /* the channel, its values, the value */
  channel *c = open_values(L, usage, 2);
  if (lua_isnil(L, 3))
    tl_raise(L, "TypeError", "%s: nil cannot be sent, as it is what a closed channel gives; send tl.null or a table",
             usage);
  if (c->closed) refuse_closed(L, usage);
  return c;
}

/* Without a wait: to who waits for it, or where it has room. */
static bool sent(lua_State *L, channel *c) {
  const tl_task *r = c->receivers.first;
  if (!r && c->count >= c->capacity) return false;
  if (!r) {
    append(L, c);
    return true;
  }
  lua_rawsetp(L, VALUES, r);
  tl__line_wake(&c->receivers);
  return true;
}

static int send_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl_task *t = tl_task_current(L);
  take_of(L, t);
  bool taken = lua_isnil(L, -1);
  tl__line_over(L);
  return taken ? 0 : refuse_closed(L, "channel:send(value)");
}

static int channel_send(lua_State *L) {
  channel *c = begin_send(L, "channel:send(value)");
  tl_task *t = tl__may_wait(L, "channel:send");
  if (sent(L, c)) return 0;
  lua_rawsetp(L, VALUES, t);
  return tl__line_wait(L, &c->senders, t, send_k);
}

static int channel_try_send(lua_State *L) {
  channel *c = begin_send(L, "channel:try_send(value)");
  lua_pushboolean(L, sent(L, c));
  return 1;
}

/* ---- receive ---- */

/* The first sender's value takes the room that there is. */
static void admit_sender(lua_State *L, channel *c) {
  tl_task *s = c->senders.first;
  if (!s) return;
  lua_rawgetp(L, VALUES, s);
  append(L, c);
  take_of(L, s);
  lua_pop(L, 1);
  tl__line_wake(&c->senders);
}

/* +1: a value. False: there is none (+0). */
static bool received(lua_State *L, channel *c) {
  if (!c->count && !c->senders.first) return false;
  admit_sender(L, c); /* first: it may raise */
  take_first(L, c);
  return true;
}

static int ended(lua_State *L) {
  lua_pushnil(L);
  lua_pushliteral(L, "closed");
  return 2;
}

static int receive_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl__line_over(L);
  take_of(L, tl_task_current(L));
  return lua_isnil(L, -1) ? ended(L) : 1;
}

static int channel_receive(lua_State *L) {
  channel *c = open_values(L, "channel:receive()", 1);
  tl_task *t = tl__may_wait(L, "channel:receive");
  if (received(L, c)) return 1;
  if (c->closed) return ended(L);
  return tl__line_wait(L, &c->receivers, t, receive_k);
}

static int channel_try_receive(lua_State *L) {
  channel *c = open_values(L, "channel:try_receive()", 1);
  if (received(L, c)) return 1;
  if (c->closed) return ended(L);
  lua_pushnil(L);
  return 1;
}

static int channel_each(lua_State *L) { /* for v in ch:each() do */
  check_channel(L, "channel:each()");
  lua_settop(L, 1);
  lua_pushcfunction(L, channel_receive);
  lua_insert(L, 1);
  return 2;
}

/* ---- close ---- */

/* Receivers have no more to wait for. What a waiting sender gives is not taken, and it is told. */
static int channel_close(lua_State *L) {
  channel *c = check_channel(L, "channel:close()");
  c->closed = true;
  while (tl__line_wake(&c->receivers)) {
  }
  while (tl__line_wake(&c->senders)) {
  }
  return 0;
}

void tl__open_channel(lua_State *L) {
  static const luaL_Reg methods[] = {{"send", channel_send},
                                     {"try_send", channel_try_send},
                                     {"receive", channel_receive},
                                     {"try_receive", channel_try_receive},
                                     {"each", channel_each},
                                     {"close", channel_close},
                                     {NULL, NULL}};
  luaL_newmetatable(L, channel_name);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, channel_name);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  lua_pushcfunction(L, new_channel);
  lua_setfield(L, -2, "channel");
}
