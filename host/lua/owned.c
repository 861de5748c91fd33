/* owned.c: see owned.h. Where an object lies in the block that Lua allocated for it is found out by making one. */
#include "lua/owned.h"

#include <string.h>

#include "base/rng.h"

typedef struct probe {
  lua_Alloc alloc;
  void *ud, *newest;
  size_t size;
} probe;

static void *noting(void *ud, void *p, size_t osize, size_t nsize) {
  probe *b = ud;
  void *q = b->alloc(b->ud, p, osize, nsize);
  if (!p && q) {
    b->newest = q;
    b->size = nsize;
  }
  return q;
}

/* Kinds may be of one size. */
static uint64_t mark_of(const tl_lua *S, const void *object, tl__owned_kind kind) {
  return (uintptr_t)object ^ (S->owned_secret + kind);
}

void tl__owned_open(lua_State *L, tl__owned_kind kind, size_t size, int user_values, void (*release)(void *)) {
  tl_lua *S = tl_lua_of(L);
  if (!S->owned_secret) tl_random_bytes(&S->owned_secret, sizeof S->owned_secret);
  probe b = {0};
  b.alloc = lua_getallocf(L, &b.ud);
  lua_gc(L, LUA_GCSTOP);
  lua_setallocf(L, noting, &b);
  char *object = lua_newuserdatauv(L, size, user_values);
  lua_setallocf(L, b.alloc, b.ud);
  lua_gc(L, LUA_GCRESTART);
  memset(object, 0, size);
  lua_pop(L, 1);
  if (b.size > TL__OWNED_SIZE_MAX) luaL_error(L, "an owned userdata is too large");
  int meta = luaL_ref(L, LUA_REGISTRYINDEX);
  S->owned[kind] = (tl__owned_class){b.size, (size_t)(object - (char *)b.newest), size, user_values, meta, release};
  S->owned_sizes[b.size / 64] |= (uint64_t)1 << (b.size % 64);
}

void *tl__owned_push(lua_State *L, tl__owned_kind kind, const void *tag) {
  const tl_lua *S = tl_lua_of(L);
  const tl__owned_class *c = &S->owned[kind];
  tl__owned *o = lua_newuserdatauv(L, c->size, c->user_values);
  memset(o, 0, c->size);
  o->tag = tag;
  o->mark = mark_of(S, o, kind);
  if (c->meta == LUA_REFNIL) return o;
  lua_rawgeti(L, LUA_REGISTRYINDEX, c->meta);
  lua_setmetatable(L, -2);
  return o;
}

void tl__owned_freed(tl_lua *S, void *block, size_t size) {
  for (int k = 0; k < TL__OWNED_KINDS; k++) {
    const tl__owned_class *c = &S->owned[k];
    tl__owned *o = (tl__owned *)((char *)block + c->offset);
    if (c->block != size || o->mark != mark_of(S, o, (tl__owned_kind)k)) continue;
    o->mark = 0;
    c->release(o);
    return;
  }
}
