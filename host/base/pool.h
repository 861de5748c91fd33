/* pool.h: small blocks whose owners know their size: nodes of values, objects of Lua. A block that is freed waits for
 * the next of its size, some of each size a thread; malloc's own cache of that kind holds seven, and a turn of the loop
 * frees hundreds. Sizes are rounded up to what malloc gives anyway. With a sanitizer every block goes to malloc. */
#ifndef TL_BASE_POOL_H
#define TL_BASE_POOL_H
#include <stddef.h>
#include <stdlib.h>

#include "base/mem.h"

#if defined(__SANITIZE_ADDRESS__)
#define TL_POOL 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TL_POOL 0
#endif
#endif
#ifndef TL_POOL
#define TL_POOL 1
#endif

enum {
  TL__POOL_MAX = 1096,
  TL__POOL_CLASSES = (TL__POOL_MAX + 7) / 16 + 1,
  TL__POOL_KEPT = 1 << 20 /* bytes a size: a cycle of Lua's collector frees that much at once */
};

typedef struct tl__pool {
  void *first[TL__POOL_CLASSES]; /* each begins with the pointer to the next */
  unsigned waiting[TL__POOL_CLASSES];
} tl__pool;
extern _Thread_local tl__pool tl__pools;

static inline size_t tl__pool_class(size_t size) { return (size + 7) / 16; }
static inline size_t tl__pool_bytes(size_t c) { return 16 * c + 8; }

/* Without counting; NULL: no memory. For Lua's allocator. */
static inline void *tl_pool_get(size_t size) {
  if (!TL_POOL || size > TL__POOL_MAX) return malloc(size);
  size_t c = tl__pool_class(size);
  void *p = tl__pools.first[c];
  if (!p) return malloc(tl__pool_bytes(c));
  tl__pools.first[c] = *(void **)p;
  tl__pools.waiting[c]--;
  return p;
}
static inline void tl_pool_put(void *p, size_t size) {
  if (!TL_POOL || size > TL__POOL_MAX) {
    free(p);
    return;
  }
  size_t c = tl__pool_class(size);
  if (tl__pools.waiting[c] * tl__pool_bytes(c) >= TL__POOL_KEPT) {
    free(p);
    return;
  }
  *(void **)p = tl__pools.first[c];
  tl__pools.first[c] = p;
  tl__pools.waiting[c]++;
}

/* Like tl_alloc and tl_free: counted, and the end of the process when there is no memory. */
static inline void *tl_alloc_sized(size_t size) { return tl__mem_counted(tl_pool_get(size), size); }
static inline void tl_free_sized(void *p, size_t size) {
  tl__mem_uncount();
  tl_pool_put(p, size);
}

void tl_pool_trim(void); /* what waits goes back to malloc, of this thread */

#endif
