#include "spec.h"

void ws_spec(void) {}
