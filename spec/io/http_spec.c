/* HTTP: what is refused, what is answered, and in which order. */
#include <unistd.h>

#include "base/mem.h"
#include "spec.h"
#include "wire.h"

static void expect_status(wire *w, const char *request, int status) {
  tl_buf in = {0};
  int got = wire_status(wire_ask(w, request, &in));
  spec_check_int(got, status, __FILE__, __LINE__, request);
  tl_buf_free(&in);
}

static void expect_body(wire *w, const char *request, const char *part) {
  tl_buf in = {0};
  CHECK_HAS(wire_ask(w, request, &in), part);
  tl_buf_free(&in);
}

#define CLOSE "Host: x\r\nConnection: close\r\n"

static void answers(wire *w) {
  spec_group("http answers");
  expect_body(w, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "\r\n\r\nhello");
  expect_body(w, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "Content-Length: 5\r\n");
  expect_body(w, "GET /hello HTTP/1.1\r\n" CLOSE "\r\n", "Date: ");
  expect_body(w, "GET /x?a=1&b HTTP/1.1\r\n" CLOSE "\r\n", "GET [/x] [a=1&b] ip=127.0.0.1 n=2");
  expect_body(w, "GET /a%20b%2Fc HTTP/1.1\r\n" CLOSE "\r\n", "[/a b/c] []");
  expect_body(w, "GET http://other/abs?q HTTP/1.1\r\n" CLOSE "\r\n", "[/abs] [q]");
  expect_body(w, "GET http://other?q HTTP/1.1\r\n" CLOSE "\r\n", "[/] [q]");
  expect_body(w, "GET http://other HTTP/1.1\r\n" CLOSE "\r\n", "[/] []");
  expect_body(w, "GET /x HTTP/1.1\r\n" CLOSE "X-Empty:\r\nX-Sp:   \t \r\nX-Trim:  v w \t\r\n\r\n",
              "x-empty=<>\nx-sp=<>\nx-trim=<v w>\n");
  expect_body(w, "POST /x HTTP/1.1\r\n" CLOSE "Content-Length: 4\r\n\r\nbody", "body=body");
  expect_body(
      w, "POST /x HTTP/1.1\r\n" CLOSE "Transfer-Encoding: chunked\r\n\r\n2\r\nbo\r\n2\r\ndy\r\n0\r\nX-T: 1\r\n\r\n",
      "body=body");
  expect_status(w, "GET /forgotten HTTP/1.1\r\n" CLOSE "\r\n", 500);
  expect_body(w, "GET /hello HTTP/1.0\r\n\r\n", "hello");
  expect_body(w, "GET /evil HTTP/1.1\r\n" CLOSE "\r\n", "X-A: 1\r\n");
  expect_body(w, "GET /evil HTTP/1.1\r\n" CLOSE "\r\n", "X-B: 2\r\nX-C: 3\r\nContent-Length: 1\r\n");
}

void http_spec(void) {
  wire w;
  wire_start(&w, NULL);
  answers(&w);
  wire_stop(&w);
}
