#include "spec.h"
void spec_base(void) {}
