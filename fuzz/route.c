/* route.c: routes and paths through lua/tidelock/route.lua; what must hold is in fuzz/lua/route.lua. */
#include "vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_lua("route", data, size);
  fuzz_check_memory();
  return 0;
}
