/* http.c: from bytes to requests, one after the other. llhttp parses; what it leaves open is added here: limits, the
 * rules against requests that two readers could see differently (two lengths, a bare LF, folded lines, two hosts),
 * deadlines.
 *
 * A connection reads only while it waits for a request: bytes that come with or during an answer are kept, and reading
 * stops, so a client that sends and never reads holds 64 KiB and no more. Answers therefore come in order.
 *
 * The request's memory is the connection's until tl__http_gone; a held one whose connection ended is its holder's. */
#include "io/http.h"

#include <unistd.h>

#include "base/mem.h"

enum { MAX_TARGET = 8 * 1024, MAX_FIELDS = 100, KEEP_ALIVE_S = 30, BODY_S = 60 };

static int put(llhttp_t *p, const char *at, size_t n, bool lower) {
  tl_http_req *r = p->data;
  tl_buf_put(&r->text, at, n);
  for (char *c = r->text.data + r->text.len - n; lower && n--; c++)
    if (*c >= 'A' && *c <= 'Z') *c = (char)(*c + 32);
  return 0;
}

static int stop_with(tl_http_req *r, int status) {
  r->refuse = status;
  return HPE_USER;
}

static int on_url(llhttp_t *p, const char *at, size_t n) {
  tl_http_req *r = p->data;
  if (r->text.len + n > MAX_TARGET) return stop_with(r, 414);
  return put(p, at, n, false);
}

static int on_url_complete(llhttp_t *p) { return put(p, "", 1, false); }

static tl__field *last_field(tl_http_req *r) { return (tl__field *)(r->fields.data + r->fields.len) - 1; }

static int on_field(llhttp_t *p, const char *at, size_t n) {
  tl_http_req *r = p->data;
  if (!r->fields.len || last_field(r)->value) {
    tl__field f = {(uint32_t)r->text.len, 0};
    if (r->fields.len / sizeof f >= MAX_FIELDS) return stop_with(r, 431);
    tl_buf_put(&r->fields, &f, sizeof f);
  }
  return put(p, at, n, true);
}

static int on_field_complete(llhttp_t *p) {
  tl_http_req *r = p->data;
  if (!r->fields.len || r->text.len == last_field(r)->name) return stop_with(r, 400); /* no name */
  put(p, "", 1, false);
  if (strchr(r->text.data + last_field(r)->name, ' ')) return stop_with(r, 400);
  last_field(r)->value = (uint32_t)r->text.len;
  return 0;
}

static int on_value(llhttp_t *p, const char *at, size_t n) { return put(p, at, n, false); }

static int on_value_complete(llhttp_t *p) {
  tl_http_req *r = p->data;
  size_t start = last_field(r)->value;
  while (r->text.len > start && strchr(" \t", r->text.data[r->text.len - 1])) r->text.len--;
  return put(p, "", 1, false);
}

static int on_head_complete(llhttp_t *p) {
  (void)p;
  return HPE_PAUSED; /* the rest is body.c's */
}

static const llhttp_settings_t settings = {.on_url = on_url,
                                           .on_url_complete = on_url_complete,
                                           .on_header_field = on_field,
                                           .on_header_field_complete = on_field_complete,
                                           .on_header_value = on_value,
                                           .on_header_value_complete = on_value_complete,
                                           .on_headers_complete = on_head_complete};

static void begin(tl_http_req *r) {
  tl_buf_clear(&r->text);
  tl_buf_clear(&r->fields);
  tl_buf_free(&r->body);
  llhttp_init(&r->parser, HTTP_REQUEST, &settings);
  r->parser.data = r;
  r->phase = TL__HEAD;
  r->raw = 0;
  r->refuse = 0;
  r->last = 0;
  r->path = r->raw_path = r->query = 0;
  r->held = r->answered = r->keep_alive = false;
}

void tl__http_new(tl_conn *c) {
  c->http = tl_calloc(sizeof *c->http);
  c->http->conn = c;
  c->http->file = -1;
  c->deadline = tl__now(c->server) + c->server->opts.header_timeout_s;
  begin(c->http);
}

static void free_request(tl_http_req *r) {
  if (r->file >= 0) close(r->file);
  tl_buf_free(&r->text);
  tl_buf_free(&r->fields);
  tl_buf_free(&r->body);
  tl_buf_free(&r->kept);
  tl_free(r);
}

void tl__http_gone(tl_conn *c) {
  tl_http_req *r = c->http;
  c->http = NULL;
  if (!r) return;
  if (r->held && !r->answered)
    r->conn = NULL;
  else
    free_request(r);
}

/* Every line must end in CR LF, and none may be folded: readers differ about both, and smuggling lives on differences.
 * Behind the last CR of the head the parser takes any byte for the LF. */
static bool lines_are_strict(tl_http_req *r, const char *p, size_t n, bool whole) {
  for (const char *at = p, *end = p + n, *lf; (lf = memchr(at, '\n', (size_t)(end - at))); at = lf + 1) {
    if ((lf > p ? lf[-1] : r->last) != '\r') return false;
    if (lf + 1 < end && (lf[1] == ' ' || lf[1] == '\t')) return false;
  }
  if (r->last == '\n' && n && (*p == ' ' || *p == '\t')) return false;
  if (n) r->last = p[n - 1];
  return !whole || r->last == '\n';
}

static int check_framing(const tl_http_req *r) {
  size_t lengths = tl__http_count(r, "content-length"), codings = tl__http_count(r, "transfer-encoding");
  if (lengths + codings > 1) return 400;
  if (!codings) return r->parser.content_length > r->conn->server->opts.max_body ? 413 : 0;
  if (r->parser.http_minor == 0) return 400;
  return strcasecmp(tl_http_header(r, "transfer-encoding"), "chunked") == 0 ? 0 : 501;
}

/* A name or an address, and a port: what may stand in a URL before its path. None is legal, too. */
static bool host_is_valid(const char *host) {
  static const char legal[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~%!$&'()*+,;=:[]";
  return !host || !host[strspn(host, legal)];
}

/* The header is whole: the status that refuses the request, or 0. */
static int check_head(tl_http_req *r) {
  int status;
  if (r->parser.http_major != 1 || r->parser.http_minor > 1) return 505;
  if (tl__http_count(r, "host") != 1 && (r->parser.http_minor || tl__http_count(r, "host"))) return 400;
  if (!host_is_valid(tl_http_header(r, "host"))) return 400;
  if (r->parser.method == HTTP_CONNECT) return 405;
  if ((status = tl__http_target(r)) || (status = check_framing(r))) return status;
  const char *expect = tl_http_header(r, "expect");
  return expect && strcasecmp(expect, "100-continue") ? 417 : 0;
}

static void say_continue(tl_http_req *r) {
  static char text[] = "HTTP/1.1 100 Continue\r\n\r\n";
  bool body = r->parser.content_length || (r->parser.flags & F_CHUNKED);
  if (!body || !r->parser.http_minor || !tl_http_header(r, "expect")) return;
  uv_buf_t b = uv_buf_init(text, sizeof text - 1);
  tl__conn_write(r->conn, &b, 1, TL__ANY);
}

static void head_done(tl_conn *c) {
  tl_http_req *r = c->http;
  int status = check_head(r);
  r->keep_alive = c->server->listening && llhttp_should_keep_alive(&r->parser);
  if (status) {
    tl__http_refuse(c, status, NULL);
    return;
  }
  tl__http_body_begin(r);
  r->phase = TL__BODY_START;
  r->raw = 0;
  c->deadline = tl__now(c->server) + BODY_S;
  say_continue(r);
}

static void parse_error(tl_conn *c) { tl__http_refuse(c, c->http->refuse ? c->http->refuse : 400, NULL); }

/* Returns how many bytes were used. Never more than the limit and one are shown to the parser. */
static size_t parse_head(tl_conn *c, const char *p, size_t n) {
  tl_http_req *r = c->http;
  size_t left = c->server->opts.max_header + 1 - r->raw;
  if (n > left) n = left;
  if (r->raw == 0) c->deadline = tl__now(c->server) + c->server->opts.header_timeout_s;
  llhttp_errno_t e = llhttp_execute(&r->parser, p, n);
  size_t used = e == HPE_OK ? n : (size_t)(llhttp_get_error_pos(&r->parser) - p);
  r->raw += used;
  if ((e != HPE_OK && e != HPE_PAUSED) || !lines_are_strict(r, p, used, e == HPE_PAUSED))
    parse_error(c);
  else if (r->raw > c->server->opts.max_header)
    tl__http_refuse(c, 431, NULL);
  else if (e == HPE_PAUSED)
    head_done(c);
  return used;
}

/* An answer was given. When all of it is out, the connection ends or waits for the next request. */
static void settle(tl_conn *c) {
  tl_http_req *r = c->http;
  if (c->state != TL__HTTP || r->file >= 0) return;
  if (!r->keep_alive) {
    tl__conn_linger(c);
  } else if (!c->blocked) {
    begin(r);
    c->deadline = tl__now(c->server) + KEEP_ALIVE_S;
  }
}

/* The request is whole: the handler answers, holds it, or forgets it. */
static void handle(tl_conn *c) {
  tl_http_req *r = c->http;
  tl_server *s = c->server;
  r->phase = TL__ANSWER;
  c->deadline = 0;
  if (tl__ws_wanted(r)) {
    tl__ws_handshake(c);
    return;
  }
  r->running = true;
  s->on.request(s->ctx, r);
  r->running = false;
  if (r->answered)
    settle(c);
  else if (!r->held)
    tl__http_refuse(c, 500, NULL);
}

static size_t parse_body(tl_conn *c, const char *p, size_t n) {
  size_t used;
  c->http->phase = TL__BODY;
  int status = tl__http_body(c->http, p, n, &used);
  if (status == 1)
    handle(c);
  else if (status)
    tl__http_refuse(c, status, NULL);
  return used;
}

static void keep(tl_conn *c, const char *p, size_t n) {
  tl_buf_put(&c->http->kept, p, n);
  tl__conn_read(c, false);
}

void tl__http_input(tl_conn *c, char *p, size_t n) {
  while (c->state == TL__HTTP && (n || c->http->phase == TL__BODY_START)) {
    if (c->http->phase == TL__ANSWER) {
      keep(c, p, n);
      return;
    }
    size_t used = c->http->phase == TL__HEAD ? parse_head(c, p, n) : parse_body(c, p, n);
    p += used;
    n -= used;
  }
  if (c->is_ws && n) tl__ws_input(c, p, n);
}

/* Goes on to the next request when the answer is out; its bytes may be here already. Never called from parse_*. */
static void proceed(tl_conn *c) {
  tl_http_req *r = c->http;
  if (r->phase == TL__ANSWER) return; /* blocked, or another request is held */
  tl_buf kept = r->kept;
  memset(&r->kept, 0, sizeof r->kept);
  tl__conn_read(c, true);
  if (kept.len) tl__http_input(c, kept.data, kept.len);
  tl_buf_free(&kept);
}

void tl__http_answered(tl_http_req *r) {
  tl_conn *c = r->conn;
  r->answered = true;
  r->held = false;
  c->heard = tl__now(c->server);
  if (r->running) return; /* handle() goes on */
  settle(c);
  if (c->state == TL__HTTP) tl__server_resume(c->server, c);
}

void tl__http_written(tl_conn *c) {
  tl_http_req *r = c->http;
  if (r->phase != TL__ANSWER || !r->answered) return;
  if (r->file >= 0) {
    tl__http_file_piece(r);
    return;
  }
  settle(c);
  if (c->state == TL__HTTP) proceed(c);
}

void tl__http_resume(tl_conn *c) { proceed(c); }

void tl__http_timeout(tl_conn *c) {
  if (c->http->phase == TL__HEAD && c->http->raw == 0)
    tl__conn_drop(c);
  else
    tl__http_refuse(c, 408, NULL);
}

/* A client may end its half after the request and still read the answer. */
void tl__http_eof(tl_conn *c) {
  if (c->http->phase != TL__ANSWER) {
    tl__conn_drop(c);
    return;
  }
  c->http->keep_alive = false;
  tl__conn_read(c, false);
}

void tl_http_hold(tl_http_req *r) {
  r->held = true;
  tl__conn_read(r->conn, false);
}

void tl__http_forget(tl_http_req *r) { free_request(r); }
