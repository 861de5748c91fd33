/* observer.h: the driver's ear in the runtime: one entry per commit that changed something public. */
#ifndef TL_RUNTIME_OBSERVER_H
#define TL_RUNTIME_OBSERVER_H
#include "runtime/host.h"

void tl_observe_commit(tl_tab *t, tl_value before); /* nothing when the tab has no observer */

#endif
