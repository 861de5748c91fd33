/* ws_offer.c: what a client offers in Sec-WebSocket-Extensions (the grammar is that of RFC 6455 section 9.1), and which
 * offer of permessage-deflate is accepted (RFC 7692 section 7.1). Other extensions are passed over.
 *
 * An offer is declined when it asks for what is not defined, says something twice, or limits our window to 2^8 bytes,
 * which zlib cannot keep to. A limit of the client's own window needs no answer: ours inflates from any. */
#include <stdio.h>

#include "core/ws.h"

typedef struct param {
  const char *name;
  size_t name_n, value_n; /* value_n 0: it has none */
  char value[2];          /* the first letters: more than two are no number of bits */
} param;

typedef struct offer {
  bool deflate, declined;
  unsigned seen; /* parameters, as bits */
  uint8_t bits;
} offer;

/* ---- the grammar ---- */

static bool is_letter(char c) { return c > ' ' && c < 127 && !strchr("()<>@,;:\\\"/[]?={}", c); }

static void skip_space(const char **p) { *p += strspn(*p, " \t"); }

static size_t skip_word(const char **p) {
  const char *from = *p;
  while (is_letter(**p)) ++*p;
  return (size_t)(*p - from);
}

static void keep(param *a, char c) {
  if (a->value_n < sizeof a->value) a->value[a->value_n] = c;
  a->value_n++;
}

/* Behind the quote. What it means must be a word as well. */
static bool quoted(const char **p, param *a) {
  for (; **p != '"'; ++*p) {
    if (**p == '\\') ++*p;
    if (!is_letter(**p)) return false;
    keep(a, **p);
  }
  ++*p;
  return a->value_n > 0;
}

static bool read_value(const char **p, param *a) {
  if (**p == '"') {
    ++*p;
    return quoted(p, a);
  }
  while (is_letter(**p)) keep(a, *(*p)++);
  return a->value_n > 0;
}

/* Behind the semicolon. */
static bool read_param(const char **p, param *a) {
  *a = (param){0};
  skip_space(p);
  a->name = *p;
  a->name_n = skip_word(p);
  skip_space(p);
  if (!a->name_n || **p != '=') return a->name_n > 0;
  ++*p;
  skip_space(p);
  bool good = read_value(p, a);
  skip_space(p);
  return good;
}

/* ---- what is accepted ---- */

static bool is(const char *word, size_t n, const char *name) { return n == strlen(name) && !memcmp(word, name, n); }

/* 8 to 15, without leading zeros; 0: anything else. */
static uint8_t bits_of(const param *a) {
  const char *v = a->value;
  if (a->value_n == 1) return v[0] == '8' || v[0] == '9' ? (uint8_t)(v[0] - '0') : 0;
  return a->value_n == 2 && v[0] == '1' && v[1] >= '0' && v[1] <= '5' ? (uint8_t)(10 + v[1] - '0') : 0;
}

enum { SERVER_NO_TAKEOVER, CLIENT_NO_TAKEOVER, SERVER_BITS, CLIENT_BITS, PARAMS };

static bool accepts(offer *o, const param *a) {
  static const char *const names[] = {"server_no_context_takeover", "client_no_context_takeover",
                                      "server_max_window_bits", "client_max_window_bits"};
  unsigned which = 0;
  while (which < PARAMS && !is(a->name, a->name_n, names[which])) which++;
  if (which == PARAMS || o->seen & 1u << which) return false;
  o->seen |= 1u << which;
  switch (which) {
  case SERVER_BITS: o->bits = bits_of(a); return o->bits >= TL_ZIP_BITS_MIN;
  case CLIENT_BITS: return !a->value_n || bits_of(a);
  default: return !a->value_n;
  }
}

/* One element of the list. False: not of the grammar. */
static bool read_offer(const char **p, offer *o) {
  param a;
  const char *name = *p;
  size_t n = skip_word(p);
  *o = (offer){.deflate = is(name, n, "permessage-deflate")};
  skip_space(p);
  while (**p == ';') {
    ++*p;
    if (!read_param(p, &a)) return false;
    if (o->deflate && !accepts(o, &a)) o->declined = true;
  }
  return n > 0 && (!**p || **p == ',');
}

int tl_ws_offers(const char *value, tl_ws_terms *terms) {
  for (;;) {
    offer o;
    value += strspn(value, " \t,"); /* a list may have empty elements */
    if (!*value) return 0;
    if (!read_offer(&value, &o)) return -1;
    if (terms->bits || !o.deflate || o.declined) continue;
    *terms = (tl_ws_terms){o.bits ? o.bits : TL_ZIP_BITS_MAX, o.bits != 0};
  }
}

void tl_ws_agreed(const tl_ws_terms *terms, char out[112]) {
  int n = snprintf(out, 112, "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  if (terms->bits_told) snprintf(out + n, 112 - (size_t)n, "; server_max_window_bits=%d", terms->bits);
}
