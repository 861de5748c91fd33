/* body.c: the body of a request, by length or in chunks. Not llhttp's: how strict it is about the bytes between chunks
 * depends on how a distribution built it, and a request whose end is in doubt is a request that smuggles another.
 *
 * Every line ends in CR LF. Chunk extensions and trailers are read and forgotten; more of them than max_header and
 * eight times the body are refused. */
#include "base/hex.h"
#include "io/http.h"

enum { SIZE, EXTENSION, SIZE_END, DATA, DATA_CR, DATA_LF, TRAILER_START, TRAILER, TRAILER_LF, LAST_LF };
enum { MORE = 0, DONE = 1 };

void tl__http_body_begin(tl_http_req *r) {
  r->chunked = tl__http_count(r, "transfer-encoding") > 0;
  r->chunk_state = SIZE;
  r->size_digits = 0;
  r->left = r->chunked ? 0 : r->parser.content_length;
}

/* A digit of the chunk's size, or what ends it. */
static int size_byte(tl_http_req *r, char c) {
  int digit = tl_hex_digit(c);
  if (digit >= 0) {
    if (++r->size_digits > 8) return 413;
    r->left = r->left << 4 | (unsigned)digit;
    return MORE;
  }
  if (!r->size_digits || (c != '\r' && c != ';')) return 400;
  if (r->left > r->conn->server->opts.max_body - r->body.len) return 413;
  r->chunk_state = c == '\r' ? SIZE_END : EXTENSION;
  return MORE;
}

static bool is_text(char c) { return (unsigned char)c >= 0x20 || c == '\t'; }

static int expect(tl_http_req *r, char got, char want, int next) {
  r->chunk_state = (uint8_t)next;
  return got == want ? MORE : 400;
}

/* One byte of what lies between the chunks' data. */
static int framing_byte(tl_http_req *r, char c) {
  switch (r->chunk_state) {
  case SIZE: return size_byte(r, c);
  case EXTENSION:
    if (c == '\r') r->chunk_state = SIZE_END;
    return c == '\r' || is_text(c) ? MORE : 400;
  case SIZE_END: return expect(r, c, '\n', r->left ? DATA : TRAILER_START);
  case DATA_CR: return expect(r, c, '\r', DATA_LF);
  case DATA_LF: r->size_digits = 0; return expect(r, c, '\n', SIZE);
  case TRAILER_START:
    r->chunk_state = c == '\r' ? LAST_LF : TRAILER;
    return c == '\r' || (is_text(c) && c != ' ' && c != '\t') ? MORE : 400;
  case TRAILER:
    if (c == '\r') r->chunk_state = TRAILER_LF;
    return c == '\r' || is_text(c) ? MORE : 400;
  case TRAILER_LF: return expect(r, c, '\n', TRAILER_START);
  default: return c == '\n' ? DONE : 400; /* LAST_LF */
  }
}

static size_t take(tl_http_req *r, const char *p, size_t n) {
  if (n > r->left) n = (size_t)r->left;
  tl_buf_put(&r->body, p, n);
  r->left -= n;
  return n;
}

static int read_chunks(tl_http_req *r, const char *p, size_t n, size_t *used) {
  while (*used < n) {
    if (r->chunk_state == DATA) {
      *used += take(r, p + *used, n - *used);
      if (!r->left) r->chunk_state = DATA_CR;
      continue;
    }
    int state = framing_byte(r, p[(*used)++]);
    if (state != MORE) return state;
    if (++r->raw > r->conn->server->opts.max_header + 8 * r->body.len) return 413;
  }
  return MORE;
}

int tl__http_body(tl_http_req *r, const char *p, size_t n, size_t *used) {
  *used = 0;
  if (r->chunked) return read_chunks(r, p, n, used);
  *used = take(r, p, n);
  return r->left ? MORE : DONE;
}
