/* ws.c: the frame codec. A frame that came whole is unmasked and delivered where it lies; only the bytes of a frame
 * that is still on its way are copied, into w->partial, and that memory goes back as soon as the frame is complete.
 *
 * What is compressed is gathered as it comes and inflated when its message is whole: the inflater is shared, so it must
 * be done with one message before the next. What is gathered cannot be larger than what tl_zip_bound says of the limit.
 *
 * Invariant: w->partial is empty or holds the beginning of exactly one frame, never a whole one. A header is checked
 * as soon as its bytes are there, so a peer that announces too much is failed before it is believed.
 *
 * Specs: spec/io/ws_spec.c. */
#include "core/ws.h"

#include "base/utf8.h"

enum { CONT = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10, CONTROL_MAX = 125 };
enum { PROTOCOL_ERROR = 1002, NO_CODE = 1005, BAD_DATA = 1007, TOO_LARGE = 1009, NO_MEMORY = 1011 };
enum { FIN = 0x80, RESERVED = 0x70, MASKED = 0x80 };

typedef struct frame {
  uint8_t opcode;
  bool fin, compressed;
  size_t head, payload; /* bytes */
} frame;

void tl_ws_init(tl_ws *w, size_t max) {
  memset(w, 0, sizeof *w);
  w->max = max;
}

void tl_ws_free(tl_ws *w) {
  tl_buf_free(&w->partial);
  tl_buf_free(&w->message);
}

/* The only meaning that a reserved bit may have, and only where a message begins. */
static bool says_compressed(const tl_ws *w, uint8_t first) {
  uint8_t opcode = first & 15;
  return w->zip && (first & RESERVED) == TL_WS_COMPRESSED && (opcode == TEXT || opcode == BINARY);
}

/* The first two bytes: whatever can be wrong without knowing the length. */
static int check_start(const tl_ws *w, const uint8_t *p) {
  uint8_t opcode = p[0] & 15;
  bool fin = p[0] & FIN;
  if ((p[0] & RESERVED && !says_compressed(w, p[0])) || !(p[1] & MASKED)) return PROTOCOL_ERROR;
  if (opcode >= CLOSE) return opcode > PONG || !fin || (p[1] & 127) > CONTROL_MAX ? PROTOCOL_ERROR : 0;
  if (opcode > BINARY) return PROTOCOL_ERROR;
  return (opcode == CONT) == (w->opcode != 0) ? 0 : PROTOCOL_ERROR;
}

/* Length of the header by its first two bytes, mask included. */
static size_t head_size(const uint8_t *p) { return (p[1] & 127) == 127 ? 14 : (p[1] & 127) == 126 ? 8 : 6; }

/* The payload's length; a longer form than needed is against the protocol. */
static int read_length(const uint8_t *p, uint64_t *length) {
  uint64_t n = p[1] & 127;
  if (n == 126) {
    n = (uint64_t)p[2] << 8 | p[3];
    if (n < 126) return PROTOCOL_ERROR;
  } else if (n == 127) {
    n = 0;
    for (int i = 2; i < 10; i++) n = n << 8 | p[i];
    if (n < 65536 || n >> 63) return PROTOCOL_ERROR;
  }
  *length = n;
  return 0;
}

static bool has_room(const tl_ws *w, const frame *f, uint64_t length) {
  bool goes_on = f->opcode == CONT;
  size_t before = goes_on ? w->message.len : 0;
  size_t max = f->compressed || (goes_on && w->compressed) ? tl_zip_bound(w->max) : w->max;
  return length <= max && before <= max - (size_t)length;
}

/* Reads the header at p as far as n bytes allow. 0 with f->head 0: more bytes are needed. */
static int read_head(const tl_ws *w, const uint8_t *p, size_t n, frame *f) {
  uint64_t length;
  int code;
  *f = (frame){0};
  if (n < 2) return 0;
  if ((code = check_start(w, p))) return code;
  size_t head = head_size(p);
  if (n < head - 4) return 0; /* the length decides before the mask has come */
  if ((code = read_length(p, &length))) return code;
  f->opcode = p[0] & 15;
  f->fin = p[0] & FIN;
  f->compressed = p[0] & TL_WS_COMPRESSED;
  if (f->opcode < CLOSE && !has_room(w, f, length)) return TOO_LARGE;
  if (n < head) return 0;
  f->head = head;
  f->payload = (size_t)length;
  return 0;
}

static void unmask(char *p, size_t n, const char mask[4]) {
  uint64_t m8, word;
  uint32_t m4;
  size_t i = 0;
  memcpy(&m4, mask, 4);
  m8 = (uint64_t)m4 << 32 | m4;
  for (; i + 8 <= n; i += 8) {
    memcpy(&word, p + i, 8);
    word ^= m8;
    memcpy(p + i, &word, 8);
  }
  for (; i < n; i++) p[i] = (char)(p[i] ^ mask[i & 3]);
}

/* Whether a code point begins with these n bytes, which are fewer than it needs. Behind the first are continuation
 * bytes only; of some first bytes not every second one may follow. */
static bool may_begin(const uint8_t *p, size_t n) {
  if (p[0] < 0xC2 || p[0] > 0xF4) return false;
  if (n == 1) return true;
  switch (p[0]) {
  case 0xE0: return p[1] >= 0xA0;
  case 0xED: return p[1] < 0xA0;
  case 0xF0: return p[1] >= 0x90;
  case 0xF4: return p[1] < 0x90;
  default: return true;
  }
}

/* Bytes at the end of p that begin a code point whose rest may be in the next fragment. */
static size_t open_tail(const char *p, size_t n) {
  for (size_t back = 1; back <= 3 && back <= n; back++) {
    const uint8_t *at = (const uint8_t *)p + n - back;
    if ((*at & 0xC0) == 0x80) continue;
    size_t need = *at >= 0xF0 ? 4 : *at >= 0xE0 ? 3 : *at >= 0xC0 ? 2 : 1;
    return need > back && may_begin(at, back) ? back : 0;
  }
  return 0;
}

/* A fragmented text is checked as it grows: a peer that sends rubbish is failed before it has filled the memory. */
static bool check_text(tl_ws *w, bool fin) {
  size_t n = w->message.len - w->checked;
  if (!n) return true;
  const char *p = w->message.data + w->checked;
  if (!fin) n -= open_tail(p, n);
  w->checked += n;
  return tl_utf8_valid(p, n);
}

/* A message as it is meant, not yet known to be text. */
static int message(uint8_t opcode, const char *p, size_t n, tl_ws_fn fn, void *ctx) {
  if (opcode == TEXT && !tl_utf8_valid(p, n)) return BAD_DATA;
  fn(ctx, opcode == TEXT ? TL_WS_TEXT : TL_WS_BINARY, p, n, 0);
  return 0;
}

static int inflated(const tl_ws *w, uint8_t opcode, const char *p, size_t n, tl_ws_fn fn, void *ctx) {
  static const int codes[] = {[TL_ZIP_BAD] = BAD_DATA, [TL_ZIP_TOO_LARGE] = TOO_LARGE, [TL_ZIP_NO_MEMORY] = NO_MEMORY};
  tl_buf whole = {0};
  int code = codes[tl_zip_unpack(w->zip, p, n, w->max, &whole)];
  if (!code) code = message(opcode, whole.data, whole.len, fn, ctx);
  tl_buf_free(&whole);
  return code;
}

static int fragment(tl_ws *w, const frame *f, const char *p, tl_ws_fn fn, void *ctx) {
  if (f->opcode != CONT) {
    w->opcode = f->opcode;
    w->compressed = f->compressed;
  }
  tl_buf_put(&w->message, p, f->payload);
  if (w->opcode == TEXT && !w->compressed && !check_text(w, f->fin)) return BAD_DATA;
  if (!f->fin) return 0;
  int code = 0;
  if (w->compressed)
    code = inflated(w, w->opcode, w->message.data, w->message.len, fn, ctx);
  else
    fn(ctx, w->opcode == TEXT ? TL_WS_TEXT : TL_WS_BINARY, w->message.data, w->message.len, 0);
  tl_buf_free(&w->message);
  w->checked = 0;
  w->opcode = 0;
  return code;
}

static bool code_is_valid(int code) {
  if (code >= 3000) return code <= 4999;
  return code >= 1000 && code <= 1014 && (code < 1004 || code > 1006);
}

static int closing(tl_ws *w, const char *p, size_t n, tl_ws_fn fn, void *ctx) {
  int code = NO_CODE;
  if (n == 1) return PROTOCOL_ERROR;
  if (n) {
    code = (uint8_t)p[0] << 8 | (uint8_t)p[1];
    if (!code_is_valid(code)) return PROTOCOL_ERROR;
    if (!tl_utf8_valid(p + 2, n - 2)) return BAD_DATA;
  }
  w->closed = true;
  fn(ctx, TL_WS_CLOSE, n ? p + 2 : p, n ? n - 2 : 0, code);
  return 0;
}

/* A whole frame, its payload still masked. */
static int deliver(tl_ws *w, const frame *f, char *p, tl_ws_fn fn, void *ctx) {
  unmask(p + f->head, f->payload, p + f->head - 4);
  p += f->head;
  switch (f->opcode) {
  case CLOSE: return closing(w, p, f->payload, fn, ctx);
  case PING: fn(ctx, TL_WS_PING, p, f->payload, 0); return 0;
  case PONG: fn(ctx, TL_WS_PONG, p, f->payload, 0); return 0;
  case CONT: return fragment(w, f, p, fn, ctx);
  default: break;
  }
  if (!f->fin) return fragment(w, f, p, fn, ctx);
  if (f->compressed) return inflated(w, f->opcode, p, f->payload, fn, ctx);
  return message(f->opcode, p, f->payload, fn, ctx);
}

/* Frames that lie whole in data; *used says how far. */
static int read_whole(tl_ws *w, char *data, size_t n, size_t *used, tl_ws_fn fn, void *ctx) {
  while (!w->closed) {
    frame f;
    int code = read_head(w, (uint8_t *)data + *used, n - *used, &f);
    if (code) return code;
    if (!f.head || n - *used - f.head < f.payload) return 0;
    char *at = data + *used;
    *used += f.head + f.payload;
    if ((code = deliver(w, &f, at, fn, ctx))) return code;
  }
  return 0;
}

/* Bytes that w->partial still lacks: to know its header, or to be whole (0: then *f is its header). */
static int missing(const tl_ws *w, frame *f, size_t *lack) {
  const uint8_t *p = (const uint8_t *)w->partial.data;
  size_t have = w->partial.len;
  int code = read_head(w, p, have, f);
  if (code) return code;
  if (f->head)
    *lack = f->head + f->payload - have;
  else if (have < 2)
    *lack = 2 - have;
  else
    *lack = (have < head_size(p) - 4 ? head_size(p) - 4 : head_size(p)) - have;
  return 0;
}

/* Completes the frame in w->partial from data, never taking a byte of the next one. */
static int read_partial(tl_ws *w, const char *data, size_t n, size_t *used, tl_ws_fn fn, void *ctx) {
  frame f;
  for (;;) {
    size_t lack;
    int code = missing(w, &f, &lack);
    if (code) return code;
    if (lack == 0) break;
    if (*used == n) return 0;
    size_t take = lack < n - *used ? lack : n - *used;
    tl_buf_put(&w->partial, data + *used, take);
    *used += take;
  }
  tl_buf whole = w->partial; /* moved aside: the frame is done with, whatever deliver says */
  memset(&w->partial, 0, sizeof w->partial);
  int code = deliver(w, &f, whole.data, fn, ctx);
  tl_buf_free(&whole);
  return code;
}

static int fail(tl_ws *w, int code) {
  if (!code) return 0;
  w->failed = true;
  tl_ws_free(w);
  return code;
}

int tl_ws_read(tl_ws *w, char *data, size_t n, tl_ws_fn fn, void *ctx) {
  size_t used = 0;
  int code = 0;
  if (w->failed || w->closed) return 0;
  if (w->partial.len) code = read_partial(w, data, n, &used, fn, ctx);
  if (!code && !w->partial.len) code = read_whole(w, data, n, &used, fn, ctx);
  if (code || w->closed) return fail(w, code);
  tl_buf_put(&w->partial, data + used, n - used);
  return 0;
}

size_t tl_ws_head(char out[14], int opcode, size_t payload) {
  size_t n = 2;
  out[0] = (char)(FIN | opcode);
  if (payload <= CONTROL_MAX) {
    out[1] = (char)payload;
    return n;
  }
  int bytes = payload < 65536 ? 2 : 8;
  out[1] = (char)(bytes == 2 ? 126 : 127);
  for (int i = bytes - 1; i >= 0; i--) out[n++] = (char)((uint64_t)payload >> (8 * i));
  return n;
}

/* The longest part of a reason that fits and does not end inside a code point. */
static size_t reason_size(const char *reason) {
  size_t n = strlen(reason);
  if (n <= CONTROL_MAX - 2) return n;
  n = CONTROL_MAX - 2;
  return n - open_tail(reason, n);
}

void tl_ws_close_frame(tl_buf *out, int code, const char *reason) {
  char head[14];
  size_t n = code == NO_CODE || !reason ? 0 : reason_size(reason);
  size_t head_n = tl_ws_head(head, CLOSE, code == NO_CODE ? 0 : n + 2);
  tl_buf_put(out, head, head_n);
  if (code == NO_CODE) return;
  tl_buf_putc(out, (char)(code >> 8));
  tl_buf_putc(out, (char)code);
  tl_buf_put(out, reason, n);
}
