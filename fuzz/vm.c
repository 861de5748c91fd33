/* vm.c: for the targets that embed the VM. A collector keeps blocks for a while, which the fuzzer takes for leaks: it
 * then searches all memory after each input, and runs forty of them a second instead of thousands. So these targets
 * look for leaks themselves, by tl_mem_live after a full collection. */
#include "vm.h"

#include <stdlib.h>

#include "base/log.h"
#include "base/mem.h"

const char *__asan_default_options(void); /* NOLINT: the sanitizer's name */
const char *__asan_default_options(void) { return "detect_leaks=0"; }

enum { COLLECT_EVERY = 256, SLACK = 64 };

static tl_host *host;

static void quiet(void *ctx, tl_log_level level, const char *line) { (void)ctx, (void)level, (void)line; }

tl_host *fuzz_host(void) {
  if (host) return host;
  bool shown = getenv("FUZZ_LOG") != NULL;
  tl_log_set_level(shown ? TL_LOG_DEBUG : TL_LOG_OFF);
  host = tl_host_new(true);
  tl_log_set_sink(shown ? NULL : quiet, NULL);
  return host;
}

/* The fuzzer sees branches of C. These counters show it the lines of Lua as well. */
enum { LINES = 1 << 14 };
__attribute__((section("__libfuzzer_extra_counters"))) static uint8_t lines[LINES];

static void on_line(lua_State *L, lua_Debug *ar) {
  uint32_t hash = (uint32_t)ar->currentline * 2654435761u;
  lua_getinfo(L, "S", ar);
  for (const char *s = ar->short_src; *s; s++) hash = (hash ^ (uint8_t)*s) * 16777619;
  uint8_t *line = &lines[hash % LINES];
  *line = (uint8_t)(*line + (*line < 255));
}

static int load(lua_State *L) { /* file -> the target's function */
  if (luaL_loadfilex(L, lua_tostring(L, 1), "t")) return lua_error(L);
  lua_call(L, 0, 1);
  return 1;
}

static int traceback(lua_State *L) {
  luaL_traceback(L, L, luaL_tolstring(L, 1, NULL), 1);
  return 1;
}

void fuzz_lua(const char *name, const uint8_t *data, size_t size) {
  static int function = LUA_NOREF;
  lua_State *L = tl_lua_state(fuzz_host()->lua);
  if (function == LUA_NOREF) {
    lua_pushcfunction(L, load);
    lua_pushfstring(L, "%s/lua/%s.lua", FUZZ_DIR, name);
    CHECKF(lua_pcall(L, 1, 1, 0) == LUA_OK, "%s", lua_tostring(L, -1));
    function = luaL_ref(L, LUA_REGISTRYINDEX);
  }
  lua_pushcfunction(L, traceback);
  lua_rawgeti(L, LUA_REGISTRYINDEX, function);
  lua_pushlstring(L, (const char *)data, size);
  lua_sethook(L, on_line, LUA_MASKLINE, 0);
  CHECKF(lua_pcall(L, 1, 0, -3) == LUA_OK, "%s", lua_tostring(L, -1));
  lua_sethook(L, NULL, 0, 0);
  lua_pop(L, 1);
}

void fuzz_check_memory(void) {
  static size_t first;
  static unsigned runs;
  if (++runs % COLLECT_EVERY) return;
  lua_gc(tl_lua_state(host->lua), LUA_GCCOLLECT);
  lua_gc(tl_lua_state(host->lua), LUA_GCCOLLECT);
  size_t live = tl_mem_live();
  if (!first) first = live;
  CHECKF(live <= first + SLACK, "%zu blocks live, %zu after the first runs", live, first);
}
