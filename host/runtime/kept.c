/* kept.c: vars that the browser keeps (protocol.md sections 2, 3 and 6): a new tab takes them from its hello, a page is
 * told to write what has changed, and the data block of a page names them.
 *
 * A tab notes for each such var what the browser has of it (`kept`). What differs is written by a "store" effect when
 * the next message is made, so the browser gets the last of many values, and nothing of a block that was rolled back; a
 * tab that is alone has them wait. */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "core/json.h"
#include "runtime/host.h"

static const tl_stored *stored_vars(const tl_host *h, size_t *n) {
  *n = 0;
  return h->app ? tl_app_stored(h->app, n) : NULL;
}

/* The hello must have room for all of it, and more. */
static size_t limit_of(const tl_host *h) {
  size_t limit = h->config.storage_limit, frame = h->config.frame_limit / 2;
  return frame && (!limit || frame < limit) ? frame : limit;
}

static size_t json_size(tl_value v) {
  tl_buf b = {0};
  tl_json_write(&b, v);
  size_t n = b.len;
  tl_buf_free(&b);
  return n;
}

/* ---- from the browser ---- */

static bool brought(tl_value storage, const tl_stored *s, tl_value *out) {
  tl_value kind;
  const char *name = tl_stored_kind(s);
  return tl_kind_of(storage) == TL_MAP && tl_map_get(storage, name, strlen(name), &kind) &&
         tl_kind_of(kind) == TL_MAP && tl_map_get(kind, s->key, strlen(s->key), out) && tl_stored_fits(s, *out);
}

/* Owned: the default root with what fits of what the browser brings, and has room, in the order of the vars. */
static tl_value filled_root(tl_host *h, tl_value storage) {
  size_t n, limit = limit_of(h), state_limit = *tl_app_state_limit(h->app), size = 0;
  const tl_stored *vars = stored_vars(h, &n);
  tl_value root = tl_retain(tl_app_default_root(h->app)), v;
  for (size_t i = 0; i < n; i++) {
    if (!brought(storage, &vars[i], &v)) continue;
    size_t more = json_size(v);
    if ((limit && size + more > limit) || (state_limit && tl_bytes(root) + tl_bytes(v) > state_limit)) continue;
    size += more;
    root = tl_stored_put(&vars[i], root, v);
  }
  return root;
}

static void note(tl_tab *t, size_t i, tl_value v) { /* borrowed */
  tl_value old = t->kept[i];
  t->kept[i] = tl_retain(v);
  tl_release(old);
}

/* Takes over root, which the tab begins with. */
static void begin_with(tl_tab *t, tl_value root) {
  size_t n;
  const tl_stored *vars = stored_vars(t->host, &n);
  tl_value before = t->cell->root;
  t->cell->root = tl_computed_commit(tl_lua_state(t->host->lua), t->cell, root);
  tl_release(before);
  tl_release(t->sent.root);
  t->sent.root = tl_retain(t->cell->root);
  for (size_t i = 0; i < n; i++) note(t, i, tl_stored_get(&vars[i], t->cell->root));
}

void tl_kept_fill(tl_tab *t, tl_value storage) {
  if (!t->kept) return;
  tl_value root = filled_root(t->host, storage);
  if (tl_identical(root, t->cell->root))
    tl_release(root);
  else
    begin_with(t, root);
}

/* ---- to the browser ---- */

void tl_kept_begin(tl_tab *t) {
  size_t n;
  const tl_stored *vars = stored_vars(t->host, &n);
  if (!n) return;
  t->kept = tl_alloc(n * sizeof *t->kept);
  for (size_t i = 0; i < n; i++) t->kept[i] = tl_retain(tl_stored_get(&vars[i], t->cell->root));
}

void tl_kept_end(tl_tab *t) {
  size_t n;
  stored_vars(t->host, &n);
  for (size_t i = 0; t->kept && i < n; i++) tl_release(t->kept[i]);
  tl_free(t->kept);
  t->kept = NULL;
}

/* What is too large is not kept, nor is what was there before: it would come back as if it were the newest. */
static tl_value storable(const tl_tab *t, const tl_stored *s, tl_value v) {
  size_t limit = limit_of(t->host);
  if (!limit || tl_kind_of(v) == TL_NIL || json_size(v) <= limit) return v;
  char name[224];
  tl_stored_name(s, name, sizeof name);
  tl_log(TL_LOG_WARN, "%s is larger than storage_limit, so the browser does not keep it", name);
  return tl_nil();
}

static tl_value store_effect(const tl_tab *t, const tl_stored *s, tl_value v) {
  const char *kind = tl_stored_kind(s);
  tl_value items[] = {tl_string("store", 5), tl_string(kind, strlen(kind)), tl_string(s->key, strlen(s->key)),
                      tl_retain(storable(t, s, v))};
  return tl_list(items, sizeof items / sizeof *items);
}

void tl_kept_tell(tl_tab *t) {
  if (!t->kept) return;
  size_t n;
  const tl_stored *vars = stored_vars(t->host, &n);
  for (size_t i = 0; i < n; i++) {
    tl_value v = tl_stored_get(&vars[i], t->cell->root);
    if (tl_identical(t->kept[i], v)) continue;
    bool same = tl_equal(t->kept[i], v);
    note(t, i, v);
    if (same) continue;
    tl_value effect = store_effect(t, &vars[i], v);
    tl_tab_effect(t, effect);
    tl_release(effect);
  }
}

/* What the app does to the browser's storage comes after what was written before. */
bool tl_kept_minds(tl_value effect) {
  static const char *const names[] = {"remove_cookie", "clear_local_storage"};
  tl_value first = tl_kind_of(effect) == TL_LIST && tl_count(effect) ? tl_list_at(effect, 0) : tl_nil();
  if (tl_kind_of(first) != TL_STRING) return false;
  size_t n;
  const char *name = tl_string_bytes(&first, &n);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (strlen(names[i]) == n && !memcmp(names[i], name, n)) return true;
  return false;
}

/* ---- another page of the browser has written ---- */

/* synced(self, number, value) -> what the var is to be: the value, or the default where it does not fit. This tab need
 * not write it. */
static int native_synced(lua_State *L) {
  tl_view *view = tl_state_view(L, 1);
  lua_Integer i = luaL_checkinteger(L, 2);
  tl_tab *t = view ? view->cell->owner : NULL;
  size_t n;
  const tl_stored *vars = stored_vars(tl_host_of(L), &n);
  luaL_argcheck(L, i >= 0 && (size_t)i < n, 2, "a number of class_stored");
  const tl_stored *s = &vars[i];
  char name[224];
  tl_stored_name(s, name, sizeof name);
  tl_place place = {.state = name, .is_public = true};
  tl_value v = tl_from_lua(L, 3, &place, false);
  tl_push_boxed(L, v);
  tl_release(v); /* the box has it */
  if (!tl_stored_fits(s, v)) v = tl_stored_initial(s);
  if (t && t->kept) note(t, (size_t)i, v);
  tl_push_plain(L, v);
  return 1;
}

/* ---- the data block ---- */

static void put_kind(tl_buf *b, const tl_stored *vars, size_t n, tl_keep keep, const char *name) {
  tl_buf_printf(b, ",\"%s\":{", name);
  bool first = true;
  for (size_t i = 0; i < n; i++) {
    if (vars[i].keep != keep) continue;
    if (!first) tl_buf_putc(b, ',');
    first = false;
    tl_json_write_string(b, vars[i].key, strlen(vars[i].key));
    tl_buf_printf(b, ":%s", vars[i].options);
  }
  tl_buf_putc(b, '}');
}

/* stored() -> JSON for the page, or nil when the app has no such var */
static int native_stored(lua_State *L) {
  tl_host *h = tl_host_of(L);
  size_t n;
  const tl_stored *vars = stored_vars(h, &n);
  if (!n) return 0;
  tl_buf *b = &h->scratch;
  tl_buf_clear(b);
  tl_buf_printf(b, "{\"limit\":%zu", limit_of(h));
  put_kind(b, vars, n, TL_KEEP_COOKIE, "cookie");
  put_kind(b, vars, n, TL_KEEP_LOCAL, "local");
  put_kind(b, vars, n, TL_KEEP_SESSION, "session");
  tl_buf_putc(b, '}');
  lua_pushlstring(L, b->data, b->len);
  return 1;
}

void tl_open_native_kept(lua_State *L) {
  static const luaL_Reg functions[] = {{"synced", native_synced}, {"stored", native_stored}, {NULL, NULL}};
  luaL_setfuncs(L, functions, 0);
}
