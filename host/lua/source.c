/* source.c: which files an app was loaded from, and the lines in them that an error is about. An error names its place
 * in text, as Lua does ("main.lua:12: ..."), shortened where the path is long: so each file is known by the name that
 * Lua gives it. Owns the list of files, in the VM. */
#include "lua/source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "lua/inner.h"

struct tl__file {
  tl__file *next;
  char *path;
  char shown[LUA_IDSIZE]; /* as errors name it */
  struct timespec changed;
  off_t size;
};

void tl__files_forget(tl_lua *S) {
  for (tl__file *f = S->files, *next; f; f = next) {
    next = f->next;
    tl_free(f->path);
    tl_free(f);
  }
  S->files = NULL;
}

/* Raises where there is no memory. */
void tl__files_add(lua_State *L, const char *path) {
  struct stat st;
  lua_Debug ar;
  if (stat(path, &st)) return;
  lua_pushfstring(L, "@%s", path);
  if (luaL_loadbufferx(L, "", 0, lua_tostring(L, -1), "t")) lua_error(L);
  lua_getinfo(L, ">S", &ar);
  lua_pop(L, 1);
  tl_lua *S = tl_lua_of(L);
  tl__file *f = tl_calloc(sizeof *f);
  *f = (tl__file){.next = S->files, .path = tl_strndup(path, strlen(path)), .changed = st.st_mtim, .size = st.st_size};
  memcpy(f->shown, ar.short_src, sizeof f->shown);
  S->files = f;
}

/* ---- the place ---- */

/* Does the text begin with "NAME:LINE:", or is it "NAME:LINE"? The line, or 0. */
static unsigned line_of(const char *text, const char *name) {
  size_t n = strlen(name);
  if (strncmp(text, name, n) || text[n] != ':') return 0;
  char *end;
  unsigned long line = strtoul(text + n + 1, &end, 10);
  return (*end == ':' || !*end) && line < 1000000 ? (unsigned)line : 0;
}

static const tl__file *place_at(const tl_lua *S, const char *text, unsigned *line) {
  for (const tl__file *f = S->files; f; f = f->next)
    if ((*line = line_of(text, f->shown)) || (*line = line_of(text, f->path))) return f;
  return NULL;
}

/* The first place that stands at the begin of an indented line. */
static const tl__file *place_in_lines(const tl_lua *S, const char *text, unsigned *line) {
  for (const char *at = text; at && (at = strstr(at, "\n\t")); at += 2) {
    const tl__file *f = place_at(S, at + 2, line);
    if (f) return f;
  }
  return NULL;
}

static const tl__file *place_of(const tl_lua *S, const tl_failure *f, unsigned *line) {
  const tl__file *file = f->message ? place_at(S, f->message, line) : NULL;
  if (!file) file = place_in_lines(S, f->message, line);
  if (!file && f->where) file = place_at(S, f->where, line);
  return file ? file : place_in_lines(S, f->traceback, line);
}

/* ---- the lines ---- */

static bool is_as_loaded(const tl__file *f) {
  struct stat st;
  return !stat(f->path, &st) && st.st_size == f->size && st.st_mtim.tv_sec == f->changed.tv_sec &&
         st.st_mtim.tv_nsec == f->changed.tv_nsec;
}

static char *shown_line(const char *text, size_t n) {
  enum { LONGEST = 240 };
  while (n && (text[n - 1] == '\n' || text[n - 1] == '\r')) n--;
  char *out = tl_strndup(text, n < LONGEST ? n : LONGEST);
  tl_utf8_mend(out, strlen(out));
  return out;
}

static void read_lines(FILE *from, tl_source *out) {
  char *text = NULL;
  size_t size = 0;
  ssize_t n;
  for (unsigned number = 1; number <= out->line + TL_SOURCE_AROUND && (n = getline(&text, &size, from)) >= 0; number++)
    if (number >= out->first) out->lines[out->n++] = shown_line(text, (size_t)n);
  free(text);
}

bool tl_source_find(const tl_lua *S, const tl_failure *f, tl_source *out) {
  *out = (tl_source){0};
  const tl__file *file = place_of(S, f, &out->line);
  if (!file || !is_as_loaded(file)) return false;
  FILE *from = fopen(file->path, "re");
  if (!from) return false;
  out->file = file->path;
  out->first = out->line > TL_SOURCE_AROUND ? out->line - TL_SOURCE_AROUND : 1;
  read_lines(from, out);
  fclose(from);
  if (out->first + out->n > out->line) return true;
  tl_source_free(out); /* the place is beyond the file's end */
  return false;
}

void tl_source_free(tl_source *s) {
  for (unsigned i = 0; i < s->n; i++) tl_free(s->lines[i]);
  s->n = 0;
}
