/* json.h: JSON to and from the value tree. The writer prints integers with all digits and floats in the shortest
 * form that reads back (5.0 as 5.0; a reader that sees "5.0" makes a float). The reader is strict: one value, depth
 * (64 + 4), UTF-8, no duplicate keys, no lone surrogates, 64-bit integers kept (a larger one is an error), numbers with
 * . or e are floats and finite. */
#ifndef TL_CORE_JSON_H
#define TL_CORE_JSON_H
#include "core/value.h"

typedef struct tl_json_err {
  size_t offset;       /* byte where it went wrong */
  const char *message; /* static text */
} tl_json_err;

int tl_json_read(const char *text, size_t n, tl_value *out, tl_json_err *err); /* 0: *out owned; -1 */
int tl_json_read_deep(const char *text, size_t n, int depth, tl_value *out,
                      tl_json_err *err); /* with a depth of its own: a
patch of nested lists is deeper than what it changes (4 levels for one) */
void tl_json_write(tl_buf *out, tl_value v);
void tl_json_write_string(tl_buf *out, const char *s,
                          size_t n); /* with quotes; "</" written as "<\/" so that it may stand in a script block */
void tl_json_write_public(tl_buf *out, tl_value root);  /* a root without the vars whose names begin with '_' */
void tl__json_write_state(tl_buf *out, tl_value state); /* inner: one state of such a root */
void tl_json_write_float(tl_buf *out, double f);
size_t tl_float_shortest(double f, char out[32]); /* shortest form; length; no ".0" is added */

#endif
