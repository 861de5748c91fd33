/* class.h: inside host/lua: declared states, their vars, the app that holds them. A class is a userdata that owns its
 * vars; an app anchors its classes in the registry, and instances keep theirs alive, so a proxy may point at a var as
 * long as its parents live. */
#ifndef TL_LUA_CLASS_H
#define TL_LUA_CLASS_H
#include "base/smap.h"
#include "lua/convert.h"

typedef enum tl_member { TL_M_VAR, TL_M_COMPUTED, TL_M_ROUTER } tl_member;
typedef enum tl_type { TL_T_ANY, TL_T_INTEGER, TL_T_NUMBER, TL_T_STRING, TL_T_BOOLEAN, TL_T_LIST, TL_T_MAP } tl_type;

typedef struct tl_var {
  tl_member member;
  tl_class *cls;
  char *name; /* as authors write it */
  char *key;  /* where it lies in the state's map: the name, or "_c:name" of a backend computed var */
  size_t key_len;
  bool is_public;
  tl_type type;     /* declared; TL_T_ANY: none */
  tl_kind empty;    /* kind of an empty container: fixed by type or marker; TL_NIL: not */
  tl_value initial; /* owned */
  size_t slot;      /* computed: its number in the app */
  bool uncached;    /* computed: runs at every look */
  uint64_t max_age; /* computed: it runs again when it is older, ns; 0: any age will do */
} tl_var;

struct tl_class {
  const void *tag;
  tl_app *app;    /* NULL: the app has gone */
  tl_class *base; /* what it extends, kept alive by it; NULL: nothing */
  char *name;
  size_t name_len;
  tl_var **vars;
  size_t n_vars, cap_vars;
  tl_var router;
  int meta, instances; /* registry references, while the app is there: the metatable of instances; a weak table, view's
                          address -> instance */
};

struct tl_app {
  tl_smap *handlers;  /* "Job.add" -> tl_handler, owned */
  tl_smap *by_name;   /* "Job" -> tl_class, kept alive by the registry */
  tl_class **classes; /* in the order of their declaration */
  size_t n_classes, cap_classes;
  tl_var **computed; /* in the order of their declaration; borrowed from the classes */
  size_t n_computed, cap_computed;
  tl_stored *stored; /* vars that the browser keeps (stored.c) */
  size_t n_stored;
  size_t n_timely; /* computed vars that may change although nothing that they read has: uncached, or with a max_age */
  tl_keyhint *keys;
  const tl_class *own; /* the state of tl.my_tasks, which handlers do not reach; NULL: nobody asks for it */
  tl_value root;       /* default root; nil until frozen */
  size_t state_limit;
  bool frozen;
  unsigned evaluating; /* computed functions that run just now: nothing may be written */
  bool recovered;      /* a computed var has a value again, after it had failed */
  uint64_t looks;      /* at computed vars so far, each with all that it needs: within one, each function runs once */
  struct tl_cache *cache; /* computed vars of the default root */
  tl_computed_error_fn on_error;
  void *on_error_ctx;
};

tl_class *tl__class_arg(lua_State *L, int idx);       /* a class or a class's name; raises */
void tl__class_push(lua_State *L, const tl_class *c); /* +1: the class's userdata; raises when its app has ended */
void tl__class_function(lua_State *L, const tl_class *c,
                        const char *name); /* +1: the Lua function of a computed var, or nil */
const char *tl__type_name(tl_type t);
tl_type tl__type_of(tl_value v); /* that a default gives its var */
tl_handler *tl__add_handler(lua_State *L, int fn, tl_class *c, const char *full, bool background);
void tl__stored_free(tl_app *a);
void tl__app_table(lua_State *L, const tl_app *a); /* +1: what the registry holds for the app */
tl_app *tl__app_open(lua_State *L);                /* the current app, while declarations are allowed; raises */

/* ---- extends (class_extend.c) ---- */

typedef enum tl__member_kind { TL__NO_MEMBER, TL__VAR, TL__COMPUTED, TL__FUNCTION } tl__member_kind;

void tl__extend(lua_State *L, tl_class *c, tl_class *base); /* the new class, on top, gets what the base has so far */
void tl__extend_check(lua_State *L, const tl_class *c, const char *name,
                      tl__member_kind kind); /* raises where a base, or what extends c, has a member of that name which
                                                c cannot override */
void tl__extend_pass(lua_State *L, tl_class *c, const char *name); /* c's new member goes to what extends c */
tl_class *tl__member_owner(lua_State *L, tl_class *c,
                           const char *name); /* the class that declares c's member `name`: c, or one that it extends */

bool tl__is_base_call(lua_State *L, lua_Debug *ar); /* is this C function one that runs a base's, and lets it wait? */

void tl__open_class(lua_State *L); /* registers natives into the table on top of the stack */
void tl__open_app(lua_State *L);
void tl__open_stored(lua_State *L);

#endif
