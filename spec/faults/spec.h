/* spec.h: the specs of faults: a page without a socket that checks what it is told, and one run of a host in which
 * allocations of Lua's fail. */
#ifndef TL_SPEC_FAULTS_H
#define TL_SPEC_FAULTS_H
#include "runtime/host.h"

bool spec_check(bool good, const char *file, int line, const char *what);
#define CHECK(cond) spec_check((cond), __FILE__, __LINE__, #cond)

/* ---- page.c ---- */
typedef struct page {
  tl_peer *peer; /* NULL: closed */
  tl_value state;
  int64_t version;
  uint64_t sent, done, errors; /* events */
  unsigned failed_tasks, effects;
} page;

void page_open(page *p, tl_host *h); /* says hello; init comes at once */
void page_event(page *p, const char *handler);
void page_close(page *p);
int64_t page_int(const page *p, const char *var); /* of the state Job */
size_t page_items(const page *p);

/* ---- ask.c ---- */
int ask(tl_host *h, const char *path); /* the status of the answer; -1: there was none */

#endif
