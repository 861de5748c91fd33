/* draft_spec.c: the rules of draft.h, one by one. */
#include <string.h>

#include "core/draft.h"
#include "spec.h"

static tl_dnode *walk(tl_dnode *n, const char *a, const char *b) {
  n = tl_dnode_get(n, a, strlen(a)).node;
  return b ? tl_dnode_get(n, b, strlen(b)).node : n;
}

static void sets_and_finishes(void) {
  tl_value root = spec_json("{\"Job\":{\"a\":1,\"items\":[{\"x\":1},{\"x\":2}]}}");
  tl_draft *d = tl_draft_begin(root);
  tl_dnode *job = walk(tl_draft_root(d), "Job", NULL), *items = walk(job, "items", NULL);
  CHECK(tl_dnode_put(job, "a", 1, tl_int(2)) == TL_D_OK);
  CHECK(tl_dnode_put(tl_dnode_at(items, 1).node, "x", 1, tl_int(7)) == TL_D_OK);
  tl_value now = tl_draft_finish(d);
  CHECK(spec_is(now, "{\"Job\":{\"a\":2,\"items\":[{\"x\":1},{\"x\":7}]}}"));
  CHECK(spec_is(root, "{\"Job\":{\"a\":1,\"items\":[{\"x\":1},{\"x\":2}]}}"));
  tl_release(now);
  tl_release(root);
}

void spec_draft(void) { sets_and_finishes(); }
