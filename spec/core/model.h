/* model.h: what a draft should do, told as simply as possible: a tree of plain nodes, copied whenever something is
 * assigned, and the rules of draft.h about who follows what. Slow, and without any sharing. */
#ifndef TL_SPEC_CORE_MODEL_H
#define TL_SPEC_CORE_MODEL_H
#include "core/draft.h"
#include "spec.h"

typedef struct model model;

typedef struct model_item {
  tl_value key;    /* maps; owned */
  tl_value scalar; /* owned; when child is NULL */
  model *child;
} model_item;

struct model {
  uint8_t kind;
  bool fluid, displaced, fresh;
  model *parent, *twin, *twin_of, *next;
  model *went; /* handed over as part of what is above it, to there; of this step */
  model_item *items;
  size_t n, cap;
  tl_value base; /* owned: at the last commit, as far as it was held then */
};

enum { MODEL_HANDLES = 24 };

typedef struct model_world {
  model *all, *root;
  model *held[MODEL_HANDLES];       /* what each handle means, or NULL */
  bool moved[MODEL_HANDLES];        /* it was handed over */
  tl_handle handles[MODEL_HANDLES]; /* and the real ones */
} model_world;

void model_begin(model_world *w, tl_value root);
void model_end(model_world *w);            /* frees the models, not the handles */
bool model_is(const model *m, tl_value v); /* the same content, kinds and all */
bool model_attached(const model_world *w, const model *m);
size_t model_size(const model *m);

tl_dstatus model_set(model_world *w, model *m, size_t i, tl_value v); /* these borrow v */
tl_dstatus model_insert(model_world *w, model *m, size_t i, tl_value v);
tl_dstatus model_put(model_world *w, model *m, const char *key, size_t len, tl_value v);
tl_dstatus model_append(model *m, size_t i, const char *more, size_t n); /* i: of the item */
tl_dstatus model_remove(model_world *w, model *m, size_t i, model **gone);
tl_dstatus model_del(model_world *w, model *m, const char *key, size_t len);
void model_clear(model_world *w, model *m);
void model_permute(model_world *w, model *m, const size_t *from);
void model_commit(model_world *w);
tl_value model_value(const model *m); /* owned */

#endif
