/* story.h: what happens in a spec, step by step, for the table that is printed when an order of tasks fails. A step is
 * what a task does from one wait to the next. Nothing is kept, and nothing costs, where no story is asked for. */
#ifndef TL_LUA_STORY_H
#define TL_LUA_STORY_H
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/value.h"
#include "lua/lua.h"

typedef struct tl_step {
  uint64_t at, task;    /* ns; the task's number */
  uint32_t choice, of;  /* it was taken as the choice-th (from 0) of so many that were ready */
  bool spec;            /* the spec's own */
  bool held;            /* its task had the lock when the step began */
  bool took, gave;      /* the lock, in this step */
  bool rolled_back;     /* ... without a commit */
  const char *end;      /* a word: "sleeps", "ends", ... */
  uint64_t wakes;       /* ns; of one that sleeps */
  char name[64];        /* the task's */
  char place[TL_WHERE]; /* where it waits; "": it has ended */
  size_t writes;        /* where its writes begin in `writes`, each ended by a newline */
} tl_step;

typedef struct tl_story {
  tl_step *steps;
  size_t n, cap;
  bool open; /* the last step is under way */
  tl_buf writes;
} tl_story;

void tl_story_free(tl_story *s);
void tl__story_begin(tl_lua *S, const tl_task *t, size_t choice, size_t of);
void tl__story_end(tl_lua *S, const tl_task *t, uint64_t id); /* t may have been freed meanwhile: then id differs */
void tl__story_lock(tl_lua *S, const tl_task *t, bool taken, bool committed);
void tl__story_commit(tl_lua *S, tl_value before, tl_value after); /* roots */

#endif
