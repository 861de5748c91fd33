/* coroutine.c: coroutine.yield, resume, wrap for a host whose waits cross user coroutines. In the main coroutine of a
 * handler or task, yield commits and queues events; in a user's own coroutine it is Lua's. A wait inside a user's
 * coroutine suspends the whole task: resume sees that the yield was a wait (`parking`), yields itself, and goes on with
 * the inner one when the task is resumed. */
#include "lua/inner.h"

static char key_waiting; /* registry, weak keys: coroutines that are suspended by a wait (true), or a task's ("task") */

static void push_thread(lua_State *L, lua_State *co) {
  lua_checkstack(co, 1); /* one that yielded from a hook, in the midst of a function, has no room of its own */
  lua_pushthread(co);
  if (co != L) lua_xmove(co, L, 1);
}

static void mark_waiting(lua_State *L, lua_State *co, bool waiting) {
  tl__reg(L, &key_waiting);
  push_thread(L, co);
  if (waiting)
    lua_pushboolean(L, 1);
  else
    lua_pushnil(L);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

static bool is_waiting(lua_State *L, lua_State *co) {
  tl__reg(L, &key_waiting);
  push_thread(L, co);
  lua_rawget(L, -2);
  bool waiting = lua_toboolean(L, -1);
  lua_pop(L, 2);
  return waiting;
}

void tl__coroutine_own(lua_State *L, lua_State *co) {
  tl__reg(L, &key_waiting);
  push_thread(L, co);
  lua_pushliteral(L, "task");
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

static int resume_inner(lua_State *L, lua_State *co, int nargs, bool wrap);

static int resume_k(lua_State *L, int status, lua_KContext wrap) {
  (void)status;
  lua_State *co = lua_tothread(L, 1);
  mark_waiting(L, co, false);
  return resume_inner(L, co, 0, wrap != 0);
}

/* Closes what is open in co; its <close> values cannot wait. What they raise, or the error before, is on top of co. */
static int close_thread(tl_lua *S, lua_State *co, bool killing) {
  bool before = S->killing;
  S->killing = killing;
  S->nowait++;
  int status = lua_resetthread(co);
  S->nowait--;
  S->killing = before;
  return status;
}

/* A block that was entered in co ends with it. */
static void give_up_lock(tl_lua *S, const lua_State *co) {
  for (tl_task *t = S->first; t; t = t->next)
    if (t->hold.held && t->hold.co == co) {
      tl__hold_rollback(t);
      return;
    }
}

static int inner_failed(lua_State *L, lua_State *co, bool wrap) {
  tl_lua *S = tl_lua_of(L);
  int status = lua_status(co);
  bool dead = status != LUA_OK && status != LUA_YIELD; /* else it runs already, and what is on top is the refusal */
  if (!wrap) { /* what is open in it stays open, as in Lua, but a lock is given up */
    if (dead) give_up_lock(S, co);
    lua_pushboolean(L, 0);
    lua_xmove(co, L, 1);
    return 2;
  }
  if (dead) close_thread(S, co, false);
  lua_xmove(co, L, 1);
  return lua_error(L);
}

/* Stack: 1 the coroutine. The arguments are on co's stack. */
static int resume_inner(lua_State *L, lua_State *co, int nargs, bool wrap) {
  tl_lua *S = tl_lua_of(L);
  bool can_wait = lua_isyieldable(L);
  int nres;
  const char *outer = S->nowait_in;
  if (!can_wait) {
    S->nowait++;
    S->nowait_in = tl__who_cannot_wait(L, S);
  }
  tl_task *t = S->current;
  if (S->away) tl__scopes_return(S, co);
  if (t && t->watched) tl__interrupt_watch(co, t);
  int status = lua_resume(co, L, nargs, &nres);
  if (!can_wait) {
    S->nowait--;
    S->nowait_in = outer;
  }
  if (t && t->watched) tl__interrupt_watch(L, t);
  if (status == LUA_YIELD && !S->parking) tl__scopes_leave(S, co);
  if (status == LUA_YIELD && S->parking) {
    mark_waiting(L, co, true);
    lua_pop(co, nres);
    return lua_yieldk(L, 0, wrap, resume_k);
  }
  if (status != LUA_OK && status != LUA_YIELD) return inner_failed(L, co, wrap);
  if (!lua_checkstack(L, nres + 1)) {
    lua_pop(co, nres);
    return luaL_error(L, "too many results to resume");
  }
  if (!wrap) lua_pushboolean(L, 1);
  lua_xmove(co, L, nres);
  return wrap ? nres : nres + 1;
}

static int refuse(lua_State *L, bool wrap, const char *why) {
  if (wrap) return luaL_error(L, "%s", why);
  lua_pushboolean(L, 0);
  lua_pushstring(L, why);
  return 2;
}

static int start_resume(lua_State *L, lua_State *co, bool wrap) {
  int nargs = lua_gettop(L) - 1;
  if (is_waiting(L, co) && co != L)
    return refuse(
        L, wrap,
        "cannot resume a coroutine that is inside a wait (tl.sleep, with_state, ...), or that of a handler or task");
  if (lua_status(co) == LUA_OK && lua_gettop(co) == 0) return refuse(L, wrap, "cannot resume dead coroutine");
  if (co == L || (lua_status(co) != LUA_OK && lua_status(co) != LUA_YIELD))
    return refuse(L, wrap, co == L ? "cannot resume non-suspended coroutine" : "cannot resume dead coroutine");
  if (!lua_checkstack(co, nargs + 1)) return refuse(L, wrap, "too many arguments to resume");
  lua_xmove(L, co, nargs);
  if (lua_status(co) == LUA_OK && wrap) nargs++; /* its function is wrapped_main's argument */
  return resume_inner(L, co, nargs, wrap);
}

static int co_resume(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  if (!co) return luaL_typeerror(L, 1, "coroutine");
  return start_resume(L, co, false);
}

static int wrap_call(lua_State *L) {
  lua_State *co = lua_tothread(L, lua_upvalueindex(1));
  push_thread(L, co);
  lua_insert(L, 1);
  return start_resume(L, co, true);
}

static int wrapped_k(lua_State *L, int status, lua_KContext ctx) {
  (void)ctx;
  if (status != LUA_OK && status != LUA_YIELD) return lua_error(L);
  return lua_gettop(L) - 1;
}

/* A wrapped function runs under a pcall of its own, so that an error unwinds it inside the coroutine: its <close>
 * values may wait. */
static int wrapped_main(lua_State *L) {
  lua_pushcfunction(L, tl__traceback);
  lua_insert(L, 1);
  return wrapped_k(L, lua_pcallk(L, lua_gettop(L) - 2, LUA_MULTRET, 1, 0, wrapped_k), 0);
}

static int co_wrap(lua_State *L) {
  luaL_checktype(L, 1, LUA_TFUNCTION);
  lua_State *co = lua_newthread(L);
  lua_pushcfunction(L, wrapped_main);
  lua_pushvalue(L, 1);
  lua_xmove(L, co, 2);
  lua_pushcclosure(L, wrap_call, 1);
  return 1;
}

/* As Lua's, but a lock that is held in it is rolled back: this is no normal exit. */
static int co_close(lua_State *L) {
  lua_State *co = lua_tothread(L, 1);
  if (!co) return luaL_typeerror(L, 1, "coroutine");
  lua_Debug ar;
  if (co == L) return luaL_error(L, "cannot close a running coroutine");
  if (is_waiting(L, co))
    return luaL_error(
        L, "cannot close a coroutine that is inside a wait (tl.sleep, with_state, ...), or that of a handler or task");
  if (lua_status(co) == LUA_OK && lua_getstack(co, 0, &ar)) return luaL_error(L, "cannot close a normal coroutine");
  tl_lua *S = tl_lua_of(L);
  int status = close_thread(S, co, true);
  give_up_lock(S, co);
  if (status == LUA_OK) {
    lua_pushboolean(L, 1);
    return 1;
  }
  lua_pushboolean(L, 0);
  lua_xmove(co, L, 1);
  return 2;
}

static int co_yield (lua_State *L) {
  tl_task *t = tl_task_current(L);
  if (t && t->co == L) return tl__yield_events(L, t);
  return lua_yield(L, lua_gettop(L));
}

void tl__open_coroutine(lua_State *L) {
  lua_newtable(L);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "k");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_waiting);
  static const luaL_Reg functions[] = {
      {"resume", co_resume}, {"wrap", co_wrap}, {"yield", co_yield }, {"close", co_close}, {NULL, NULL}};
  lua_getglobal(L, "coroutine");
  luaL_setfuncs(L, functions, 0);
  lua_pop(L, 1);
}
