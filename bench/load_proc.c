/* load_proc.c: what the server, this process and the machine use, and how long a server takes from exec to its
 * first answer. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "load.h"

static double seconds(clockid_t clock) {
  struct timespec t;
  return clock_gettime(clock, &t) ? 0 : (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

uint64_t ld_now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The first line of /proc/stat: ticks in user, nice, system, idle, iowait, irq, softirq, steal. */
static void read_machine(ld_usage *u) {
  unsigned long long t[8] = {0};
  FILE *f = fopen("/proc/stat", "r");
  if (!f) return;
  int n = fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", t, t + 1, t + 2, t + 3, t + 4, t + 5, t + 6, t + 7);
  fclose(f);
  if (n < 8) return;
  double tick = 1.0 / (double)sysconf(_SC_CLK_TCK);
  u->busy = (double)(t[0] + t[1] + t[2] + t[5] + t[6]) * tick;
  u->stolen = (double)t[7] * tick;
}

ld_usage ld_usage_now(int pid) {
  ld_usage u = {.self = seconds(CLOCK_PROCESS_CPUTIME_ID)};
  clockid_t clock;
  if (pid && !clock_getcpuclockid(pid, &clock)) u.server = seconds(clock);
  read_machine(&u);
  return u;
}

/* smaps_rollup counts pages; status is cheaper for the kernel and may be some pages behind. */
long ld_rss_kb(int pid) {
  static const char *const files[] = {"smaps_rollup", "status"}, *const fields[] = {"Rss: %ld", "VmRSS: %ld"};
  for (int i = 0; i < 2; i++) {
    char path[64], line[256];
    long kb = 0;
    snprintf(path, sizeof path, "/proc/%d/%s", pid, files[i]);
    FILE *f = fopen(path, "r");
    if (!f) continue;
    while (!kb && fgets(line, sizeof line, f))
      if (sscanf(line, fields[i], &kb) != 1) kb = 0;
    fclose(f);
    if (kb) return kb;
  }
  return 0;
}

/* ---- cold ---- */

static bool answers(int port) {
  static const char ask[] = "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  struct timeval patience = {2, 0};
  char head[16] = "";
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  bool good = !connect(fd, (struct sockaddr *)&to, sizeof to) && send(fd, ask, sizeof ask - 1, MSG_NOSIGNAL) > 0 &&
              recv(fd, head, 12, MSG_WAITALL) == 12 && !memcmp(head + 9, "200", 3);
  close(fd);
  return good;
}

static void become_server(const ld_cold *o) {
  int null = open("/dev/null", O_RDWR);
  dup2(null, 0), dup2(null, 1), dup2(null, 2);
  if (o->core >= 0) {
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET((size_t)o->core, &one);
    sched_setaffinity(0, sizeof one, &one);
  }
  execvp(o->command[0], o->command);
  _exit(127);
}

static void nap(long us) { nanosleep(&(struct timespec){us / 1000000, us % 1000000 * 1000}, NULL); }

static void stop(pid_t pid) {
  kill(pid, SIGTERM);
  for (int i = 0; i < 500; i++) {
    if (waitpid(pid, NULL, WNOHANG) == pid) return;
    nap(10000);
  }
  kill(pid, SIGKILL);
  waitpid(pid, NULL, 0);
}

/* Milliseconds to the first 200, or -1. */
static double start_once(const ld_cold *o, long *rss) {
  uint64_t began = ld_now();
  pid_t pid = fork();
  if (!pid) become_server(o);
  double ms = -1;
  while (pid > 0 && ms < 0 && ld_now() - began < 10000000000u && waitpid(pid, NULL, WNOHANG) == 0) {
    if (answers(o->port))
      ms = (double)(ld_now() - began) / 1e6;
    else
      nap(100);
  }
  if (ms >= 0) nap(1000000); /* what it needs when nothing is asked any more */
  *rss = ld_rss_kb(pid);
  if (ms >= 0) stop(pid);
  return ms;
}

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int ld_cold_run(const ld_cold *o) {
  double ms[64];
  long rss = 0;
  int n = o->times < 64 ? o->times : 64;
  if (n < 1 || answers(o->port)) return fprintf(stderr, "load: port %d is in use\n", o->port), 1;
  for (int i = 0; i < n; i++)
    if ((ms[i] = start_once(o, &rss)) < 0) return fprintf(stderr, "load: the server did not answer\n"), 1;
  qsort(ms, (size_t)n, sizeof *ms, by_size);
  printf("{\"mode\":\"cold\",\"times\":%d,\"ms\":%.2f,\"ms_best\":%.2f,\"ms_worst\":%.2f,\"rss_kb\":%ld}\n", n,
         ms[n / 2], ms[0], ms[n - 1], rss);
  return 0;
}
