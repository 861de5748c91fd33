/* patch.h: applies a patch of protocol.md section 4 to a value. What the browser does; here for specs, for the
 * driver's page and for hosts that follow others. All or nothing. */
#ifndef TL_CORE_PATCH_H
#define TL_CORE_PATCH_H
#include "core/value.h"

int tl_patch_apply(tl_value old, tl_value patch, tl_value *out,
                   tl_buf *err); /* 0: *out owned; -1: err says where it does not fit */

#endif
