/* proxy_guard.c: whether what a proxy stands for may be written now, and how much more the state may hold. Only the
 * draft of the lock that the running task holds may change. Changes nothing itself. */
#include "lua/inner.h"
#include "lua/proxy.h"

/* ---- may it be written? ---- */

/* +1: "main.lua:12" where the var was read that the proxy at idx came from; nil: not noted. */
static void push_place(lua_State *L, int idx) {
  luaL_checkstack(L, 4, NULL);
  lua_pushvalue(L, idx);
  for (;;) {
    tl_proxy *p = tl__proxy_test(L, -1);
    lua_getiuservalue(L, -1, 1);
    if (!tl__proxy_test(L, -1)) {
      lua_pop(L, 1);
      if (p->line && lua_getiuservalue(L, -1, 3) == LUA_TSTRING) {
        lua_pushfstring(L, "%s:%d", lua_tostring(L, -1), p->line);
        lua_replace(L, -3);
        lua_pop(L, 1);
      } else {
        if (p->line) lua_pop(L, 1);
        lua_pushnil(L);
        lua_replace(L, -2);
      }
      return;
    }
    lua_replace(L, -2);
  }
}

_Noreturn static void refuse_outside(lua_State *L, const tl_proxy *p, const char *path) {
  tl__hold_refuse(L, p->view->cell, path);
  if (tl__proxy_draft(p))
    tl_raise(L, "ImmutableStateError",
             "%s: another coroutine is inside the block and this one is not; enter it here, too, by "
             "tl.with_state(self, function() ... end)",
             path);
  tl_raise(L, "ImmutableStateError",
           "%s: outside its block a task sees an unchanging snapshot; write inside tl.with_state(self, function() ... "
           "end), where the value is read again",
           path);
}

static void refuse_old(lua_State *L, int idx, const tl_proxy *p, const char *path) {
  push_place(L, idx);
  if (!p->handle.node && lua_isstring(L, -1))
    tl_raise(L, "ImmutableStateError", "%s: the value was taken at %s outside; read it again inside", path,
             lua_tostring(L, -1));
  tl_raise(L, "ImmutableStateError", "%s: the value was taken in a block that has ended; read it again inside", path);
}

void tl__proxy_guard(lua_State *L, int idx, tl_proxy *p, int key) {
  tl_app *app = p->var->cls->app;
  bool inside = p->view && tl_view_inside(L, p->view) && p->view->cell->draft;
  bool evaluating = (app && app->evaluating) || !p->view;
  if (inside && !evaluating && tl__proxy_draft(p) == p->view->cell->draft) return;
  tl__proxy_path(L, idx, key);
  const char *path = lua_tostring(L, -1);
  if (evaluating) tl__computed_write(L, path);
  if (p->var->member == TL_M_ROUTER)
    tl_raise(L, "ImmutableStateError",
             "%s: the router only tells where the page is; to move it return tl.redirect(path), to keep it copy it "
             "(tl.copy)",
             path);
  if (p->var->member == TL_M_COMPUTED)
    tl_raise(L, "ImmutableStateError", "%s: %s.%s is computed; change what it is computed from", path,
             p->var->cls->name, p->var->name);
  if (!inside) refuse_outside(L, p, path);
  refuse_old(L, idx, p, path);
}

/* ---- limits ---- */

static size_t weight(tl_value v) {
  if (tl_kind_of(v) != TL_DRAFT) return tl_bytes(v);
  tl_value content = tl_dnode_value(v.draft);
  size_t n = tl_bytes(content);
  tl_release(content);
  return n;
}

size_t tl__excess_by(const tl_var *var, tl_draft *d, size_t more) {
  const tl_app *app = var->cls->app;
  if (!app || !app->state_limit) return 0;
  size_t bytes = tl_draft_bytes(d) + more;
  return bytes > app->state_limit ? bytes - app->state_limit : 0;
}

size_t tl__excess(const tl_var *var, tl_draft *d, tl_value v) { return tl__excess_by(var, d, weight(v)); }

size_t tl__slot_weight(const tl_slot *s) {
  if (!s->found) return 0;
  return s->node ? weight(tl_draft_value(s->node)) : tl_bytes(s->v);
}

int tl__raise_limit(lua_State *L, const char *path, const tl_var *var) {
  return tl_raise(L, "SerializationError",
                  "%s: the tab's state would grow over state_limit (%zu bytes); keep big data elsewhere, or raise it "
                  "by tl.config{ state_limit = }",
                  path, var->cls->app->state_limit);
}
