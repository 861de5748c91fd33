/* origin.h: where a task comes from: who started it, at which line, by which event of the page; and where it waited
 * last. Kept as numbers, so that a start and a wait cost next to nothing; words are made when a task fails. */
#ifndef TL_LUA_ORIGIN_H
#define TL_LUA_ORIGIN_H
#include "lua/task.h"

/* A line of the app. */
typedef struct tl__spot {
  uint32_t file; /* in the VM's list of names */
  int line;      /* 0: none */
} tl__spot;

typedef struct tl__ancestor tl__ancestor; /* what is kept of a task that has started others; shared by those */

typedef struct tl__origin {
  tl__ancestor *by; /* reference; NULL: no task */
  tl__spot at;      /* of the call that started it; none: whoever started it had returned it */
  uint64_t event;   /* of the page; 0: none */
} tl__origin;

typedef struct tl__spots { /* of a VM: the names of files, each once */
  char (*names)[LUA_IDSIZE];
  uint32_t n, cap;
} tl__spots;

tl__spot tl__spot_of(lua_State *L); /* the innermost line of the app that runs in L, below the C function on top */
const char *tl__spot_file(const tl_lua *S, tl__spot at); /* of a spot with a line; borrowed until the next spot */

void tl__origin_set(tl_task *t, tl_task *by, tl__spot at); /* by NULL: no task */
void tl__origin_end(tl_task *t);                           /* the task has ended: lets go of what it kept */

/* The traceback of an error that nobody caught goes on with where its task comes from, and which tasks it
 * has gone through. */
void tl__origin_tell(lua_State *L, const tl_task *t, int err); /* keeps that with the error's traceback. Raises where
                                                                  there is no memory */
void tl__origin_words(const tl_task *t, tl_buf *out);

#endif
