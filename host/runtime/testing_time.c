/* testing_time.c: the time of the specs: waits of the driver, and of what stands for the network.
 *
 * The specs run in the root task. It waits like any other; the test loop (lifecycle.c) moves the clock only when
 * nothing is ready and no I/O is under way, and never past what the root task waits for. */
#include "lua/task.h"
#include "runtime/host.h"

/* -> nothing; "late", how many requests were under way when it had taken too long for them, how many seconds that is;
 * or "restless" */
static int waited_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl_wait_end(L);
  tl_host *h = tl_host_of(L);
  if (h->restless) {
    h->restless = false;
    lua_pushliteral(L, "restless");
    return 1;
  }
  if (!h->advance_late) return 0;
  lua_pushliteral(L, "late");
  lua_pushinteger(L, h->advance_late);
  lua_pushnumber(L, (double)h->advance_limit / 1e9);
  h->advance_late = 0;
  return 3;
}

static int wait_until(lua_State *L, double seconds, bool io, const char *what) {
  tl_host *h = tl_host_of(L);
  if (h->advancing) /* the one wait that there is would be lost */
    return luaL_error(
        L, "%s: only the spec itself drives its app; a handler or task cannot, while the spec waits for it", what);
  h->advance_wake = tl_wait_begin(L, TL_WAITING, what);
  h->advance_to = tl_lua_now(h->lua) + (uint64_t)(seconds * 1e9 + 0.5);
  h->advance_io = io;
  h->io_spent = h->busy_turns = 0;
  h->advancing = true;
  return tl_park(L, 0, waited_k);
}

static int advance(lua_State *L) {
  double s = luaL_checknumber(L, 1);
  if (!(s >= 0) || s > 1e9) return luaL_error(L, "advance(s): seconds from 0 to 1e9");
  return wait_until(L, s, s > 0, "advance");
}

static int settle(lua_State *L) { return wait_until(L, 0, false, "settle"); }

/* The wait is over when no I/O is under way. */
static int await_io(lua_State *L) { return wait_until(L, 0, true, "await_io"); }

/* -> seconds until the next timer is due, or nil: none is; how many requests are under way */
static int next_due(lua_State *L) {
  tl_host *h = tl_host_of(L);
  uint64_t due = tl_timers_next(tl_lua_timers(h->lua)), now = tl_lua_now(h->lua);
  if (due == UINT64_MAX)
    lua_pushnil(L);
  else
    lua_pushnumber(L, due > now ? (double)(due - now) / 1e9 : 0);
  lua_pushinteger(L, tl_loop_io_count(h->loop));
  return 2;
}

static int limit(lua_State *L) { /* seconds of real time for one wait; 0: none */
  tl_host_of(L)->advance_limit = (uint64_t)(luaL_checknumber(L, 1) * 1e9);
  return 0;
}

static int real_now(lua_State *L) { /* seconds, of some clock that goes on */
  lua_pushnumber(L, (double)tl_loop_now() / 1e9);
  return 1;
}

static int answer_k(lua_State *L, int status, lua_KContext ctx) {
  (void)L, (void)status, (void)ctx;
  tl_wait_end(L);
  return 0;
}

/* await_answer(seconds): the wait of a request whose answer comes then; others have their turn before. */
static int await_answer(lua_State *L) {
  tl_lua *S = tl_lua_of(L);
  double s = luaL_checknumber(L, 1);
  tl_wake w = tl_wait_begin(L, TL_WAITING, "tl.http");
  if (s <= 1e9) tl_wake_in(S, w, s);
  return tl_park(L, 0, answer_k);
}

void tl_open_testing_time(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"advance", advance}, {"await_io", await_io}, {"next_due", next_due},         {"settle", settle},
      {"limit", limit},     {"real_now", real_now}, {"await_answer", await_answer}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
