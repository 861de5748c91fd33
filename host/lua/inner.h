/* inner.h: what only the files of host/lua see of each other: the VM's state, a task, a hold. Names begin with tl__.
 *
 * A task: one coroutine, one fate. Its struct comes from a slab that is kept while the VM lives, so a stale wake may
 * look at it; `id` tells whether it is still the same task. A task that waits is parked: its coroutine has yielded
 * inside tl_park, and `gen` names that wait. Whoever ends the wait makes it ready; only the turn (sched.c) resumes it.
 */
#ifndef TL_LUA_INNER_H
#define TL_LUA_INNER_H
#include "core/timers.h"
#include "lua/host.h"
#include "lua/origin.h"
#include "lua/schedule.h"
#include "lua/story.h"
#include "lua/task.h"

typedef struct tl__stay tl__stay; /* of a task whose handler has options (policy.c) */
typedef struct tl__row tl__row;   /* of a task in tl.my_tasks (board.c) */
typedef struct tl__board tl__board;
typedef struct tl_watch tl_watch; /* lost updates (stale.c) */
typedef struct tl__file tl__file; /* one that the app was loaded from (source.c) */

typedef enum tl__task_kind { TL__HANDLER, TL__BACKGROUND, TL__SPAWNED, TL__CHILD, TL__LIFESPAN } tl__task_kind;

/* A tab's lock, asked for or held. At most one a task. */
typedef struct tl__hold {
  tl_waiter waiter; /* first: a waiter is cast to its hold */
  tl_task *task;
  tl_cell *cell; /* reference while asked for or held; NULL: none */
  tl_view *view; /* reference; refreshed when the hold ends */
  bool held;
  bool told;    /* that it is held for long */
  bool refused; /* by what was there before it, a cancel or a limit, it was interrupted: if that was caught, the block
                   is no success */
  const struct tl__scope *around; /* the innermost that was open when it was granted; only to be compared */
  tl_timer watch;
  uint64_t since;  /* ns; when it was granted */
  lua_State *co;   /* a user's coroutine that asked (kept in the registry); NULL: the task's own */
  uint64_t serial; /* tells one hold from all others (a guard, a block check it) */
  tl__spot at;     /* where it was taken; none: a handler, from its first line */
} tl__hold;

typedef struct tl__group tl__group; /* the tasks that a gather, a race or a scope has started (group.h) */
typedef struct tl__line tl__line;   /* tasks that wait for the same, first come, first served (line.h) */

/* What may end any wait of a task while it is open: a limit of time around a call (tl.timeout), or a scope one of whose
 * children fails (tl.scope). On the C side of a userdata. Innermost first. */
typedef struct tl__scope {
  struct tl__scope *outer;
  tl_task *task; /* NULL: closed, or away */
  tl_lua *away;  /* it was opened in a coroutine that has yielded out of it (limits.c); NULL: it was not */
  lua_State *co; /* in which it was opened */
  tl_timer timer;
  uint64_t due;     /* ns; of a limit of time */
  tl__group *group; /* a tl.scope's; NULL: it is a limit of time */
  double seconds;
  unsigned masks;   /* defers that ran when it was opened: those that began later are out of its reach */
  unsigned refused; /* waits that raised its error */
  bool expired;     /* the time is over, or a child has failed */
} tl__scope;

typedef struct tl__awaiter { /* who is told when a task ends */
  struct tl__awaiter *next;
  tl_wake wake;
} tl__awaiter;

struct tl_task {
  uint64_t id;  /* 0: free */
  uint64_t gen; /* of the present wait */
  tl_lua *S;
  tl_task *next, *prev; /* all tasks, oldest first */
  lua_State *co;        /* NULL: not started, or ended */
  tl__task_kind kind;
  tl_status status;
  bool started, parked, ready, reaped;
  bool cancelled;           /* a cancel was asked for */
  bool deadlock;            /* the present wait ends with a DeadlockError */
  bool watched;             /* it has been interrupted: whether it goes on is looked at */
  bool given_up;            /* it takes no cancel for an answer: killed when it has yielded */
  bool mask_expired;        /* the cleanup had its time */
  bool kept;                /* its results are in the registry */
  unsigned masks;           /* defers that run */
  unsigned refused;         /* waits that raised its cancel */
  unsigned handles;         /* Lua task objects */
  bool granted;             /* its wait in a line came to its own end */
  tl__group *group;         /* a child's, until it has ended; NULL: no child */
  tl_task *elder, *younger; /* the group's others */
  tl__group *joins;         /* whose children it waits for */
  tl__line *line;           /* in which it waits ... */
  tl_task *ahead, *behind;  /* ... between these */
  tl_task *awaited;         /* await: whom it waits for */
  uint64_t awaited_id;
  void (*abort)(tl_task *t); /* undoes what the present wait arranged, when it ends otherwise */
  void *abort_ctx;
  char *name; /* NULL: the handler's */
  const tl_handler *handler;
  tl_value args;       /* a list; given to the coroutine when it starts */
  tl_value route;      /* the page from which its event came; nil: where the tab's page is */
  tl_view *view;       /* tasks of a tab: what `self` is bound to */
  tl_cell *cell;       /* tasks of a tab: reference */
  tl__stay *stay;      /* owned; NULL: its handler has no options */
  tl__row *row;        /* owned; NULL: its page does not show it */
  uint64_t event;      /* the client's event id; 0: chained, or none */
  uint64_t instance;   /* of the connection that sent the event */
  uint64_t started_at; /* ns */
  uint64_t since;      /* ns; of the present wait */
  char *reason;        /* of the cancel */
  tl__hold hold;
  tl__scope *scopes;
  tl_timer timer;   /* sleep */
  tl_timer cleanup; /* bounds a masked defer after a cancel */
  tl__awaiter *awaiters;
  struct tl__read *reads;  /* outside of its blocks, where that is watched (stale.h) */
  struct tl__lost *losing; /* updates that are lost when its block is committed */
  tl__origin origin;       /* who started it */
  tl__ancestor *ancestor;  /* what the tasks that it has started keep of it; NULL: it has started none */
  tl__spot waited;         /* where it has begun its last wait ... */
  const char *waited_in;   /* ... of this kind */
  char token[27];          /* its tab's, also when it has ended; "": no tab */
  uint64_t seen;           /* deadlock search: the number of the search that came here ... */
  tl_task *via, *todo;     /* ... from where, and what it looks at next */
};

typedef enum tl__owned_kind {
  TL__OWNED_STATE,
  TL__OWNED_PROXY,
  TL__OWNED_BOX,
  TL__OWNED_BUF,
  TL__OWNED_PARTS,
  TL__OWNED_GROWING,
  TL__OWNED_GROUP,
  TL__OWNED_KINDS
} tl__owned_kind;

/* A kind of userdata that owns something (owned.h). Bytes. */
typedef struct tl__owned_class {
  size_t block, offset; /* what Lua allocates for one, and where the object is in it */
  size_t size;
  int user_values;
  int meta; /* registry reference; LUA_REFNIL: each has its own */
  void (*release)(void *object);
} tl__owned_class;
enum { TL__OWNED_SIZE_MAX = 255 };

struct tl_lua {
  lua_State *L; /* the main thread */
  tl_lua_opts opts;
  tl_lua_hooks hooks;
  size_t mem_used;
  tl_task *current;      /* whose coroutine runs */
  bool root_first;       /* it was woken when nothing else was ready: what comes meanwhile comes after it */
  tl_task *root_task;    /* the test run itself: in no list; NULL in a host */
  const char *stuck;     /* why its wait is ended; NULL: it is not */
  unsigned nowait;       /* inside something that cannot wait, although the innermost coroutine could yield */
  const char *nowait_in; /* its name, for the error */
  bool parking;          /* a yield on its way to the scheduler is a wait, not the user's */
  bool dying;            /* a task is being killed: its <close> values run */
  bool killing;          /* coroutines are being reset: guards roll back */
  bool timely;           /* the app has computed vars that a commit which changed nothing has to look at */
  bool has_boards;       /* the app asks for tl.my_tasks */
  tl__board *boards;     /* those that are shown at the end of the turn */
  tl__file *files;       /* of the app */
  tl__spots spots;
  tl__scope *away;       /* limits that are away (limits.c) */
  uint64_t spins_from;   /* ns of CPU time; when the task that runs was first seen to go on; 0: not yet */
  unsigned strikes;      /* errors that were raised upon that */
  tl_task *first, *last; /* all tasks */
  tl_task *free_tasks;
  void *slabs;
  uint64_t next_id, next_hold, searches;
  tl_task **ready; /* FIFO, from ready_at to ready_n */
  size_t ready_at, ready_n, ready_cap;
  tl_task **later; /* ready, but not before the next turn */
  size_t later_n, later_cap;
  uint64_t ran; /* so often a task was started or resumed */
  tl_timers timers;
  tl_schedule *schedule; /* testing: the order of what is ready; NULL: first in, first out */
  tl_watch *watch;       /* dev mode and testing: lost updates are looked for; NULL: they are not */
  tl_story *story;       /* testing: what is told of each step; NULL: nothing is */
  uint64_t turn_at;      /* ns; when the present turn began */
  uint64_t virtual_now;  /* ns, when opts.virtual_time */
  tl__owned_class owned[TL__OWNED_KINDS];
  int proxies; /* registry reference: weak table, handle's address -> proxy */
  uint64_t owned_secret, owned_sizes[TL__OWNED_SIZE_MAX / 64 + 1]; /* a bit for each size of a block */
  lua_State *pool[64]; /* finished coroutines for reuse; anchored in the registry */
  int pool_n;
};

/* Registry tables: static addresses as keys. */
extern char tl__key_threads; /* task -> thread */
extern char tl__key_results; /* task -> { n =, ... }, or { err =, traceback =, tail = } of an error */
extern char tl__key_fn;      /* task -> function of a spawned task, until it starts */
extern char tl__key_objects; /* weak: task -> task object */
extern char tl__key_holder;  /* task -> the user's coroutine in which its lock was taken */
extern char tl__key_trace;   /* [1] = error value, [2] = its traceback, [3] = the tasks that it has gone through */
extern char tl__key_groups;  /* group -> its userdata, while it has children */

void tl__reg(lua_State *L, void *key); /* +1: the registry table of that key (made when missing) */
void tl__reg_set(lua_State *L, void *key, const void *field); /* -1: value */
void tl__reg_get(lua_State *L, void *key, const void *field); /* +1 */

/* sched.c */
void tl__ready(tl_task *t);                               /* the one funnel: at the end of the ready queue */
void tl__ready_later(tl_task *t);                         /* the same, in the next turn */
const char *tl__who_cannot_wait(lua_State *L, tl_lua *S); /* the C function in which L runs; valid while it does */
void tl__end_wait(tl_task *t, bool later);                /* the parked task's wait is over */

/* A task may outlive its tab in a block, and make computed values there: they go with the last reference. */
static inline void tl__cell_release(tl_cell *c) {
  if (c->refs == 1 && c->computed) tl_computed_drop(NULL, c);
  tl_cell_release(c);
}

/* task.c */
tl_task *tl__task_new(tl_lua *S, tl__task_kind kind, tl_cell *cell);
void tl__task_run(tl_task *t); /* starts or resumes its coroutine; called by the turn alone */
const char *tl__task_name(const tl_task *t);
void tl__tasks_name(tl_lua *S); /* the app goes, and its handlers with it: tasks that have ended keep their names */
void tl__task_drop_unstarted(tl_task *t, tl_status status); /* ends a task that never ran */
void tl__task_maybe_free(tl_task *t);
void tl__kill(tl_task *t); /* the last resort: resets its coroutine; nothing in it may wait */
void tl__push_traceback(lua_State *L, lua_State *of,
                        int first);            /* +1: of a stack, from that level outwards (traceback.c) */
int tl__traceback(lua_State *L);               /* message handler: keeps the traceback for the log (traceback.c) */
const char *tl__status_name(const tl_task *t); /* as Lua has it */
bool tl__handler_place(lua_State *L, char out[TL_WHERE]); /* where the running handler or task begins; for what it
                                                           returns, when no line of it runs. False: none of the app's */

/* interrupt.c */
bool tl__pending(const tl_task *t); /* would tl__interrupt raise? */
bool tl__refused(const tl_task *t); /* it did so in the block that is held, and would again: it was caught there */
void tl__interrupt(lua_State *L, tl_task *t); /* raises what is pending: CancelledError, TimeoutError, DeadlockError */
void tl__interrupt_watch(lua_State *L, tl_task *t); /* the task was interrupted: if it goes on in L without end, it is
                                                       stopped */
void tl__interrupt_running(lua_State *L);           /* the same, if it is the running task that was cancelled */
void tl__interrupt_dying(lua_State *co);            /* before the reset of a coroutine: bounds its <close> values */

/* limits.c */
void tl__scope_open(tl_task *t, tl__scope *s, lua_State *L); /* s: all zero but for its kind; kept by the caller */
void tl__scope_limit(tl__scope *s, uint64_t due);            /* ns; when it is over */
void tl__scope_expire(tl__scope *s);                         /* ends the present wait of its task */
void tl__scope_close(tl__scope *s);                          /* nothing when it is closed */
bool tl__scope_masked(const tl_task *t,
                      const tl__scope *s); /* it was opened outside the defer that runs, which has time left */
static inline bool tl__scope_is_open(const tl__scope *s) { return s->task || s->away; }
void tl__scopes_leave(tl_lua *S, const lua_State *co); /* the running task's coroutine has yielded */
void tl__scopes_return(tl_lua *S, lua_State *co);      /* the running task resumes it */
void tl__scopes_drop(tl_task *t);                      /* the task has ended */

/* task.c */
int tl__task_call(lua_State *L,
                  tl_task *t); /* calls what is on the stack as t's function: results, committed and emitted; yields */

/* results.c */
void tl__results_keep(lua_State *L, tl_task *t, bool ok,
                      int from);   /* the results from there to the top, or the error; only where somebody can ask */
void tl__results_drop(tl_task *t); /* nobody can ask any more */
void tl__push_kept_error(lua_State *L); /* -1: what was kept of a failed task, or nil: there was no memory to. +1:
                                           its error, to be raised again: its traceback goes with it */
int tl__task_results(lua_State *L, tl_task *t); /* +n: what a task returned that is done; n */

/* policy.c: tasks whose handlers have options */
void tl__stay_new(tl_task *t);
void tl__stay_end(tl_task *t);
void tl__stay_free(tl_task *t);
int tl__stay_body(lua_State *L, tl_task *t);    /* tl__task_call, as soon as its rivals let it; yields */
const tl_value *tl__stay_key(const tl_task *t); /* nil: none, or not begun */
bool tl__stay_waits(const tl_task *t);          /* for its rivals, before its first line */
tl_task *tl__stay_waits_for(const tl_task *t, const tl_task *after); /* in its line; NULL: no more */
void tl__terms_free(lua_State *L, tl_terms *terms);
void tl__open_policy(lua_State *L); /* registers natives into the table on top of the stack */
/* stale.c */
void tl__stale_end(tl_task *t, bool committed);  /* its block ends, or is published */
void tl__stale_left(tl_task *t, bool committed); /* its block has ended */
void tl__stale_forget(tl_task *t);               /* the task ends */

/* watch.c */
void tl__watch(tl_task *t);        /* it begins to wait, and holds a lock */
void tl__open_watch(lua_State *L); /* registers natives into the table on top of the stack */

/* tasklib.c, wait.c */
tl_task *tl__task_at(lua_State *L, int idx);  /* of a task object (unchecked) */
void tl__push_task(lua_State *L, tl_task *t); /* +1: its one object */
void tl__cancel(tl_task *t, const char *reason);
void tl__arm_cleanup(tl_task *t); /* a cancel or a timeout came to a task in a defer: bounds what is left of it */
int tl__timeout(lua_State *L);    /* seconds, function, arguments -> its results; yields */
tl_task *tl__may_wait(lua_State *L, const char *what); /* the running task, if it may wait now; nothing is arranged.
                                                          Raises as tl_wait_begin does */
int tl__await(lua_State *L);                           /* 1: task object -> its results; yields */
uint64_t tl__due_in(tl_lua *S, double seconds);
void tl__wake_after_sleep(tl_lua *S, tl_wake w, double seconds);  /* or somewhat later, together with others */
double tl__seconds_arg(lua_State *L, int arg, const char *usage); /* raises TypeError */

/* hold.c */
bool tl__hold_request(tl_task *t, tl_cell *cell, tl_view *view); /* true: held and entered */
void tl__hold_enter(tl_task *t);                                 /* the lock was granted: begins the draft */
bool tl__hold_publish(lua_State *L, tl_task *t); /* commits and keeps the lock; false: nothing changed */
void tl__hold_commit(lua_State *L, tl_task *t);  /* commits and gives up */
void tl__hold_rollback(tl_task *t);
void tl__hold_abort(tl_task *t); /* gives up a place in the line, or a hold (rolled back) */
void tl__hold_where(const tl__hold *h, tl_buf *out);
const char *tl__hold_push_where(lua_State *L, const tl__hold *h); /* +1: what owns the text */
void tl__hold_refuse(lua_State *L, const tl_cell *cell,
                     const char *path); /* raises where it is not with_state(self) that is missing */

/* deadlock.c */
void tl__deadlock_check(tl_lua *S, tl_task *waiter); /* waiter has begun to wait: ends the wait that could never end */

/* block.c */
bool tl__left_normally(lua_State *L); /* in a __close: the block was left without an error */

/* The type of an argument, for "not %s". */
static inline const char *tl__given(lua_State *L, int idx) {
  return lua_isnone(L, idx) ? "nothing" : luaL_typename(L, idx);
}

/* near.c */
const char *tl__push_near(lua_State *L, int names, const char *name); /* +1: the key of the table `names` that name was
                                                                         most likely meant to be, or nil (NULL) */

/* source.c */
void tl__files_add(lua_State *L, const char *path); /* the app is loaded from this one, too */
void tl__files_forget(tl_lua *S);

/* chunk.c */
int tl__chunk_load(lua_State *L, const char *path); /* +1: a file's chunk, or the message; as luaL_loadfile does */

/* fail.c */
void tl__failure_of(lua_State *L, int err,
                    tl_failure *f);                 /* +n: what owns the texts of f; of the error that the
                                                      message handler saw last. Raises where there is no memory */
void tl__report(lua_State *L, tl_task *t, int err); /* logs the error value at err, asks tl.on_error, tells the
                                                       page, emits the answer */
void tl__tell(tl_task *t, tl_failure *f);           /* the same without a value: tl.on_error is not asked */
tl_value tl__ask_on_error(lua_State *L, tl_cell *cell, int err, const char *name,
                          const char *ref); /* what tl.on_error answers, for tl__emit; nil: nothing. cell may be NULL */
void tl__forget_on_error(lua_State *L);

/* event.c */
tl_value tl__event_args(lua_State *L, int idx,
                        const char *handler); /* owned: a list of what a reference has bound; may raise */
void tl__collect(lua_State *L, int from, int to, const char *who, const tl_cell *cell,
                 tl_value *out); /* owned: for tl__emit; nil: nothing. Raises EventTypeError, naming `who`, and
                                    EventError where the queue of cell (NULL: none) has no room */
void tl__emit(lua_State *L, tl_task *t, tl_cell *cell,
              tl_value collected);              /* queues events, hands effects on; takes over */
int tl__yield_events(lua_State *L, tl_task *t); /* coroutine.yield in a handler or task */

/* Openers: each registers its functions into the table on top of the stack. */
void tl__open_coroutine(lua_State *L);
void tl__coroutine_own(lua_State *L, lua_State *co); /* co is a task's: user code may not resume or close it */
void tl__open_chunk(lua_State *L);
void tl__open_env(lua_State *L);
void tl__open_block(lua_State *L);
void tl__open_wait(lua_State *L);
void tl__open_group(lua_State *L);
void tl__open_semaphore(lua_State *L);
void tl__open_channel(lua_State *L);
void tl__open_signal(lua_State *L);
void tl__open_tasklib(lua_State *L);
void tl__open_event(lua_State *L);
void tl__open_fail(lua_State *L);
void tl__open_error(lua_State *L);
void tl__open_near(lua_State *L);
void tl__open_globals(lua_State *L);

#endif
