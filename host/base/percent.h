/* percent.h: percent escapes, as URLs and forms have them (RFC 3986, section 2.1). */
#ifndef TL_BASE_PERCENT_H
#define TL_BASE_PERCENT_H
#include <stddef.h>
#include <stdint.h>

/* What stands for what. */
enum {
  TL_PERCENT_FORM = 1,  /* "+" is a space: forms, and the queries that they send; else it is itself */
  TL_PERCENT_STRICT = 2 /* "%" without two digits is an error; else it is itself */
};
#define TL_PERCENT_BAD SIZE_MAX

/* Decodes n bytes to out, which has room for as many and may be s. How many there are, any of which may come out, NUL
 * too; or TL_PERCENT_BAD. */
size_t tl_percent_decode(const char *s, size_t n, unsigned rules, char *out);

#endif
