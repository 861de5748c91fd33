/* config.c: the options of tl.config and the command line: names, defaults, bounds. One table. */
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "runtime/host.h"

typedef enum kind { SECONDS, BYTES, SWITCH } kind;

static const struct option {
  const char *name;
  kind kind;
  size_t offset;
  double otherwise, max;
} options[] = {
    {"tab_ttl", SECONDS, offsetof(tl_config, tab_ttl), 3600, 1e9},
    {"hello_timeout", SECONDS, offsetof(tl_config, hello_timeout), 10, 1e6},
    {"shutdown_time", SECONDS, offsetof(tl_config, shutdown_time), 4, 3600},
    {"takeover_time", SECONDS, offsetof(tl_config, takeover_time), 2, 60},
    {"cleanup_time", SECONDS, offsetof(tl_config, cleanup_time), 5, 3600},
    {"lock_warn_time", SECONDS, offsetof(tl_config, lock_warn_time), 1, 1e6},
    {"event_rate", SECONDS, offsetof(tl_config, event_rate), 200, 1e9},
    {"event_burst", SECONDS, offsetof(tl_config, event_burst), 1000, 1e9},
    {"memory_limit", BYTES, offsetof(tl_config, memory_limit), 512.0 * 1024 * 1024, 1e15},
    {"state_limit", BYTES, offsetof(tl_config, state_limit), 64.0 * 1024 * 1024, 1e15},
    {"storage_limit", BYTES, offsetof(tl_config, storage_limit), 256.0 * 1024, 1e12},
    {"frame_limit", BYTES, offsetof(tl_config, frame_limit), 1024.0 * 1024, 1e12},
    {"max_tabs", BYTES, offsetof(tl_config, max_tabs), 100000, 1e9},
    {"queue_limit", BYTES, offsetof(tl_config, queue_limit), 10000, 1e9},
    {"task_limit", BYTES, offsetof(tl_config, task_limit), 10000, 1e9},
    {"work_limit", BYTES, offsetof(tl_config, work_limit), 10000, 1e9},
    {"effect_limit", BYTES, offsetof(tl_config, effect_limit), 1024.0 * 1024, 1e12},
    {"compress", SWITCH, offsetof(tl_config, compress), 1, 1},
    {"style", SWITCH, offsetof(tl_config, style), 1, 1},
    {"dev", SWITCH, offsetof(tl_config, dev), 0, 1},
};
enum { OPTIONS = sizeof options / sizeof *options };

static void put(tl_config *c, const struct option *o, double value) {
  void *at = (char *)c + o->offset;
  if (o->kind == SECONDS)
    *(double *)at = value;
  else if (o->kind == BYTES)
    *(size_t *)at = (size_t)value;
  else
    *(bool *)at = value != 0;
}

void tl_config_defaults(tl_config *c) {
  for (int i = 0; i < OPTIONS; i++) put(c, &options[i], options[i].otherwise);
}

int tl_config_set(tl_config *c, const char *name, double value, const char **err) {
  *err = NULL;
  static char text[64];
  for (int i = 0; i < OPTIONS; i++) {
    if (strcmp(options[i].name, name)) continue;
    if (!(value >= 0) || value > options[i].max) {
      snprintf(text, sizeof text, "%g is out of range; it is from 0 to %g", value, options[i].max);
      *err = text;
      return -1;
    }
    put(c, &options[i], value);
    return 0;
  }
  return -1;
}

size_t tl_config_names(char *out, size_t size) {
  size_t n = 0;
  for (int i = 0; i < OPTIONS && n < size; i++)
    n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", options[i].name);
  return n;
}
