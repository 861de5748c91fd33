/* host.h: one host: a loop, a VM, an app, its tabs. What the files of host/runtime share.
 *
 * A tab's life: made by a page's first hello; joined (a peer is attached), alone (kept for tab_ttl, its tasks go on),
 * ended. A peer's life: opened, said hello (and perhaps challenges another page for its tab), attached, gone. A tab has
 * one peer at most.
 *
 * Order at the end of a turn: tasks have run and committed; then every dirty tab whose peer takes bytes gets one
 * message. */
#ifndef TL_RUNTIME_HOST_H
#define TL_RUNTIME_HOST_H
#include "base/smap.h"
#include "core/store.h"
#include "core/timers.h"
#include "io/fetch.h"
#include "io/server.h"
#include "lua/host.h"
#include "lua/task.h"
#include "runtime/instance.h"

typedef struct tl_host tl_host;
typedef struct tl_tab tl_tab;
typedef struct tl_peer tl_peer;
typedef struct tl_trusted tl_trusted;

/* Every limit that tl.config and the command line may set. Seconds and bytes; 0: none. */
typedef struct tl_config {
  double tab_ttl, hello_timeout, shutdown_time, takeover_time, cleanup_time, lock_warn_time;
  double event_rate, event_burst; /* events a second, and at once */
  size_t memory_limit, state_limit, storage_limit, frame_limit, max_tabs, queue_limit, effect_limit, task_limit,
      work_limit;
  bool compress, style, dev;
} tl_config;
void tl_config_defaults(tl_config *c);
/* 0, or -1: no such option (err NULL), or a wrong value (err tells). */
int tl_config_set(tl_config *c, const char *name, double value, const char **err);
size_t tl_config_names(char *out, size_t size); /* "tab_ttl, hello_timeout, ..." for error texts */

/* ---- peers: a page's connection, by a socket or by the driver ---- */
typedef struct tl_peer_ops {
  void (*send)(void *io, const char *text, size_t n);
  size_t (*queued)(void *io); /* bytes not taken yet */
  void (*ping)(void *io);
  void (*close)(void *io, int code, const char *reason); /* the peer is forgotten by the runtime at once */
} tl_peer_ops;

/* Who says hello, and where it is. Owned by the peer. */
typedef struct tl_hello {
  char *instance, *path;
  bool moves_wait; /* path is from before the first of the moves that it has yet to send, or hear of */
} tl_hello;

struct tl_peer {
  tl_host *host;
  const tl_peer_ops *ops;
  void *io;
  tl_tab *tab;        /* attached to; NULL: no hello so far, or challenging */
  tl_timer timer;     /* no hello; or the challenged page did not answer */
  tl_tab *challenged; /* the tab whose page was asked whether it still lives */
  tl_hello hello;     /* until it has a tab */
  char *headers;      /* request headers, "name: value\n" each */
  char *session_id;
  char ip[46];
  double tokens; /* event_rate's bucket */
  uint64_t tokens_at;
};

tl_peer *tl_peer_new(tl_host *h, const tl_peer_ops *ops, void *io); /* starts the hello's time limit */
void tl_peer_message(tl_peer *p, const char *text, size_t n);       /* a frame came; may close the peer */
void tl_peer_binary(tl_peer *p);
void tl_peer_pong(tl_peer *p);
void tl_peer_drained(tl_peer *p);
void tl_peer_gone(tl_peer *p);                                /* the connection is gone; frees p */
void tl_peer_close(tl_peer *p, int code, const char *reason); /* closes from our side; frees p; ops->close is called */

/* ---- tabs ---- */
enum { TL_HISTORY = 16, TL_KEPT = 64 };

typedef struct tl_sent {
  uint64_t version;
  tl_value root;
} tl_sent;

typedef struct tl_router { /* what self.router last told; zeroed: nothing */
  char *at;                /* of this path, with query */
  tl_value told;
} tl_router;

struct tl_tab {
  tl_host *host;
  tl_cell *cell; /* reference; cell->owner is the tab */
  tl_tab *next_dirty;
  bool dirty, bye, ending;
  bool uncounted;      /* one commit was made since `sent`, and version may still have to count it (sender.c) */
  tl_peer *peer;       /* NULL: alone */
  tl_peer *challenger; /* waits for this tab's page to answer a ping */
  uint64_t version;    /* commits that changed something public */
  tl_sent *history;    /* what the page was sent: a ring of TL_HISTORY, newest at history_at; NULL: only sent */
  unsigned history_at, history_n;
  tl_sent sent;                 /* what the page has now */
  tl_instances pages;           /* its page loads: where they are, what of their events has ended */
  tl_buf done, effects, errors; /* of the next message: JSON without the brackets */
  unsigned effects_n, errors_n;
  tl_timer expiry;
  bool prolonged; /* its time was over, and an event was at work */
  char *headers, *session_id;
  char ip[46];
  tl_router router; /* of these, and of where the page is */
  tl_value *kept;   /* of each var that the browser keeps, what it has there; NULL: the app has none */
  void *observer;   /* the driver's: told of each public commit */
};

tl_tab *tl_tab_new(tl_host *h, tl_value root); /* with a fresh token; NULL: too many */
tl_tab *tl_tab_find(tl_host *h, const char *token, size_t n);
void tl_tab_end(tl_tab *t, const char *reason); /* cancels its tasks; the tab goes when they have ended */
void tl_tab_mark(tl_tab *t);                    /* something is to be sent */
void tl_tab_attach(tl_tab *t, tl_peer *p);
void tl_tab_detach(tl_tab *t);                            /* its page is gone: the tab is kept for tab_ttl */
void tl_tab_route(tl_tab *t, const char *path, size_t n); /* its page is there now */
void tl_tab_keep_route(tl_tab *t); /* before the page is another: what is at work or in line stays of this one */
void tl_tab_free(tl_tab *t);       /* no task of it may live */
/* Ended: when it is of the page that is there (`no`), `done` goes with the next message. */
void tl_tab_event_done(tl_tab *t, uint64_t id, uint64_t no);
void tl_tab_on_load(tl_tab *t); /* queues the page's on_load */

/* ---- sender.c ---- */
bool tl_tab_committed(tl_tab *t, tl_value before);   /* the root has changed; did that change something public? Where
                                                        nobody observes, the answer may be false and come later */
void tl_tab_count(tl_tab *t);                        /* version is what it has to be */
void tl_tab_effect(tl_tab *t, tl_value effect);      /* for the next message; borrowed, the wire form */
void tl_tab_failure(tl_tab *t, const tl_failure *f); /* the same; details only in dev mode */
void tl_send_init(tl_tab *t);                        /* whole state, at once */
bool tl_send_resume(tl_tab *t, uint64_t version);    /* false: that version is not held any more */
void tl_flush(tl_host *h);                           /* one message to each dirty tab that takes it */
void tl_flush_tab(tl_tab *t);

/* ---- kept.c: vars that the browser keeps ---- */
void tl_kept_fill(tl_tab *t, tl_value storage); /* a tab that has just been made: with what a hello's storage brings */
void tl_kept_begin(tl_tab *t);                  /* the browser has what the root holds now */
void tl_kept_end(tl_tab *t);
void tl_kept_tell(tl_tab *t);        /* "store" effects for what the browser has not */
bool tl_kept_minds(tl_value effect); /* it has to come after them */

/* ---- failures.c: what a page is told of a failure ---- */
void tl_failure_write(tl_buf *b, tl_host *h, const tl_failure *f); /* the wire's object; details only in dev mode */
void tl_failures_keep(tl_host *h, const tl_failure *f);            /* for each page whose tab is as new */
void tl_failures_tell(tl_tab *t);
void tl_failures_forget(tl_host *h);

/* ---- hooks.c: what the Lua half tells ---- */
tl_lua_hooks tl_hooks(tl_host *h);

/* ---- router.c ---- */
int tl_native_percent_decode(lua_State *L); /* (text) -> the bytes; what is no escape is itself, "+" too */
void tl_router_push(void *ctx, lua_State *L, tl_cell *c); /* +1: that of the state instance at index 1 */
void tl_router_forget(tl_tab *t);                         /* another connection, or the end */

/* ---- the host ---- */
struct tl_host {
  tl_config config;
  tl_loop *loop;
  tl_lua *lua;
  tl_app *app;
  tl_server *server;
  tl_fetcher *fetcher;
  tl_store *store;      /* token -> tab's record (memory store) */
  tl_tab *dirty;        /* list, newest first */
  size_t works;         /* jobs of tl.work that the pool still has */
  size_t ended;         /* tabs since memory was given back */
  tl_buf scratch;       /* for one message */
  tl_failure *failures; /* of the app's defaults; their texts are owned */
  size_t failures_n;
  tl_buf log;           /* testing: lines since the specs asked */
  tl_buf default_state; /* JSON of the default root, public */
  char **origins;       /* allowed besides the loopback names */
  size_t origins_n;
  tl_trusted *trusted; /* proxies (trust.c) */
  size_t trusted_n;
  char *assets; /* folder of tl.assets; NULL: none */
  char *file;   /* main.lua */
  char bind[64];
  bool testing, stopping;
  bool
      dropping; /* what has not begun is cancelled now: its events are not done, the pages send them to the next host */
  bool advancing;      /* testing: the specs wait for virtual time ... */
  bool advance_io;     /* ... and for the I/O under way ... */
  uint64_t advance_to; /* ... until then (ns) */
  tl_wake advance_wake;
  uint64_t io_spent;      /* real time (ns) that went by for I/O, since the wait or the newest request began ... */
  uint64_t io_begun;      /* ... which was the so-many-th ... */
  uint64_t idle_spent;    /* ... for callbacks of luv, while no task ran ... */
  uint64_t idle_ran;      /* ... since so many had ... */
  uint64_t advance_limit; /* ... and how much it may be; 0: any */
  unsigned advance_late;  /* it was more, and so many requests were under way; 0: it was not */
  unsigned busy_turns;    /* testing: turns without a rest */
  bool restless;          /* there were too many of them */
  tl_buf refs;            /* testing: a byte for each place of the registry: was it in use? */
  tl_buf left;            /* testing: tasks that did not end with their spec: a line each */
  tl_schedule *schedule;  /* testing: the order of what is ready; NULL: first in, first out */
  tl_story story;         /* testing: the steps, while it is asked for */
  tl_timer deadline;      /* of the shutdown */
};

tl_host *tl_host_new(bool testing);
int tl_host_load(tl_host *h, const char *file);                    /* 0; -1: logged */
void tl_host_load_app(lua_State *L, tl_host *h, const char *file); /* raises */
void tl_push_serve(lua_State *L, const char *name);                /* +1: a function of serve.lua; raises */
void tl_host_unload(tl_host *h);                                   /* every tab and task must have ended */
int tl_host_listen(tl_host *h, const char *bind, int port, const char **err);
void tl_host_run(tl_host *h);        /* until a signal, then shuts down in order */
void tl_host_stop(tl_host *h);       /* begins the shutdown */
void tl_host_take_leave(tl_host *h); /* tells the pages that it ends, and cancels the tasks */
void tl_host_keep_log(tl_host *h);   /* testing: log lines are kept for the specs */
int tl_host_command(tl_host *h, const char *module, int argc,
                    char **argv); /* its `run`, on virtual time; the exit code */
bool tl_host_free(tl_host *h);    /* false: a thread of tl.work is not to be ended; the process ends by _exit */
void tl_host_end_tabs(tl_host *h, const char *reason);
static inline tl_host *tl_host_of(lua_State *L) { return tl_lua_hooks_of(tl_lua_of(L))->ctx; }

/* ---- web.c ---- */
tl_server_handlers tl_web_handlers(void);
bool tl_origin_allowed(const tl_host *h, const char *origin);

/* ---- trust.c: what proxies say ---- */
int tl_trust_add(tl_host *h, const char *text); /* "10.0.0.1", "10.0.0.0/8"; -1: it is neither */
void tl_trust_ip(const tl_host *h, const tl_http_req *r, char out[46]); /* who asks */
bool tl_trust_secure(const tl_host *h, const tl_http_req *r);           /* he came by https, as far as is known */

/* ---- natives: each adds its functions to tidelock.native, which is on top of the stack ---- */
void tl_open_native_host(lua_State *L);
void tl_open_native_kept(lua_State *L);
void tl_open_native_http(lua_State *L);
void tl_open_native_work(lua_State *L);
bool tl_end_works(tl_host *h); /* they are abandoned; waits until no thread runs one, but not for long: false */
void tl_open_native_testing(lua_State *L);
void tl_open_testing_time(lua_State *L); /* testing_time.c */
void tl_open_testing_refs(lua_State *L); /* testing_refs.c */
void tl_open_luv(tl_host *h);
void tl_close_luv(tl_host *h);
bool tl_luv_waits(tl_host *h);   /* a callback of it may come */
int tl_loaded_luv(lua_State *L); /* a lua_CFunction: -> the module if it was asked for, or nil */

#endif
