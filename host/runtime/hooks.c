/* hooks.c: what the Lua half tells the runtime: commits, effects, ends of events, failures; and what it asks. */
#include <string.h>

#include "base/log.h"
#include "core/json.h"
#include "runtime/host.h"
#include "runtime/observer.h"

static void committed(void *ctx, tl_cell *c, tl_value before) {
  (void)ctx;
  tl_tab *t = c->owner;
  if (t && tl_tab_committed(t, before) && t->observer) tl_observe_commit(t, before);
}

static void effect(void *ctx, tl_cell *c, tl_value e) {
  (void)ctx;
  if (c->owner) tl_tab_effect(c->owner, e);
}

static void done(void *ctx, tl_cell *c, uint64_t event, uint64_t instance) {
  tl_host *h = ctx;
  tl_tab *t = c->owner;
  if (t && !h->dropping) tl_tab_event_done(t, event, instance);
}

static void failed(void *ctx, tl_cell *c, const tl_failure *f, uint64_t instance) {
  (void)ctx;
  tl_tab *t = c ? c->owner : NULL;
  if (!t) return;
  tl_failure shown = *f;
  if (shown.event && t->pages.now.no != instance) shown.event = 0;
  tl_tab_failure(t, &shown);
}

static tl_cell *find(void *ctx, const char *token, size_t len) {
  tl_tab *t = tl_tab_find(ctx, token, len);
  return t && !t->ending ? t->cell : NULL;
}

tl_lua_hooks tl_hooks(tl_host *h) { return (tl_lua_hooks){h, committed, effect, done, failed, find, tl_router_push}; }
