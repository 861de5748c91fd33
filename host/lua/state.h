/* state.h: inside host/lua: instances of a class, `self`. lua.h has what others may use. */
#ifndef TL_LUA_STATE_H
#define TL_LUA_STATE_H
#include "lua/class.h"
#include "lua/owned.h"

typedef struct tl_trace tl_trace;

typedef struct tl_instance { /* a userdata */
  tl__owned head;
  tl_class *cls;   /* kept alive by the metatable */
  tl_view *view;   /* reference; NULL: handed to a computed var's function */
  tl_trace *trace; /* reference, of a computed var's function; else NULL */
} tl_instance;

tl_instance *tl__instance_test(lua_State *L, int idx);
void tl__state_members(lua_State *L, tl_class *c); /* the table on top gets what every state has */
void tl__state_prepare(lua_State *L, tl_class *c); /* the class, on top, gets the metatable and the table of its
                                                      instances */
void tl__state_push_self(lua_State *L, tl_view *v,
                         tl_class *c); /* +1: what a handler of c is given; kept where the view is the tab's own */
void tl__state_other(lua_State *L, int idx, tl_class *c);     /* +1: the instance of c beside that at idx. Raises */
void tl__push_traced(lua_State *L, tl_class *c, tl_trace *t); /* +1: a `self` that reads through t */

/* Raises VarTypeError when v is not what the var was declared to hold. v is owned by something else. */
void tl__check_type(lua_State *L, const tl_var *var, tl_value v);
bool tl__type_fits(const tl_var *var, tl_kind kind); /* nil does */
const char *tl__kind_name(tl_kind kind);             /* for messages: "a list" */
int tl__undeclared(lua_State *L, const tl_class *c, int members,
                   int key); /* raises, with the name that was perhaps meant */

void tl__state_guard(lua_State *L, int idx,
                     const char *name); /* raises unless the instance at idx may be written now */

/* The var named at stack index `key` of the instance at idx, and the node that it lies in; both may be written now, or
 * this raises what an assignment would. */
const tl_var *tl__state_open_var(lua_State *L, int idx, int key, tl_dnode **vars);

void tl__open_append(lua_State *L);
void tl__open_json(lua_State *L);
void tl__open_tablelib(lua_State *L);
void tl__open_debug(lua_State *L);

#endif
