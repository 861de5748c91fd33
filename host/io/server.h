/* server.h: HTTP/1.1 (llhttp) and WebSocket on one port. Calls upward only through tl_server_handlers.
 *
 * A tl_conn lives until its `ws_closed` (or, for plain HTTP, on its own). After tl_conn_close nothing more is delivered
 * but ws_closed. All calls from the loop's thread. */
#ifndef TL_IO_SERVER_H
#define TL_IO_SERVER_H
#include "io/loop.h"

typedef struct tl_server tl_server;
typedef struct tl_conn tl_conn;
typedef struct tl_http_req tl_http_req; /* valid during the callback, or until answered when tl_http_hold was called */

typedef struct tl_server_opts {
  const char *host;                                  /* an IP address, or "localhost"; NULL: "127.0.0.1" */
  int port;                                          /* 0: any free one */
  size_t max_header, max_body, max_frame;            /* bytes; 0: defaults 16 KiB, 1 MiB, 1 MiB */
  unsigned ping_every_s, silent_s, header_timeout_s; /* 0: defaults 25, 60, 10 */
  int send_buffer; /* bytes that the kernel holds unsent before tl_conn_queued grows (TCP_NOTSENT_LOWAT); 0: 16 KiB */
  bool no_compression; /* of WebSocket messages, whatever a client offers */
} tl_server_opts;

typedef struct tl_server_handlers {
  void (*request)(void *ctx, tl_http_req *req); /* must answer with tl_http_respond* now, or hold */
  int (*upgrade)(void *ctx, tl_http_req *req); /* a WebSocket handshake that is formally right: 0 accepts, else the HTTP
                                                  status that refuses */
  void (*ws_open)(void *ctx, tl_conn *c, tl_http_req *req);           /* set tl_conn_set_user here */
  void (*ws_text)(void *ctx, tl_conn *c, const char *text, size_t n); /* a whole message, valid UTF-8 */
  void (*ws_binary)(void *ctx, tl_conn *c);
  void (*ws_pong)(void *ctx, tl_conn *c);
  void (*ws_drained)(void *ctx, tl_conn *c); /* the send queue has become empty again */
  void (*ws_closed)(void *ctx, tl_conn *c);  /* gone, for whatever reason; c is freed after this */
} tl_server_handlers;

/* Errors: NULL and *err a static or server-owned text such as "address already in use". */
tl_server *tl_server_start(tl_loop *l, const tl_server_opts *o, const tl_server_handlers *h, void *ctx,
                           const char **err);
int tl_server_port(const tl_server *s);
void tl_server_stop_listening(tl_server *s);
void tl_server_free(
    tl_server *s); /* closes what is open (ws_closed is called for each); freed when the close callbacks came */
unsigned tl_server_conns(const tl_server *s); /* open connections, HTTP and WebSocket */

/* Request. Strings are NUL-terminated. */
const char *tl_http_method(const tl_http_req *r);
const char *tl_http_path(const tl_http_req *r); /* decoded path without query; never has "..", NUL or backslash tricks
                                                   (such are answered 400) */
const char *tl_http_raw_path(const tl_http_req *r); /* the same as it came, for who splits it before he decodes */
const char *tl_http_query(const tl_http_req *r);    /* raw, without '?'; "" */
const char *tl_http_header(const tl_http_req *r, const char *lower_name); /* NULL: absent */
size_t tl_http_header_count(const tl_http_req *r);
void tl_http_header_at(const tl_http_req *r, size_t i, const char **lower_name, const char **value);
const char *tl_http_body(const tl_http_req *r, size_t *n);
const char *tl_http_peer_ip(const tl_http_req *r);
bool tl_http_takes_gzip(const tl_http_req *r); /* "br, gzip;q=0.5": named, and not with a weight of 0 */

/* The answer comes later: r stays valid until tl_http_respond*, which must be called even when the client has gone. */
void tl_http_hold(tl_http_req *r);

/* Answer. headers: NULL, or "Name: value\r\n..." text. Content-Length, Date, Connection and HEAD are handled. */
void tl_http_respond(tl_http_req *r, int status, const char *headers, const char *body, size_t n);
/* A file under dir: ETag, ranges, conditional requests, content type by ending, "file.gz" beside it when the client
 * takes gzip. Links that lead out, dotfiles, directories: false is returned and nothing was answered (the caller says
 * 404). */
bool tl_http_respond_file(tl_http_req *r, const char *dir, const char *path);

/* WebSocket. */
void tl_conn_set_user(tl_conn *c, void *user);
void *tl_conn_user(const tl_conn *c);
void tl_conn_send(tl_conn *c, const char *text, size_t n); /* one text frame, compressed if that is agreed
                                                              on and worth it: tries at once, queues the rest */
size_t tl_conn_queued(const tl_conn *c);                   /* bytes that the kernel has not taken yet */
void tl_conn_ping(tl_conn *c);
void tl_conn_close(tl_conn *c, int code,
                   const char *reason); /* sends a close frame, then closes (at once when the peer does not read) */

#endif
