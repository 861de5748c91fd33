/* utf8.c: see utf8.h. ASCII goes eight bytes at a time; the rest follows table 3-7 of the Unicode standard. */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

/* Length of the sequence at s (at most n bytes), 0 when it is none. */
static size_t sequence(const unsigned char *s, size_t n) {
  unsigned char c = s[0], low = 0x80, high = 0xbf;
  size_t len;
  if (c >= 0xc2 && c <= 0xdf) {
    len = 2;
  } else if (c >= 0xe0 && c <= 0xef) {
    len = 3;
    if (c == 0xe0) low = 0xa0;
    if (c == 0xed) high = 0x9f;
  } else if (c >= 0xf0 && c <= 0xf4) {
    len = 4;
    if (c == 0xf0) low = 0x90;
    if (c == 0xf4) high = 0x8f;
  } else {
    return c < 0x80 ? 1 : 0;
  }
  if (n < len || s[1] < low || s[1] > high) return 0;
  for (size_t i = 2; i < len; i++)
    if (s[i] < 0x80 || s[i] > 0xbf) return 0;
  return len;
}

bool tl_utf8_valid(const char *text, size_t n) {
  const unsigned char *s = (const unsigned char *)text;
  size_t i = 0;
  while (i < n) {
    uint64_t word;
    if (n - i >= 8 && (memcpy(&word, s + i, 8), (word & 0x8080808080808080u) == 0)) {
      i += 8;
      continue;
    }
    if (i >= 8 && n - i < 8 && (memcpy(&word, s + n - 8, 8), (word & 0x8080808080808080u) == 0)) return true;
    size_t len = sequence(s + i, n - i);
    if (len == 0) return false;
    i += len;
  }
  return true;
}

void tl_utf8_mend(char *s, size_t n) {
  for (size_t i = 0, len; i < n; i += len) {
    len = sequence((unsigned char *)s + i, n - i);
    if (len) continue;
    s[i] = '?';
    len = 1;
  }
}

size_t tl_utf8_count(const char *s, size_t n) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count += ((unsigned char)s[i] & 0xc0) != 0x80;
  return count;
}
