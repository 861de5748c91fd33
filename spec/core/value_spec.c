#include "spec.h"
void spec_value(void) {}
