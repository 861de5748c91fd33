/* load_dialect.c: the two languages of the load client: tidelock.1 (docs/protocol.md) to bench/app.lua, and what
 * bench/floor.c understands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

static size_t fits(int n, size_t cap) { return n > 0 && (size_t)n < cap ? (size_t)n : 0; }

static const char *after(const char *text, size_t n, const char *what) {
  size_t len = strlen(what);
  const char *at = memmem(text, n, what, len);
  return at ? at + len : NULL;
}

static bool begins(const char *text, size_t n, const char *with) {
  size_t len = strlen(with);
  return n >= len && !memcmp(text, with, len);
}

/* ---- tidelock.1 ---- */

static size_t tidelock_hello(char *out, size_t cap, unsigned index) {
  return fits(snprintf(out, cap,
                       "{\"hello\":{\"token\":null,\"version\":null,\"instance\":\"bench-%u\",\"path\":\"/\","
                       "\"storage\":{\"cookie\":{},\"local\":{},\"session\":{}}}}",
                       index),
              cap);
}

static size_t tidelock_event(char *out, size_t cap, ld_event e, unsigned id, unsigned row) {
  static const char *const names[] = {"add", "beat", "flip"};
  char arg[16] = "";
  if (e == LD_FLIP) snprintf(arg, sizeof arg, "%u", row + 1);
  return fits(snprintf(out, cap, "{\"event\":{\"id\":%u,\"handler\":\"Bench.%s\",\"args\":[%s]}}", id, names[e], arg),
              cap);
}

static ld_heard tidelock_hear(const char *text, size_t n, int64_t *counter) {
  if (begins(text, n, "{\"init\":")) return LD_WELCOME;
  if (after(text, n, "\"errors\":")) return LD_REFUSAL;
  const char *number = after(text, n, "\"counter\":");
  if (number) *counter = strtoll(number, NULL, 10); /* ends at the comma or brace behind it */
  return number || after(text, n, "\"rows\":") ? LD_DELTA : LD_NOTHING;
}

/* ---- the floor ---- */

static size_t floor_hello(char *out, size_t cap, unsigned index) {
  (void)index;
  return fits(snprintf(out, cap, "{\"join\":true}"), cap);
}

static size_t floor_event(char *out, size_t cap, ld_event e, unsigned id, unsigned row) {
  (void)id;
  if (e == LD_FLIP) return fits(snprintf(out, cap, "{\"flip\":%u}", row), cap);
  return fits(snprintf(out, cap, e == LD_ADD ? "{\"add\":true}" : "{\"beat\":true}"), cap);
}

static ld_heard floor_hear(const char *text, size_t n, int64_t *counter) {
  if (begins(text, n, "{\"joined\":")) return LD_WELCOME;
  const char *number = after(text, n, "\"counter\":");
  if (number) *counter = strtoll(number, NULL, 10);
  return number || after(text, n, "\"done\":") ? LD_DELTA : LD_NOTHING;
}

static const ld_dialect dialects[] = {
    {"tidelock", "/_tidelock/ws", "Sec-WebSocket-Protocol: tidelock.1\r\n", tidelock_hello, tidelock_event,
     tidelock_hear},
    {"floor", "/", "", floor_hello, floor_event, floor_hear},
};

const ld_dialect *ld_dialect_named(const char *name) {
  for (size_t i = 0; i < sizeof dialects / sizeof *dialects; i++)
    if (!strcmp(dialects[i].name, name)) return &dialects[i];
  return NULL;
}
