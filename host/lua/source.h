/* source.h: the lines of an app's file around the place that an error is about, to be shown while an app is being
 * written. Only the app's own files are ever read. */
#ifndef TL_LUA_SOURCE_H
#define TL_LUA_SOURCE_H
#include "lua/host.h"

enum { TL_SOURCE_AROUND = 3, TL_SOURCE_LINES = 2 * TL_SOURCE_AROUND + 1 };

typedef struct tl_source {
  const char *file;             /* borrowed: lives until the next app is loaded */
  unsigned line, first, n;      /* the place; the number of the first of n lines */
  char *lines[TL_SOURCE_LINES]; /* owned; UTF-8, without the line's end, cut where they are very long */
} tl_source;

/* The innermost place in the app's files that the failure's message or traceback names. False: none, or the file has
 * changed since it was loaded. The caller frees what it filled. */
bool tl_source_find(const tl_lua *S, const tl_failure *f, tl_source *out);
void tl_source_free(tl_source *s);

#endif
