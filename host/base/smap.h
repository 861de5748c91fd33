/* smap.h: a hash map from byte strings to pointers (tokens to tabs, names to things). Keys are copied; the values are
 * the caller's. Keys may come from outside: the hash is seeded by chance. Walking while removing the current key is
 * allowed. */
#ifndef TL_BASE_SMAP_H
#define TL_BASE_SMAP_H
#include <stdbool.h>
#include <stddef.h>

typedef struct tl_smap tl_smap;
tl_smap *tl_smap_new(void);
void tl_smap_free(tl_smap *m);
void *tl_smap_get(const tl_smap *m, const char *key, size_t len);        /* NULL: none */
void *tl_smap_set(tl_smap *m, const char *key, size_t len, void *value); /* returns what was there, or NULL */
void *tl_smap_del(tl_smap *m, const char *key, size_t len);
size_t tl_smap_count(const tl_smap *m);
bool tl_smap_next(const tl_smap *m, size_t *cursor, const char **key, size_t *len,
                  void **value); /* cursor starts at 0 */

#endif
