// float.cpp: the standard library's shortest printer and exact reader of doubles, behind C names. Nothing else of C++
// is in the host: no exceptions, no allocation.
#include <charconv>
#include <cstddef>

extern "C" {
size_t tl__float_print(double f, char out[32]);
int tl__float_read(const char *text, size_t n, double *out);
}

size_t tl__float_print(double f, char out[32]) {
  return static_cast<size_t>(std::to_chars(out, out + 32, f).ptr - out);
}

// 0; 1: beyond what a double holds, in either direction
int tl__float_read(const char *text, size_t n, double *out) {
  return std::from_chars(text, text + n, *out).ec == std::errc() ? 0 : 1;
}
