/* load.c: the load client: one thread, epoll, nothing else. Prints one JSON object.
 *
 *   load rt|row|push|idle -p PORT [-D tidelock|floor] [-n CONNECTIONS] [-d SECONDS] [-w WARM-UP] [-t THINK_MS]
 *                         [-r ROWS] [-P SERVER_PID]
 *   load cold -p PORT [-n TIMES] [-C CORE] -- COMMAND...
 *
 *   rt    each connection has one event (add) in flight; -t: so many ms between an answer and the next
 *   row   the same with flip, which goes round -r rows
 *   push  each connection starts its 10 Hz task once, all of them spread over a second; ms_* are the distances between
 *         what came and the beat
 *   idle  connections that say nothing
 *
 * A number of events is comparable while the server is the limit. deltas_per_cpu_s is so always: deltas for each second
 * that the server had of a CPU. other_cpu_pct is what the rest of the machine used, in percent of one core. */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "load.h"

enum { AT_ONCE = 64, CONNECT_LIMIT_S = 60 };
static const uint64_t second = 1000000000u, beat = 100000000u;

typedef struct load {
  ld_client client;
  const char *mode;
  double seconds, warm_up;
  uint64_t think;
  unsigned rows;
  int pid;

  bool asks, beats, measures;
  ld_event event;
  unsigned *thinking; /* a ring: whoever was answered first asks first */
  uint64_t *ask_at;
  unsigned first, waiting;
  uint64_t deltas, wrong, began;
  unsigned started; /* of the beats */
  ld_hist times;
} load;

typedef struct result {
  double connect_s, seconds;
  ld_usage before, after;
  uint64_t rx_bytes;
  long rss_before, rss_after;
} result;

/* ---- asking ---- */

static void ask(load *l, ld_conn *conn, uint64_t now) {
  conn->asked_at = now;
  unsigned row =
      (conn->index * 7919u + conn->sent * 61u) % l->rows; /* 61: all rows in turn, unless they divide by it */
  ld_conn_say(&l->client, conn, l->event, row);
}

static void ask_later(load *l, ld_conn *conn, uint64_t at) {
  unsigned slot = (l->first + l->waiting++) % l->client.n;
  l->thinking[slot] = conn->index;
  l->ask_at[slot] = at;
}

/* Asks what is due; when the next one is. */
static uint64_t ask_due(load *l, uint64_t now) {
  while (l->waiting && l->ask_at[l->first] <= now) {
    ld_conn *conn = &l->client.conns[l->thinking[l->first]];
    l->first = (l->first + 1) % l->client.n;
    l->waiting--;
    if (conn->stage == LD_LIVE) ask(l, conn, ld_now());
  }
  return l->waiting ? l->ask_at[l->first] : UINT64_MAX;
}

static void begin_asking(load *l) {
  for (unsigned i = 0; i < l->client.n; i++) {
    ld_conn *conn = &l->client.conns[i];
    if (conn->stage != LD_LIVE) continue;
    if (l->think)
      ask_later(l, conn, l->began + l->think * i / l->client.n);
    else
      ask(l, conn, ld_now());
  }
}

/* When the i-th task starts. They are spread over a second, and a little more, so that no two have the same beat. */
static uint64_t beat_start(const load *l, unsigned i) {
  double step = (double)second / l->client.n;
  return l->began + (uint64_t)(i * step * (1 + 1.0 / l->client.n));
}

/* Starts the tasks whose turn it is; when the next one's is. */
static uint64_t start_beats(load *l, uint64_t now) {
  for (; l->started < l->client.n; l->started++) {
    ld_conn *conn = &l->client.conns[l->started];
    uint64_t at = beat_start(l, l->started);
    if (at > now) return at;
    if (conn->stage == LD_LIVE) ld_conn_say(&l->client, conn, LD_BEAT, 0);
  }
  return UINT64_MAX;
}

/* ---- what is answered ---- */

static void note_beat(load *l, ld_conn *conn, uint64_t now) {
  uint64_t gap = now - conn->last_at;
  if (conn->last_at && l->measures) ld_hist_add(&l->times, gap > beat ? gap - beat : beat - gap);
  conn->last_at = now;
}

static void note_answer(load *l, ld_conn *conn, uint64_t now) {
  if (l->measures) ld_hist_add(&l->times, now - conn->asked_at);
  if (l->think)
    ask_later(l, conn, now + l->think);
  else
    ask(l, conn, now);
}

static void on_delta(ld_client *c, ld_conn *conn, int64_t counter, uint64_t now) {
  load *l = c->owner;
  if (counter >= 0) {
    if (conn->counter >= 0 && counter != conn->counter + 1) l->wrong++;
    conn->counter = counter;
  }
  if (l->measures) l->deltas++;
  if (l->beats)
    note_beat(l, conn, now);
  else
    note_answer(l, conn, now);
}

/* ---- the course of a run ---- */

static bool connect_all(load *l) {
  ld_client *c = &l->client;
  uint64_t limit = ld_now() + CONNECT_LIMIT_S * second;
  while (c->live + c->lost < c->n) {
    ld_client_dial_some(c, AT_ONCE);
    ld_client_turn(c, ld_now() + second / 20);
    if (ld_now() > limit) return false;
  }
  return c->live > 0;
}

static void go_on(load *l, uint64_t until) {
  for (uint64_t now = ld_now(); now < until && l->client.live; now = ld_now()) {
    uint64_t next = l->beats ? start_beats(l, now) : ask_due(l, now);
    ld_client_turn(&l->client, next < until ? next : until);
  }
}

static void measure(load *l, result *r) {
  uint64_t began = ld_now(), bytes = l->client.rx_bytes;
  r->before = ld_usage_now(l->pid);
  l->measures = true;
  go_on(l, began + (uint64_t)(l->seconds * 1e9));
  l->measures = false;
  r->seconds = (double)(ld_now() - began) / 1e9;
  r->after = ld_usage_now(l->pid);
  r->rx_bytes = l->client.rx_bytes - bytes;
}

static bool run(load *l, result *r) {
  r->rss_before = l->pid ? ld_rss_kb(l->pid) : 0;
  uint64_t began = ld_now();
  if (!connect_all(l)) return false;
  r->connect_s = (double)(ld_now() - began) / 1e9;
  go_on(l, ld_now() + second / 5); /* the server has the handshakes behind it */
  l->began = ld_now();
  if (l->asks) begin_asking(l);
  go_on(l, l->began + (uint64_t)((l->warm_up + (l->beats ? 1 : 0)) * 1e9));
  measure(l, r);
  r->rss_after = l->pid ? ld_rss_kb(l->pid) : 0;
  return l->client.live > 0;
}

/* ---- the result ---- */

static void print_server(const load *l, const result *r) {
  double cpu = r->after.server - r->before.server;
  printf(",\"server_cpu_pct\":%.2f,\"rss_kb\":%ld,\"rss_per_conn_kb\":%.3f", cpu / r->seconds * 100, r->rss_after,
         (double)(r->rss_after - r->rss_before) / l->client.live);
  if (l->deltas && cpu > 0) printf(",\"deltas_per_cpu_s\":%.0f", (double)l->deltas / cpu);
}

static double events_of(const load *l) {
  double sum = 0;
  for (unsigned i = 0; i < l->client.n; i++) sum += l->client.conns[i].sent;
  return sum;
}

static void print_deltas(const load *l, const result *r) {
  double rate = (double)l->deltas / r->seconds;
  printf(",\"deltas_s\":%.0f,\"ms_p50\":%.4f,\"ms_p99\":%.4f,\"ms_max\":%.3f,\"wrong\":%llu", rate,
         ld_hist_ms(&l->times, 0.5), ld_hist_ms(&l->times, 0.99), ld_hist_ms(&l->times, 1),
         (unsigned long long)l->wrong);
  printf(",\"events_per_conn\":%.1f", events_of(l) / l->client.n);
  if (l->deltas) printf(",\"rx_bytes_per_delta\":%.1f", (double)r->rx_bytes / (double)l->deltas);
  if (l->beats) printf(",\"got_of_due\":%.4f", rate / ((double)l->client.n * (double)(second / beat)));
}

static void print_result(const load *l, const result *r) {
  double self = r->after.self - r->before.self, server = r->after.server - r->before.server;
  double others = r->after.busy - r->before.busy - self - server;
  printf("{\"mode\":\"%s\",\"dialect\":\"%s\",\"conns\":%u,\"lost\":%u,\"connect_s\":%.3f,\"seconds\":%.2f", l->mode,
         l->client.dialect->name, l->client.n, l->client.lost, r->connect_s, r->seconds);
  if (l->asks || l->beats) print_deltas(l, r);
  if (l->pid) print_server(l, r);
  printf(",\"client_cpu_pct\":%.1f,\"other_cpu_pct\":%.1f,\"stolen_pct\":%.1f}\n", self / r->seconds * 100,
         others / r->seconds * 100, (r->after.stolen - r->before.stolen) / r->seconds * 100);
}

/* ---- options ---- */

static int usage(void) {
  fputs("load rt|row|push|idle -p PORT [-D tidelock|floor] [-n CONNECTIONS] [-d SECONDS] [-w WARM-UP]\n"
        "                      [-t THINK_MS] [-r ROWS] [-P SERVER_PID]\n"
        "load cold -p PORT [-n TIMES] [-C CORE] -- COMMAND...\n",
        stderr);
  return 2;
}

static bool set_mode(load *l, const char *mode) {
  l->mode = mode;
  l->event = !strcmp(mode, "row") ? LD_FLIP : LD_ADD;
  l->asks = !strcmp(mode, "rt") || l->event == LD_FLIP;
  l->beats = !strcmp(mode, "push");
  return l->asks || l->beats || !strcmp(mode, "idle") || !strcmp(mode, "cold");
}

static bool read_options(load *l, ld_cold *cold, int argc, char **argv) {
  int o, n = 1;
  while ((o = getopt(argc, argv, "+p:D:n:d:w:t:r:P:C:")) != -1) {
    switch (o) {
    case 'p': l->client.port = atoi(optarg); break;
    case 'D': l->client.dialect = ld_dialect_named(optarg); break;
    case 'n': n = atoi(optarg); break;
    case 'd': l->seconds = atof(optarg); break;
    case 'w': l->warm_up = atof(optarg); break;
    case 't': l->think = (uint64_t)(atof(optarg) * 1e6); break;
    case 'r': l->rows = (unsigned)atoi(optarg); break;
    case 'P': l->pid = atoi(optarg); break;
    case 'C': cold->core = atoi(optarg); break;
    default: return false;
    }
  }
  l->client.n = (unsigned)n;
  *cold = (ld_cold){.times = n, .port = l->client.port, .core = cold->core, .command = argv + optind};
  bool is_cold = !strcmp(l->mode, "cold");
  return n > 0 && l->rows && l->client.port > 0 && l->client.dialect && is_cold == (optind < argc);
}

static void allow_many_files(void) {
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

static bool make_room(load *l) {
  l->thinking = calloc(l->client.n, sizeof *l->thinking);
  l->ask_at = calloc(l->client.n, sizeof *l->ask_at);
  return l->thinking && l->ask_at && ld_client_open(&l->client, l->client.n);
}

int main(int argc, char **argv) {
  static load l = {.seconds = 5, .warm_up = 1, .rows = 1000};
  ld_cold cold = {.core = -1};
  result r = {0};
  l.client = (ld_client){.dialect = ld_dialect_named("tidelock"), .mask = 1, .delta = on_delta, .owner = &l};
  if (argc < 2 || !set_mode(&l, argv[1])) return usage();
  if (!read_options(&l, &cold, argc - 1, argv + 1)) return usage();
  if (!strcmp(l.mode, "cold")) {
    cold.command = argv + 1 + optind;
    return ld_cold_run(&cold);
  }
  allow_many_files();
  alarm((unsigned)(l.seconds + l.warm_up) + CONNECT_LIMIT_S + 30); /* whatever happens, it ends */
  if (!make_room(&l)) return fputs("load: no memory\n", stderr), 1;
  bool good = run(&l, &r);
  if (good)
    print_result(&l, &r);
  else
    fprintf(stderr, "load: %u of %u connections are live\n", l.client.live, l.client.n);
  ld_client_close(&l.client);
  free(l.thinking);
  free(l.ask_at);
  return good ? 0 : 1;
}
