/* loop.h: one libuv loop with a turn: after each poll, and whenever work is left, the owner's turn function runs what
 * is ready. The turn says when it wants to run next; the loop sleeps no longer than that. Nothing in io/ knows Lua. */
#ifndef TL_IO_LOOP_H
#define TL_IO_LOOP_H
#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

typedef struct tl_loop tl_loop;

/* Runs what is ready and due. Returns nanoseconds until it wants to run again: 0 at once, UINT64_MAX: not before I/O.
 */
typedef uint64_t (*tl_turn_fn)(void *ctx);

tl_loop *tl_loop_new(void);
void tl_loop_free(tl_loop *l); /* all handles must be closed; runs the loop until their close callbacks came; aborts on
                                  a leak with a list */
uv_loop_t *tl_loop_uv(tl_loop *l);
char *tl_loop_read_buf(tl_loop *l, size_t *size); /* the one read buffer (64 KiB): used up before the next read */
void tl_loop_set_turn(tl_loop *l, tl_turn_fn fn, void *ctx);
void tl_loop_run(tl_loop *l); /* until tl_loop_stop */
void tl_loop_stop(tl_loop *l);
/* One pass: polls (blocking at most block_ns; UINT64_MAX: as long as it takes) and handles I/O; calls no turn. For
 * virtual time. */
void tl_loop_poll(tl_loop *l, uint64_t block_ns);
void tl_loop_heard(tl_loop *l); /* something was read and handled: after some of these a turn runs before the next read.
                                   Last thing in a callback: what it closes may be gone */
uint64_t tl_loop_now(void);     /* monotonic, ns (uv_hrtime) */
/* I/O that somebody waits for (a request under way): virtual time must not jump while there is any. */
void tl_loop_io_begin(tl_loop *l);
void tl_loop_io_end(tl_loop *l);
unsigned tl_loop_io_count(const tl_loop *l);
uint64_t tl_loop_io_begun(const tl_loop *l); /* since the loop was made */

#endif
