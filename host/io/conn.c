/* conn.c: one accepted socket. Reading goes through the loop's one buffer; what is not used up at once is kept by the
 * HTTP or WebSocket half. Writing tries the kernel first; the rest goes into a request that owns its bytes.
 *
 * Order of an end: c->state becomes TL__CLOSED with uv_close; queued writes call back with an error; then on_closed
 * tells the handlers and frees c. Nothing is told or freed from within a call that the owner made. */
#include "io/conn.h"

#include <string.h>

#include "base/mem.h"

enum { LINGER_S = 2, STALL_S = 30 };

typedef struct write_req {
  uv_write_t uv;
  char *owned; /* NULL: the bytes follow the struct */
  int kind;
} write_req;

uint32_t tl__now(const tl_server *s) { return (uint32_t)(uv_now(tl_loop_uv(s->loop)) / 1000); }

static void on_closed(uv_handle_t *h) {
  tl_conn *c = h->data;
  tl_server *s = c->server;
  if (c->is_ws) s->on.ws_closed(s->ctx, c);
  tl__http_gone(c);
  tl_ws_free(&c->ws);
  tl__server_gone(s, c);
  tl_free(c);
}

void tl__conn_drop(tl_conn *c) {
  if (c->state == TL__CLOSED) return;
  c->state = TL__CLOSED;
  uv_close((uv_handle_t *)&c->tcp, on_closed);
}

static void on_alloc(uv_handle_t *h, size_t want, uv_buf_t *b) {
  tl_conn *c = h->data;
  size_t size;
  char *p = tl_loop_read_buf(c->server->loop, &size);
  (void)want;
  *b = uv_buf_init(p, (unsigned)size);
}

static void on_read(uv_stream_t *h, ssize_t n, const uv_buf_t *b) {
  tl_conn *c = h->data;
  if (n == UV_EOF && c->state == TL__HTTP)
    tl__http_eof(c);
  else if (n < 0)
    tl__conn_drop(c);
  if (n <= 0) return;
  c->heard = tl__now(c->server);
  tl_loop *loop = c->server->loop;
  switch (c->state) {
  case TL__HTTP: tl__http_input(c, b->base, (size_t)n); break;
  case TL__OPEN:
  case TL__CLOSING: tl__ws_input(c, b->base, (size_t)n); break;
  default: break;
  }
  tl_loop_heard(loop);
}

void tl__conn_read(tl_conn *c, bool on) {
  if (c->state == TL__CLOSED || c->reading == on) return;
  c->reading = on;
  if (!on)
    uv_read_stop((uv_stream_t *)&c->tcp);
  else if (uv_read_start((uv_stream_t *)&c->tcp, on_alloc, on_read))
    tl__conn_drop(c);
}

static void drained(tl_conn *c) {
  c->blocked = false;
  c->last_queued = 0;
  if (c->state == TL__HTTP)
    tl__http_written(c);
  else if (c->state == TL__OPEN)
    tl__ws_drained(c);
}

static void on_written(uv_write_t *uv, int status) {
  write_req *w = (write_req *)uv;
  tl_conn *c = uv->handle->data;
  if (w->kind == TL__PONG) c->pongs--;
  tl_free(w->owned);
  tl_free(w);
  if (c->state == TL__CLOSED) return;
  if (status < 0)
    tl__conn_drop(c);
  else if (tl_conn_queued(c) == 0)
    drained(c);
}

static void enqueue(tl_conn *c, write_req *w, char *data, size_t n) {
  uv_buf_t b = uv_buf_init(data, (unsigned)n);
  c->blocked = true;
  if (w->kind == TL__PONG) c->pongs++;
  if (uv_write(&w->uv, (uv_stream_t *)&c->tcp, &b, 1, on_written) == 0) return;
  if (w->kind == TL__PONG) c->pongs--;
  tl_free(w->owned);
  tl_free(w);
  tl__conn_drop(c);
}

/* What is left of bufs after `done` bytes, in a request of its own. */
static void enqueue_rest(tl_conn *c, const uv_buf_t *bufs, unsigned n, size_t done, size_t total, int kind) {
  write_req *w = tl_alloc(sizeof *w + total - done);
  char *start = (char *)(w + 1), *at = start;
  w->owned = NULL;
  w->kind = kind;
  for (unsigned i = 0; i < n; i++) {
    size_t skip = done < bufs[i].len ? done : bufs[i].len;
    done -= skip;
    if (bufs[i].len > skip) memcpy(at, bufs[i].base + skip, bufs[i].len - skip);
    at += bufs[i].len - skip;
  }
  enqueue(c, w, start, (size_t)(at - start));
}

void tl__conn_write(tl_conn *c, const uv_buf_t *bufs, unsigned n, int kind) {
  size_t total = 0, done = 0;
  if (c->state == TL__CLOSED) return;
  for (unsigned i = 0; i < n; i++) total += bufs[i].len;
  if (!c->blocked) {
    int r = uv_try_write((uv_stream_t *)&c->tcp, bufs, n);
    if (r < 0 && r != UV_EAGAIN) {
      tl__conn_drop(c);
      return;
    }
    if (r > 0) done = (size_t)r;
  }
  if (done < total) enqueue_rest(c, bufs, n, done, total, kind);
}

void tl__conn_write_owned(tl_conn *c, char *data, size_t n) {
  write_req *w = tl_alloc(sizeof *w);
  w->owned = data;
  w->kind = TL__ANY;
  enqueue(c, w, data, n);
}

size_t tl_conn_queued(const tl_conn *c) { return uv_stream_get_write_queue_size((const uv_stream_t *)&c->tcp); }

static void on_shutdown(uv_shutdown_t *req, int status) {
  (void)status; /* an error ends in the deadline, or the connection is closing already */
  tl_free(req);
}

void tl__conn_linger(tl_conn *c) {
  if (c->state >= TL__LINGER) return;
  c->state = TL__LINGER;
  c->deadline = tl__now(c->server) + LINGER_S;
  uv_shutdown_t *req = tl_alloc(sizeof *req);
  if (uv_shutdown(req, (uv_stream_t *)&c->tcp, on_shutdown)) {
    tl_free(req);
    tl__conn_drop(c);
    return;
  }
  tl__conn_read(c, true);
}

/* Bytes that the kernel has taken since the last look are a sign of life: a long answer to a slow peer is no silence.
 */
static void note_progress(tl_conn *c, uint32_t now) {
  size_t queued = tl_conn_queued(c);
  if (queued < c->last_queued) {
    c->heard = now;
    if (c->state == TL__LINGER) c->deadline = now + LINGER_S;
  }
  c->last_queued = queued;
}

void tl__conn_tick(tl_conn *c, uint32_t now) {
  note_progress(c, now);
  switch (c->state) {
  case TL__HTTP:
    if (c->blocked && now - c->heard >= STALL_S)
      tl__conn_drop(c);
    else if (!c->blocked && c->deadline && now >= c->deadline)
      tl__http_timeout(c);
    break;
  case TL__OPEN: tl__ws_tick(c, now); break;
  case TL__CLOSING:
  case TL__LINGER:
    if (now >= c->deadline) tl__conn_drop(c);
    break;
  default: break;
  }
}

void tl__conn_accept(tl_server *s) {
  tl_conn *c = tl_calloc(sizeof *c);
  c->server = s;
  c->tcp.data = c;
  if (uv_tcp_init(tl_loop_uv(s->loop), &c->tcp)) {
    tl_free(c);
    return;
  }
  tl__server_add(s, c);
  c->heard = tl__now(s);
  tl__http_new(c);
  if (uv_accept((uv_stream_t *)&s->listener, (uv_stream_t *)&c->tcp))
    tl__conn_drop(c);
  else
    tl__conn_read(c, true);
}
