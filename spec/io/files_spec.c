#include "spec.h"

void files_spec(void) {}
