/* semaphore.c: tl.semaphore(n): n places, which tasks take and give back. A place that is given back goes to the first
 * in the line at once, so nobody overtakes. Who has the one place of a semaphore of one by enter() is known, which lets
 * a deadlock be seen. */
#include "lua/line.h"

static const char semaphore_name[] = "tidelock.semaphore", place_name[] = "tidelock.place";

typedef struct semaphore {
  tl__line line;
  lua_Integer free, limit;
} semaphore;

typedef struct place { /* user value 1: its semaphore */
  semaphore *of;       /* NULL: given back, or never taken */
} place;

static semaphore *check_semaphore(lua_State *L, const char *usage) {
  semaphore *s = luaL_testudata(L, 1, semaphore_name);
  if (!s) tl_raise(L, "TypeError", "%s: a semaphore is needed (with a colon), not %s", usage, tl__given(L, 1));
  return s;
}

static int new_semaphore(lua_State *L) {
  if (!lua_isinteger(L, 1))
    return tl_raise(L, "TypeError", "tl.semaphore(n): the number of places is an integer, not %s", tl__given(L, 1));
  lua_Integer n = lua_tointeger(L, 1);
  if (n < 1) return tl_raise(L, "TypeError", "tl.semaphore(n): there is at least one place, not %lld", (long long)n);
  semaphore *s = lua_newuserdatauv(L, sizeof *s, 0);
  *s = (semaphore){.free = n, .limit = n};
  luaL_setmetatable(L, semaphore_name);
  return 1;
}

static void give_back(semaphore *s) {
  s->line.owner = NULL;
  if (!tl__line_wake(&s->line)) s->free++;
}

/* ---- acquire, release, try ---- */

static int acquire_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl__line_over(L);
  return 0;
}

static int semaphore_acquire(lua_State *L) {
  semaphore *s = check_semaphore(L, "semaphore:acquire()");
  lua_settop(L, 1);
  tl_task *t = tl__may_wait(L, "semaphore:acquire");
  if (!s->free) return tl__line_wait(L, &s->line, t, acquire_k);
  s->free--;
  return 0;
}

static int semaphore_try(lua_State *L) {
  semaphore *s = check_semaphore(L, "semaphore:try()");
  bool got = s->free > 0;
  s->free -= got;
  lua_pushboolean(L, got);
  return 1;
}

static int semaphore_release(lua_State *L) {
  semaphore *s = check_semaphore(L, "semaphore:release()");
  if (s->free == s->limit)
    return tl_raise(L, "Error", "semaphore:release(): all its places (%lld) are free; release once for each acquire",
                    (long long)s->limit);
  give_back(s);
  return 0;
}

/* ---- enter: a place for the rest of the block ---- */

static int take_place(lua_State *L, semaphore *s) { /* the place on top */
  tl_task *t = tl_task_current(L);
  place *p = lua_touserdata(L, -1);
  p->of = s;
  if (s->limit == 1) {
    s->line.owner = t;
    s->line.owner_id = t->id;
  }
  return 1;
}

static int enter_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status, (void)ctx;
  tl__line_over(L);
  return take_place(L, lua_touserdata(L, 1));
}

static int semaphore_enter(lua_State *L) {
  semaphore *s = check_semaphore(L, "semaphore:enter()");
  lua_settop(L, 1);
  tl_task *t = tl__may_wait(L, "semaphore:enter");
  place *p = lua_newuserdatauv(L, sizeof *p, 1);
  p->of = NULL;
  lua_pushvalue(L, 1);
  lua_setiuservalue(L, -2, 1);
  luaL_setmetatable(L, place_name);
  if (!s->free) return tl__line_wait(L, &s->line, t, enter_k);
  s->free--;
  return take_place(L, s);
}

static int place_close(lua_State *L) {
  place *p = luaL_checkudata(L, 1, place_name);
  semaphore *s = p->of;
  p->of = NULL;
  if (s && s->free < s->limit) give_back(s); /* not when somebody has released it by hand */
  return 0;
}

void tl__open_semaphore(lua_State *L) {
  static const luaL_Reg methods[] = {{"acquire", semaphore_acquire},
                                     {"release", semaphore_release},
                                     {"try", semaphore_try},
                                     {"enter", semaphore_enter},
                                     {NULL, NULL}};
  luaL_newmetatable(L, semaphore_name);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pushstring(L, semaphore_name);
  lua_setfield(L, -2, "__metatable");
  luaL_newmetatable(L, place_name);
  lua_pushcfunction(L, place_close);
  lua_setfield(L, -2, "__close");
  lua_pushstring(L, place_name);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);
  lua_pushcfunction(L, new_semaphore);
  lua_setfield(L, -2, "semaphore");
}
