/* log.h: lines for the person who runs the host: "10:12:03.120 error  text". To stderr; a level below the set one is
 * dropped. Specs may take the lines away with a sink. */
#ifndef TL_BASE_LOG_H
#define TL_BASE_LOG_H

typedef enum tl_log_level { TL_LOG_DEBUG, TL_LOG_INFO, TL_LOG_WARN, TL_LOG_ERROR, TL_LOG_OFF } tl_log_level;

void tl_log(tl_log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void tl_log_set_level(tl_log_level level);
typedef void (*tl_log_sink)(void *ctx, tl_log_level level, const char *line);
void tl_log_set_sink(tl_log_sink sink, void *ctx); /* NULL: stderr again */

#endif
