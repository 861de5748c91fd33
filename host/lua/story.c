/* story.c: see story.h. What is written is found by comparing the roots, var by var. */
#include "lua/story.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "core/json.h"
#include "lua/inner.h"

void tl_story_free(tl_story *s) {
  tl_free(s->steps);
  tl_buf_free(&s->writes);
  *s = (tl_story){0};
}

static tl_step *open_step(tl_lua *S) { return S->story && S->story->open ? &S->story->steps[S->story->n - 1] : NULL; }

void tl__story_begin(tl_lua *S, const tl_task *t, size_t choice, size_t of) {
  tl_story *s = S->story;
  if (t->reaped) return; /* it has ended: it stood in the queue only to be freed */
  if (s->n == s->cap) {
    s->cap = 2 * s->cap + 64;
    s->steps = tl_realloc(s->steps, s->cap * sizeof *s->steps);
  }
  tl_step *step = &s->steps[s->n++];
  *step = (tl_step){.at = tl_lua_now(S),
                    .task = t->id,
                    .choice = (uint32_t)choice,
                    .of = (uint32_t)of,
                    .spec = t == S->root_task,
                    .held = t->hold.held,
                    .writes = s->writes.len,
                    .end = ""};
  snprintf(step->name, sizeof step->name, "%s", tl__task_name(t));
  s->open = true;
}

/* The innermost line of the app, or of the spec, in which the coroutine waits. */
static void find_place(lua_State *co, char out[TL_WHERE]) {
  lua_Debug ar;
  for (int level = 0; co && lua_getstack(co, level, &ar); level++) {
    lua_getinfo(co, "Sl", &ar);
    if (ar.currentline <= 0 || *ar.source != '@') continue;
    snprintf(out, TL_WHERE, "%s:%d", ar.short_src, ar.currentline);
    return;
  }
}

void tl__story_end(tl_lua *S, const tl_task *t, uint64_t id) {
  static const char *const words[] = {"goes on", "waits in line", "sleeps", "waits", "ends", "fails", "is cancelled"};
  tl_step *step = open_step(S);
  if (!step) return;
  S->story->open = false;
  if (t->id != id) {
    step->end = "ends";
    return;
  }
  step->end = words[t->status];
  if (t->status == TL_SLEEPING) step->wakes = t->timer.due;
  if (!t->reaped) find_place(t->co, step->place);
}

void tl__story_lock(tl_lua *S, const tl_task *t, bool taken, bool committed) {
  tl_step *step = open_step(S);
  if (!step || step->task != t->id) return; /* granted to another that waits: its next step begins with it */
  if (taken) step->took = true;
  if (!taken) step->gave = true;
  if (!taken && !committed) step->rolled_back = true;
}

/* ---- writes ---- */

static void put_short(tl_buf *b, tl_value v) {
  enum { LONGEST = 28 };
  tl_buf json = {0};
  tl_json_write(&json, v);
  const char *text = tl_buf_cstr(&json);
  if (json.len <= LONGEST)
    tl_buf_put(b, text, json.len);
  else
    tl_buf_printf(b, "%s of %zu bytes", *text == '"' ? "text" : *text == '[' ? "a list" : "a map", json.len);
  tl_buf_free(&json);
}

static void compare_vars(tl_buf *b, const char *state, size_t len, tl_value before, tl_value after) {
  for (size_t i = 0; i < tl_count(after); i++) {
    const tl_entry *var = tl_map_entry(after, i);
    size_t n;
    const char *text = tl_string_bytes(&var->key, &n);
    tl_value from = tl_nil(), to = var->value;
    tl_map_get(before, text, n, &from);
    if (tl_equal(from, to)) continue;
    tl_buf_printf(b, "%.*s.%.*s ", (int)len, state, (int)n, text);
    put_short(b, from);
    tl_buf_printf(b, " -> ");
    put_short(b, to);
    tl_buf_put(b, "\n", 1);
  }
}

void tl__story_commit(tl_lua *S, tl_value before, tl_value after) {
  if (!open_step(S)) return;
  for (size_t i = 0; i < tl_count(after); i++) {
    const tl_entry *state = tl_map_entry(after, i);
    size_t n;
    const char *text = tl_string_bytes(&state->key, &n);
    tl_value from;
    if (tl_map_get(before, text, n, &from) && !tl_identical(from, state->value))
      compare_vars(&S->story->writes, text, n, from, state->value);
  }
}
