/* curl.c: see curl.h. The library stays open for the life of the process. */
#include "io/curl.h"

#include <dlfcn.h>

tl__curl_api tl__curl;

static void *symbol(void *library, const char *name, bool *ok) {
  void *address = dlsym(library, name);
  if (!address) *ok = false;
  return address;
}

bool tl__curl_open(const char **err) {
  static bool is_open;
  if (is_open) return true;
  void *library = dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);
  bool ok = library != NULL;
  tl__curl_api api = {0};
/* A function's address by way of a void pointer: POSIX promises that it holds one. */
#define X(name) \
  if (ok) *(void **)&api.name = symbol(library, "curl_" #name, &ok);
  TL__CURL_FUNCTIONS(X)
#undef X
  if (!ok) {
    *err = dlerror();
    return false;
  }
  tl__curl = api;
  tl__curl.global_init(CURL_GLOBAL_DEFAULT);
  return is_open = true;
}
