/* main.c: the command line: run, test, new, check, --version, --help. Exit codes: 0 done, 1 it failed (or specs did), 2
 * wrong usage. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/mem.h"
#include "cli/command.h"
#include "runtime/host.h"

static const char usage[] =
    "tidelock: live web apps in Lua whose long work runs in the background\n"
    "\n"
    "  tidelock run FILE [options]     serve the app in FILE (main.lua)\n"
    "      --port N                    port (8000; 0: any free one)\n"
    "      --host ADDRESS              address to listen on (127.0.0.1)\n"
    "      --origin URL                also let pages of this origin connect; may be repeated\n"
    "      --trust-proxy ADDRESS       believe what this proxy says of who asks; may be repeated\n"
    "      --dev                       show errors on the page, with tracebacks\n"
    "      --store memory              where tabs are kept (memory is the only store so far)\n"
    "  tidelock test [DIR|FILE ...]    run the specs (busted); DIR is spec unless given\n"
    "      --schedules N               each spec also in N random orders of what is ready\n"
    "      --replay ORDER              each spec in one order, as a failure names it\n"
    "      --time-limit SECONDS        real time that a spec may take\n"
    "      --watch                     again whenever a file changes\n"
    "      --coverage[=FILE]           which lines of the app ran\n"
    "      -o json|TAP|junit           what is printed, for programs\n"
    "      -h                          busted's options: filters, tags, outputs\n"
    "  tidelock new NAME               make the folder NAME with a small app, its spec and a README\n"
    "  tidelock check [FILE|DIR ...]   look for mistakes in apps; FILE is main.lua unless given\n"
    "  tidelock --version\n"
    "  tidelock --help\n";

int tl_cli_wrong_usage(const char *fmt, const char *what) {
  fprintf(stderr, "tidelock: ");
  fprintf(stderr, fmt, what);
  fprintf(stderr, "\nTry tidelock --help.\n");
  return 2;
}

typedef struct run_options {
  const char *file, *bind, *store;
  int port;
  bool dev;
} run_options;

static void add_origin(tl_host *h, const char *origin) {
  h->origins = tl_realloc(h->origins, (h->origins_n + 1) * sizeof *h->origins);
  h->origins[h->origins_n++] = tl_strndup(origin, strlen(origin));
}

/* As browsers send it: what else stands there would never match one. */
static bool is_origin(const char *s) {
  const char *host = strstr(s, "://");
  return host && host != s && host[3] && !strpbrk(host + 3, "/?#@ ");
}

static int read_port(const char *text, int *port) {
  char *end;
  long n = strtol(text, &end, 10);
  if (!*text || *end || n < 0 || n > 65535)
    return tl_cli_wrong_usage("--port: a number from 0 to 65535, not \"%s\"", text);
  *port = (int)n;
  return 0;
}

/* One option with its value; the number of words it took, or -1 after a message. */
static int take_option(tl_host *h, run_options *o, int argc, char **argv) {
  const char *name = argv[0];
  if (!strcmp(name, "--dev")) {
    o->dev = true;
    return 1;
  }
  static const char *const valued[] = {"--port", "--host", "--origin", "--trust-proxy", "--store"};
  bool known = false;
  for (size_t i = 0; i < sizeof valued / sizeof *valued; i++) known = known || !strcmp(name, valued[i]);
  if (!known) return tl_cli_wrong_usage("unknown option %s", name), -1;
  if (argc < 2) return tl_cli_wrong_usage("%s needs a value", name), -1;
  if (!strcmp(name, "--port")) return read_port(argv[1], &o->port) ? -1 : 2;
  if (!strcmp(name, "--origin") && !is_origin(argv[1]))
    return tl_cli_wrong_usage("--origin: an address without a path, such as https://example.org, not \"%s\"", argv[1]),
           -1;
  if (!strcmp(name, "--trust-proxy")) {
    if (!tl_trust_add(h, argv[1])) return 2;
    return tl_cli_wrong_usage("--trust-proxy: an IP address, or several as 10.0.0.0/8, not \"%s\"", argv[1]), -1;
  }
  if (!strcmp(name, "--host"))
    o->bind = argv[1];
  else if (!strcmp(name, "--origin"))
    add_origin(h, argv[1]);
  else
    o->store = argv[1];
  return 2;
}

static int read_options(tl_host *h, run_options *o, int argc, char **argv) {
  for (int i = 0; i < argc;) {
    if (argv[i][0] != '-') {
      if (o->file) return tl_cli_wrong_usage("one FILE is enough; what is %s?", argv[i]);
      o->file = argv[i++];
      continue;
    }
    int took = take_option(h, o, argc - i, argv + i);
    if (took < 0) return 2;
    i += took;
  }
  if (!o->file) return tl_cli_wrong_usage("run needs the app's FILE, for example main.lua%s", "");
  if (strcmp(o->store, "memory")) return tl_cli_wrong_usage("--store: there is \"memory\", not \"%s\"", o->store);
  return 0;
}

static bool is_folder(const char *path) {
  struct stat st;
  return !stat(path, &st) && S_ISDIR(st.st_mode);
}

static int serve(tl_host *h, const run_options *o) {
  const char *err;
  if (access(o->file, R_OK)) {
    fprintf(stderr, "tidelock: %s: no such file, or it cannot be read\n", o->file);
    return 1;
  }
  if (is_folder(o->file)) {
    fprintf(stderr, "tidelock: %s is a folder; name the app's file in it, such as main.lua\n", o->file);
    return 1;
  }
  if (tl_host_load(h, o->file)) return 1;
  if (o->dev) h->config.dev = true;
  if (tl_host_listen(h, o->bind, o->port, &err)) {
    const char *way_out = strstr(err, "in use") ? " (--port N takes another)" : "";
    fprintf(stderr, "tidelock: cannot listen on %s, port %d: %s%s\n", o->bind, o->port, err, way_out);
    return 1;
  }
  bool v6 = strchr(o->bind, ':') != NULL;
  printf("%s is ready at http://%s%s%s:%d/\n", o->file, v6 ? "[" : "", o->bind, v6 ? "]" : "",
         tl_server_port(h->server));
  fflush(stdout);
  tl_host_run(h);
  return 0;
}

/* The process ends with what a thread is still at; exit() would wait for libuv's threads. */
static int leave(tl_host *h, int code) {
  if (tl_host_free(h)) return code;
  fflush(NULL);
  _exit(code);
}

static int run(int argc, char **argv) {
  run_options o = {.bind = "127.0.0.1", .port = 8000, .store = "memory"};
  tl_host *h = tl_host_new(false);
  int code = read_options(h, &o, argc, argv);
  if (!code) code = serve(h, &o);
  return leave(h, code);
}

/* A command that is written in Lua. */
static int run_module(const char *module, int argc, char **argv) {
  tl_host *h = tl_host_new(true);
  int code = tl_host_command(h, module, argc, argv);
  return leave(h, code);
}

int main(int argc, char **argv) {
  signal(SIGPIPE, SIG_IGN);
  const char *command = argc > 1 ? argv[1] : "--help";
  if (!strcmp(command, "--help") || !strcmp(command, "-h") || (argc > 2 && !strcmp(argv[2], "--help"))) {
    fputs(usage, stdout);
    return argc > 1 ? 0 : 2;
  }
  if (!strcmp(command, "--version")) {
    printf("tidelock %s\n", TL_VERSION);
    return 0;
  }
  if (!strcmp(command, "run")) return run(argc - 2, argv + 2);
  if (!strcmp(command, "test")) return run_module("tidelock.runner", argc - 2, argv + 2);
  if (!strcmp(command, "check")) return run_module("tidelock.check", argc - 2, argv + 2);
  if (!strcmp(command, "new")) return tl_cli_new(argc - 2, argv + 2);
  return tl_cli_wrong_usage("unknown command %s", command);
}
