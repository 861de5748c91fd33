/* fail.c: what becomes of an error that nobody caught: the log tells of it, tl.on_error is asked for an answer, the
 * page is told, and the answer goes to the tab in which it happened. */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "lua/inner.h"

static char key_on_error; /* registry: the app's function */

/* ---- what an error value tells ---- */

/* +1: what keeps the text alive. */
static const char *field(lua_State *L, int err, const char *name, const char *otherwise) {
  if (!lua_istable(L, err)) {
    lua_pushnil(L);
    return otherwise;
  }
  lua_getfield(L, err, name);
  const char *s = lua_tostring(L, -1);
  return s ? s : otherwise;
}

void tl__failure_of(lua_State *L, int err, tl_failure *f) {
  luaL_checkstack(L, 14, NULL);
  tl__reg(L, &tl__key_trace);
  int trace = lua_gettop(L);
  lua_rawgeti(L, trace, 1);
  bool seen = lua_rawequal(L, -1, err);
  lua_rawgeti(L, trace, 2);
  f->traceback = field(L, err, "traceback", seen ? lua_tostring(L, -1) : NULL);
  if (seen && lua_rawgeti(L, trace, 3) == LUA_TSTRING)
    f->traceback =
        lua_pushfstring(L, f->traceback ? "%s\n%s" : "%s%s", f->traceback ? f->traceback : "", lua_tostring(L, -1));
  f->name = field(L, err, "name", "Error");
  if (tl_error_is(L, err, NULL)) {
    f->say = field(L, err, "say", NULL);
    f->where = field(L, err, "where", NULL);
  }
  const char *text = luaL_tolstring(L, err, NULL);
  f->message = field(L, err, "message", text);
}

int tl_error_trace(lua_State *L) { return tl__traceback(L); }

/* ---- tl.on_error ---- */

static int set_on_error(lua_State *L) {
  if (!lua_isfunction(L, 1))
    return tl_raise(L, "TypeError", "tl.on_error(fn): a function is needed, not %s", tl__given(L, 1));
  lua_settop(L, 1);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_on_error);
  return 0;
}

void tl__forget_on_error(lua_State *L) {
  lua_pushnil(L);
  lua_rawsetp(L, LUA_REGISTRYINDEX, &key_on_error);
}

typedef struct answer {
  tl_cell *cell; /* NULL: no tab */
  tl_value events;
} answer;

static int call_on_error(lua_State *L) { /* answer, error value, name, ref */
  answer *a = lua_touserdata(L, 1);
  lua_rawgetp(L, LUA_REGISTRYINDEX, &key_on_error);
  lua_replace(L, 1);
  lua_call(L, 3, LUA_MULTRET);
  if (lua_gettop(L)) tl__collect(L, 1, lua_gettop(L), "the function of tl.on_error", a->cell, &a->events);
  return 0;
}

tl_value tl__ask_on_error(lua_State *L, tl_cell *cell, int err, const char *name, const char *ref) {
  answer a = {cell, tl_nil()};
  luaL_checkstack(L, 8, NULL);
  bool known = lua_rawgetp(L, LUA_REGISTRYINDEX, &key_on_error) == LUA_TFUNCTION;
  lua_pop(L, 1);
  if (!known) return a.events;
  lua_pushcfunction(L, tl_error_text);
  lua_pushcfunction(L, call_on_error);
  lua_pushlightuserdata(L, &a);
  lua_pushvalue(L, err);
  lua_pushstring(L, name);
  lua_pushstring(L, ref);
  if (lua_pcall(L, 4, 0, -6)) {
    const char *text = lua_tostring(L, -1);
    tl_log(TL_LOG_ERROR, "the function of tl.on_error failed itself: %s", text ? text : "no text");
    lua_pop(L, 1);
  }
  lua_pop(L, 1);
  return a.events;
}

/* ---- telling ---- */

/* A copy in UTF-8: an error's text may hold anything. */
static char *readable(const char *text) {
  if (!text) return NULL;
  size_t n = strlen(text);
  char *out = tl_strndup(text, n);
  tl_utf8_mend(out, n);
  return out;
}

static void log_failure(const char *who, const tl_failure *f) {
  char *name = readable(f->name), *message = readable(f->message), *traceback = readable(f->traceback);
  tl_log(TL_LOG_ERROR, "%s failed (ref %s): %s: %s\n%s", who, f->ref, name, message, traceback ? traceback : "");
  tl_free(name);
  tl_free(message);
  tl_free(traceback);
}

static void tell_page(tl_task *t, tl_failure *f) { /* its texts may hold anything; the runtime mends them */
  f->event = t->event;
  f->task = t->event ? NULL : tl__task_name(t);
  if (t->S->hooks.failed) t->S->hooks.failed(t->S->hooks.ctx, t->cell, f, t->instance);
}

void tl__tell(tl_task *t, tl_failure *f) {
  char ref[5];
  tl_random_ref(ref);
  f->ref = ref;
  tl_buf traceback = {0};
  if (f->traceback) tl_buf_printf(&traceback, "%s\n", f->traceback);
  tl__origin_words(t, &traceback);
  f->traceback = tl_buf_cstr(&traceback);
  log_failure(tl__task_name(t), f);
  tell_page(t, f);
  tl_buf_free(&traceback);
}

void tl__report(lua_State *L, tl_task *t, int err) {
  int top = lua_gettop(L);
  char ref[5];
  tl_random_ref(ref);
  tl_failure f = {.ref = ref};
  tl__failure_of(L, err, &f);
  log_failure(tl__task_name(t), &f);
  tl_value answer = tl__ask_on_error(L, t->cell, err, tl__task_name(t), ref);
  f.answered = answer.kind == TL_LIST;
  tell_page(t, &f);
  tl__emit(L, t, t->cell, answer);
  lua_settop(L, top);
}

void tl_lua_failed(lua_State *L, tl_cell *c, const char *who, int err) {
  tl_lua *S = tl_lua_of(L);
  int top = lua_gettop(L);
  char ref[5];
  tl_random_ref(ref);
  tl_failure f = {.task = who, .ref = ref};
  tl__failure_of(L, err, &f);
  log_failure(who, &f);
  tl_value answer = tl__ask_on_error(L, c, err, who, ref);
  f.answered = answer.kind == TL_LIST;
  if (S->hooks.failed) S->hooks.failed(S->hooks.ctx, c, &f, 0);
  tl__emit(L, NULL, c, answer);
  lua_settop(L, top);
}

void tl__open_fail(lua_State *L) {
  lua_pushcfunction(L, set_on_error);
  lua_setfield(L, -2, "on_error");
}
