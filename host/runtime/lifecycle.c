/* lifecycle.c: a host's making, its turn, its end. The order of the shutdown is fixed: stop accepting, tell the pages,
 * cancel the tasks and await them (with a deadline), then the lifespans, close the connections, close Lua, close the
 * loop. */
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "runtime/host.h"

enum { LIFESPAN_TIME = 1 }; /* s, when the tasks have used up theirs */

static int open_natives(lua_State *L) {
  luaL_getsubtable(L, LUA_REGISTRYINDEX, LUA_LOADED_TABLE);
  lua_getfield(L, -1, "tidelock.native");
  tl_open_native_host(L);
  tl_open_native_kept(L);
  tl_open_native_http(L);
  tl_open_native_work(L);
  tl_open_native_testing(L);
  return 0;
}

tl_host *tl_host_new(bool testing) {
  tl_host *h = tl_calloc(sizeof *h);
  h->testing = testing;
  tl_config_defaults(&h->config);
  snprintf(h->bind, sizeof h->bind, "127.0.0.1");
  h->loop = tl_loop_new();
  h->store = tl_store_memory();
  tl_lua_hooks hooks = tl_hooks(h);
  tl_lua_opts opts = {
      .memory_limit = h->config.memory_limit, .virtual_time = testing, .cleanup_time = h->config.cleanup_time};
  h->lua = tl_lua_new(&opts, &hooks);
  lua_State *L = tl_lua_state(h->lua);
  lua_pushcfunction(L, open_natives);
  if (lua_pcall(L, 0, 0, 0)) {
    tl_log(TL_LOG_ERROR, "%s", lua_tostring(L, -1));
    abort();
  }
  tl_open_luv(h);
  if (testing) tl_host_keep_log(h);
  return h;
}

int tl_host_listen(tl_host *h, const char *bind, int port, const char **err) {
  tl_server_opts o = {.host = bind,
                      .port = port,
                      .max_frame = h->config.frame_limit ? h->config.frame_limit : SIZE_MAX,
                      .no_compression = !h->config.compress};
  tl_server_handlers handlers = tl_web_handlers();
  snprintf(h->bind, sizeof h->bind, "%s", bind);
  tl_lua_watch(h->lua, h->config.dev);
  h->server = tl_server_start(h->loop, &o, &handlers, h, err);
  return h->server ? 0 : -1;
}

/* Lua collects when something is allocated, and malloc keeps what is free below something that is not: of a crowd that
 * has left, nothing would go to the system. So when half of the tabs have ended, or all: it takes time in proportion to
 * them. */
static void give_memory_back(tl_host *h) {
  enum { FEW = 32 };
  size_t left = h->store->count(h->store);
  if (!h->ended || h->testing || (left && (h->ended < FEW || h->ended < left))) return;
  h->ended = 0;
  lua_gc(tl_lua_state(h->lua), LUA_GCCOLLECT);
  tl_mem_give_back();
}

static const char shutting_down[] = "the host is shutting down";

static uint64_t turn(void *ctx) {
  tl_host *h = ctx;
  uint64_t next = tl_lua_turn(h->lua);
  tl_flush(h);
  give_memory_back(h);
  if (h->stopping && !tl_lua_wind_down(h->lua, shutting_down)) tl_loop_stop(h->loop);
  return next;
}

/* ---- the end ---- */

void tl_host_end_tabs(tl_host *h, const char *reason) {
  size_t cursor = 0;
  void *tab;
  while (h->store->next(h->store, &cursor, &tab)) tl_tab_end(tab, reason);
}

static void tell_closing(tl_host *h) {
  static const char text[] = "{\"closing\":{\"reason\":\"restart\",\"retry\":1.5}}";
  size_t cursor = 0;
  void *tab;
  while (h->store->next(h->store, &cursor, &tab)) {
    tl_tab *t = tab;
    if (!t->peer) continue;
    tl_flush_tab(t);
    t->peer->ops->send(t->peer->io, text, sizeof text - 1);
  }
}

static void out_of_time(tl_timer *timer);

static void arm_deadline(tl_host *h, double seconds) {
  h->deadline.fire = out_of_time;
  tl_timer_add(tl_lua_timers(h->lua), &h->deadline, tl_lua_now(h->lua) + (uint64_t)(seconds * 1e9));
}

/* Tasks first; what waited for their end, which is the lifespans, gets its own time. */
static void out_of_time(tl_timer *timer) {
  tl_host *h = (tl_host *)((char *)timer - offsetof(tl_host, deadline));
  size_t killed = tl_lua_kill_tasks(h->lua);
  tl_log(TL_LOG_WARN, "shutdown: %zu tasks did not end in time and are killed",
         killed ? killed : tl_lua_tasks(h->lua, NULL));
  if (killed)
    arm_deadline(h, LIFESPAN_TIME);
  else
    tl_loop_stop(h->loop);
}

void tl_host_take_leave(tl_host *h) {
  tell_closing(h);
  h->dropping = true;
  tl_lua_cancel_all(h->lua, shutting_down);
  h->dropping = false;
}

void tl_host_stop(tl_host *h) {
  if (h->stopping) return;
  h->stopping = true;
  if (h->server) tl_server_stop_listening(h->server);
  tl_host_take_leave(h);
  arm_deadline(h, h->config.shutdown_time);
}

static void on_signal(uv_signal_t *handle, int number) {
  tl_host *h = handle->data;
  tl_log(TL_LOG_INFO, "%s: shutting down", number == SIGINT ? "interrupted" : "terminated");
  tl_host_stop(h);
}

static int start_lifespans(lua_State *L) {
  tl_lua_start_lifespans(L);
  return 0;
}

static void start_app(tl_host *h) {
  lua_State *L = tl_lua_state(h->lua);
  lua_pushcfunction(L, start_lifespans);
  if (lua_pcall(L, 0, 0, 0)) tl_log(TL_LOG_ERROR, "the functions of tl.lifespan: %s", lua_tostring(L, -1));
  lua_settop(L, 0);
}

void tl_host_run(tl_host *h) {
  start_app(h);
  uv_signal_t signals[2];
  static const int numbers[2] = {SIGTERM, SIGINT};
  for (int i = 0; i < 2; i++) {
    uv_signal_init(tl_loop_uv(h->loop), &signals[i]);
    signals[i].data = h;
    uv_signal_start(&signals[i], on_signal, numbers[i]);
  }
  tl_loop_set_turn(h->loop, turn, h);
  tl_loop_run(h->loop);
  for (int i = 0; i < 2; i++) uv_close((uv_handle_t *)&signals[i], NULL);
  tl_loop_poll(h->loop, 0);
}

bool tl_host_free(tl_host *h) {
  tl_timer_remove(tl_lua_timers(h->lua), &h->deadline);
  tl_lua_kill_all(h->lua);
  tl_host_end_tabs(h, "restart");
  tl_flush(h);
  if (h->server) tl_server_free(h->server);
  tl_host_unload(h);
  tl_close_luv(h);
  tl_lua_free(h->lua);
  if (h->fetcher) tl_fetcher_free(h->fetcher);
  bool quiet = tl_end_works(h);
  if (quiet) tl_loop_free(h->loop);
  h->store->free(h->store);
  tl_buf_free(&h->scratch);
  tl_buf_free(&h->default_state);
  if (h->testing) tl_log_set_sink(NULL, NULL);
  tl_buf_free(&h->log);
  tl_buf_free(&h->left);
  tl_buf_free(&h->refs);
  tl_schedule_free(h->schedule);
  tl_story_free(&h->story);
  for (size_t i = 0; i < h->origins_n; i++) tl_free(h->origins[i]);
  tl_free(h->origins);
  tl_free(h->trusted);
  tl_free(h->file);
  if (quiet) tl_free(h); /* else a thread may still look at what it has of it */
  return quiet;
}

/* ---- commands in Lua: the specs, the check ---- */

/* The specs wait until then, and for what an order of their own has made late. */
static uint64_t advance_end(const tl_host *h) { return h->advance_to + (h->schedule ? h->schedule->late : 0); }

static void end_advance(tl_host *h) {
  h->advancing = false;
  tl_lua_go_on(h->lua, h->advance_wake);
}

/* Nobody drives the time just then: whoever waits for the requests is told, and the specs when they drive it again. */
static void end_requests(tl_host *h) {
  char why[200];
  snprintf(why, sizeof why,
           "no answer within %g s of real time, which is what a spec waits for; t.http_stub answers without a network",
           (double)h->advance_limit / 1e9);
  if (h->fetcher) tl_fetcher_fail(h->fetcher, "timeout", why);
}

/* Virtual time stands still for I/O, which takes real time: not without end. Each new request begins the wait anew. */
static void await_io(tl_host *h) {
  if (h->io_begun != tl_loop_io_begun(h->loop)) h->io_spent = 0;
  h->io_begun = tl_loop_io_begun(h->loop);
  if (!h->advance_limit || h->io_spent < h->advance_limit) {
    uint64_t from = tl_loop_now();
    tl_loop_poll(h->loop, h->advance_limit ? h->advance_limit - h->io_spent : UINT64_MAX);
    h->io_spent += tl_loop_now() - from;
    return;
  }
  h->io_spent = 0;
  h->advance_late = tl_loop_io_count(h->loop);
  if (h->advancing)
    end_advance(h);
  else
    end_requests(h);
}

/* The specs wait, and not for time: only a callback of luv could bring something now. One that lets no task go on does
 * not begin the wait anew. */
static void await_anything(tl_host *h) {
  uint64_t ran = tl_lua_ran(h->lua), from = tl_loop_now();
  if (h->idle_ran != ran) h->idle_spent = 0;
  h->idle_ran = ran;
  if (tl_luv_waits(h) && (!h->advance_limit || h->idle_spent < h->advance_limit)) {
    tl_loop_poll(h->loop, h->advance_limit ? h->advance_limit - h->idle_spent : UINT64_MAX);
    h->idle_spent += tl_loop_now() - from;
    return;
  }
  h->idle_spent = 0;
  tl_lua_stuck(h->lua, "no task, timer or request is left that could end it");
}

/* A task that only gives the others their turn, again and again, lets no time go by. */
static void count_turn(tl_host *h) {
  enum { MANY = 1000000 };
  if (++h->busy_turns < MANY || !h->advance_limit) return;
  h->busy_turns = 0;
  if (h->advancing) {
    h->restless = true;
    end_advance(h);
  } else {
    tl_lua_stuck(h->lua, "the tasks never come to rest, so no time goes by; does one call tl.sleep(0) in a loop?");
  }
}

/* Nothing is ready: moves the clock to what comes first, or ends the wait of the specs. */
static void when_idle(tl_host *h, uint64_t next) {
  bool any = next != UINT64_MAX;
  h->busy_turns = 0;
  if (tl_loop_io_count(h->loop) && !(h->advancing && !h->advance_io)) {
    await_io(h);
  } else if (!h->advancing) {
    if (any)
      tl_lua_jump(h->lua, tl_lua_due(h->lua, UINT64_MAX));
    else
      await_anything(h);
  } else if (any && tl_lua_now(h->lua) + next <= advance_end(h)) {
    tl_lua_jump(h->lua, tl_lua_due(h->lua, advance_end(h)));
  } else {
    tl_lua_jump(h->lua, h->advance_to);
    end_advance(h);
  }
}

static int root_ended(lua_State *L) { /* upvalue: where the exit code goes; argument: it */
  *(int *)lua_touserdata(L, lua_upvalueindex(1)) = (int)lua_tointeger(L, 1);
  return 0;
}

/* The root task: runs the command; whatever happens, the end is told. */
static const char root_chunk[] = "local ended, module, arguments = ...\n"
                                 "local function run() return (require(module).run(arguments)) end\n"
                                 "local ok, code = xpcall(run, debug.traceback)\n"
                                 "if not ok then io.stderr:write(tostring(code), '\\n') end\n"
                                 "ended(ok and code or 2)\n";

static int start_root(lua_State *L) { /* exit code (light), argc, argv (light), module (light) */
  int *code = lua_touserdata(L, 1), argc = (int)lua_tointeger(L, 2);
  char **argv = lua_touserdata(L, 3);
  const char *module = lua_touserdata(L, 4);
  if (luaL_loadbufferx(L, root_chunk, sizeof root_chunk - 1, "=tidelock.root", "t")) return lua_error(L);
  lua_pushlightuserdata(L, code);
  lua_pushcclosure(L, root_ended, 1);
  lua_pushstring(L, module);
  lua_createtable(L, argc, 0);
  for (int i = 0; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i + 1);
  }
  tl_lua_set_root(tl_lua_of(L), tl_lua_spawn(L, 3, module));
  return 0;
}

int tl_host_command(tl_host *h, const char *module, int argc, char **argv) {
  lua_State *L = tl_lua_state(h->lua);
  int code = -1;
  lua_pushcfunction(L, start_root);
  lua_pushlightuserdata(L, &code);
  lua_pushinteger(L, argc);
  lua_pushlightuserdata(L, argv);
  lua_pushlightuserdata(L, (void *)module);
  if (lua_pcall(L, 4, 0, 0)) {
    tl_log(TL_LOG_ERROR, "%s", lua_tostring(L, -1));
    return 2;
  }
  while (code < 0) {
    tl_loop_poll(h->loop, 0); /* before the turn: what it makes ready counts */
    uint64_t next = turn(h);
    if (next && code < 0) when_idle(h, next);
    if (!next) count_turn(h);
  }
  return code;
}
