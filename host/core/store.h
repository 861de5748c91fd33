/* store.h: where tabs are kept: a table of functions, so that a host may keep them in memory, on disk, or in a shared
 * store. A record is what a store gives back; the memory store gives back the very object. */
#ifndef TL_CORE_STORE_H
#define TL_CORE_STORE_H
#include <stdbool.h>
#include <stddef.h>

typedef struct tl_store tl_store;
struct tl_store {
  void *(*get)(tl_store *s, const char *token, size_t len); /* NULL: unknown */
  void (*put)(tl_store *s, const char *token, void *tab);
  void (*remove)(tl_store *s, const char *token);
  size_t (*count)(const tl_store *s);
  bool (*next)(const tl_store *s, size_t *cursor, void **tab); /* cursor starts at 0; the current one may be removed */
  void (*free)(tl_store *s);                                   /* the tabs are the caller's */
};

tl_store *tl_store_memory(void);

#endif
