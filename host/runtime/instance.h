/* instance.h: the page loads of a tab, and which of their events were seen and have ended (protocol.md section 5).
 * Knows no tab: whoever asks says what a `done` is good for. */
#ifndef TL_RUNTIME_INSTANCE_H
#define TL_RUNTIME_INSTANCE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct tl_gap {
  uint64_t from, to;
} tl_gap;

enum {
  TL_GAPS = 16,       /* more are not remembered: what is in the oldest counts as ended */
  TL_PAGE_KEEPS = 100 /* events that a page keeps at most (protocol.md, section 5): a wider gap is not of these */
};

typedef struct tl_instance {
  char *name;       /* as its hello says; NULL: none so far */
  char *path;       /* where its page is, with query; NULL: not known */
  uint64_t no;      /* counts the page loads of a tab */
  uint64_t highest; /* event id seen: all up to it have ended but those that are open, and those in gaps */
  uint64_t *open;   /* ids at work or in line, in no order */
  unsigned open_n, open_cap;
  tl_gap *gaps; /* ids that were passed over, and may still come: TL_GAPS, oldest first; NULL: none so far */
  unsigned gaps_n;
} tl_instance;

/* The page load that the tab has now, and those before it: one may come back by the browser's history, or after another
 * took the tab over, and with events that it has not seen ended. */
enum { TL_INSTANCES = 8 };
typedef struct tl_instances {
  tl_instance now;
  tl_instance *before; /* TL_INSTANCES, oldest first; NULL: none so far */
  unsigned before_n;
  uint64_t count;
} tl_instances;

void tl_instances_free(tl_instances *all);
bool tl_instance_is(const tl_instances *all, const char *name); /* it is the one now */
void tl_instance_begin(tl_instances *all, const char *name); /* from here on it is; known ones go on with their ids */
/* `to` (new) is of a copy of the tab: what it has seen does not happen again there; what is at work ends in the model.
 */
void tl_instance_copy(tl_instances *to, const tl_instances *from, const char *name);

typedef enum { TL_EVENT_NEW, TL_EVENT_OPEN, TL_EVENT_ENDED } tl_event_seen;
tl_event_seen tl_instance_see(tl_instances *all, uint64_t id); /* of the one now; a new one is open from here on */
void tl_instance_end(tl_instances *all, uint64_t no, uint64_t id);
uint64_t tl_instance_last(const tl_instances *all);                   /* all up to it have ended */
void tl_instance_move(tl_instances *all, const char *path, size_t n); /* the one now is there from here on */
bool tl_instance_busy(const tl_instances *all); /* an event of some page load is at work or in line */

#endif
