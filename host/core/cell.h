/* cell.h: a tab's state as the Lua half sees it: the committed root, the lock, the holder's draft. The runtime's tab
 * owns its cell (and is found by `owner`); views and tasks keep it alive by reference after the tab has gone (`gone`).
 */
#ifndef TL_CORE_CELL_H
#define TL_CORE_CELL_H
#include "core/draft.h"
#include "core/lock.h"

typedef struct tl_cell {
  tl_value root;   /* committed, owned; a map: state name -> map of vars (backend and computed ones too) */
  tl_draft *draft; /* of the lock's holder; NULL when the lock is free */
  tl_lock lock;
  unsigned refs;
  unsigned tasks; /* background tasks that live */
  bool gone;      /* the tab has ended: entering raises UnknownTokenError */
  bool away;      /* it has no page just now */
  char token[27];
  void *owner;             /* the runtime's tab */
  struct tl__stay *stays;  /* of tasks whose handlers have options (policy.c) */
  struct tl__board *board; /* its tasks as its page sees them (board.c); NULL: it has had none, or nobody asks */
  void *self;              /* the Lua half's: the view of its handlers (view.c); NULL: none has run */
  void *computed;          /* the Lua half's cache of computed vars (computed.c); NULL: as the app's default */
} tl_cell;

tl_cell *tl_cell_new(tl_value root /* borrowed */, const char *token);
tl_cell *tl_cell_retain(tl_cell *c);
void tl_cell_release(tl_cell *c);

#endif
