/* websocket.c: the handshake (RFC 6455 section 4, subprotocol tidelock.1), and frames to and from the codec.
 *
 * Compression: what is small would hardly become smaller, and must be quick; what is larger than COMPRESS_OVER goes
 * through the server's one packer when the client has agreed to it.
 *
 * After the upgrade a connection holds no HTTP state. How it ends: the peer closes (its frame is answered, then the
 * socket closes), we close (our frame, then the peer's or 2 s), the peer breaks a rule (our frame, then whatever it
 * still sends is read away so that our frame is not lost to a reset), or it is silent or does not read (at once). */
#include <string.h>

#include "base/mem.h"
#include "io/http.h"

enum {
  TEXT = 1,
  CLOSE = 8,
  PING = 9,
  PONG = 10,
  CLOSE_S = 2,
  HEAD_MAX = 14,
  SHORT = 1024,
  MAX_CONTROL = 8,
  STOP_READING = 1024 * 1024,
  COMPRESS_OVER = 1024
};

#define SUBPROTOCOL "tidelock.1"

bool tl__ws_wanted(const tl_http_req *r) { return tl__http_has_token(r, "upgrade", "websocket", false); }

/* 16 bytes in base64. */
static bool key_is_valid(const tl_http_req *r) {
  static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const char *key = tl_http_header(r, "sec-websocket-key");
  return key && tl__http_count(r, "sec-websocket-key") == 1 && strlen(key) == 24 && strspn(key, digits) == 22 &&
         strcmp(key + 22, "==") == 0;
}

/* What is offered in all the header's lines. False: a line is not of the grammar. */
static bool read_offers(const tl_http_req *r, tl_ws_terms *terms) {
  for (size_t i = 0; i < tl_http_header_count(r); i++) {
    const char *name, *value;
    tl_http_header_at(r, i, &name, &value);
    if (!strcmp(name, "sec-websocket-extensions") && tl_ws_offers(value, terms)) return false;
  }
  return true;
}

static int check_handshake(const tl_http_req *r, const char **headers, tl_ws_terms *terms) {
  const char *version = tl_http_header(r, "sec-websocket-version");
  if (r->parser.method != HTTP_GET) {
    *headers = "Allow: GET\r\n";
    return 405;
  }
  if (r->parser.http_minor < 1 || !tl__http_has_token(r, "connection", "upgrade", false) || r->body.len) return 400;
  if (!version || strcmp(version, "13") || tl__http_count(r, "sec-websocket-version") != 1) {
    *headers = "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\n";
    return 426;
  }
  if (tl__http_count(r, "origin") > 1) return 400; /* the handler sees one, and that must be the one */
  if (!key_is_valid(r) || !tl__http_has_token(r, "sec-websocket-protocol", SUBPROTOCOL, true)) return 400;
  return read_offers(r, terms) ? 0 : 400;
}

static void send_upgrade(tl_conn *c, const tl_ws_terms *terms) {
  const char *key = tl_http_header(c->http, "sec-websocket-key");
  char accept[29];
  tl_buf out = {0};
  tl_ws_accept(key, strlen(key), accept);
  tl_buf_printf(&out,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: " SUBPROTOCOL "\r\n",
                accept);
  if (terms->bits) {
    char agreed[112];
    tl_ws_agreed(terms, agreed);
    tl_buf_printf(&out, "Sec-WebSocket-Extensions: %s\r\n", agreed);
  }
  tl_buf_puts(&out, "\r\n");
  uv_buf_t b = uv_buf_init(out.data, (unsigned)out.len);
  tl__conn_write(c, &b, 1, TL__ANY);
  tl_buf_free(&out);
}

/* Connections that came at once (after a restart) must not all be pinged at once ever after. */
static uint32_t first_ping(const tl_server *s) {
  uint32_t every = s->opts.ping_every_s, half = every / 2;
  return every - half + s->opened % (half + 1);
}

void tl__ws_handshake(tl_conn *c) {
  tl_server *s = c->server;
  const char *headers = NULL;
  tl_ws_terms terms = {0};
  int status = check_handshake(c->http, &headers, &terms);
  if (!status) status = s->on.upgrade(s->ctx, c->http);
  if (status) {
    tl__http_refuse(c, status, headers);
    return;
  }
  tl_ws_init(&c->ws, s->opts.max_frame);
  if (s->opts.no_compression) terms.bits = 0;
  c->ws.bits = terms.bits;
  if (terms.bits) c->ws.zip = &s->zip;
  c->state = TL__OPEN;
  c->is_ws = true;
  c->ping_at = tl__now(s) + first_ping(s);
  send_upgrade(c, &terms);
  s->on.ws_open(s->ctx, c, c->http);
  tl__http_gone(c);
}

/* A short message goes out in one piece: copying it costs less than a second piece does in the kernel. */
static void send_frame(tl_conn *c, int opcode, const char *payload, size_t n, int kind) {
  char frame[HEAD_MAX + SHORT];
  size_t head = tl_ws_head(frame, opcode, n);
  bool is_short = n <= SHORT;
  if (is_short && n) memcpy(frame + head, payload, n);
  uv_buf_t bufs[2] = {uv_buf_init(frame, (unsigned)(is_short ? head + n : head)),
                      uv_buf_init((char *)payload, (unsigned)n)};
  tl__conn_write(c, bufs, is_short ? 1 : 2, kind);
}

/* A peer that pings and does not read gets a few answers queued, not all of them. */
static void send_control(tl_conn *c, int opcode, const char *payload, size_t n) {
  if (c->pongs < MAX_CONTROL) send_frame(c, opcode, payload, n, TL__PONG);
}

static void send_close(tl_conn *c, int code, const char *reason) {
  tl_buf out = {0};
  tl_ws_close_frame(&out, code, reason);
  uv_buf_t b = uv_buf_init(out.data, (unsigned)out.len);
  tl__conn_write(c, &b, 1, TL__ANY);
  tl_buf_free(&out);
}

static void on_peer_close(tl_conn *c, int code) {
  if (c->state == TL__OPEN) send_close(c, code, NULL);
  if (c->blocked)
    tl__conn_linger(c);
  else
    tl__conn_drop(c); /* the server ends the TCP connection, and everything that came has been read */
}

static void on_event(void *ctx, tl_ws_event ev, const char *payload, size_t n, int code) {
  tl_conn *c = ctx;
  tl_server *s = c->server;
  if (ev == TL_WS_CLOSE && c->state <= TL__CLOSING) on_peer_close(c, code);
  if (c->state != TL__OPEN) return;
  switch (ev) {
  case TL_WS_TEXT: s->on.ws_text(s->ctx, c, payload, n); break;
  case TL_WS_BINARY: s->on.ws_binary(s->ctx, c); break;
  case TL_WS_PING: send_control(c, PONG, payload, n); break;
  case TL_WS_PONG: s->on.ws_pong(s->ctx, c); break;
  default: break;
  }
}

void tl__ws_input(tl_conn *c, char *p, size_t n) {
  if (c->state > TL__CLOSING) return;
  int code = tl_ws_read(&c->ws, p, n, on_event, c);
  if (!code || c->state > TL__CLOSING) return;
  if (c->state == TL__OPEN) send_close(c, code, NULL);
  tl__conn_linger(c);
}

void tl__ws_drained(tl_conn *c) {
  tl__conn_read(c, true);
  c->server->on.ws_drained(c->server->ctx, c);
}

void tl__ws_tick(tl_conn *c, uint32_t now) {
  const tl_server_opts *o = &c->server->opts;
  if (now - c->heard >= o->silent_s) {
    tl__conn_drop(c);
  } else if (now >= c->ping_at) {
    c->ping_at = now + o->ping_every_s;
    tl_conn_ping(c);
  }
}

void tl_conn_set_user(tl_conn *c, void *user) { c->user = user; }
void *tl_conn_user(const tl_conn *c) { return c->user; }

void tl_conn_send(tl_conn *c, const char *text, size_t n) {
  if (c->state != TL__OPEN) return;
  if (n > COMPRESS_OVER && c->ws.zip && tl_zip_pack(c->ws.zip, c->ws.bits, text, n))
    send_frame(c, TEXT | TL_WS_COMPRESSED, c->ws.zip->packed.data, c->ws.zip->packed.len, TL__ANY);
  else
    send_frame(c, TEXT, text, n, TL__ANY);
  /* Whoever asks without reading the answers is not listened to until it reads. */
  if (c->blocked && tl_conn_queued(c) > STOP_READING) tl__conn_read(c, false);
}

void tl_conn_ping(tl_conn *c) {
  if (c->state == TL__OPEN) send_control(c, PING, NULL, 0);
}

/* Bytes were queued at the last sweep and the peer has taken none since. */
static bool does_not_read(const tl_conn *c) {
  return c->blocked && c->last_queued && tl_conn_queued(c) >= c->last_queued;
}

void tl_conn_close(tl_conn *c, int code, const char *reason) {
  if (c->state != TL__OPEN) return;
  if (does_not_read(c)) {
    tl__conn_drop(c);
    return;
  }
  send_close(c, code, reason);
  if (c->state != TL__OPEN) return;
  c->state = TL__CLOSING;
  c->deadline = tl__now(c->server) + CLOSE_S;
  tl__conn_read(c, true);
}
