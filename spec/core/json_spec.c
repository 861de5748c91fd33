#include "spec.h"
void spec_json_group(void) {}
