/* failures.c: what a page is told of a failure: in dev mode all of it, with the lines of the app's file around the
 * place; otherwise nothing that tells of the app's code. And the failures that were there before any tab. */
#include <string.h>

#include "base/mem.h"
#include "base/utf8.h"
#include "core/json.h"
#include "lua/source.h"
#include "runtime/host.h"

/* An error's text may hold any bytes, and one that is not UTF-8 would cost the page its connection. */
static void put_string(tl_buf *b, const char *text) {
  size_t n = strlen(text);
  char *readable = tl_strndup(text, n);
  tl_utf8_mend(readable, n);
  tl_json_write_string(b, readable, n);
  tl_free(readable);
}

static void put_text(tl_buf *b, const char *key, const char *text) {
  tl_buf_printf(b, ",\"%s\":", key);
  if (text)
    put_string(b, text);
  else
    tl_buf_puts(b, "null");
}

static void put_source(tl_buf *b, const tl_source *s) {
  tl_buf_puts(b, ",\"source\":{\"file\":");
  put_string(b, s->file);
  tl_buf_printf(b, ",\"line\":%u,\"lines\":[", s->line);
  for (unsigned i = 0; i < s->n; i++) {
    tl_buf_printf(b, "%s[%u,", i ? "," : "", s->first + i);
    put_string(b, s->lines[i]);
    tl_buf_putc(b, ']');
  }
  tl_buf_puts(b, "]}");
}

static void put_details(tl_buf *b, tl_host *h, const tl_failure *f) {
  put_text(b, "name", f->name);
  put_text(b, "message", f->message);
  put_text(b, "traceback", f->traceback);
  tl_source source;
  if (!tl_source_find(h->lua, f, &source)) return;
  put_source(b, &source);
  tl_source_free(&source);
}

void tl_failure_write(tl_buf *b, tl_host *h, const tl_failure *f) {
  if (f->event)
    tl_buf_printf(b, "{\"event\":%llu", (unsigned long long)f->event);
  else
    tl_buf_puts(b, "{\"event\":null");
  put_text(b, "task", f->task);
  if (h->config.dev) put_details(b, h, f);
  if (f->say) put_text(b, "say", f->say);
  if (f->answered) tl_buf_puts(b, ",\"answered\":true");
  put_text(b, "ref", f->ref);
  tl_buf_putc(b, '}');
}

/* ---- of the app's defaults ---- */

static char *copy(const char *text) { return text ? tl_strndup(text, strlen(text)) : NULL; }

void tl_failures_keep(tl_host *h, const tl_failure *f) {
  h->failures = tl_realloc(h->failures, (h->failures_n + 1) * sizeof *h->failures);
  h->failures[h->failures_n++] = (tl_failure){.task = copy(f->task),
                                              .name = copy(f->name),
                                              .message = copy(f->message),
                                              .traceback = copy(f->traceback),
                                              .where = copy(f->where),
                                              .ref = copy(f->ref)};
}

void tl_failures_tell(tl_tab *t) {
  for (size_t i = 0; i < t->host->failures_n; i++) tl_tab_failure(t, &t->host->failures[i]);
}

void tl_failures_forget(tl_host *h) {
  for (size_t i = 0; i < h->failures_n; i++) {
    tl_failure *f = &h->failures[i];
    const char *owned[] = {f->task, f->name, f->message, f->traceback, f->where, f->ref};
    for (size_t k = 0; k < sizeof owned / sizeof *owned; k++) tl_free((char *)owned[k]);
  }
  tl_free(h->failures);
  h->failures = NULL;
  h->failures_n = 0;
}
