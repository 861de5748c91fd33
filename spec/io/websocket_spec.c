/* WebSocket connections over real sockets. */
#include <unistd.h>

#include "spec.h"
#include "wire.h"

static void echo(wire *w) {
  spec_group("websocket echo");
  tl_buf in = {0};
  int fd = wire_open(w, 0);
  wire_send_frame(w, fd, 0x81, "hello", 5);
  CHECK(wire_wait(w, fd, &in, "\x81\x05hello", 1000));
  close(fd);
  CHECK(wire_until(w, &w->closed, 1, 1000));
  CHECK_HAS(tl_buf_cstr(&w->log), "open:/_tidelock/ws text:hello closed");
  tl_buf_free(&in);
}

void websocket_spec(void) {
  wire w;
  wire_start(&w, NULL);
  echo(&w);
  wire_stop(&w);
}
