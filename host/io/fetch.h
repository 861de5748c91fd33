/* fetch.h: HTTP requests as a client (libcurl multi on the loop). One call makes a request; its done callback comes
 * exactly once, from the loop, never from within tl_fetch_start; after tl_fetch_cancel it does not come. TLS is
 * verified. */
#ifndef TL_IO_FETCH_H
#define TL_IO_FETCH_H
#include "base/buf.h"
#include "io/loop.h"

typedef struct tl_fetcher tl_fetcher; /* shares connections; one a loop */
typedef struct tl_fetch tl_fetch;

typedef struct tl_fetch_result {
  int status;          /* 0: failed, see error and code */
  const char *headers; /* raw header lines of the last answer, "name: value\r\n" each, names lower case */
  size_t headers_len;
  const char *body;
  size_t body_len;
  const char *error; /* "could not connect to 127.0.0.1:9: connection refused" */
  const char *code;  /* "connect" "dns" "timeout" "too_large" "tls" "redirects" "protocol" "url" */
} tl_fetch_result;

typedef struct tl_fetch_req {
  const char *method, *url;
  const char *const *headers;
  size_t n_headers; /* "Name: value" */
  const char *body;
  size_t body_len;  /* copied; body NULL: none */
  double timeout_s; /* 0: 30 s */
  size_t max_size;  /* of the body, unpacked; 0: 16 MiB, with `chunk` no limit */
  int follow;       /* redirects to follow; -1: default 5 */
  void (*chunk)(void *ctx, const char *data,
                size_t n); /* NULL: the body is collected. Else pieces; tl_fetch_pause may be called inside */
  void (*done)(void *ctx, const tl_fetch_result *r); /* r is valid during the call; the tl_fetch is freed after it */
  void *ctx;
} tl_fetch_req;

tl_fetcher *tl_fetcher_new(tl_loop *l, const char **err); /* NULL: libcurl cannot be loaded, and *err says why */
void tl_fetcher_free(tl_fetcher *f);                      /* cancels what runs */
tl_fetch *tl_fetch_start(tl_fetcher *f, const tl_fetch_req *r);
void tl_fetch_cancel(tl_fetch *t);
void tl_fetcher_fail(tl_fetcher *f, const char *code, const char *why); /* ends all that run, so. Not from a callback */
void tl_fetch_pause(tl_fetch *t);                                       /* no more chunks until resumed */
void tl_fetch_resume(tl_fetch *t);

#endif
