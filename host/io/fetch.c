/* fetch.c: libcurl's multi interface on the loop: curl says which sockets to watch (uv_poll) and when to be called
 * again (uv_timer; "at once" is an idle handle, because a 0 ms timer of libuv 1.44 can fire for ever within one pass).
 *
 * libcurl must not be entered from within its own callbacks, and a chunk callback is one. So whatever a caller asks for
 * is marked on the tl_fetch and carried out by settle() once curl has returned, or in the loop's next pass.
 *
 * A tl_fetch is freed in finish() and nowhere else; a sock in its close callback; the fetcher when its handles are
 * closed. */
#include "io/fetch.h"

#include <stdbool.h>

#include "base/mem.h"
#include "io/fetch_private.h"

typedef struct sock {
  uv_poll_t poll;
  tl_fetcher *fetcher;
  struct sock *prev, *next;
  curl_socket_t fd;
} sock;

struct tl_fetcher {
  tl_loop *loop;
  CURLM *multi;
  uv_timer_t timer;
  uv_idle_t soon;
  tl_fetch *fetches;
  sock *socks;
  unsigned handles;
  bool inside; /* curl is on the stack */
  bool freed;
};

static void settle(tl_fetcher *f);

static void on_handle_closed(uv_handle_t *h) {
  tl_fetcher *f = h->data;
  if (--f->handles == 0 && f->freed) tl_free(f);
}

static void on_sock_closed(uv_handle_t *h) {
  sock *s = (sock *)h;
  tl_fetcher *f = s->fetcher;
  tl_free(s);
  if (--f->handles == 0 && f->freed) tl_free(f);
}

static void run_curl(tl_fetcher *f, curl_socket_t fd, int events) {
  int running;
  if (!f->multi) return;
  f->inside = true;
  tl__curl.multi_socket_action(f->multi, fd, events, &running);
  f->inside = false;
  settle(f);
}

static void on_poll(uv_poll_t *p, int status, int events) {
  sock *s = (sock *)p;
  int flags = status < 0 ? CURL_CSELECT_ERR : 0;
  if (events & UV_READABLE) flags |= CURL_CSELECT_IN;
  if (events & UV_WRITABLE) flags |= CURL_CSELECT_OUT;
  run_curl(s->fetcher, s->fd, flags);
}

static sock *sock_new(tl_fetcher *f, curl_socket_t fd) {
  sock *s = tl_calloc(sizeof *s);
  if (uv_poll_init_socket(tl_loop_uv(f->loop), &s->poll, fd)) {
    tl_free(s);
    return NULL;
  }
  s->fetcher = f;
  s->fd = fd;
  s->next = f->socks;
  if (s->next) s->next->prev = s;
  f->socks = s;
  f->handles++;
  tl__curl.multi_assign(f->multi, fd, s);
  return s;
}

static void sock_close(sock *s) {
  tl_fetcher *f = s->fetcher;
  *(s->prev ? &s->prev->next : &f->socks) = s->next;
  if (s->next) s->next->prev = s->prev;
  uv_close((uv_handle_t *)&s->poll, on_sock_closed);
}

static int on_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *known) {
  sock *s = known;
  (void)easy;
  if (what == CURL_POLL_REMOVE) {
    if (s) sock_close(s);
    return 0;
  }
  if (!s && !(s = sock_new(ctx, fd))) return -1;
  int events = ((what & CURL_POLL_IN) ? UV_READABLE : 0) | ((what & CURL_POLL_OUT) ? UV_WRITABLE : 0);
  return uv_poll_start(&s->poll, events, on_poll) ? -1 : 0;
}

static void on_timer(uv_timer_t *t) { run_curl(t->data, CURL_SOCKET_TIMEOUT, 0); }

static void on_soon(uv_idle_t *h) {
  uv_idle_stop(h);
  run_curl(h->data, CURL_SOCKET_TIMEOUT, 0);
}

static int on_timeout(CURLM *multi, long ms, void *ctx) {
  tl_fetcher *f = ctx;
  (void)multi;
  uv_timer_stop(&f->timer);
  if (f->freed) return 0;
  if (ms == 0) uv_idle_start(&f->soon, on_soon);
  if (ms <= 0) return 0;
  uv_update_time(tl_loop_uv(f->loop));
  uv_timer_start(&f->timer, on_timer, (uint64_t)ms, 0);
  return 0;
}

tl_fetcher *tl_fetcher_new(tl_loop *l, const char **err) {
  if (!tl__curl_open(err)) return NULL;
  tl_fetcher *f = tl_calloc(sizeof *f);
  f->loop = l;
  f->multi = tl__curl.multi_init();
  tl__fetch_must(f->multi != NULL);
  tl__curl.multi_setopt(f->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
  tl__curl.multi_setopt(f->multi, CURLMOPT_SOCKETDATA, f);
  tl__curl.multi_setopt(f->multi, CURLMOPT_TIMERFUNCTION, on_timeout);
  tl__curl.multi_setopt(f->multi, CURLMOPT_TIMERDATA, f);
  uv_timer_init(tl_loop_uv(l), &f->timer);
  uv_idle_init(tl_loop_uv(l), &f->soon);
  f->timer.data = f->soon.data = f;
  f->handles = 2;
  return f;
}

static void unlink_fetch(tl_fetcher *f, tl_fetch *t) {
  *(t->prev ? &t->prev->next : &f->fetches) = t->next;
  if (t->next) t->next->prev = t->prev;
}

/* The end of t, told to its owner when r is not NULL. */
static void finish(tl_fetcher *f, tl_fetch *t, const tl_fetch_result *r) {
  t->finished = true;
  unlink_fetch(f, t);
  if (t->added) tl__curl.multi_remove_handle(f->multi, t->easy);
  if (r) t->req.done(t->req.ctx, r);
  if (!t->cancelled) tl_loop_io_end(f->loop);
  tl__fetch_free(t);
}

static void deliver(tl_fetcher *f, tl_fetch *t, int code) {
  tl_fetch_result r;
  tl__fetch_result(t, code, &r);
  finish(f, t, &r);
}

/* Carries out one thing that was asked for; false when nothing is left. Starts from the front each time, because a done
 * callback may add, cancel or free anything. */
static bool settle_one(tl_fetcher *f) {
  for (tl_fetch *t = f->fetches; t; t = t->next) {
    if (t->cancelled) {
      finish(f, t, NULL);
      return true;
    }
    if (!t->added) {
      deliver(f, t, CURLE_OK); /* refused before it began: the reason is in t */
      return true;
    }
    if (t->stopped && !t->paused) {
      t->stopped = false;
      f->inside = true;
      tl__curl.easy_pause(t->easy, CURLPAUSE_CONT);
      f->inside = false;
      return true;
    }
  }
  return false;
}

static bool next_done(tl_fetcher *f) {
  int left;
  char *t;
  CURLMsg *m = tl__curl.multi_info_read(f->multi, &left);
  if (!m) return false;
  int code = (int)m->data.result;
  tl__curl.easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &t);
  if (((tl_fetch *)(void *)t)->cancelled)
    finish(f, (tl_fetch *)(void *)t, NULL);
  else
    deliver(f, (tl_fetch *)(void *)t, code);
  return true;
}

static void close_all(tl_fetcher *f);

static void settle(tl_fetcher *f) {
  while (!f->freed && (settle_one(f) || next_done(f))) {
  }
  if (f->freed) close_all(f);
}

tl_fetch *tl_fetch_start(tl_fetcher *f, const tl_fetch_req *r) {
  tl_fetch *t = tl__fetch_new(f, r);
  t->next = f->fetches;
  if (t->next) t->next->prev = t;
  f->fetches = t;
  tl_loop_io_begin(f->loop);
  t->added = !t->fault && tl__curl.multi_add_handle(f->multi, t->easy) == CURLM_OK;
  uv_idle_start(&f->soon, on_soon);
  return t;
}

void tl_fetch_cancel(tl_fetch *t) {
  tl_fetcher *f = t->fetcher;
  if (t->finished || t->cancelled) return;
  t->cancelled = true;
  tl_loop_io_end(f->loop);
  if (f->inside)
    uv_idle_start(&f->soon, on_soon);
  else
    finish(f, t, NULL);
}

void tl_fetcher_fail(tl_fetcher *f, const char *code, const char *why) {
  for (tl_fetch *t = f->fetches; t; t = t->next)
    if (!t->fault) {
      t->fault = code;
      tl_buf_clear(&t->error);
      tl_buf_puts(&t->error, why);
    }
  while (f->fetches) {
    tl_fetch *t = f->fetches;
    if (t->cancelled)
      finish(f, t, NULL);
    else
      deliver(f, t, CURLE_OK);
  }
}

void tl_fetch_pause(tl_fetch *t) { t->paused = true; }

void tl_fetch_resume(tl_fetch *t) {
  t->paused = false;
  if (t->stopped && !t->finished) uv_idle_start(&t->fetcher->soon, on_soon);
}

/* Outside of curl only. */
static void close_all(tl_fetcher *f) {
  if (!f->multi) return;
  while (f->fetches) finish(f, f->fetches, NULL);
  tl__curl.multi_cleanup(f->multi); /* takes leave of its sockets through on_socket */
  f->multi = NULL;
  while (f->socks) sock_close(f->socks);
  uv_close((uv_handle_t *)&f->timer, on_handle_closed);
  uv_close((uv_handle_t *)&f->soon, on_handle_closed);
}

void tl_fetcher_free(tl_fetcher *f) {
  if (f->freed) return;
  f->freed = true;
  for (tl_fetch *t = f->fetches; t && f->inside; t = t->next) tl_fetch_cancel(t);
  if (!f->inside) close_all(f);
}
