/* host.h: what the runtime sees of the Lua half: making a VM, turning it, sending it events, and the hooks by which it
 * calls back. */
#ifndef TL_LUA_HOST_H
#define TL_LUA_HOST_H
#include "core/timers.h"
#include "lua/lua.h"
#include "lua/schedule.h"
#include "lua/story.h"

struct tl_failure {
  uint64_t event;   /* the client's event whose own handler failed; 0: none */
  const char *task; /* name of the failed background task or chained handler; NULL when event is set */
  const char *name, *message, *traceback;
  const char *where; /* "main.lua:12"; NULL: the message or the traceback tell */
  const char *say;   /* words for the person at the page, who gets them in any mode; NULL: none */
  const char *ref;   /* a short reference that stands in the log and goes to the page */
  bool answered;     /* tl.on_error has given the page something else */
};

/* Called from within the Lua half; none may raise, yield or turn the VM. */
typedef struct tl_lua_hooks {
  void *ctx;
  void (*committed)(void *ctx, tl_cell *c, tl_value before); /* c->root is new; before is borrowed */
  void (*effect)(void *ctx, tl_cell *c,
                 tl_value effect); /* the wire form, a borrowed list; belongs to the last commit */
  void (*done)(void *ctx, tl_cell *c, uint64_t event, uint64_t instance);        /* the event has ended */
  void (*failed)(void *ctx, tl_cell *c, const tl_failure *f, uint64_t instance); /* c NULL: a task of no tab */
  tl_cell *(*find)(void *ctx, const char *token, size_t len);                    /* NULL: unknown */
  void (*router)(void *ctx, lua_State *L, tl_cell *c); /* +1: the router; the instance that asks is at index 1 */
} tl_lua_hooks;

/* For specs: lets allocations of Lua's fail. */
typedef struct tl_lua_faults {
  uint64_t count;   /* growing allocations so far */
  uint64_t fail_at; /* this one fails; 0: none */
  uint64_t tries;   /* and what follows, so many in all: 2 are one failure, as Lua tries again after a collection */
  size_t left;      /* out: bytes that Lua had not given back when its VM had ended */
} tl_lua_faults;

typedef struct tl_lua_opts {
  size_t memory_limit; /* bytes of the Lua heap; 0: none */
  bool virtual_time;
  double cleanup_time;   /* s; a deferred function's after a cancel */
  double lock_warn_time; /* s; a lock that is held for longer over a wait is told; 0: none is */
  size_t queue_limit;    /* handlers and blocks in a tab's line, beyond which none is chained; 0: any */
  size_t task_limit;     /* background tasks of a tab, beyond which none is started; 0: any */
  bool dev;
  tl_lua_faults *faults; /* borrowed; NULL: none */
} tl_lua_opts;

tl_lua *tl_lua_new(const tl_lua_opts *o, const tl_lua_hooks *h);
void tl_lua_free(tl_lua *S); /* every task must have ended: see tl_lua_cancel_all, tl_lua_kill_all */
lua_State *tl_lua_state(tl_lua *S);
tl_lua_opts *tl_lua_options(tl_lua *S);

tl_timers *tl_lua_timers(tl_lua *S); /* the timers of the one clock: whoever waits for time adds here */
tl_lua_hooks *tl_lua_hooks_of(tl_lua *S);
void tl_lua_load_main(lua_State *L, const char *path); /* +1: the chunk of main.lua, in the app's environment; modules
                                                          of an earlier app are forgotten. Raises */
void tl_lua_set_root(tl_lua *S, tl_task *t);   /* the task of a test run: in no list, not cancelled with the others */
void tl_lua_stuck(tl_lua *S, const char *why); /* its wait ends in a DeadlockError; why: a constant */

uint64_t tl_lua_turn(
    tl_lua *S); /* runs what is ready and due; ns until it wants to run again: 0 at once, UINT64_MAX never by itself */
uint64_t tl_lua_ran(const tl_lua *S);     /* so often a task was started or resumed */
void tl_lua_jump(tl_lua *S, uint64_t to); /* virtual time: no further than the timer that comes next */
void tl_lua_rewind(tl_lua *S);            /* virtual time begins anew, if nobody waits for a time */
/* Ready tasks are taken, and timers fire, as the schedule says; borrowed. NULL: in the order in which they came. */
void tl_lua_schedule(tl_lua *S, tl_schedule *how);
/* The next due time, or with a schedule one that follows it closely, `last` at most; UINT64_MAX: none. ns */
uint64_t tl_lua_due(tl_lua *S, uint64_t last);
void tl_lua_watch(tl_lua *S, bool on);     /* lost updates are looked for, and logged; begins anew */
int tl_lua_lost(lua_State *L);             /* a lua_CFunction: -> the lost updates so far */
void tl_lua_tell(tl_lua *S, tl_story *to); /* each step is told to it; borrowed. NULL: no more */

/* Events. args: a list, borrowed. */
void tl_lua_look(tl_lua *S, tl_cell *c); /* a page begins: computed vars that grow old are looked at, unless somebody
                                            holds the lock and will do so */
void tl_lua_event(tl_lua *S, tl_cell *c, const tl_handler *h, tl_value args, uint64_t event, uint64_t instance);
/* Queues the events and effects of the Lua value at idx (as a handler's return would). Raises EventTypeError. */
void tl_lua_trigger(lua_State *L, tl_cell *c, int idx);
/* An error value at err that was raised for a tab outside of its tasks: logged, tl.on_error is asked, the page told.
 * Its traceback is that of tl_error_trace, if that was the message handler. Raises where there is no memory. */
void tl_lua_failed(lua_State *L, tl_cell *c, const char *who, int err);
/* The tab's page moves away from `path`: handlers whose events came from there keep it, and what they chain. */
void tl_lua_keep_route(tl_lua *S, const tl_cell *c, const char *path);
const tl_value *tl_lua_route(const tl_lua *S, const tl_cell *c); /* that of the handler which runs; NULL: where the page
                                                                    is */

/* The tab's page has come, or gone: what tasks were told by on_disconnect. */
void tl_lua_page(tl_lua *S, tl_cell *c, bool there);
bool tl_lua_keeps(const tl_cell *c); /* has a task that keeps its tab */

/* tl.my_tasks (board.c). */
void tl_lua_board_drop(tl_lua *S, tl_cell *c); /* the tab ends, and none of its tasks lives */
/* Owned: what a copy of a tab begins with, which has the tab's state but none of its tasks; initial: that of a new tab.
 */
tl_value tl_lua_copied_root(tl_lua *S, tl_value root, tl_value initial);

/* Ends. */
void tl_lua_cancel_cell(tl_lua *S, tl_cell *c, const char *reason); /* cancels the tab's tasks and waiting handlers */
void tl_lua_cancel_all(tl_lua *S, const char *reason);              /* but for lifespans */
bool tl_lua_wind_down(tl_lua *S, const char *reason); /* after that: lifespans, as soon as all else has ended. True:
                                                         there are still tasks */
size_t tl_lua_kill_tasks(tl_lua *S);                  /* but for lifespans; how many */
void tl_lua_kill_all(tl_lua *S);                      /* the last resort: resets coroutines */
size_t tl_lua_tasks(tl_lua *S, const tl_cell *c);     /* live tasks; c NULL: all */

/* Runs the function below nargs arguments on the main thread's stack as a task of no tab. */
tl_task *tl_lua_spawn(lua_State *L, int nargs, const char *name);
void tl_lua_start_lifespans(lua_State *L); /* the functions that the app declared by tl.lifespan. Raises */
void tl_lua_describe(tl_lua *S, void (*line)(void *ctx, const char *text),
                     void *ctx); /* what is still there: tasks, locks, timers */

#endif
