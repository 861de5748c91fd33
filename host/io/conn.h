/* conn.h: what the files of the server share, and nobody else includes.
 *
 * server.c      listening, the list of connections, the sweeping timer
 * conn.c        one socket: reading, the write queue, the ways to end
 * http.c        requests out of bytes, with body.c for their bodies; request.c  what a handler may ask of one
 * respond.c     answers; files.c  answers from a folder
 * websocket.c   the handshake, frames, pings
 *
 * A tl_conn is freed in its close callback and nowhere else, so it may be touched after any call out; whether it still
 * lives is c->state. */
#ifndef TL_IO_CONN_H
#define TL_IO_CONN_H
#include "core/ws.h"
#include "io/server.h"

/* Always forward, never back. */
enum tl__state {
  TL__HTTP,    /* requests; c->http is there */
  TL__OPEN,    /* WebSocket; c->ws is in use */
  TL__CLOSING, /* our close frame is out: waits for the peer's */
  TL__LINGER,  /* nothing more to say: what the peer still sends is thrown away, so that it reads our last bytes */
  TL__CLOSED   /* uv_close was called */
};

struct tl_server {
  uv_tcp_t listener;
  uv_timer_t sweep; /* once a second while there are connections */
  uv_idle_t resume; /* active while a connection is marked `resumed` */
  tl_loop *loop;
  tl_conn *conns; /* all of them, newest first */
  tl_server_opts opts;
  tl_server_handlers on;
  void *ctx;
  unsigned count, opened, resumed;
  int port, handles;
  bool listening, freed;
  uint32_t refused_at; /* when the last failing accept was logged */
  uint32_t date_at;
  char date[40];
  tl_zip zip; /* for all connections */
};

struct tl_conn {
  uv_tcp_t tcp;
  tl_server *server;
  tl_conn *prev, *next;
  tl_http_req *http; /* the request's state; NULL after the upgrade */
  void *user;
  tl_ws ws;
  size_t last_queued;                /* at the last sweep */
  uint32_t heard, ping_at, deadline; /* seconds of the loop's clock; deadline 0: none */
  uint8_t state, pongs;
  bool is_ws, blocked, reading, resumed;
};

/* conn.c */
enum { TL__ANY = 0, TL__PONG = 1 };
void tl__conn_accept(tl_server *s);
/* Copies what the kernel does not take at once. */
void tl__conn_write(tl_conn *c, const uv_buf_t *bufs, unsigned n, int kind);
/* Takes data, which tl_alloc gave; it is written by the loop, and tl__http_written follows in a later turn. */
void tl__conn_write_owned(tl_conn *c, char *data, size_t n);
void tl__conn_read(tl_conn *c, bool on);
void tl__conn_drop(tl_conn *c);   /* closes at once */
void tl__conn_linger(tl_conn *c); /* writes what is queued, ends our half, waits a little for the peer's end */
void tl__conn_tick(tl_conn *c, uint32_t now);
uint32_t tl__now(const tl_server *s);

/* server.c */
void tl__server_add(tl_server *s, tl_conn *c);
void tl__server_gone(tl_server *s, tl_conn *c);
/* tl__http_resume in the loop's next pass, not from within the caller. */
void tl__server_resume(tl_server *s, tl_conn *c);
const char *tl__server_date(tl_server *s);

/* http.c: c->state is TL__HTTP */
void tl__http_new(tl_conn *c);
/* The connection ends or is upgraded: frees the state, or leaves it to the holder of a held request. */
void tl__http_gone(tl_conn *c);
void tl__http_input(tl_conn *c, char *p, size_t n);
void tl__http_written(tl_conn *c);
void tl__http_resume(tl_conn *c);
void tl__http_eof(tl_conn *c);
void tl__http_timeout(tl_conn *c);

/* websocket.c */
bool tl__ws_wanted(const tl_http_req *r);
void tl__ws_handshake(tl_conn *c); /* upgrades, or answers why not */
void tl__ws_input(tl_conn *c, char *p, size_t n);
void tl__ws_drained(tl_conn *c);
void tl__ws_tick(tl_conn *c, uint32_t now);

#endif
