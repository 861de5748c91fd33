/* mem.h: memory that is there. An allocation that fails ends the process with a message: no caller
 * of these checks for NULL. The Lua VM does not use them (it has its own capped allocator).
 * tl_mem_live() counts blocks not yet freed; specs use it to show that nothing is left. */
#ifndef TL_BASE_MEM_H
#define TL_BASE_MEM_H
#include <stddef.h>

void *tl_alloc(size_t size);               /* uninitialised */
void *tl_calloc(size_t size);              /* zeroed */
void *tl_try_alloc(size_t size);           /* uninitialised; NULL: there is none. For what can be done without */
void *tl_realloc(void *p, size_t size);    /* p may be NULL */
void tl_free(void *p);                     /* p may be NULL */
char *tl_strndup(const char *s, size_t n); /* NUL-terminated copy */
void tl_mem_give_back(void);               /* what is free goes to the system, as far as it is whole pages */
size_t tl_mem_live(void);                  /* blocks allocated and not freed (all threads) */

/* For pool.h. */
void *tl__mem_counted(void *p, size_t size); /* p, as a new block; NULL ends the process */
void tl__mem_uncount(void);

#endif
