/* frames.h: what a reader of WebSocket frames said, as bytes that can be compared; and input that is made of frames
 * rather than of noise. */
#ifndef TL_FUZZ_FRAMES_H
#define TL_FUZZ_FRAMES_H
#include "core/ws.h"
#include "fuzz.h"

typedef struct fuzz_heard {
  tl_buf log; /* each event: its kind, code, length and bytes */
  int code;   /* with which the reader refused the peer; 0: not */
  int closed; /* the peer's own close code; 0: it did not close */
} fuzz_heard;

void fuzz_hear(tl_buf *log, int event, int code, const void *payload, size_t n);

/* Reads data by the codec, in pieces that `cuts` tells (NULL: whole). What it said is appended to heard. zip: NULL, or
 * compression was agreed on. */
void fuzz_ws_read(const tl_buf *data, fuzz_in *cuts, size_t max, tl_zip *zip, fuzz_heard *heard);

/* Frames that the input describes, masked as a client does; now and then with a fault. zip: NULL, or some messages are
 * compressed by it. */
void fuzz_frames(fuzz_in *in, tl_zip *zip, tl_buf *out);

#endif
