/* fuzz.h: the few words of the fuzz targets. A target is one file with LLVMFuzzerTestOneInput; what must hold is a
 * CHECK, which ends the process so that the fuzzer keeps the input.
 *
 * Targets that take operations rather than text read them out of the input byte by byte. When it has ended each
 * choice is the first, so a longer input only adds to what a shorter one does. */
#ifndef TL_FUZZ_H
#define TL_FUZZ_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "core/value.h"

#ifndef CHECK /* a target may have those of the specs */
#define CHECK(cond) fuzz_check((cond), __FILE__, __LINE__, "%s", #cond)
#define CHECKF(cond, ...) fuzz_check((cond), __FILE__, __LINE__, __VA_ARGS__)
#endif
#define fuzz_check(good, file, line, ...) ((good) ? (void)0 : fuzz_fail(file, line, __VA_ARGS__))
void fuzz_fail(const char *file, int line, const char *fmt, ...) __attribute__((format(printf, 3, 4), noreturn));

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct fuzz_in {
  const uint8_t *p, *end;
} fuzz_in;

uint8_t fuzz_byte(fuzz_in *in);                            /* 0 behind the end */
uint32_t fuzz_below(fuzz_in *in, uint32_t n);              /* 0 .. n-1 */
tl_value fuzz_value(fuzz_in *in, int depth);               /* owned; containers are nested at most so deep */
tl_value fuzz_map(fuzz_in *in, int depth);                 /* the same, a map for certain */
bool fuzz_same_kind(tl_value a, tl_value b);               /* tl_equal, and integers and floats told apart */
tl_value fuzz_json(const char *text, size_t n, int depth); /* owned; not JSON: a failed check */
bool fuzz_line(fuzz_in *in, fuzz_in *line);                /* the next line, without its end; false: there is none */

#endif
