/* task.h: tasks, the scheduler, waits. A task is a Lua coroutine with a number, a name and a fate. Only task.c resumes
 * one. Every wait is the same pair: tl_park in the coroutine, tl_wake by whoever ends it; a wake whose generation is
 * old is dropped. */
#ifndef TL_LUA_TASK_H
#define TL_LUA_TASK_H
#include "lua/lua.h"

typedef enum tl_status {
  TL_RUNNING,
  TL_WAITING_LOCK,
  TL_SLEEPING,
  TL_WAITING,
  TL_DONE,
  TL_FAILED,
  TL_CANCELLED
} tl_status;

typedef struct tl_wake { /* what a wait needs to be ended: kept by the waker */
  tl_task *task;         /* not a reference: valid while the generation matches; see tl_wake_valid */
  uint64_t id;           /* the task's number, never reused */
  uint64_t gen;
} tl_wake;

/* In a C function: prepares a wait of the running task. Raises CannotWaitError (naming where) when the coroutine cannot
 * yield, and CancelledError when a cancel is pending. what: a constant. Then the caller arranges the wake, and returns
 * tl_park(...). */
tl_wake tl_wait_begin(lua_State *L, tl_status status, const char *what);
int tl_park(lua_State *L, lua_KContext ctx, lua_KFunction k); /* return its result. In k, call tl_wait_end first */
void tl_wait_end(lua_State *L); /* raises CancelledError when the task was cancelled meanwhile */
void tl_wake_task(tl_lua *S,
                  tl_wake w); /* ends the wait; old generations are dropped. From the loop's thread, any time */
void tl_lua_go_on(tl_lua *S, tl_wake w); /* ends the wait of a test run's task, when nothing else is ready */
void tl_wake_in(tl_lua *S, tl_wake w, double seconds); /* a timer that ends the wait; up to 1e9 */
uint64_t tl_lua_now(tl_lua *S);                        /* ns of the one clock (virtual in tests) */

tl_task *tl_task_current(lua_State *L); /* NULL: no task runs */

#endif
