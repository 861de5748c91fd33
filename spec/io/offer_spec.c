/* What a client may offer in Sec-WebSocket-Extensions, and what is agreed on. */
#include <stdio.h>
#include <string.h>

#include "core/ws.h"
#include "spec.h"

#define YES "permessage-deflate; server_no_context_takeover; client_no_context_takeover"
#define LIMITED(bits) YES "; server_max_window_bits=" bits
#define NO ""
#define BROKEN "broken"

static const struct {
  const char *offer, *agreed;
} cases[] = {
    /* one offer */
    {"permessage-deflate", YES},
    {"permessage-deflate; client_max_window_bits", YES}, /* Chromium's, Firefox's */
    {"permessage-deflate; client_max_window_bits=15", YES},
    {"permessage-deflate; client_max_window_bits=8", YES},
    {"permessage-deflate; server_no_context_takeover", YES},
    {"permessage-deflate; client_no_context_takeover", YES},
    {"permessage-deflate; client_no_context_takeover; server_no_context_takeover", YES},
    {"permessage-deflate; server_max_window_bits=15", LIMITED("15")},
    {"permessage-deflate; server_max_window_bits=10", LIMITED("10")},
    {"permessage-deflate; server_max_window_bits=9", LIMITED("9")},
    {"permessage-deflate; server_max_window_bits=12; client_max_window_bits=9; server_no_context_takeover; "
     "client_no_context_takeover",
     LIMITED("12")},
    /* windows that are none, or not ours */
    {"permessage-deflate; server_max_window_bits=8", NO},
    {"permessage-deflate; server_max_window_bits", NO},
    {"permessage-deflate; server_max_window_bits=7", NO},
    {"permessage-deflate; server_max_window_bits=16", NO},
    {"permessage-deflate; server_max_window_bits=0", NO},
    {"permessage-deflate; server_max_window_bits=010", NO},
    {"permessage-deflate; server_max_window_bits=09", NO},
    {"permessage-deflate; server_max_window_bits=1", NO},
    {"permessage-deflate; server_max_window_bits=+9", NO},
    {"permessage-deflate; server_max_window_bits=100", NO},
    {"permessage-deflate; server_max_window_bits=1a", NO},
    {"permessage-deflate; server_max_window_bits=99999999999999999999", NO},
    {"permessage-deflate; client_max_window_bits=7", NO},
    {"permessage-deflate; client_max_window_bits=16", NO},
    {"permessage-deflate; client_max_window_bits=015", NO},
    {"permessage-deflate; client_max_window_bits=x", NO},
    /* parameters that have no value, are not defined, or come twice */
    {"permessage-deflate; server_no_context_takeover=1", NO},
    {"permessage-deflate; client_no_context_takeover=true", NO},
    {"permessage-deflate; no_such_parameter", NO},
    {"permessage-deflate; no_such_parameter=5", NO},
    {"permessage-deflate; server_max_window_bit=10", NO},
    {"permessage-deflate; server_max_window_bitss=10", NO},
    {"permessage-deflate; server_no_context_takeover; server_no_context_takeover", NO},
    {"permessage-deflate; client_max_window_bits; client_max_window_bits=10", NO},
    {"permessage-deflate; server_max_window_bits=10; server_max_window_bits=10", NO},
    /* quoted values */
    {"permessage-deflate; server_max_window_bits=\"10\"", LIMITED("10")},
    {"permessage-deflate; server_max_window_bits=\"1\\1\"", LIMITED("11")},
    {"permessage-deflate; client_max_window_bits=\"15\"", YES},
    {"permessage-deflate; client_max_window_bits=\"99\"", NO},
    {"permessage-deflate; server_no_context_takeover=\"x\"", NO},
    {"other; a=\"b\\c\", permessage-deflate", YES},
    /* several offers: the first that can be accepted */
    {"permessage-deflate; server_max_window_bits=10, permessage-deflate", LIMITED("10")},
    {"permessage-deflate, permessage-deflate; server_max_window_bits=10", YES},
    {"permessage-deflate; server_max_window_bits=8, permessage-deflate; client_max_window_bits", YES},
    {"permessage-deflate; unknown, permessage-deflate; server_max_window_bits=9,permessage-deflate", LIMITED("9")},
    {"permessage-deflate; unknown, permessage-deflate; unknown", NO},
    {"permessage-bzip2, permessage-deflate", YES},
    {"x-webkit-deflate-frame", NO},
    {"permessage-deflate2", NO},
    {"permessage-deflat", NO},
    {"permessage-bzip2; server_max_window_bits=9; server_max_window_bits=8", NO},
    /* space and empty elements */
    {"", NO},
    {" , ,", NO},
    {"  permessage-deflate\t;\tserver_max_window_bits = 10  ", LIMITED("10")},
    {"permessage-deflate;server_max_window_bits=10;client_max_window_bits", LIMITED("10")},
    {",, permessage-deflate ,,", YES},
    /* not of the grammar */
    {"permessage-deflate;", BROKEN},
    {"permessage-deflate; ;client_max_window_bits", BROKEN},
    {"; client_max_window_bits", BROKEN},
    {"=10", BROKEN},
    {"permessage-deflate client_max_window_bits", BROKEN},
    {"permessage-deflate; client_max_window_bits=", BROKEN},
    {"permessage-deflate; client_max_window_bits=\"\"", BROKEN},
    {"permessage-deflate; client_max_window_bits=\"15", BROKEN},
    {"permessage-deflate; client_max_window_bits=\"1 5\"", BROKEN},
    {"permessage-deflate; client_max_window_bits=\"15\\", BROKEN},
    {"permessage-deflate; client_max_window_bits=\"15\"5", BROKEN},
    {"permessage-deflate; client_max_window_bits=15=15", BROKEN},
    {"permessage-deflate; client_max_window_bits=15 15", BROKEN},
    {"permessage-deflate, other; a=\"b", BROKEN},
    {"permessage/deflate", BROKEN},
    {"permessage-deflate; \xc3\xa4", BROKEN},
    {"permessage-deflate=10", BROKEN},
};

/* The answer to values that came in this order. */
static void check(const char *const *values, size_t n, const char *want) {
  tl_ws_terms terms = {0};
  char got[112] = NO;
  int broken = 0;
  for (size_t i = 0; i < n && !broken; i++) broken = tl_ws_offers(values[i], &terms);
  if (!broken && terms.bits) tl_ws_agreed(&terms, got);
  if (broken) snprintf(got, sizeof got, BROKEN);
  spec_check(!strcmp(got, want), __FILE__, __LINE__, values[0]);
  if (strcmp(got, want)) printf("    got \"%s\", want \"%s\"\n", got, want);
}

static void several_headers(void) {
  spec_group("offer in several headers");
  static const char *const second[] = {"other", "permessage-deflate; server_max_window_bits=11"};
  static const char *const first[] = {"permessage-deflate", "permessage-deflate; server_max_window_bits=11"};
  static const char *const declined[] = {"permessage-deflate; x", "permessage-deflate"};
  static const char *const broken[] = {"permessage-deflate", "=", "permessage-deflate"};
  check(second, 2, LIMITED("11"));
  check(first, 2, YES);
  check(declined, 2, YES);
  check(broken, 3, BROKEN);
}

void offer_spec(void) {
  spec_group("offer");
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) check(&cases[i].offer, 1, cases[i].agreed);
  several_headers();
}
