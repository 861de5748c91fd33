/* diff.h: the difference of two roots as a patch (protocol.md section 4), written as JSON. Cost follows
 * the change: shared subtrees are skipped by pointer. Lists are aligned by shared nodes, then by the key
 * field that a page declares for the list, then by position. */
#ifndef TL_CORE_DIFF_H
#define TL_CORE_DIFF_H
#include "core/value.h"

/* Which lists have a key field: a tree along paths. "*" stands for every element of a list or map. Owned by the app. */
typedef struct tl_keyhint tl_keyhint;
tl_keyhint *tl_keyhint_new(void);
void tl_keyhint_free(tl_keyhint *h);
void tl_keyhint_add(tl_keyhint *h, const char *const *path, size_t n,
                    const char *key); /* path: {"Job","items"} or {"Job","items","*","tags"} */

typedef struct tl_diff_opts {
  const tl_keyhint *keys; /* may be NULL */
  bool public_only;       /* root -> states -> vars: leave out vars whose name begins with '_' */
} tl_diff_opts;

bool tl_diff(tl_value from, tl_value to, const tl_diff_opts *o,
             tl_buf *out); /* both maps; true: a patch was appended; false: no difference, nothing appended */
bool tl_differs(tl_value from, tl_value to, const tl_diff_opts *o); /* the same answer, without writing */

#endif
