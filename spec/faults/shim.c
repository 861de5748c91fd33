/* shim.c: preloaded into a host, it lets calls on TCP sockets fail or come short as the spec says by a file that both
 * have mapped (TL_FAULTS_FILE; see calls.test.js). One call fails, or every so many. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ = 1, WRITE, ACCEPT };

typedef struct control {
  int32_t call;  /* which; 0: none */
  int32_t left;  /* calls until one fails */
  int32_t what;  /* errno; negative: so many bytes at most are taken or given */
  int32_t every; /* then each so many; 0: once */
  int32_t hits;  /* out: calls that failed */
} control;

static volatile control *shared;

__attribute__((constructor)) static void open_control(void) {
  const char *file = getenv("TL_FAULTS_FILE");
  int fd = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void *p = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (p != MAP_FAILED) shared = p;
  close(fd);
}

static bool is_tcp(int fd) {
  struct sockaddr_storage a;
  socklen_t n = sizeof a;
  return !getsockname(fd, (struct sockaddr *)&a, &n) && (a.ss_family == AF_INET || a.ss_family == AF_INET6);
}

/* 0: nothing is to go wrong. Else see control.what. */
static int fault(int call, int fd) {
  int before = errno;
  bool mine = shared && shared->call == call && is_tcp(fd);
  errno = before;
  if (!mine || shared->left <= 0 || --shared->left > 0) return 0;
  shared->left = shared->every;
  shared->hits++;
  return shared->what;
}

static bool fails(int what) {
  if (what > 0) errno = what;
  return what > 0;
}

static size_t shortened(int what, size_t n) { return what < 0 && (size_t)-what < n ? (size_t)-what : n; }

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t read(int fd, void *buf, size_t n) {
  int what = fault(READ, fd);
  return fails(what) ? -1 : REAL(read)(fd, buf, shortened(what, n));
}

ssize_t write(int fd, const void *buf, size_t n) {
  int what = fault(WRITE, fd);
  return fails(what) ? -1 : REAL(write)(fd, buf, shortened(what, n));
}

ssize_t writev(int fd, const struct iovec *v, int n) {
  int what = fault(WRITE, fd);
  if (fails(what)) return -1;
  if (!what || n < 1) return REAL(writev)(fd, v, n);
  return REAL(write)(fd, v->iov_base, shortened(what, v->iov_len)); /* no more than of the first */
}

int accept4(int fd, struct sockaddr *a, socklen_t *n, int flags) {
  return fails(fault(ACCEPT, fd)) ? -1 : REAL(accept4)(fd, a, n, flags);
}
