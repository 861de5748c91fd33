/* fetch_private.h: one request; fetch.c runs it on the loop, fetch_request.c puts it together and reads its outcome. */
#ifndef TL_IO_FETCH_PRIVATE_H
#define TL_IO_FETCH_PRIVATE_H
#include <stdbool.h>

#include "io/curl.h"
#include "io/fetch.h"

struct tl_fetch {
  tl_fetcher *fetcher;
  tl_fetch *prev, *next;
  CURL *easy;
  struct curl_slist *lines;
  tl_fetch_req req; /* its pointers are not to be followed after the start, but for the callbacks and ctx */
  char *url;
  tl_buf headers, body, error;
  size_t received, max_size;
  const char *fault; /* code of what we found ourselves: before the start, or while receiving */
  bool added;        /* curl has it */
  bool paused;       /* wanted by the owner */
  bool stopped;      /* curl has been told to wait, and holds bytes */
  bool cancelled, finished;
  char detail[CURL_ERROR_SIZE];
};

tl_fetch *tl__fetch_new(tl_fetcher *f, const tl_fetch_req *r); /* t->fault is set when it must not be started */
void tl__fetch_must(bool ok); /* curl had no memory: ends the process as tl_alloc would */
void tl__fetch_free(tl_fetch *t);
/* r points into t. code is curl's; a fault of ours goes before it. */
void tl__fetch_result(tl_fetch *t, int code, tl_fetch_result *r);

#endif
