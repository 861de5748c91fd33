#include "spec.h"
void spec_draft_model(void) {}
