/* vm.h: a host in a fuzz target, and targets that are written in Lua. */
#ifndef TL_FUZZ_VM_H
#define TL_FUZZ_VM_H
#include "fuzz.h"
#include "runtime/host.h"

tl_host *fuzz_host(void); /* made at the first call; virtual time, no log (FUZZ_LOG=1 shows it) */

/* Calls the function that fuzz/lua/NAME.lua returns with the input. What it raises is a failure. */
void fuzz_lua(const char *name, const uint8_t *data, size_t size);

/* To be called after each run: now and then collects, and shows that the runs since have left nothing. */
void fuzz_check_memory(void);

#endif
