/* load.h: the load client, in parts.
 *
 *   load.c          options, the course of a run, the result as one JSON object
 *   load_conn.c     connections: dialling, the handshake, frames
 *   load_dialect.c  what is said to a server and what it answers
 *   load_proc.c     what processes use; the start of a server from cold
 *   load_hist.c     times, counted in buckets */
#ifndef TL_BENCH_LOAD_H
#define TL_BENCH_LOAD_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum ld_event { LD_ADD, LD_BEAT, LD_FLIP } ld_event;
typedef enum ld_heard { LD_NOTHING, LD_WELCOME, LD_DELTA, LD_REFUSAL } ld_heard;

/* Writers give the length that they wrote; 0: there is nothing to say. */
typedef struct ld_dialect {
  const char *name, *target, *header; /* of the upgrade; header: whole lines */
  size_t (*hello)(char *out, size_t cap, unsigned index);
  size_t (*event)(char *out, size_t cap, ld_event e, unsigned id, unsigned row);
  ld_heard (*hear)(const char *text, size_t n, int64_t *counter); /* counter stays as it is when none is told */
} ld_dialect;
const ld_dialect *ld_dialect_named(const char *name); /* NULL: unknown */

typedef enum ld_stage { LD_NEW, LD_UPGRADING, LD_JOINING, LD_LIVE, LD_LOST } ld_stage;

typedef struct ld_conn {
  int fd;
  unsigned index, sent; /* which one; events so far */
  ld_stage stage;
  int64_t counter;            /* last told; -1: not yet */
  uint64_t asked_at, last_at; /* ns: of the event in flight; of the last delta */
  char *rest;                 /* bytes of an incomplete frame or head */
  size_t rest_len, rest_cap;
} ld_conn;

typedef struct ld_client ld_client;
struct ld_client {
  const ld_dialect *dialect;
  int epoll, port;
  ld_conn *conns;
  unsigned n, dialled, live, lost;
  uint64_t rx_bytes; /* all that came, frame heads included */
  uint32_t mask;
  void (*delta)(ld_client *c, ld_conn *conn, int64_t counter, uint64_t now);
  void *owner;
};

bool ld_client_open(ld_client *c, unsigned n); /* memory and epoll; no connection yet */
void ld_client_close(ld_client *c);
void ld_client_dial_some(ld_client *c, unsigned at_once); /* keeps so many handshakes under way */
void ld_client_turn(ld_client *c, uint64_t until);        /* waits for messages, not longer than until; takes them */
bool ld_conn_say(ld_client *c, ld_conn *conn, ld_event e, unsigned row); /* false: the connection is lost */

/* Times in ns, to four parts in a thousand. */
typedef struct ld_hist {
  uint64_t n, max;
  uint32_t bucket[64 * 256];
} ld_hist;
void ld_hist_add(ld_hist *h, uint64_t ns);
double ld_hist_ms(const ld_hist *h, double share); /* share 0.99: the 99th percentile */

typedef struct ld_usage { /* CPU seconds since the processes began; busy and stolen: of the machine */
  double server, self, busy, stolen;
} ld_usage;
uint64_t ld_now(void);
ld_usage ld_usage_now(int pid); /* pid 0: no server is watched */
long ld_rss_kb(int pid);        /* 0 when it cannot be read */

typedef struct ld_cold {
  int times, port, core; /* core: where the server runs; -1: anywhere */
  char **command;
} ld_cold;
int ld_cold_run(const ld_cold *o); /* prints its result; the exit status */

#endif
