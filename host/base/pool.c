/* pool.c: see pool.h. */
#include "base/pool.h"

_Thread_local tl__pool tl__pools;

void tl_pool_trim(void) {
  for (size_t c = 0; c < TL__POOL_CLASSES; c++) {
    for (void *p = tl__pools.first[c], *next; p; p = next) {
      next = *(void **)p;
      free(p);
    }
    tl__pools.first[c] = NULL;
    tl__pools.waiting[c] = 0;
  }
}
