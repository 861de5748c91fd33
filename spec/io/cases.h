/* cases.h: cases of the frame codec: bytes that a client sends, and the events that they must lead to. Each is read
 * whole, cut in two at every byte, and in small pieces; the events must be the same. */
#ifndef SPEC_IO_CASES_H
#define SPEC_IO_CASES_H
#include "core/ws.h"

enum { CASE_MAX = 1000 };
extern size_t case_max;  /* the limit of a message; CASE_MAX unless set */
extern tl_buf case_in;   /* what the case sends */
extern tl_buf case_seen; /* what it led to, as words: "text hello ", "close 1000 why ", "fail 1002 " */
extern tl_zip *case_zip; /* NULL: compression was not agreed on */

extern const char *const case_good_text[], *const case_bad_text[]; /* UTF-8 or not; NULL behind the last */

/* To case_in: a masked frame; the same with another mask, and of a text; bytes. */
void case_frame(int first, const void *payload, size_t n);
void case_masked(int first, const char mask[4], const char *payload, size_t n); /* n under 126 */
void case_text(int first, const char *payload);
void case_raw(const char *bytes, size_t n);

void case_expect(const char *name, const char *want); /* and clears case_in */
void case_end(void);                                  /* frees both buffers */

/* For specs that look at the codec itself. */
void case_on_event(void *ctx, tl_ws_event ev, const char *payload, size_t n, int code);
void case_feed(tl_ws *w, const char *p, size_t n);

#endif
