/* cell.c: see cell.h. The draft and the computed cache must be gone before the last reference is given back. */
#include "core/cell.h"

#include <assert.h>
#include <string.h>

#include "base/mem.h"

tl_cell *tl_cell_new(tl_value root, const char *token) {
  tl_cell *c = tl_calloc(sizeof *c);
  c->root = tl_retain(root);
  c->refs = 1;
  strncpy(c->token, token, sizeof c->token - 1);
  return c;
}

tl_cell *tl_cell_retain(tl_cell *c) {
  c->refs++;
  return c;
}

void tl_cell_release(tl_cell *c) {
  if (--c->refs) return;
  assert(!c->draft && !c->lock.holder && !c->computed && !c->board);
  tl_release(c->root);
  tl_free(c);
}
