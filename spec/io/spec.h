/* spec.h: the smallest harness: a group has a name, a check has a place. main.c prints the sum. */
#ifndef SPEC_IO_SPEC_H
#define SPEC_IO_SPEC_H
#include <stdbool.h>
#include <stddef.h>

void spec_group(const char *name);
void spec_check(bool ok, const char *file, int line, const char *what);
void spec_check_int(long long got, long long want, const char *file, int line, const char *what);
void spec_check_has(const char *text, const char *part, bool wanted, const char *file, int line);

#define CHECK(c) spec_check((c), __FILE__, __LINE__, #c)
#define CHECK_INT(got, want) spec_check_int((long long)(got), (long long)(want), __FILE__, __LINE__, #got)
#define CHECK_HAS(text, part) spec_check_has((text), (part), true, __FILE__, __LINE__)
#define CHECK_LACKS(text, part) spec_check_has((text), (part), false, __FILE__, __LINE__)

void ws_spec(void);
void offer_spec(void);
void deflate_spec(void);
void compressed_spec(void);
void loop_spec(void);
void http_spec(void);
void handshake_spec(void);
void websocket_spec(void);
void files_spec(void);
void fetch_spec(void);

#endif
