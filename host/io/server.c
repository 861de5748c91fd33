/* server.c: listening, the list of connections and the two handles that serve them all: a timer that looks at each once
 * a second (5,000 timers would cost more than they say), and an idle handle that lets held requests go on.
 *
 * The server counts its own open handles and connections; tl_server_free closes them and the last one frees it. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "io/conn.h"

enum { BACKLOG = 4096, SWEEP_MS = 1000, LOG_EVERY_S = 10 };

static void maybe_free(tl_server *s) {
  if (s->freed && s->handles == 0 && s->count == 0) tl_free(s);
}

static void on_handle_closed(uv_handle_t *h) {
  tl_server *s = h->data;
  s->handles--;
  maybe_free(s);
}

static void on_sweep(uv_timer_t *t) {
  tl_server *s = t->data;
  uint32_t now = tl__now(s);
  tl_zip_tick(&s->zip);
  for (tl_conn *c = s->conns, *next; c; c = next) {
    next = c->next; /* c itself is only ever freed by its close callback, and so is next */
    tl__conn_tick(c, now);
  }
}

static void link_front(tl_server *s, tl_conn *c) {
  c->prev = NULL;
  c->next = s->conns;
  if (c->next) c->next->prev = c;
  s->conns = c;
}

static void unlink_conn(tl_server *s, tl_conn *c) {
  *(c->prev ? &c->prev->next : &s->conns) = c->next;
  if (c->next) c->next->prev = c->prev;
}

void tl__server_add(tl_server *s, tl_conn *c) {
  link_front(s, c);
  s->opened++;
  if (s->count++ == 0) uv_timer_start(&s->sweep, on_sweep, SWEEP_MS, SWEEP_MS);
}

void tl__server_gone(tl_server *s, tl_conn *c) {
  unlink_conn(s, c);
  if (c->resumed) s->resumed--;
  if (--s->count == 0) {
    tl_zip_free(&s->zip);
    if (!s->freed) uv_timer_stop(&s->sweep);
  }
  maybe_free(s);
}

static void on_resume(uv_idle_t *h) {
  tl_server *s = h->data;
  uv_idle_stop(h);
  for (tl_conn *c = s->conns, *next; c && s->resumed; c = next) {
    next = c->next;
    if (!c->resumed) continue;
    c->resumed = false;
    s->resumed--;
    if (c->state == TL__HTTP) tl__http_resume(c);
  }
}

/* Moves c to the front, so that on_resume finds it without walking past thousands of idle tabs. */
void tl__server_resume(tl_server *s, tl_conn *c) {
  if (s->freed || c->resumed) return;
  c->resumed = true;
  s->resumed++;
  unlink_conn(s, c);
  link_front(s, c);
  uv_idle_start(&s->resume, on_resume);
}

const char *tl__server_date(tl_server *s) {
  uint32_t now = tl__now(s);
  if (s->date[0] && s->date_at == now) return s->date;
  time_t t = time(NULL);
  struct tm tm;
  gmtime_r(&t, &tm);
  static const char *const day[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static const char *const month[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  snprintf(s->date, sizeof s->date, "%s, %02d %s %d %02d:%02d:%02d GMT", day[tm.tm_wday], tm.tm_mday, month[tm.tm_mon],
           tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
  s->date_at = now;
  return s->date;
}

/* When the process has no file descriptor left, libuv accepts and closes with one it has in reserve; so this neither
 * spins nor hangs, and one line now and then says why clients are refused. */
static void on_connection(uv_stream_t *h, int status) {
  tl_server *s = h->data;
  if (status == 0) {
    tl__conn_accept(s);
    return;
  }
  uint32_t now = tl__now(s);
  if (s->refused_at && now - s->refused_at < LOG_EVERY_S) return;
  s->refused_at = now ? now : 1;
  tl_log(TL_LOG_WARN, "a connection was refused: %s (see ulimit -n)", uv_strerror(status));
}

static size_t or_default(size_t given, size_t otherwise) { return given ? given : otherwise; }

static const size_t KB = 1024;

static void set_options(tl_server *s, const tl_server_opts *o) {
  s->opts = *o;
  s->opts.max_header = or_default(o->max_header, 16 * KB);
  s->opts.max_body = or_default(o->max_body, 1024 * KB);
  s->opts.max_frame = or_default(o->max_frame, 1024 * KB);
  s->opts.ping_every_s = (unsigned)or_default(o->ping_every_s, 25);
  s->opts.silent_s = (unsigned)or_default(o->silent_s, 60);
  s->opts.header_timeout_s = (unsigned)or_default(o->header_timeout_s, 10);
  s->opts.send_buffer = (int)or_default((size_t)o->send_buffer, 16 * KB);
  s->opts.host = NULL; /* the caller's text need not outlive the start */
}

static int parse_address(const tl_server_opts *o, struct sockaddr_storage *addr) {
  const char *host = !o->host || strcmp(o->host, "localhost") == 0 ? "127.0.0.1" : o->host;
  if (uv_ip4_addr(host, o->port, (struct sockaddr_in *)addr) == 0) return 0;
  return uv_ip6_addr(host, o->port, (struct sockaddr_in6 *)addr);
}

static int bound_port(const uv_tcp_t *h) {
  struct sockaddr_storage a;
  int n = sizeof a;
  if (uv_tcp_getsockname(h, (struct sockaddr *)&a, &n)) return 0;
  return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port : ((struct sockaddr_in *)&a)->sin_port);
}

/* How much unsent the kernel takes before it says stop: what a page that does not read costs before we notice. A small
 * SO_SNDBUF would do that too, but it also bounds what is in flight: over loopback (a proxy on the same machine) 32 KiB
 * of it mean waiting for a delayed acknowledgement after each piece, 2 MB a second where this gives 2 GB. */
static int limit_unsent(uv_tcp_t *h, int bytes) {
  uv_os_fd_t fd;
  int r = uv_fileno((uv_handle_t *)h, &fd);
  if (r) return r;
#ifdef TCP_NOTSENT_LOWAT
  return setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &bytes, sizeof bytes) ? uv_translate_sys_error(errno) : 0;
#else
  (void)bytes;
  return 0;
#endif
}

/* Options set on the listening socket are inherited by what it accepts: two calls to the kernel less for each. */
static int listen_on(tl_server *s, const struct sockaddr *addr) {
  int r;
  if ((r = uv_tcp_bind(&s->listener, addr, 0))) return r;
  if ((r = uv_tcp_nodelay(&s->listener, 1))) return r;
  if ((r = limit_unsent(&s->listener, s->opts.send_buffer))) return r;
  if ((r = uv_listen((uv_stream_t *)&s->listener, BACKLOG, on_connection))) return r;
  s->port = bound_port(&s->listener);
  return 0;
}

tl_server *tl_server_start(tl_loop *l, const tl_server_opts *o, const tl_server_handlers *h, void *ctx,
                           const char **err) {
  struct sockaddr_storage addr;
  int r = parse_address(o, &addr);
  if (r) {
    *err = "not an IP address";
    return NULL;
  }
  tl_server *s = tl_calloc(sizeof *s);
  s->loop = l;
  s->on = *h;
  s->ctx = ctx;
  s->handles = 3;
  set_options(s, o);
  uv_timer_init(tl_loop_uv(l), &s->sweep);
  uv_idle_init(tl_loop_uv(l), &s->resume);
  uv_tcp_init(tl_loop_uv(l), &s->listener);
  s->sweep.data = s->resume.data = s->listener.data = s;
  s->listening = true;
  if ((r = listen_on(s, (struct sockaddr *)&addr))) {
    *err = uv_strerror(r);
    tl_server_free(s);
    return NULL;
  }
  return s;
}

int tl_server_port(const tl_server *s) { return s->port; }
unsigned tl_server_conns(const tl_server *s) { return s->count; }

void tl_server_stop_listening(tl_server *s) {
  if (!s->listening) return;
  s->listening = false;
  uv_close((uv_handle_t *)&s->listener, on_handle_closed);
}

void tl_server_free(tl_server *s) {
  if (s->freed) return;
  s->freed = true;
  tl_server_stop_listening(s);
  uv_close((uv_handle_t *)&s->sweep, on_handle_closed);
  uv_close((uv_handle_t *)&s->resume, on_handle_closed);
  for (tl_conn *c = s->conns; c; c = c->next) tl__conn_drop(c);
}
