/* percent.c: see percent.h. */
#include "base/percent.h"

#include "base/hex.h"

/* The byte whose escape begins at s, where n bytes are left; -1: none does. */
static int escaped(const char *s, size_t n) {
  if (n < 3) return -1;
  int high = tl_hex_digit(s[1]), low = tl_hex_digit(s[2]);
  return high < 0 || low < 0 ? -1 : high << 4 | low;
}

size_t tl_percent_decode(const char *s, size_t n, unsigned rules, char *out) {
  char *to = out;
  for (size_t i = 0; i < n; i++) {
    int byte = s[i] == '%' ? escaped(s + i, n - i) : -1;
    if (byte >= 0) {
      *to++ = (char)byte;
      i += 2;
    } else if (s[i] == '%' && rules & TL_PERCENT_STRICT) {
      return TL_PERCENT_BAD;
    } else if (s[i] == '+' && rules & TL_PERCENT_FORM) {
      *to++ = ' ';
    } else {
      *to++ = s[i];
    }
  }
  return (size_t)(to - out);
}
