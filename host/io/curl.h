/* curl.h: libcurl, opened when the first request is made: it brings thirty libraries along, which would double the time
 * that a host takes to start and the memory that it holds, and most hosts never make a request. */
#ifndef TL_IO_CURL_H
#define TL_IO_CURL_H
#include <curl/curl.h>
#include <stdbool.h>

#define TL__CURL_FUNCTIONS(X) \
  X(easy_cleanup)             \
  X(easy_getinfo)             \
  X(easy_init)                \
  X(easy_pause)               \
  X(easy_setopt)              \
  X(easy_strerror)            \
  X(free)                     \
  X(global_init)              \
  X(multi_add_handle)         \
  X(multi_assign)             \
  X(multi_cleanup)            \
  X(multi_info_read)          \
  X(multi_init)               \
  X(multi_remove_handle)      \
  X(multi_setopt)             \
  X(multi_socket_action)      \
  X(slist_append)             \
  X(slist_free_all)           \
  X(url)                      \
  X(url_cleanup)              \
  X(url_get)                  \
  X(url_set)

typedef struct tl__curl_api {
#define X(name) __typeof__(curl_##name) *name;
  TL__CURL_FUNCTIONS(X)
#undef X
} tl__curl_api;

extern tl__curl_api tl__curl; /* filled in by the first tl__curl_open */

bool tl__curl_open(const char **err); /* false: *err is static text of the system's loader */

#endif
