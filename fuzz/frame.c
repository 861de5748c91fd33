/* frame.c: the quick way to read an event against the long one: what the first takes the second reads as the same
 * event, with the same id, handler and arguments. */
#include "runtime/frame.h"

#include <string.h>

#include "base/mem.h"
#include "core/json.h"
#include "fuzz.h"

static tl_value need(tl_value m, const char *key, tl_kind kind) {
  tl_value v = tl_nil();
  CHECKF(m.kind == TL_MAP && tl_map_get(m, key, strlen(key), &v) && v.kind == kind, "no %s", key);
  return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t blocks = tl_mem_live(), n;
  const char *text = (const char *)data;
  tl_event_frame e;
  if (!tl_event_frame_read(text, size, &e)) {
    CHECK(tl_mem_live() == blocks);
    return 0;
  }
  tl_json_err err = {0, NULL};
  tl_value m = tl_nil();
  CHECKF(tl_json_read(text, size, &m, &err) == 0, "only the quick way takes it: %s", err.message);
  tl_value event = need(m, "event", TL_MAP), handler = need(event, "handler", TL_STRING);
  const char *name = tl_string_bytes(&handler, &n);
  CHECK(tl_count(m) == 1 && tl_count(event) == 3);
  CHECK(need(event, "id", TL_INT).i == (int64_t)e.id && e.id >= 1 && e.id < 1ull << 53);
  CHECK(n == e.handler_len && !memcmp(name, e.handler, n));
  CHECK(fuzz_same_kind(need(event, "args", TL_LIST), e.args));
  tl_release(m);
  tl_release(e.args);
  CHECK(tl_mem_live() == blocks);
  return 0;
}
