/* proxy.h: inside host/lua: a proxy stands for one container of a tab's state. See README.md, "How a proxy finds its
 * element". */
#ifndef TL_LUA_PROXY_H
#define TL_LUA_PROXY_H
#include "lua/class.h"
#include "lua/computed.h"
#include "lua/owned.h"

typedef struct tl_walk tl_walk; /* a pairs() that is under way (proxy_walk.c) */

/* A full userdata. User values: 1 its parent (a proxy, or the state instance), 2 its key there, 3 (of a var, outside)
 * where it was read. */
typedef struct tl_proxy {
  tl__owned head;
  tl_handle handle;  /* a draft node; when NULL: */
  tl_value value;    /* an immutable container, owned */
  const tl_var *var; /* that it was reached through; kept alive by the parents */
  tl_view *view;     /* kept alive by the state instance; NULL: read by a computed var */
  tl_dep *dep;       /* read by a computed var: what to note; kept alive by the state instance */
  tl_walk *walks;    /* that began here and have not ended */
  int line;          /* outside: where it was read */
  bool clean;        /* its content is known to be fit for a public var */
} tl_proxy;

tl_proxy *tl__proxy_test(lua_State *L, int idx);  /* NULL: none */
tl_proxy *tl__proxy_check(lua_State *L, int idx); /* raises a type error */
tl_kind tl__proxy_kind(const tl_proxy *p);
size_t tl__proxy_count(tl_proxy *p);
tl_value tl__proxy_value(tl_proxy *p);        /* owned: its content; a computed var then depends on all of it */
tl_draft *tl__proxy_draft(const tl_proxy *p); /* NULL: no live node */
void tl__proxy_path(lua_State *L, int idx,
                    int key); /* +1: "Job.items[3].title"; key: stack index of a key in it, 0: none */

/* +1: the path of a value in it, and true; false, +0: the path leads through a list, whose positions name nothing. */
bool tl__proxy_stale_path(lua_State *L, int idx, int key);
void tl__proxy_read_whole(lua_State *L, const tl_proxy *p); /* all that is in it was read, for lost updates */

/* Where a new proxy hangs. */
typedef struct tl__hang {
  int parent; /* stack index: a proxy or a state instance */
  int key;    /* stack index of the key */
  const tl_var *var;
  tl_view *view;
  bool clean;
  bool outside; /* note where it is read */
} tl__hang;
void tl__push_value(lua_State *L, const tl__hang *h, const tl_value *v,
                    tl_dep *dep); /* +1: scalar, or proxy of an immutable value */
void tl__push_member(lua_State *L, const tl__hang *h, tl_dnode *container); /* +1: of a map node, under h->key */

/* +1: element i (from 0) of a list; the value of a map under the string at stack index `key`. */
void tl__proxy_push_at(lua_State *L, int idx, tl_proxy *p, size_t i);
void tl__proxy_push_key(lua_State *L, int idx, tl_proxy *p, int key);

/* Whether it may be written now (proxy_guard.c); raises ImmutableStateError else. */
void tl__proxy_guard(lua_State *L, int idx, tl_proxy *p, int key);
/* Bytes by which v, added to d, would bring the state over state_limit, 0: none; and what goes where v replaces a
 * slot's value. */
size_t tl__excess(const tl_var *var, tl_draft *d, tl_value v);
size_t tl__excess_by(const tl_var *var, tl_draft *d, size_t more);
size_t tl__slot_weight(const tl_slot *s);
int tl__raise_limit(lua_State *L, const char *path, const tl_var *var);

/* Writing (proxy_write.c). All ask the guard first, and raise what else is wrong. */
void tl__proxy_set(lua_State *L, int idx, int key, int value);
tl_slot tl__proxy_slot(lua_State *L, tl_proxy *p, int key); /* of a live proxy; key: a position from 1, or a string */
void tl__proxy_dirty(lua_State *L, int idx);                /* it, and what it is in, holds what a public var may not */
void tl__proxy_raise_key(lua_State *L, int idx, int key, tl_kind kind); /* a list or map cannot have such a key */
/* The methods of lists, with the arguments of the functions of that name in table; the list at stack index 1. */
int tl__list_insert(lua_State *L);
int tl__list_remove(lua_State *L);
int tl__list_sort(lua_State *L);
void tl__list_method(lua_State *L, int key); /* +1: push, insert, remove, sort, clear, or nil */

/* Walking (proxy_walk.c). */
int tl__proxy_pairs(lua_State *L);
int tl__proxy_next(lua_State *L, int idx, int key);      /* what next() returns */
void tl__walks_keep(lua_State *L, int idx, tl_proxy *p); /* before p changes: what its walks have still to show */

void tl__open_proxy(lua_State *L);
void tl__open_proxy_write(lua_State *L);
void tl__open_proxy_walk(lua_State *L);

#endif
