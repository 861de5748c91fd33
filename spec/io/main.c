/* Specs of host/io and of the frame codec: io_spec [group-part] runs the groups whose function name contains the part.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "spec.h"

static int passed, failed;
static const char *group = "";

void spec_group(const char *name) { group = name; }

void spec_check(bool ok, const char *file, int line, const char *what) {
  if (ok) {
    passed++;
    return;
  }
  failed++;
  printf("FAILED %s:%d [%s] %s\n", file, line, group, what);
}

void spec_check_int(long long got, long long want, const char *file, int line, const char *what) {
  spec_check(got == want, file, line, what);
  if (got != want) printf("    got %lld, want %lld\n", got, want);
}

void spec_check_has(const char *text, const char *part, bool wanted, const char *file, int line) {
  bool ok = (strstr(text, part) != NULL) == wanted;
  spec_check(ok, file, line, part);
  if (!ok) printf("    %s in: %.400s\n", wanted ? "is not" : "is", text);
}

static void run(const char *name, void (*spec)(void), const char *only) {
  if (only && !strstr(name, only)) return;
  size_t before = tl_mem_live();
  spec();
  spec_group(name);
  CHECK_INT(tl_mem_live(), before); /* every group gives back what it took */
}

int main(int argc, char **argv) {
  const char *only = argc > 1 ? argv[1] : NULL;
  signal(SIGPIPE, SIG_IGN);
  tl_log_set_level(TL_LOG_OFF);
  unsetenv("http_proxy");
  unsetenv("https_proxy");
  unsetenv("all_proxy");
  unsetenv("ALL_PROXY");
  run("ws", ws_spec, only);
  run("offer", offer_spec, only);
  run("deflate", deflate_spec, only);
  run("compressed", compressed_spec, only);
  run("loop", loop_spec, only);
  run("http", http_spec, only);
  run("handshake", handshake_spec, only);
  run("websocket", websocket_spec, only);
  run("files", files_spec, only);
  run("fetch", fetch_spec, only);
  printf("%d passed, %d failed\n", passed, failed);
  return failed != 0;
}
