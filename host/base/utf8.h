/* utf8.h: validity of UTF-8 as RFC 3629 has it (no surrogates, no overlong forms, up to U+10FFFF). */
#ifndef TL_BASE_UTF8_H
#define TL_BASE_UTF8_H
#include <stdbool.h>
#include <stddef.h>

bool tl_utf8_valid(const char *s, size_t n);
size_t tl_utf8_count(const char *s, size_t n); /* code points of a valid text */
void tl_utf8_mend(char *s, size_t n);          /* puts "?" for each byte that is not of UTF-8 */

#endif
