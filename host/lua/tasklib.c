/* tasklib.c: tasks as Lua sees them: task objects, the live set, spawn, cancel. A task object keeps the task's struct
 * (not the task) until it is collected; there is one object a task, so that objects compare. */
#include <string.h>
#include <time.h>

#include "base/mem.h"
#include "lua/board.h"
#include "lua/convert.h"
#include "lua/inner.h"

static const char object_name[] = "tidelock.task";

typedef struct object {
  tl_task *task;
  uint64_t id;
} object;

tl_task *tl__task_at(lua_State *L, int idx) { return ((object *)lua_touserdata(L, idx))->task; }

static tl_task *check_task(lua_State *L, int idx) {
  object *o = luaL_testudata(L, idx, object_name);
  if (!o) tl_raise(L, "TypeError", "a task is needed (with a colon: task:cancel()), not %s", tl__given(L, idx));
  if (!o->task) tl_raise(L, "TypeError", "this task object is being collected (it is used by a __gc)");
  return o->task;
}

void tl__push_task(lua_State *L, tl_task *t) {
  tl__reg(L, &tl__key_objects);
  if (lua_rawgetp(L, -1, t) == LUA_TUSERDATA) {
    object *known = lua_touserdata(L, -1);
    if (known->task == t && known->id == t->id) {
      lua_remove(L, -2);
      return;
    }
  }
  lua_pop(L, 1);
  object *o = lua_newuserdatauv(L, sizeof *o, 0);
  *o = (object){t, t->id};
  t->handles++;
  luaL_setmetatable(L, object_name);
  lua_pushvalue(L, -1);
  lua_rawsetp(L, -3, t);
  lua_remove(L, -2);
}

static int object_gc(lua_State *L) {
  object *o = luaL_checkudata(L, 1, object_name);
  if (!o->task) return 0;
  o->task->handles--;
  tl__task_maybe_free(o->task);
  o->task = NULL;
  return 0;
}

/* ---- cancel ---- */

void tl__cancel(tl_task *t, const char *reason) {
  if (t->reaped) return;
  if (!t->cancelled) {
    t->cancelled = true;
    t->reason = reason ? tl_strndup(reason, strlen(reason)) : NULL;
    if (t->row) tl__row_turned(t->row);
  }
  if (!t->started)
    tl__task_drop_unstarted(t, TL_CANCELLED);
  else if (t->masks && !t->mask_expired)
    tl__arm_cleanup(t);
  else
    tl__end_wait(t, false);
}

static int task_cancel(lua_State *L) {
  tl_task *t = check_task(L, 1);
  if (!lua_isnoneornil(L, 2) && lua_type(L, 2) != LUA_TSTRING)
    return tl_raise(L, "TypeError", "task:cancel(reason): the reason is a string, not %s", tl__given(L, 2));
  tl__cancel(t, luaL_optstring(L, 2, "cancel() was called"));
  tl__interrupt_running(L);
  return 0;
}

static int task_await(lua_State *L) {
  check_task(L, 1);
  return tl__await(L);
}

static int task_progress(lua_State *L) {
  tl__progress(L, check_task(L, 1));
  return 0;
}

/* ---- fields ---- */

static const char *const status_names[] = {"running", "waiting_lock", "sleeping", "waiting",
                                           "done",    "failed",       "cancelled"};

const char *tl__status_name(const tl_task *t) { return status_names[t->status]; }

static int push_args_table(lua_State *L, const tl_task *t) {
  if (t->args.kind == TL_LIST)
    tl_push_plain(L, t->args);
  else
    lua_newtable(L);
  return 1;
}

static void push_key(lua_State *L, const tl_task *t) {
  static const tl_value none = {.kind = TL_NIL};
  tl__push_scalar(L, t->stay ? tl__stay_key(t) : &none, false);
}

static int task_field(lua_State *L, tl_task *t, const char *key) {
  if (!strcmp(key, "id"))
    lua_pushinteger(L, (lua_Integer)t->id);
  else if (!strcmp(key, "name"))
    lua_pushstring(L, tl__task_name(t));
  else if (!strcmp(key, "status"))
    lua_pushstring(L, status_names[t->status]);
  else if (!strcmp(key, "started_at"))
    lua_pushnumber(L, (double)t->started_at / 1e9);
  else if (!strcmp(key, "token") && t->token[0])
    lua_pushstring(L, t->token);
  else if (!strcmp(key, "token"))
    lua_pushnil(L);
  else if (!strcmp(key, "key"))
    push_key(L, t);
  else if (!strcmp(key, "args"))
    return push_args_table(L, t);
  else
    return tl_raise(
        L, "TypeError",
        "a task has no field \"%s\"; there are id, name, status, started_at, token, key, args, and the methods "
        "cancel, await and progress",
        key);
  return 1;
}

static int object_index(lua_State *L) {
  tl_task *t = check_task(L, 1);
  const char *key = luaL_tolstring(L, 2, NULL);
  if (!strcmp(key, "cancel"))
    lua_pushcfunction(L, task_cancel);
  else if (!strcmp(key, "await"))
    lua_pushcfunction(L, task_await);
  else if (!strcmp(key, "progress"))
    lua_pushcfunction(L, task_progress);
  else
    return task_field(L, t, key);
  return 1;
}

static int object_tostring(lua_State *L) {
  tl_task *t = check_task(L, 1);
  lua_pushfstring(L, "task %I %s (%s)", (LUAI_UACINT)t->id, tl__task_name(t), status_names[t->status]);
  return 1;
}

static int object_newindex(lua_State *L) {
  return tl_raise(L, "TypeError", "a task's fields cannot be written (%s); keep what belongs to it in a var or a local",
                  luaL_tolstring(L, 2, NULL));
}

/* ---- the set ---- */

/* Which tasks: of a tab, of a handler, that began with these arguments. NULL: any. */
typedef struct choice {
  const tl_cell *cell;
  const tl_handler *handler;
  const tl_value *args; /* a list */
  const tl_value *key;
} choice;

static bool begins_with(tl_value args, tl_value head) {
  size_t n = tl_count(head);
  if (n && (args.kind != TL_LIST || tl_count(args) < n)) return false;
  for (size_t i = 0; i < n; i++)
    if (!tl_equal(tl_list_at(args, i), tl_list_at(head, i))) return false;
  return true;
}

static bool listed(const tl_task *t, choice of) {
  if (t->kind != TL__BACKGROUND && t->kind != TL__SPAWNED) return false;
  return (!of.cell || t->cell == of.cell) && (!of.handler || t->handler == of.handler) &&
         (!of.args || begins_with(t->args, *of.args)) && (!of.key || (t->stay && tl_equal(*tl__stay_key(t), *of.key)));
}

static int push_list(lua_State *L, choice of) {
  lua_newtable(L);
  lua_Integer n = 0;
  for (tl_task *t = tl_lua_of(L)->first; t; t = t->next) {
    if (!listed(t, of) || t == tl_lua_of(L)->root_task) continue;
    tl__push_task(L, t);
    lua_rawseti(L, -2, ++n);
  }
  return 1;
}

static int tasks(lua_State *L) { return push_list(L, (choice){0}); }

/* +1: what keeps the arguments. `usage`: for the message when there is no event reference. */
static void push_choice(lua_State *L, int arg, const char *usage, choice *of) {
  lua_settop(L, arg); /* an argument that is missing is nil, not what is pushed now */
  tl_value *args = tl__push_box(L);
  if (lua_istable(L, arg)) {
    size_t n;
    lua_getfield(L, arg, "handler");
    const char *name = lua_tolstring(L, -1, &n);
    tl_app *a = tl_app_current(L);
    if (name && a) of->handler = tl_app_handler(a, name, n);
    if (of->handler) *args = tl__event_args(L, arg, name);
    lua_pop(L, 1);
  }
  if (!of->handler)
    tl_raise(L, "TypeError", "%s: an event reference such as Job.work or Job.work(5) is needed, not %s", usage,
             tl__given(L, arg));
  of->args = args;
}

static int tab_tasks(lua_State *L) { /* self [, Job.work] */
  tl_view *v = tl_state_view(L, 1);
  if (!v) return tl_raise(L, "TypeError", "self:tasks(): a state instance is needed, not %s", tl__given(L, 1));
  choice of = {.cell = v->cell};
  if (!lua_isnoneornil(L, 2)) push_choice(L, 2, "self:tasks(Job.work)", &of);
  return push_list(L, of);
}

/* +1: what keeps the key that is at idx. */
static void take_key(lua_State *L, int idx, choice *of) {
  int type = lua_type(L, idx);
  if (type != LUA_TSTRING && type != LUA_TNUMBER && type != LUA_TBOOLEAN)
    tl_raise(L, "TypeError", "tl.cancel(self, Job.work, key): a key is a string, a number or a boolean, not %s",
             tl__given(L, idx));
  tl_value *key = tl__push_box(L);
  tl__take take = {0};
  *key = tl__from_lua(L, idx, &take);
  of->key = key;
}

static int cancel(lua_State *L) { /* self, Job.work [, key] */
  tl_view *v = tl_state_view(L, 1);
  if (!v)
    return tl_raise(L, "TypeError", "tl.cancel(self, Job.work): a state instance is needed, not %s", tl__given(L, 1));
  choice of = {.cell = v->cell};
  lua_settop(L, 3);
  if (!lua_isnil(L, 3)) {
    take_key(L, 3, &of);
    lua_replace(L, 3);
  }
  lua_insert(L, 2); /* what keeps the key, or nil */
  push_choice(L, 3, "tl.cancel(self, Job.work)", &of);
  tl_task *next;
  for (tl_task *t = tl_lua_of(L)->first; t; t = next) {
    next = t->next;
    if (listed(t, of)) tl__cancel(t, "tl.cancel was called");
  }
  tl__interrupt_running(L);
  return 0;
}

static int set_len(lua_State *L) {
  lua_Integer n = 0;
  for (tl_task *t = tl_lua_of(L)->first; t; t = t->next) n += listed(t, (choice){0}) && t != tl_lua_of(L)->root_task;
  lua_pushinteger(L, n);
  return 1;
}

static int set_next(lua_State *L) { /* over the list made when the walk began: upvalues list, position */
  lua_Integer i = lua_tointeger(L, lua_upvalueindex(2)) + 1;
  lua_pushinteger(L, i);
  lua_replace(L, lua_upvalueindex(2));
  lua_rawgeti(L, lua_upvalueindex(1), i);
  if (lua_isnil(L, -1)) return 1;
  lua_pushboolean(L, 1);
  return 2;
}

static int set_pairs(lua_State *L) {
  push_list(L, (choice){0});
  lua_pushinteger(L, 0);
  lua_pushcclosure(L, set_next, 2);
  return 1;
}

static int set_index(lua_State *L) { /* background_tasks[task]: is it in the set? */
  object *o = luaL_testudata(L, 2, object_name);
  if (o && o->task && !o->task->reaped && listed(o->task, (choice){0}))
    lua_pushboolean(L, 1);
  else
    lua_pushnil(L);
  return 1;
}

/* ---- spawn ---- */

static int spawn(lua_State *L) {
  if (!lua_isfunction(L, 1))
    return tl_raise(L, "TypeError", "tl.spawn(fn, ...): a function is needed, not %s", tl__given(L, 1));
  lua_Debug ar;
  lua_pushvalue(L, 1);
  lua_getinfo(L, ">S", &ar);
  char name[LUA_IDSIZE + 24];
  if (ar.linedefined > 0)
    snprintf(name, sizeof name, "%s:%d", ar.short_src, ar.linedefined);
  else
    snprintf(name, sizeof name, "a function in C");
  tl_task *t = tl_lua_spawn(L, lua_gettop(L) - 1, name);
  tl__push_task(L, t);
  return 1;
}

static int current_task(lua_State *L) {
  tl_task *t = tl_task_current(L);
  if (t)
    tl__push_task(L, t);
  else
    lua_pushnil(L);
  return 1;
}

static int wall_time(lua_State *L) {
  struct timespec ts;
  clock_gettime(CLOCK_REALTIME, &ts);
  lua_pushnumber(L, (double)ts.tv_sec + (double)ts.tv_nsec / 1e9);
  return 1;
}

static void open_objects(lua_State *L) {
  luaL_newmetatable(L, object_name);
  static const luaL_Reg meta[] = {{"__gc", object_gc},
                                  {"__index", object_index},
                                  {"__newindex", object_newindex},
                                  {"__tostring", object_tostring},
                                  {NULL, NULL}};
  luaL_setfuncs(L, meta, 0);
  lua_pushliteral(L, "task");
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 1);
  tl__reg(L, &tl__key_objects);
  lua_createtable(L, 0, 1);
  lua_pushliteral(L, "v");
  lua_setfield(L, -2, "__mode");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}

void tl__open_tasklib(lua_State *L) {
  open_objects(L);
  static const luaL_Reg functions[] = {
      {"tasks", tasks},    {"cancel", cancel},       {"spawn", spawn}, {"current_task", current_task},
      {"time", wall_time}, {"tab_tasks", tab_tasks}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
  lua_newuserdatauv(L, 0, 0);
  luaL_newmetatable(L, "tidelock.background_tasks");
  static const luaL_Reg set[] = {{"__len", set_len}, {"__pairs", set_pairs}, {"__index", set_index}, {NULL, NULL}};
  luaL_setfuncs(L, set, 0);
  lua_setmetatable(L, -2);
  lua_setfield(L, -2, "background_tasks");
}
