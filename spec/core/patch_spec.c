/* patch_spec.c: patches by the vectors that browser and host share (spec/vectors/patch.json). */
#include "core/patch.h"

#include <stdlib.h>
#include <string.h>

#include "core/diff.h"
#include "spec.h"

static tl_value read_vectors(void) {
  tl_buf text = {0};
  tl_value v = tl_list(NULL, 0);
  char part[4096];
  size_t n;
  FILE *f = fopen(SPEC_VECTORS "/patch.json", "rb");
  if (!f) return v;
  while ((n = fread(part, 1, sizeof part, f)) > 0) tl_buf_put(&text, part, n);
  fclose(f);
  v = spec_json(tl_buf_cstr(&text));
  tl_buf_free(&text);
  return v;
}

static const char *name_of(tl_value vector, char out[128]) {
  tl_value name = tl_nil();
  size_t n = 0;
  tl_map_get(vector, "name", 4, &name);
  const char *s = tl_string_bytes(&name, &n);
  snprintf(out, 128, "%.*s", (int)n, s);
  return out;
}

static void fits(tl_value vector, tl_value old, tl_value new, tl_value patch, bool exact) {
  char name[128];
  tl_buf made = {0}, err = {0};
  tl_value got = tl_nil(), mine = tl_nil();
  CHECKF(tl_patch_apply(old, patch, &got, &err) == 0 && tl_equal(got, new), "%s: does not fit: %s",
         name_of(vector, name), tl_buf_cstr(&err));
  bool differs = tl_diff(old, new, NULL, &made);
  CHECK(differs == !tl_equal(old, new));
  if (differs) {
    mine = spec_json(tl_buf_cstr(&made));
    tl_value again = tl_nil();
    CHECKF(tl_patch_apply(old, mine, &again, &err) == 0 && tl_equal(again, new), "%s: mine does not fit: %s: %s",
           name_of(vector, name), tl_buf_cstr(&made), tl_buf_cstr(&err));
    tl_release(again);
  }
  if (exact) {
    tl_buf want = {0};
    tl_json_write(&want, patch);
    CHECKF(tl_equal(mine, patch), "%s:\n    mine %s\n    want %s", name_of(vector, name), tl_buf_cstr(&made),
           tl_buf_cstr(&want));
    tl_buf_free(&want);
  }
  tl_release(mine);
  tl_release(got);
  tl_buf_free(&made);
  tl_buf_free(&err);
}

static void does_not_fit(tl_value vector, tl_value old, tl_value patch) {
  char name[128];
  tl_value got = tl_nil();
  tl_buf err = {0};
  CHECKF(tl_patch_apply(old, patch, &got, &err) == -1 && err.len > 0, "%s: is no error", name_of(vector, name));
  tl_release(got);
  tl_buf_free(&err);
}

/* holds: patch.scalar, patch.map, patch.set, patch.del, patch.grow, patch.list, patch.list.ops, patch.dollar */
void spec_patch(void) {
  tl_value all = read_vectors();
  for (size_t i = 0; i < tl_count(all); i++) {
    tl_value vector = tl_list_at(all, i), old, new, patch, flag = tl_nil(), error = tl_nil();
    if (!tl_map_get(vector, "old", 3, &old) || !tl_map_get(vector, "patch", 5, &patch)) continue;
    tl_map_get(vector, "exact", 5, &flag);
    if (tl_map_get(vector, "error", 5, &error))
      does_not_fit(vector, old, patch);
    else if (tl_map_get(vector, "new", 3, &new))
      fits(vector, old, new, patch, flag.kind == TL_BOOL && flag.b);
  }
  tl_release(all);
}
