/* respond.c: answers. Head and body go to the kernel in one write; the server adds what every answer needs, and leaves
 * out of the handler's own lines what only it may say. A body is never sent where HTTP forbids one. */
#include <strings.h>

#include "base/log.h"
#include "io/http.h"

static const char *reason(int status) {
  static const struct {
    int status;
    const char *text;
  } known[] = {{200, "OK"},
               {201, "Created"},
               {202, "Accepted"},
               {204, "No Content"},
               {206, "Partial Content"},
               {301, "Moved Permanently"},
               {302, "Found"},
               {303, "See Other"},
               {304, "Not Modified"},
               {307, "Temporary Redirect"},
               {308, "Permanent Redirect"},
               {400, "Bad Request"},
               {401, "Unauthorized"},
               {403, "Forbidden"},
               {404, "Not Found"},
               {405, "Method Not Allowed"},
               {406, "Not Acceptable"},
               {408, "Request Timeout"},
               {409, "Conflict"},
               {410, "Gone"},
               {412, "Precondition Failed"},
               {413, "Content Too Large"},
               {414, "URI Too Long"},
               {415, "Unsupported Media Type"},
               {416, "Range Not Satisfiable"},
               {417, "Expectation Failed"},
               {422, "Unprocessable Content"},
               {426, "Upgrade Required"},
               {429, "Too Many Requests"},
               {431, "Request Header Fields Too Large"},
               {500, "Internal Server Error"},
               {501, "Not Implemented"},
               {502, "Bad Gateway"},
               {503, "Service Unavailable"},
               {504, "Gateway Timeout"},
               {505, "HTTP Version Not Supported"}};
  for (size_t i = 0; i < sizeof known / sizeof *known; i++)
    if (known[i].status == status) return known[i].text;
  return "Other";
}

static bool has_no_body(int status) { return status < 200 || status == 204 || status == 304; }

/* Lines that frame the message are the server's to write. */
static bool is_framing(const char *line, size_t name) {
  static const char *const ours[] = {"connection", "content-length", "transfer-encoding", "keep-alive", "date"};
  for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
    if (strlen(ours[i]) == name && strncasecmp(line, ours[i], name) == 0) return true;
  return false;
}

/* Copies the handler's lines. One that is no header line would let a value start a header, or a body, of its own. */
static void put_lines(tl_buf *out, const char *headers) {
  while (headers && *headers) {
    size_t n = strcspn(headers, "\r\n"), name = strcspn(headers, ":\r\n");
    const char *end = headers + n;
    if (!name || name == n || strcspn(headers, " \t") < name)
      tl_log(TL_LOG_ERROR, "left out a header line without a name");
    else if (!is_framing(headers, name)) {
      tl_buf_put(out, headers, n);
      tl_buf_puts(out, "\r\n");
    }
    headers = end[0] == '\r' && end[1] == '\n' ? end + 2 : *end ? end + 1 : end;
  }
}

void tl__http_head(tl_http_req *r, tl_buf *out, int status, const char *headers, int64_t length) {
  tl_buf_printf(out, "HTTP/1.1 %d %s\r\nDate: %s\r\n", status, reason(status), tl__server_date(r->conn->server));
  put_lines(out, headers);
  if (!has_no_body(status)) tl_buf_printf(out, "Content-Length: %lld\r\n", (long long)length);
  if (status == 426) /* who names Upgrade has to say so here */
    tl_buf_puts(out, r->keep_alive ? "Connection: upgrade\r\n" : "Connection: upgrade, close\r\n");
  else if (!r->keep_alive)
    tl_buf_puts(out, "Connection: close\r\n");
  else if (r->parser.http_minor == 0)
    tl_buf_puts(out, "Connection: keep-alive\r\n");
  tl_buf_puts(out, "\r\n");
}

static void send_answer(tl_http_req *r, int status, const char *headers, const char *body, size_t n) {
  tl_buf head = {0};
  tl__http_head(r, &head, status, headers, (int64_t)n);
  if (has_no_body(status) || r->parser.method == HTTP_HEAD) n = 0;
  uv_buf_t bufs[2] = {uv_buf_init(head.data, (unsigned)head.len), uv_buf_init((char *)body, (unsigned)n)};
  tl__conn_write(r->conn, bufs, n ? 2 : 1, TL__ANY);
  tl_buf_free(&head);
}

void tl_http_respond(tl_http_req *r, int status, const char *headers, const char *body, size_t n) {
  if (!r->conn) {
    tl__http_forget(r);
    return;
  }
  if (r->answered) return;
  send_answer(r, status, headers, body, n);
  tl__http_answered(r);
}

void tl__http_refuse(tl_conn *c, int status, const char *headers) {
  tl_http_req *r = c->http;
  tl_buf lines = {0}, body = {0};
  if (c->state != TL__HTTP) return;
  tl_buf_puts(&lines, "Content-Type: text/plain; charset=utf-8\r\n");
  if (headers) tl_buf_puts(&lines, headers);
  tl_buf_printf(&body, "%d %s\n", status, reason(status));
  r->phase = TL__ANSWER;
  r->keep_alive = false;
  send_answer(r, status, tl_buf_cstr(&lines), body.data, body.len);
  r->answered = true;
  tl__conn_linger(c);
  tl_buf_free(&lines);
  tl_buf_free(&body);
}
