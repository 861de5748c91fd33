/* trust.c: the proxies before the host that --trust-proxy names, and what they say of a request: who asks, and whether
 * he came by https. What anybody else says in the same headers is his own word, and counts for nothing. */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "runtime/host.h"

/* IPv4 is mapped into IPv6, as sockets that listen on both have it. */
typedef struct address {
  uint8_t bytes[16];
} address;
static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

struct tl_trusted {
  address of;
  unsigned bits; /* that have to be the same, of 128 */
};

static bool read_address(const char *text, address *out) {
  if (inet_pton(AF_INET6, text, out->bytes) == 1) return true;
  memcpy(out->bytes, mapped, sizeof mapped);
  return inet_pton(AF_INET, text, out->bytes + sizeof mapped) == 1;
}

static bool is_v4(const address *a) { return !memcmp(a->bytes, mapped, sizeof mapped); }

static void write_address(const address *a, char out[46]) {
  bool v4 = is_v4(a);
  inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? a->bytes + sizeof mapped : a->bytes, out, 46);
}

/* ---- the proxies ---- */

int tl_trust_add(tl_host *h, const char *text) {
  char ip[46];
  size_t n = strcspn(text, "/");
  tl_trusted t;
  if (n >= sizeof ip) return -1;
  memcpy(ip, text, n);
  ip[n] = 0;
  if (!read_address(ip, &t.of)) return -1;
  unsigned whole = is_v4(&t.of) ? 32 : 128, bits = whole;
  if (text[n]) {
    const char *digits = text + n + 1;
    size_t len = strspn(digits, "0123456789");
    if (!len || len > 3 || digits[len] || sscanf(digits, "%3u", &bits) != 1 || bits > whole) return -1;
  }
  t.bits = bits + 128 - whole;
  h->trusted = tl_realloc(h->trusted, (h->trusted_n + 1) * sizeof *h->trusted);
  h->trusted[h->trusted_n++] = t;
  return 0;
}

static bool same_net(const address *a, const tl_trusted *t) {
  unsigned whole = t->bits / 8, rest = t->bits % 8;
  if (memcmp(a->bytes, t->of.bytes, whole) != 0) return false;
  return !rest || (a->bytes[whole] ^ t->of.bytes[whole]) >> (8 - rest) == 0;
}

static bool is_trusted(const tl_host *h, const address *a) {
  for (size_t i = 0; i < h->trusted_n; i++)
    if (same_net(a, &h->trusted[i])) return true;
  return false;
}

static bool peer(const tl_http_req *r, address *out) { return read_address(tl_http_peer_ip(r), out); }

/* ---- what they say ---- */

/* All values of a header, in the order in which they came, separated by commas. */
static void join_values(const tl_http_req *r, const char *lower_name, tl_buf *out) {
  for (size_t i = 0; i < tl_http_header_count(r); i++) {
    const char *name, *value;
    tl_http_header_at(r, i, &name, &value);
    if (strcmp(name, lower_name) != 0) continue;
    if (out->len) tl_buf_putc(out, ',');
    tl_buf_puts(out, value);
  }
}

/* Cuts the last entry off a list and copies it without the blanks around it. False: there is none, or it is too long.
 */
static bool take_last(tl_buf *list, char *out, size_t size) {
  size_t end = list->len, from = end, n = 0;
  while (from && list->data[from - 1] != ',') from--;
  list->len = from ? from - 1 : 0;
  for (size_t i = from; i < end && n < size; i++)
    if (n || !isspace((unsigned char)list->data[i])) out[n++] = list->data[i];
  if (n == size) return false;
  while (n && isspace((unsigned char)out[n - 1])) n--;
  out[n] = 0;
  return n > 0;
}

/* "1.2.3.4", "1.2.3.4:5678", "2001:db8::1", "[2001:db8::1]:5678" */
static bool read_entry(char *text, address *out) {
  char *end = text[0] == '[' ? strchr(text, ']') : strchr(text, ':') == strrchr(text, ':') ? strchr(text, ':') : NULL;
  if (text[0] == '[' && !end) return false;
  if (end) *end = 0;
  return read_address(text + (text[0] == '['), out);
}

/* Each proxy adds at the end who came to it. So the list is read from there, and as far as it was written by trusted
 * ones. */
void tl_trust_ip(const tl_host *h, const tl_http_req *r, char out[46]) {
  address at;
  snprintf(out, 46, "%s", tl_http_peer_ip(r));
  if (!h->trusted_n || !peer(r, &at)) return;
  char entry[64];
  tl_buf list = {0};
  join_values(r, "x-forwarded-for", &list);
  while (is_trusted(h, &at) && list.len && take_last(&list, entry, sizeof entry) && read_entry(entry, &at))
    write_address(&at, out);
  tl_buf_free(&list);
}

static bool only_https(const tl_host *h) {
  for (size_t i = 0; i < h->origins_n; i++)
    if (strncasecmp(h->origins[i], "https://", 8) != 0) return false;
  return h->origins_n > 0;
}

bool tl_trust_secure(const tl_host *h, const tl_http_req *r) {
  address at;
  char scheme[16];
  tl_buf list = {0};
  if (h->trusted_n && peer(r, &at) && is_trusted(h, &at)) join_values(r, "x-forwarded-proto", &list);
  bool told = take_last(&list, scheme, sizeof scheme);
  tl_buf_free(&list);
  return told ? !strcasecmp(scheme, "https") : only_https(h);
}
