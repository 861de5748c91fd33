/* smap.c: open addressing with linear probing. A removed entry leaves a grave (a key of NULL with a value), so that
 * nothing moves while somebody walks; graves go when the table is rebuilt, which only tl_smap_set does.
 * The hash is SipHash-1-3 with a key drawn once per process: a stranger cannot make keys collide. */
#include "base/smap.h"

#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/rng.h"

typedef struct entry {
  char *key; /* NULL: free, or a grave */
  size_t len;
  uint64_t hash;
  void *value; /* of a free entry NULL, of a grave &grave */
} entry;

struct tl_smap {
  entry *slots;
  size_t cap;         /* a power of two, or 0 */
  size_t used, count; /* with and without graves */
};

static char grave;
static uint64_t seed[2];

static inline uint64_t rotl(uint64_t x, int n) { return x << n | x >> (64 - n); }

#define SIP_ROUND(a, b, c, d)                                                                                          \
  (a += b, b = rotl(b, 13), b ^= a, a = rotl(a, 32), c += d, d = rotl(d, 16), d ^= c, a += d, d = rotl(d, 21), d ^= a, \
   c += b, b = rotl(b, 17), b ^= c, c = rotl(c, 32))

static uint64_t hash_of(const char *key, size_t len) {
  uint64_t a = seed[0] ^ 0x736f6d6570736575u, b = seed[1] ^ 0x646f72616e646f6du;
  uint64_t c = seed[0] ^ 0x6c7967656e657261u, d = seed[1] ^ 0x7465646279746573u;
  uint64_t word;
  size_t i = 0;
  for (; len - i >= 8; i += 8) {
    memcpy(&word, key + i, 8);
    d ^= word;
    SIP_ROUND(a, b, c, d);
    a ^= word;
  }
  word = (uint64_t)len << 56;
  for (size_t k = 0; i + k < len; k++) word |= (uint64_t)(unsigned char)key[i + k] << (8 * k);
  d ^= word;
  SIP_ROUND(a, b, c, d);
  a ^= word;
  c ^= 0xff;
  for (int k = 0; k < 3; k++) SIP_ROUND(a, b, c, d);
  return a ^ b ^ c ^ d;
}

tl_smap *tl_smap_new(void) {
  if (seed[0] == 0) {
    uint64_t fresh[2];
    tl_random_bytes(fresh, sizeof fresh);
    seed[1] = fresh[1];
    seed[0] = fresh[0] | 1;
  }
  return tl_calloc(sizeof(tl_smap));
}

void tl_smap_free(tl_smap *m) {
  if (!m) return;
  for (size_t i = 0; i < m->cap; i++) tl_free(m->slots[i].key);
  tl_free(m->slots);
  tl_free(m);
}

static entry *find(const tl_smap *m, const char *key, size_t len, uint64_t hash) {
  if (m->cap == 0) return NULL;
  for (size_t i = hash & (m->cap - 1);; i = (i + 1) & (m->cap - 1)) {
    entry *e = &m->slots[i];
    if (e->key && e->hash == hash && e->len == len && (len == 0 || memcmp(e->key, key, len) == 0)) return e;
    if (!e->key && !e->value) return NULL;
  }
}

/* A free place for the hash; the key is known not to be there. */
static entry *place(const tl_smap *m, uint64_t hash) {
  size_t i = hash & (m->cap - 1);
  while (m->slots[i].key || m->slots[i].value) i = (i + 1) & (m->cap - 1);
  return &m->slots[i];
}

static void rebuild(tl_smap *m) {
  tl_smap old = *m;
  m->cap = 8;
  while (m->cap < old.count * 4) m->cap *= 2;
  m->slots = tl_calloc(m->cap * sizeof *m->slots);
  m->used = m->count;
  for (size_t i = 0; i < old.cap; i++)
    if (old.slots[i].key) *place(m, old.slots[i].hash) = old.slots[i];
  tl_free(old.slots);
}

void *tl_smap_get(const tl_smap *m, const char *key, size_t len) {
  entry *e = find(m, key, len, hash_of(key, len));
  return e ? e->value : NULL;
}

void *tl_smap_set(tl_smap *m, const char *key, size_t len, void *value) {
  uint64_t hash = hash_of(key, len);
  entry *e = find(m, key, len, hash);
  if (e) {
    void *old = e->value;
    e->value = value;
    return old;
  }
  if ((m->used + 1) * 4 > m->cap * 3) rebuild(m);
  *place(m, hash) = (entry){tl_strndup(key, len), len, hash, value};
  m->used++;
  m->count++;
  return NULL;
}

void *tl_smap_del(tl_smap *m, const char *key, size_t len) {
  entry *e = find(m, key, len, hash_of(key, len));
  if (!e) return NULL;
  void *old = e->value;
  tl_free(e->key);
  *e = (entry){.value = &grave};
  m->count--;
  return old;
}

size_t tl_smap_count(const tl_smap *m) { return m->count; }

bool tl_smap_next(const tl_smap *m, size_t *cursor, const char **key, size_t *len, void **value) {
  while (*cursor < m->cap) {
    entry *e = &m->slots[(*cursor)++];
    if (!e->key) continue;
    if (key) *key = e->key;
    if (len) *len = e->len;
    if (value) *value = e->value;
    return true;
  }
  return false;
}
