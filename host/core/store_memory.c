/* store_memory.c: tabs in a hash map by token; nothing outlives the process. */
#include "core/store.h"

#include <string.h>

#include "base/mem.h"
#include "base/smap.h"

typedef struct memory {
  tl_store base;
  tl_smap *tabs;
} memory;

static void *get(tl_store *s, const char *token, size_t len) { return tl_smap_get(((memory *)s)->tabs, token, len); }
static void put(tl_store *s, const char *token, void *tab) {
  tl_smap_set(((memory *)s)->tabs, token, strlen(token), tab);
}
static void remove_tab(tl_store *s, const char *token) { tl_smap_del(((memory *)s)->tabs, token, strlen(token)); }
static size_t count(const tl_store *s) { return tl_smap_count(((const memory *)s)->tabs); }

static bool next(const tl_store *s, size_t *cursor, void **tab) {
  const char *key;
  size_t len;
  return tl_smap_next(((const memory *)s)->tabs, cursor, &key, &len, tab);
}

static void free_store(tl_store *s) {
  tl_smap_free(((memory *)s)->tabs);
  tl_free(s);
}

tl_store *tl_store_memory(void) {
  memory *m = tl_alloc(sizeof *m);
  *m = (memory){{get, put, remove_tab, count, next, free_store}, tl_smap_new()};
  return &m->base;
}
