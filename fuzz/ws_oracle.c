/* ws_oracle.c: the frame codec against wslay, an implementation that shares nothing with it: the same messages with the
 * same bytes, and the same peers refused.
 *
 * Where they may differ: which close code a refused peer gets (both are right about a frame with two faults); and
 * how early a frame is refused of which not all has come: so they are asked about whole frames. And wslay takes a
 * close frame with one byte, half a code, for one without; RFC 6455 (5.5.1) does not. Close codes that were
 * registered since wslay was written it refuses. */
#include <wslay/wslay.h>

#include "base/mem.h"
#include "frames.h"

typedef struct oracle {
  const uint8_t *p, *end;
  fuzz_heard heard;
  bool closed;
} oracle;

static ssize_t give(wslay_event_context_ptr ctx, uint8_t *buf, size_t len, int flags, void *user) {
  oracle *o = user;
  size_t n = (size_t)(o->end - o->p);
  (void)flags;
  if (n > len) n = len;
  if (!n) {
    wslay_event_set_error(ctx, WSLAY_ERR_WOULDBLOCK);
    return -1;
  }
  memcpy(buf, o->p, n);
  o->p += n;
  return (ssize_t)n;
}

static void on_message(wslay_event_context_ptr ctx, const struct wslay_event_on_msg_recv_arg *m, void *user) {
  static const int events[] = {-1, TL_WS_TEXT, TL_WS_BINARY, -1, -1, -1, -1, -1, TL_WS_CLOSE, TL_WS_PING, TL_WS_PONG};
  oracle *o = user;
  (void)ctx;
  CHECK(m->opcode <= 10 && events[m->opcode] >= 0);
  const uint8_t *msg = m->msg;
  size_t n = m->msg_length;
  int code = 0;
  if (m->opcode == 8 && n == 1) {
    o->heard.code = 1002;
    return;
  }
  if (m->opcode == 8) {
    o->closed = true;
    code = n ? m->status_code : 1005;
    if (n) { /* the reason is behind the code */
      msg += 2;
      n -= 2;
    }
  }
  fuzz_hear(&o->heard.log, events[m->opcode], code, msg, n);
}

static void ask(const tl_buf *wire, size_t max, oracle *o) {
  struct wslay_event_callbacks callbacks = {.recv_callback = give, .on_msg_recv_callback = on_message};
  wslay_event_context_ptr ctx;
  const uint8_t *from = wire->len ? (const uint8_t *)wire->data : (const uint8_t *)"";
  *o = (oracle){from, from + wire->len, {.code = 0}, false};
  CHECK(wslay_event_context_server_init(&ctx, &callbacks, o) == 0);
  wslay_event_config_set_max_recv_msg_length(ctx, max);
  int failed = wslay_event_recv(ctx);
  if (failed)
    o->heard.code = 1002;
  else if (!o->closed && !wslay_event_want_read(ctx))
    o->heard.code = wslay_event_get_status_code_sent(ctx) ? wslay_event_get_status_code_sent(ctx) : 1002;
  wslay_event_context_free(ctx);
}

/* Drops what is behind the last whole frame. */
static void whole_frames(tl_buf *wire) {
  const uint8_t *p = (const uint8_t *)wire->data;
  size_t at = 0, n = wire->len;
  while (n - at >= 2) {
    size_t bytes = (p[at + 1] & 127) == 127 ? 8 : (p[at + 1] & 127) == 126 ? 2 : 0;
    size_t head = 2 + bytes + (p[at + 1] & 128 ? 4 : 0);
    uint64_t length = bytes ? 0 : p[at + 1] & 127;
    if (n - at < head) break;
    for (size_t i = 0; i < bytes; i++) length = length << 8 | p[at + 2 + i];
    if (n - at - head < length) break;
    at += head + (size_t)length;
  }
  wire->len = at;
}

static void agree(const fuzz_heard *ours, const fuzz_heard *theirs) {
  const tl_buf *a = &ours->log, *b = &theirs->log;
  CHECKF(!ours->code == !theirs->code, "we say %d, wslay %d", ours->code, theirs->code);
  CHECKF(a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len)), "we heard\n%.*s\nwslay\n%.*s", (int)a->len,
         a->data, (int)b->len, b->data);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static const size_t limits[] = {1 << 20, 125, 300, 1000};
  fuzz_in in = {data, data + size};
  uint8_t how = fuzz_byte(&in);
  size_t max = limits[how >> 1 & 3];
  tl_buf wire = {0};
  if (how & 1)
    fuzz_frames(&in, NULL, &wire);
  else
    tl_buf_put(&wire, in.p, (size_t)(in.end - in.p));
  whole_frames(&wire);
  fuzz_heard ours = {.code = 0};
  oracle o;
  fuzz_ws_read(&wire, NULL, max, NULL, &ours);
  bool newer = ours.closed >= 1012 && ours.closed <= 1014;
  ask(&wire, max, &o);
  if (!newer) agree(&ours, &o.heard);
  tl_buf_free(&wire);
  tl_buf_free(&ours.log);
  tl_buf_free(&o.heard.log);
  return 0;
}
