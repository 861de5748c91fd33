/* ws.h: WebSocket frames (RFC 6455), pure: bytes in, events out. No sockets, no time. A server's side: incoming
 * frames must be masked, outgoing are not. One connection keeps only the bytes of an incomplete message or frame.
 * Messages may be compressed (permessage-deflate, RFC 7692), each by itself; they are inflated when they are whole. */
#ifndef TL_CORE_WS_H
#define TL_CORE_WS_H
#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/deflate.h"

typedef enum tl_ws_event { TL_WS_TEXT, TL_WS_BINARY, TL_WS_PING, TL_WS_PONG, TL_WS_CLOSE } tl_ws_event;

typedef struct tl_ws {
  tl_buf partial;      /* raw bytes of an incomplete frame */
  tl_buf message;      /* unmasked payload of a fragmented message so far */
  size_t checked;      /* bytes at the front of message that are known to be valid UTF-8 */
  size_t max;          /* limit of a message in bytes, inflated; over it the peer is failed with 1009 */
  tl_zip *zip;         /* inflates, for all connections; NULL: no compression was agreed on. Set by the owner */
  uint8_t bits;        /* for tl_zip_pack, as agreed on. Set by the owner */
  uint8_t opcode;      /* of the fragmented message; 0: none under way */
  bool compressed;     /* the fragmented message is */
  bool failed, closed; /* nothing more is read */
} tl_ws;

/* An event's bytes are valid during the call only. TL_WS_CLOSE: code (1005: none given), payload = reason. */
typedef void (*tl_ws_fn)(void *ctx, tl_ws_event ev, const char *payload, size_t n, int code);

void tl_ws_init(tl_ws *w, size_t max);
void tl_ws_free(tl_ws *w);
/* Reads n bytes (unmasked in place: data is changed). 0, or the close code to fail the peer with: 1002, 1007 (also
 * for what cannot be inflated), 1009, 1011 (no memory to inflate). fn may free nothing of w; it may set w->closed to
 * stop the reading. */
int tl_ws_read(tl_ws *w, char *data, size_t n, tl_ws_fn fn, void *ctx);

enum { TL_WS_COMPRESSED = 0x40 }; /* RSV1 */
/* Head of an outgoing, unfragmented frame; its length. opcode: 1 text, 8 close, 9 ping, 10 pong; a text's may have
 * TL_WS_COMPRESSED. */
size_t tl_ws_head(char out[14], int opcode, size_t payload);
void tl_ws_close_frame(tl_buf *out, int code, const char *reason);
void tl_ws_accept(const char *key, size_t n, char out[29]); /* Sec-WebSocket-Accept of a Sec-WebSocket-Key */

/* ---- ws_offer.c: what a client offers ---- */

typedef struct tl_ws_terms {
  uint8_t bits;   /* of the window for what the client is sent; 0: no offer was accepted */
  bool bits_told; /* the client asked for a limit, so it is told */
} tl_ws_terms;

/* Reads the value of a Sec-WebSocket-Extensions; of several, call it for each, in order. *terms is zeroed before the
 * first and is what is agreed on after the last: the first offer of permessage-deflate that can be accepted. -1: the
 * value is not of the grammar, which fails the handshake. */
int tl_ws_offers(const char *value, tl_ws_terms *terms);
/* The value of the answer's header, NUL-terminated. terms->bits is not 0. */
void tl_ws_agreed(const tl_ws_terms *terms, char out[112]);

#endif
