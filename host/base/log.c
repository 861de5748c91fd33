/* log.c: see log.h. A line is put together first and written by one call, so that lines of threads do not mix. */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "base/buf.h"

static _Atomic int threshold = TL_LOG_INFO;
static tl_log_sink sink;
static void *sink_ctx;

static void stamp(tl_buf *line, tl_log_level level) {
  static const char *const names[] = {"debug", "info ", "warn ", "error"};
  struct timespec now;
  struct tm local;
  clock_gettime(CLOCK_REALTIME, &now);
  localtime_r(&now.tv_sec, &local);
  tl_buf_printf(line, "%02d:%02d:%02d.%03ld %s  ", local.tm_hour, local.tm_min, local.tm_sec, now.tv_nsec / 1000000,
                names[level]);
}

void tl_log(tl_log_level level, const char *fmt, ...) {
  if ((int)level < atomic_load_explicit(&threshold, memory_order_relaxed) || level >= TL_LOG_OFF) return;
  tl_buf line = {0};
  if (!sink) stamp(&line, level);
  va_list args;
  va_start(args, fmt);
  tl_buf_vprintf(&line, fmt, args);
  va_end(args);
  if (sink) {
    sink(sink_ctx, level, tl_buf_cstr(&line));
  } else {
    tl_buf_putc(&line, '\n');
    fwrite(line.data, 1, line.len, stderr);
  }
  tl_buf_free(&line);
}

void tl_log_set_level(tl_log_level level) { atomic_store(&threshold, (int)level); }

void tl_log_set_sink(tl_log_sink s, void *ctx) {
  sink_ctx = ctx;
  sink = s;
}
