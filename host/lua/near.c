/* near.c: the known name that a misspelt one was meant to be. */
#include <stdint.h>
#include <string.h>

#include "lua/inner.h"

enum { NAME_MAX_LEN = 40 };

static size_t smaller(size_t a, size_t b) { return a < b ? a : b; }

/* Edits from a to b, both short: a letter changed, left out, added, or two swapped. */
static size_t distance(const char *a, const char *b) {
  size_t n = strlen(a), m = strlen(b), rows[3][NAME_MAX_LEN + 1];
  if (n > NAME_MAX_LEN || m > NAME_MAX_LEN) return NAME_MAX_LEN;
  for (size_t j = 0; j <= m; j++) rows[0][j] = j;
  for (size_t i = 1; i <= n; i++) {
    size_t *row = rows[i % 3], *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
    row[0] = i;
    for (size_t j = 1; j <= m; j++) {
      row[j] = smaller(above[j - 1] + (a[i - 1] != b[j - 1]), smaller(above[j], row[j - 1]) + 1);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = smaller(row[j], before[j - 2] + 1);
    }
  }
  return rows[n % 3][m];
}

/* How many edits may lie between a misspelt name and what was meant: fewer in a short one, where they make any name of
 * any other. */
static size_t most_edits(const char *name) {
  size_t n = strlen(name);
  return n < 3 ? 0 : n < 5 ? 1 : n < 9 ? 2 : n / 3;
}

static bool contains(const char *a, const char *b) { /* one of them the other, which is a word and not a syllable */
  size_t n = strlen(a), m = strlen(b);
  return smaller(n, m) > 3 && (n < m ? strstr(b, a) : strstr(a, b));
}

/* The smaller the nearer. */
static size_t how_far(const char *name, const char *known) {
  size_t d = distance(name, known);
  if (d <= most_edits(name)) return d;
  return contains(name, known) ? NAME_MAX_LEN + distance(name, known) : SIZE_MAX;
}

const char *tl__push_near(lua_State *L, int names, const char *name) {
  names = lua_absindex(L, names);
  size_t best = SIZE_MAX;
  lua_pushnil(L);
  lua_pushnil(L);
  while (lua_next(L, names)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING) continue;
    const char *known = lua_tostring(L, -1);
    size_t d = how_far(name, known);
    if (d == SIZE_MAX || d > best || (d == best && strcmp(known, lua_tostring(L, -2)) > 0)) continue;
    best = d;
    lua_pushvalue(L, -1);
    lua_replace(L, -3);
  }
  return lua_tostring(L, -1);
}

static int native_near(lua_State *L) { /* names (the keys of a table), name -> the nearest, or nil */
  luaL_checktype(L, 1, LUA_TTABLE);
  tl__push_near(L, 1, luaL_checkstring(L, 2));
  return 1;
}

void tl__open_near(lua_State *L) {
  lua_pushcfunction(L, native_near);
  lua_setfield(L, -2, "near");
}
