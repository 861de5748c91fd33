/* offer.c: values of Sec-WebSocket-Extensions, a line each. What is agreed on, offered, is agreed on again; two values
 * that are of the grammar say the same as their list, and a list with one that is not is not. */
#include "base/mem.h"
#include "core/ws.h"
#include "fuzz.h"

static bool same(const tl_ws_terms *a, const tl_ws_terms *b) {
  return a->bits == b->bits && a->bits_told == b->bits_told;
}

static void agreed(const tl_ws_terms *terms) {
  char answer[112];
  tl_ws_terms again = {0};
  CHECK(terms->bits >= TL_ZIP_BITS_MIN && terms->bits <= TL_ZIP_BITS_MAX);
  tl_ws_agreed(terms, answer);
  CHECK(!tl_ws_offers(answer, &again) && same(terms, &again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  fuzz_in in = {data, data + size}, line;
  tl_buf list = {0};
  tl_ws_terms terms = {0}, whole = {0};
  bool broken = false;
  while (!broken && fuzz_line(&in, &line)) {
    size_t n = (size_t)(line.end - line.p);
    char *value = tl_strndup((const char *)line.p, n);
    broken = tl_ws_offers(value, &terms) != 0;
    tl_buf_puts(&list, value);
    tl_buf_putc(&list, ',');
    tl_free(value);
  }
  CHECK(broken == (tl_ws_offers(tl_buf_cstr(&list), &whole) != 0));
  CHECK(same(&terms, &whole));
  if (terms.bits) agreed(&terms);
  tl_buf_free(&list);
  return 0;
}
