/* render.c: trees and states through lua/tidelock/eval.lua; what must hold is in fuzz/lua/render.lua. */
#include "vm.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_lua("render", data, size);
  fuzz_check_memory();
  return 0;
}
