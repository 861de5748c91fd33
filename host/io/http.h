/* http.h: one request while it is read and answered; shared by http.c, request.c, respond.c, files.c, websocket.c. */
#ifndef TL_IO_HTTP_H
#define TL_IO_HTTP_H
#include <llhttp.h>

#include "io/conn.h"

enum tl__phase {
  TL__HEAD,       /* waiting for or reading the request line and header */
  TL__BODY_START, /* the header is checked; a request without body ends without another byte */
  TL__BODY,
  TL__ANSWER /* whole: with the handler, held, or its answer is being written */
};

typedef struct tl__field {
  uint32_t name, value; /* offsets into text; name in lower case */
} tl__field;

struct tl_http_req {
  tl_conn *conn; /* NULL: gone while the request was held */
  llhttp_t parser;
  tl_buf text;   /* target, then names and values, then the decoded path, each with a NUL */
  tl_buf fields; /* of tl__field */
  tl_buf body;
  tl_buf kept;                    /* bytes of later requests that came too early */
  size_t raw;                     /* bytes read of the head; then those between the chunks of the body */
  uint64_t left;                  /* of the body, or of its chunk */
  uint32_t path, raw_path, query; /* offsets into text */
  int refuse;                     /* status of a fault found inside the parser's callbacks */
  int file;                       /* what is left of an answer from a file; -1: none */
  int64_t file_at, file_left;
  uint8_t phase, chunk_state, size_digits;
  char last; /* of the header's bytes, for a line end that is cut in two */
  bool chunked, held, running, answered, keep_alive;
  char ip[46];
};

/* request.c */
int tl__http_target(tl_http_req *r); /* splits and decodes the target; 0 or the status that refuses it */
size_t tl__http_count(const tl_http_req *r, const char *lower_name);
bool tl__http_has_token(const tl_http_req *r, const char *lower_name, const char *token, bool exact_case);

/* body.c */
void tl__http_body_begin(tl_http_req *r);
/* 0: more is needed, 1: whole, else the status that refuses the request. */
int tl__http_body(tl_http_req *r, const char *p, size_t n, size_t *used);

/* respond.c: answers with one line of text about the status, and closes */
void tl__http_refuse(tl_conn *c, int status, const char *headers);
/* The head of an answer whose body of `length` bytes the caller sends itself. */
void tl__http_head(tl_http_req *r, tl_buf *out, int status, const char *headers, int64_t length);

/* http.c: the answer is out or queued */
void tl__http_answered(tl_http_req *r);
void tl__http_forget(tl_http_req *r); /* a held request without a connection, when its holder answers */
/* files.c: queues the next piece */
void tl__http_file_piece(tl_http_req *r);

#endif
