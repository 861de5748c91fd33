/* frame.h: the one message that comes often, read without a tree: an event in the exact form in which pages write it.
 */
#ifndef TL_RUNTIME_FRAME_H
#define TL_RUNTIME_FRAME_H
#include "core/value.h"

typedef struct tl_event_frame {
  uint64_t id;
  const char *handler; /* in the frame's text */
  size_t handler_len;
  tl_value args; /* owned; a list */
} tl_event_frame;

/* {"event":{"id":17,"handler":"Job.add","args":[5]}} to the letter. False: anything else, which is read as JSON. */
bool tl_event_frame_read(const char *text, size_t n, tl_event_frame *out);

#endif
