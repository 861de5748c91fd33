/* end.c: ending tasks from outside: those of a tab that goes, all of them at shutdown; and the list of what is left. */
#include <string.h>

#include "lua/group.h"

static bool belongs(const tl_task *t, const tl_cell *c) { return (!c || t->cell == c) && t != t->S->root_task; }

void tl_lua_set_root(tl_lua *S, tl_task *t) { S->root_task = t; }

void tl_lua_stuck(tl_lua *S, const char *why) {
  if (!S->root_task->parked) return;
  S->stuck = why;
  S->root_task->deadlock = true;
  tl__end_wait(S->root_task, false);
}

/* A lifespan's, or that of a function of its gather. */
static bool of_lifespan(const tl_task *t) {
  for (const tl_task *p; (p = tl__parent(t));) t = p;
  return t->kind == TL__LIFESPAN;
}

static void cancel_where(tl_lua *S, const tl_cell *c, bool lifespans, const char *reason) {
  /* Ending one may end others (a child, an awaiter's wait): look for the next anew, by number. */
  for (uint64_t after = 0;;) {
    tl_task *t = S->first;
    while (t && (t->id <= after || !belongs(t, c) || of_lifespan(t) != lifespans)) t = t->next;
    if (!t) return;
    after = t->id;
    tl__cancel(t, reason);
  }
}

void tl_lua_cancel_cell(tl_lua *S, tl_cell *c, const char *reason) { cancel_where(S, c, false, reason); }
void tl_lua_cancel_all(tl_lua *S, const char *reason) { cancel_where(S, NULL, false, reason); }

bool tl_lua_wind_down(tl_lua *S, const char *reason) {
  bool any = false;
  for (const tl_task *t = S->first; t; t = t->next) {
    if (!belongs(t, NULL)) continue;
    if (!of_lifespan(t)) return true;
    any = true;
  }
  if (any) cancel_where(S, NULL, true, reason);
  return tl_lua_tasks(S, NULL) > 0;
}

size_t tl_lua_tasks(tl_lua *S, const tl_cell *c) {
  size_t n = 0;
  for (tl_task *t = S->first; t; t = t->next) n += belongs(t, c);
  return n;
}

/* Ending one may end others: each time anew. */
static size_t kill(tl_lua *S, bool lifespans) {
  for (size_t n = 0;; n++) {
    tl_task *t = S->first;
    while (t && (!belongs(t, NULL) || (!lifespans && of_lifespan(t)))) t = t->next;
    if (!t) return n;
    tl__kill(t);
  }
}

size_t tl_lua_kill_tasks(tl_lua *S) { return kill(S, false); }
void tl_lua_kill_all(tl_lua *S) { kill(S, true); }

static void describe_task(const tl_task *t, tl_buf *line) {
  static const char *const states[] = {"running", "waiting for a lock", "sleeping", "waiting", "done",
                                       "failed",  "cancelled"};
  tl_buf_printf(line, "task %llu %s: %s", (unsigned long long)t->id, tl__task_name(t), states[t->status]);
  if (t->hold.held) {
    tl_buf_puts(line, ", holds the lock taken at ");
    tl__hold_where(&t->hold, line);
  }
  if (t->origin.at.line)
    tl_buf_printf(line, ", started at %s:%d", tl__spot_file(t->S, t->origin.at), t->origin.at.line);
  else if (t->event || t->origin.event)
    tl_buf_printf(line, ", started by event %llu of its page",
                  (unsigned long long)(t->event ? t->event : t->origin.event));
}

void tl_lua_describe(tl_lua *S, void (*out)(void *ctx, const char *text), void *ctx) {
  tl_buf line = {0};
  for (tl_task *t = S->first; t; t = t->next) {
    if (!belongs(t, NULL)) continue;
    tl_buf_clear(&line);
    describe_task(t, &line);
    out(ctx, tl_buf_cstr(&line));
  }
  if (S->timers.count) {
    tl_buf_clear(&line);
    tl_buf_printf(&line, "%zu timers", S->timers.count);
    out(ctx, tl_buf_cstr(&line));
  }
  tl_buf_free(&line);
}
