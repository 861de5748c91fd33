#include "spec.h"

void loop_spec(void) {}
