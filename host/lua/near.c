/* near.c: the known name that a misspelt one was meant to be. */
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

const char *tl__push_near(lua_State *L, int names, const char *name) {
  names = lua_absindex(L, names);
  size_t best = strlen(name) < 4 ? 2 : 3;
  lua_pushnil(L);
  lua_pushnil(L);
  while (lua_next(L, names)) {
    lua_pop(L, 1);
    if (lua_type(L, -1) != LUA_TSTRING) continue;
    size_t d = distance(name, lua_tostring(L, -1));
    if (d >= best) continue;
    best = d;
    lua_pushvalue(L, -1);
    lua_replace(L, -3);
  }
  return lua_tostring(L, -1);
}
