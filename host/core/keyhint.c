/* keyhint.c: which lists have a key field: a small tree along paths, see diff.h. Built once when pages are declared. */
#include "base/mem.h"
#include "core/diff_inner.h"

struct tl_keyhint {
  char *name; /* of the step that leads here; NULL at the top */
  char *key;  /* NULL: none declared */
  tl_keyhint *first, *next;
};

tl_keyhint *tl_keyhint_new(void) { return tl_calloc(sizeof(tl_keyhint)); }

void tl_keyhint_free(tl_keyhint *h) {
  while (h) {
    tl_keyhint *next = h->next;
    tl_keyhint_free(h->first);
    tl_free(h->name);
    tl_free(h->key);
    tl_free(h);
    h = next;
  }
}

static tl_keyhint *find(const tl_keyhint *h, const char *name, size_t len) {
  tl_keyhint *c = h->first;
  while (c && !(strlen(c->name) == len && memcmp(c->name, name, len) == 0)) c = c->next;
  return c;
}

void tl_keyhint_add(tl_keyhint *h, const char *const *path, size_t n, const char *key) {
  for (size_t i = 0; i < n; i++) {
    tl_keyhint *c = find(h, path[i], strlen(path[i]));
    if (!c) {
      c = tl_keyhint_new();
      c->name = tl_strndup(path[i], strlen(path[i]));
      c->next = h->first;
      h->first = c;
    }
    h = c;
  }
  tl_free(h->key);
  h->key = tl_strndup(key, strlen(key));
}

const tl_keyhint *tl__hint_below(const tl_keyhint *h, const char *name, size_t len) {
  if (!h || !h->first) return NULL;
  const tl_keyhint *c = find(h, name, len);
  return c ? c : find(h, "*", 1);
}

const char *tl__hint_key(const tl_keyhint *h, size_t *len) {
  if (!h || !h->key) return NULL;
  *len = strlen(h->key);
  return h->key;
}
