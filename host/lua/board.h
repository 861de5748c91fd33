/* board.h: inside host/lua: the rows of tl.my_tasks (board.c). */
#ifndef TL_LUA_BOARD_H
#define TL_LUA_BOARD_H
#include "lua/inner.h"

void tl__row_new(tl_task *t);    /* a background task of a tab begins, in an app that has boards */
void tl__row_end(tl_task *t);    /* it ends, and its cell is still there */
void tl__row_touch(tl__row *r);  /* something of it may be different: shown soon */
void tl__row_turned(tl__row *r); /* the same, shown with the end of the turn */
void tl__boards_take(tl_lua *S); /* the end of the turn: shows what is due */
void tl__board_page(tl_cell *c); /* a page has come, which is sent the state right after */
/* Owned: a root of c, which has a board, that is to be published, with the board as it is; what is stale follows in the
 * same turn. Takes over root. */
tl_value tl__board_commit(tl_cell *c, tl_value root);
/* What task:progress(x, text) does, the arguments at 2 and 3. That of a child is that of the task it belongs to; of one
 * that has no row, or has ended, nothing. Raises TypeError, SerializationError. */
void tl__progress(lua_State *L, tl_task *t);
void tl__open_board(lua_State *L); /* registers natives into the table on top of the stack */

#endif
