/* ask.c: one request over a socket, for the status of its answer. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "spec.h"

static int dial(int port) {
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(fd, (struct sockaddr *)&a, sizeof a)) abort();
  return fd;
}

int ask(tl_host *h, const char *path) {
  char text[200], answer[4096];
  int n = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path);
  int fd = dial(tl_server_port(h->server)), status = 0;
  size_t len = 0;
  if (send(fd, text, (size_t)n, 0) != n) abort();
  for (int i = 0; i < 1000; i++) {
    tl_loop_poll(h->loop, 1000000);
    ssize_t got = recv(fd, answer + len, sizeof answer - 1 - len, MSG_DONTWAIT);
    if (!got) break;
    if (got > 0 && len < 100) len += (size_t)got;
  }
  answer[len] = 0;
  close(fd);
  if (sscanf(answer, "HTTP/1.1 %d", &status) != 1) return -1;
  return status;
}
