/* testing.c: what the driver (lua/tidelock/testing.lua) is built on: the order of what is ready, loading and closing an
 * app. Its pages are driven.c's, its time is testing_time.c's. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "lua/task.h"
#include "runtime/host.h"
#include "runtime/mirror.h"

/* ---- the order of what is ready ---- */

static void set_schedule(tl_host *h, tl_schedule *s) {
  if (h->testing) tl_random_pin(s != NULL);
  tl_schedule_free(h->schedule);
  h->schedule = s;
  tl_lua_schedule(h->lua, s);
}

/* seed(n, window): the order drawn from n; a timer may be late by so many seconds. 0: the ordinary one */
static int seed(lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  double window = luaL_optnumber(L, 2, 0);
  set_schedule(tl_host_of(L), n ? tl_schedule_drawn((uint64_t)n, (uint64_t)(window * 1e9 + 0.5)) : NULL);
  return 0;
}

/* deviate({ point, choice, ... }, window): the ordinary order but for these points. */
static int deviate(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  double window = luaL_optnumber(L, 2, 0);
  size_t n = lua_rawlen(L, 1) / 2;
  tl_deviation *list = lua_newuserdatauv(L, (n + 1) * sizeof *list, 0);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, 1, 2 * (lua_Integer)i + 1);
    lua_rawgeti(L, 1, 2 * (lua_Integer)i + 2);
    list[i] = (tl_deviation){(uint32_t)lua_tointeger(L, -2), (uint32_t)lua_tointeger(L, -1)};
    lua_pop(L, 2);
  }
  set_schedule(tl_host_of(L), tl_schedule_given(list, n, (uint64_t)(window * 1e9 + 0.5)));
  return 0;
}

/* -> how many points there were, { point, choice, ... } of those that deviated, how many possibilities each had */
static int deviations(lua_State *L) {
  const tl_schedule *s = tl_host_of(L)->schedule;
  lua_pushinteger(L, s ? s->points : 0);
  lua_newtable(L);
  for (size_t i = 0; s && i < s->taken_n; i++) {
    lua_pushinteger(L, s->taken[i].point);
    lua_rawseti(L, -2, 2 * (lua_Integer)i + 1);
    lua_pushinteger(L, s->taken[i].choice);
    lua_rawseti(L, -2, 2 * (lua_Integer)i + 2);
  }
  lua_newtable(L);
  for (uint32_t i = 0; s && i < s->points; i++) {
    lua_pushinteger(L, s->widths[i]);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 3;
}

/* tell(true): the steps are noted from now on. */
static int tell(lua_State *L) {
  tl_host *h = tl_host_of(L);
  tl_story_free(&h->story);
  tl_lua_tell(h->lua, lua_toboolean(L, 1) ? &h->story : NULL);
  return 0;
}

static void set_text(lua_State *L, const char *name, const char *text, size_t n) {
  lua_pushlstring(L, text, n);
  lua_setfield(L, -2, name);
}

static void push_step(lua_State *L, const tl_story *s, size_t i) {
  const tl_step *step = &s->steps[i];
  size_t end = i + 1 < s->n ? s->steps[i + 1].writes : s->writes.len;
  const struct {
    const char *name;
    lua_Integer value;
  } numbers[] = {{"at", (lua_Integer)step->at},
                 {"task", (lua_Integer)step->task},
                 {"choice", step->choice},
                 {"of", step->of},
                 {"wakes", (lua_Integer)step->wakes}},
    flags[] = {{"spec", step->spec},
               {"held", step->held},
               {"took", step->took},
               {"gave", step->gave},
               {"rolled_back", step->rolled_back}};
  lua_createtable(L, 0, 14);
  for (size_t k = 0; k < sizeof numbers / sizeof *numbers; k++) {
    lua_pushinteger(L, numbers[k].value);
    lua_setfield(L, -2, numbers[k].name);
    lua_pushboolean(L, flags[k].value != 0);
    lua_setfield(L, -2, flags[k].name);
  }
  set_text(L, "fate", step->end, strlen(step->end));
  set_text(L, "name", step->name, strlen(step->name));
  set_text(L, "place", step->place, strlen(step->place));
  set_text(L, "writes", s->writes.data ? s->writes.data + step->writes : "", end - step->writes);
}

static int told(lua_State *L) { /* -> the steps so far, times in ns */
  const tl_story *s = &tl_host_of(L)->story;
  lua_createtable(L, (int)s->n, 0);
  for (size_t i = 0; i < s->n; i++) {
    push_step(L, s, i);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  return 1;
}

/* ---- the log: kept for the specs, which show it with a failure ---- */

enum { LOG_MAX = 256 * 1024 };

static void keep_line(void *ctx, tl_log_level level, const char *line) {
  static const char *const names[] = {"debug", "info", "warn", "error"};
  tl_host *h = ctx;
  if (h->log.len > LOG_MAX) tl_buf_clear(&h->log);
  tl_buf_printf(&h->log, "%s: %s\n", names[level], line);
}

void tl_host_keep_log(tl_host *h) { tl_log_set_sink(keep_line, h); }

static int log_text(lua_State *L) { /* -> what was logged since the last call */
  tl_buf *b = &tl_host_of(L)->log;
  lua_pushlstring(L, b->len ? b->data : "", b->len);
  tl_buf_clear(b);
  return 1;
}

/* ---- the app ---- */

static int load_app(lua_State *L) {
  tl_host_load_app(L, tl_host_of(L), luaL_checkstring(L, 1));
  tl_lua_start_lifespans(L);
  return 0;
}

/* app_load(file, again): again: tokens go on, the pages of before have some. An app that fails while it loads is
 * dropped: the next spec finds the host as it was. */
static int app_load(lua_State *L) {
  tl_host *h = tl_host_of(L);
  if (h->app) return luaL_error(L, "an app is loaded already");
  if (!lua_toboolean(L, 2)) tl_random_rewind();
  tl_config_defaults(&h->config);
  h->config.dev = true;
  tl_lua_watch(h->lua, true);
  lua_pushcfunction(L, load_app);
  lua_pushvalue(L, 1);
  if (lua_pcall(L, 1, 0, 0)) {
    tl_host_unload(h);
    return lua_error(L);
  }
  lua_pushboolean(L, 1);
  return 1;
}

static const char spec_over[] = "the spec has ended", restarting[] = "the host is restarted";

static uint64_t in_seconds(tl_host *h, double s) { return tl_lua_now(h->lua) + (uint64_t)(s * 1e9); }

static int closing_k(lua_State *L, int status, lua_KContext deadline);

/* Lets the tasks end, until the deadline (ns, in ctx). Stack: whether it is a restart. */
static int wait_for_end(lua_State *L, uint64_t to, uint64_t deadline) {
  tl_host *h = tl_host_of(L);
  h->advance_wake = tl_wait_begin(L, TL_WAITING, "app_close");
  h->advance_to = to;
  h->advance_io = false;
  h->advancing = true;
  return tl_park(L, (lua_KContext)deadline, closing_k);
}

static void forget_app(tl_host *h, bool restart) {
  tl_host_end_tabs(h, restart ? restarting : spec_over);
  tl_host_unload(h);
  tl_lua_watch(h->lua, false);
  if (!restart) tl_lua_rewind(h->lua); /* after days of virtual time a double no longer holds a nanosecond */
}

static void keep_left(void *ctx, const char *text) { tl_buf_printf(ctx, "%s\n", text); }

static void kill_rest(tl_host *h, bool restart) {
  if (restart)
    tl_log(TL_LOG_WARN, "shutdown: %zu tasks did not end in time and are killed", tl_lua_tasks(h->lua, NULL));
  else
    tl_lua_describe(h->lua, keep_left, &h->left);
  tl_lua_kill_all(h->lua);
}

static int closing_k(lua_State *L, int status, lua_KContext ctx) {
  (void)status;
  tl_host *h = tl_host_of(L);
  bool restart = lua_toboolean(L, 1);
  uint64_t deadline = (uint64_t)ctx, now = tl_lua_now(h->lua), next = tl_timers_next(tl_lua_timers(h->lua));
  tl_wait_end(L);
  if (tl_lua_wind_down(h->lua, restart ? restarting : spec_over) && now < deadline)
    return wait_for_end(L, next > now && next < deadline ? next : deadline, deadline);
  if (tl_lua_tasks(h->lua, NULL)) kill_rest(h, restart);
  forget_app(h, restart);
  return 0;
}

/* Ends the tabs, cancels the tasks, waits until they have ended (they get the time that their cleanup may take), drops
 * the app. */
static int app_close(lua_State *L) {
  enum { TIME = 20 }; /* s */
  tl_host *h = tl_host_of(L);
  tl_lua_tell(h->lua, NULL);
  tl_lua_schedule(h->lua, NULL); /* the end is always the same; what was noted of the schedule is kept */
  tl_host_end_tabs(h, spec_over);
  tl_lua_cancel_all(h->lua, spec_over);
  lua_settop(L, 0);
  lua_pushboolean(L, false);
  return wait_for_end(L, tl_lua_now(h->lua), in_seconds(h, TIME));
}

/* As a host that shuts down: the pages are told, the tasks cancelled and awaited, at most for shutdown_time; then the
 * pages' connections are closed. */
static int app_shutdown(lua_State *L) {
  tl_host *h = tl_host_of(L);
  tl_host_take_leave(h);
  lua_settop(L, 0);
  lua_pushboolean(L, true);
  return wait_for_end(L, tl_lua_now(h->lua), in_seconds(h, h->config.shutdown_time));
}

static void add_line(void *ctx, const char *text) {
  lua_State *L = ctx;
  lua_pushstring(L, text);
  lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
}

static int leftovers(lua_State *L) {
  tl_host *h = tl_host_of(L);
  lua_newtable(L);
  tl_buf_cstr(&h->left);
  char *rest = h->left.data, *text;
  while (rest && (text = strsep(&rest, "\n")))
    if (*text) add_line(L, text);
  tl_buf_clear(&h->left);
  tl_lua_describe(h->lua, add_line, L);
  char line[60];
  if (h->store->count(h->store)) {
    snprintf(line, sizeof line, "%zu tabs", h->store->count(h->store));
    add_line(L, line);
  }
  if (tl_loop_io_count(h->loop)) {
    snprintf(line, sizeof line, "%u requests under way", tl_loop_io_count(h->loop));
    add_line(L, line);
  }
  return 1;
}

void tl_open_native_testing(lua_State *L) {
  static const luaL_Reg functions[] = {{"seed", seed},
                                       {"deviate", deviate},
                                       {"deviations", deviations},
                                       {"tell", tell},
                                       {"told", told},
                                       {"lost_updates", tl_lua_lost},
                                       {"log_text", log_text},
                                       {"app_load", app_load},
                                       {"app_close", app_close},
                                       {"app_shutdown", app_shutdown},
                                       {"leftovers", leftovers},
                                       {"luv", tl_loaded_luv},
                                       {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
  tl_open_driven(L);
  tl_open_testing_time(L);
  tl_open_testing_refs(L);
  tl_open_mirror(L);
}
