/* fetch_request.c: one request's options for libcurl, the bytes that come back, and its outcome as a sentence. The body
 * is copied by curl, everything else into the tl_fetch: the caller keeps nothing alive. */
#include "io/fetch_private.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/mem.h"

enum { MAX_HEADERS = 256 * 1024, DEFAULT_MAX = 16 * 1024 * 1024, DEFAULT_TIMEOUT_S = 30, DEFAULT_FOLLOW = 5 };

void tl__fetch_must(bool ok) {
  if (ok) return;
  fprintf(stderr, "tidelock: out of memory\n");
  abort();
}

static size_t on_body(char *data, size_t size, size_t count, void *ctx) {
  tl_fetch *t = ctx;
  size_t n = size * count;
  if (t->cancelled) return CURL_WRITEFUNC_ERROR;
  if (t->paused) {
    t->stopped = true;
    return CURL_WRITEFUNC_PAUSE; /* the same bytes come again */
  }
  if (n > t->max_size - t->received) {
    t->fault = "too_large";
    return CURL_WRITEFUNC_ERROR;
  }
  t->received += n;
  if (!t->req.chunk)
    tl_buf_put(&t->body, data, n);
  else
    t->req.chunk(t->req.ctx, data, n);
  return t->cancelled ? CURL_WRITEFUNC_ERROR : n;
}

/* Keeps the last answer's lines (there are several after redirects), the names in lower case. */
static size_t on_header(char *data, size_t size, size_t count, void *ctx) {
  tl_fetch *t = ctx;
  size_t n = size * count, line = n;
  while (line && strchr("\r\n", data[line - 1])) line--;
  if (line >= 5 && strncmp(data, "HTTP/", 5) == 0) {
    tl_buf_clear(&t->headers);
    return n;
  }
  const char *colon = memchr(data, ':', line);
  if (!colon) return n;
  if (t->headers.len + line > MAX_HEADERS) {
    t->fault = "too_large";
    return 0;
  }
  for (const char *p = data; p < colon; p++) tl_buf_putc(&t->headers, (char)tolower((unsigned char)*p));
  tl_buf_put(&t->headers, colon, line - (size_t)(colon - data));
  tl_buf_puts(&t->headers, "\r\n");
  return n;
}

static void refuse(tl_fetch *t, const char *code, const char *why, const char *what) {
  if (t->fault) return;
  t->fault = code;
  tl_buf_printf(&t->error, "%s: %s", why, what);
}

static bool is_token(const char *s, size_t n) {
  for (size_t i = 0; i < n; i++)
    if (!isalnum((unsigned char)s[i]) && !strchr("!#$%&'*+-.^_`|~", s[i])) return false;
  return n > 0;
}

static void add_line(tl_fetch *t, const char *line) {
  struct curl_slist *l = tl__curl.slist_append(t->lines, line);
  if (l) t->lines = l;
}

/* "Name: value"; curl writes a header without a value as "Name;". */
static void add_header(tl_fetch *t, const char *line) {
  size_t name = strcspn(line, ":");
  const char *value = line + name + (line[name] == ':');
  if (line[name] != ':' || !is_token(line, name) || strpbrk(line, "\r\n")) {
    refuse(t, "protocol", "not a header line", line);
    return;
  }
  if (value[strspn(value, " \t")]) {
    add_line(t, line);
    return;
  }
  tl_buf empty = {0};
  tl_buf_put(&empty, line, name);
  tl_buf_putc(&empty, ';');
  add_line(t, tl_buf_cstr(&empty));
  tl_buf_free(&empty);
}

static bool has_header(const tl_fetch_req *r, const char *name) {
  size_t n = strlen(name);
  for (size_t i = 0; i < r->n_headers; i++)
    if (strncasecmp(r->headers[i], name, n) == 0 && r->headers[i][n] == ':') return true;
  return false;
}

static void set_headers(tl_fetch *t, const tl_fetch_req *r) {
  for (size_t i = 0; i < r->n_headers; i++) add_header(t, r->headers[i]);
  if (!has_header(r, "expect")) add_line(t, "Expect:"); /* curl would wait a second for a go-ahead */
  if (r->body && !has_header(r, "content-type"))
    add_line(t, "Content-Type:"); /* no guess: what is not said is not sent */
  tl__curl.easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->lines);
}

static void set_method(tl_fetch *t, const tl_fetch_req *r) {
  const char *method = r->method ? r->method : "GET";
  bool post = strcmp(method, "POST") == 0, head = strcmp(method, "HEAD") == 0;
  if (!is_token(method, strlen(method))) refuse(t, "protocol", "not a method", method);
  if (head) tl__curl.easy_setopt(t->easy, CURLOPT_NOBODY, 1L);
  if (post || (r->body && !head)) {
    tl__curl.easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)(r->body ? r->body_len : 0));
    tl__curl.easy_setopt(t->easy, CURLOPT_COPYPOSTFIELDS, r->body ? r->body : "");
  }
  if (!head && !post) tl__curl.easy_setopt(t->easy, CURLOPT_CUSTOMREQUEST, method);
}

static void set_limits(tl_fetch *t, const tl_fetch_req *r) {
  double seconds = r->timeout_s > 0 ? r->timeout_s : DEFAULT_TIMEOUT_S;
  long ms = seconds > 1e6 ? 1000000000L : (long)(seconds * 1000), follow = r->follow < 0 ? DEFAULT_FOLLOW : r->follow;
  t->max_size = r->max_size ? r->max_size : r->chunk ? SIZE_MAX : DEFAULT_MAX;
  tl__curl.easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, ms ? ms : 1L);
  tl__curl.easy_setopt(t->easy, CURLOPT_CONNECTTIMEOUT_MS, ms ? ms : 1L);
  tl__curl.easy_setopt(t->easy, CURLOPT_FOLLOWLOCATION, follow ? 1L : 0L);
  tl__curl.easy_setopt(t->easy, CURLOPT_MAXREDIRS, follow);
  tl__curl.easy_setopt(t->easy, CURLOPT_PROTOCOLS_STR, "http,https");
  tl__curl.easy_setopt(t->easy, CURLOPT_REDIR_PROTOCOLS_STR, "http,https");
}

/* A proxy of the environment (http_proxy, https_proxy, all_proxy) is not for what is on this machine: the app's own
 * pages, a service beside it. What no_proxy names stays excepted as well. */
static void set_proxy(tl_fetch *t) {
  const char *said = getenv("no_proxy");
  if (!said) said = getenv("NO_PROXY");
  if (said && strcmp(said, "*") == 0) return;
  tl_buf except = {0};
  tl_buf_printf(&except, "%s,localhost,127.0.0.1,::1", said ? said : "");
  const char *list = tl_buf_cstr(&except);
  tl__curl.easy_setopt(t->easy, CURLOPT_NOPROXY, said && *said ? list : list + 1);
  tl_buf_free(&except);
}

/* QUICK_EXIT: a cancel does not wait for the thread that looks a name up; the thread frees its own memory when it ends.
 */
static void set_behaviour(tl_fetch *t) {
  tl__curl.easy_setopt(t->easy, CURLOPT_PRIVATE, (void *)t);
  tl__curl.easy_setopt(t->easy, CURLOPT_ERRORBUFFER, t->detail);
  tl__curl.easy_setopt(t->easy, CURLOPT_NOSIGNAL, 1L);
  tl__curl.easy_setopt(t->easy, CURLOPT_QUICK_EXIT, 1L);
  tl__curl.easy_setopt(t->easy, CURLOPT_ACCEPT_ENCODING, "gzip");
  tl__curl.easy_setopt(t->easy, CURLOPT_USERAGENT, "tidelock");
  tl__curl.easy_setopt(t->easy, CURLOPT_WRITEFUNCTION, on_body);
  tl__curl.easy_setopt(t->easy, CURLOPT_WRITEDATA, (void *)t);
  tl__curl.easy_setopt(t->easy, CURLOPT_HEADERFUNCTION, on_header);
  tl__curl.easy_setopt(t->easy, CURLOPT_HEADERDATA, (void *)t);
}

tl_fetch *tl__fetch_new(tl_fetcher *f, const tl_fetch_req *r) {
  tl_fetch *t = tl_calloc(sizeof *t);
  t->fetcher = f;
  t->req = *r;
  t->url = tl_strndup(r->url, strlen(r->url));
  t->easy = tl__curl.easy_init();
  tl__fetch_must(t->easy != NULL);
  set_behaviour(t);
  set_limits(t, r);
  set_proxy(t);
  set_method(t, r);
  set_headers(t, r);
  if (tl__curl.easy_setopt(t->easy, CURLOPT_URL, t->url)) refuse(t, "url", "not a URL", t->url);
  return t;
}

void tl__fetch_free(tl_fetch *t) {
  tl__curl.easy_cleanup(t->easy);
  tl__curl.slist_free_all(t->lines);
  tl_buf_free(&t->headers);
  tl_buf_free(&t->body);
  tl_buf_free(&t->error);
  tl_free(t->url);
  tl_free(t);
}

/* Appends "host:port" of the URL that was tried last. */
static void put_peer(tl_fetch *t, tl_buf *out) {
  char *url = NULL, *host = NULL, *port = NULL;
  CURLU *u = tl__curl.url();
  tl__curl.easy_getinfo(t->easy, CURLINFO_EFFECTIVE_URL, &url);
  tl__curl.url_set(u, CURLUPART_URL, url ? url : t->url, 0);
  tl__curl.url_get(u, CURLUPART_HOST, &host, 0);
  tl__curl.url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
  tl_buf_printf(out, "%s:%s", host ? host : t->url, port ? port : "?");
  tl__curl.free(host);
  tl__curl.free(port);
  tl__curl.url_cleanup(u);
}

/* Whether curl speaks of another end than the URL's: then a proxy of the environment is between. */
static bool by_proxy(tl_fetch *t, int curl_code) {
  if (curl_code == CURLE_COULDNT_RESOLVE_PROXY) return true;
  if (curl_code != CURLE_COULDNT_CONNECT || !t->detail[0]) return false;
  tl_buf peer = {0};
  put_peer(t, &peer);
  const char *text = tl_buf_cstr(&peer), *colon = strrchr(text, ':');
  tl_buf host = {0};
  tl_buf_put(&host, text, colon ? (size_t)(colon - text) : strlen(text));
  bool other = !strstr(t->detail, tl_buf_cstr(&host));
  tl_buf_free(&peer);
  tl_buf_free(&host);
  return other;
}

static long redirects(tl_fetch *t) {
  long n = 0;
  tl__curl.easy_getinfo(t->easy, CURLINFO_REDIRECT_COUNT, &n);
  return n;
}

static const char *code_name(tl_fetch *t, int code) {
  switch (code) {
  case CURLE_COULDNT_RESOLVE_HOST:
  case CURLE_COULDNT_RESOLVE_PROXY: return "dns";
  case CURLE_COULDNT_CONNECT: return "connect";
  case CURLE_OPERATION_TIMEDOUT: return "timeout";
  case CURLE_FILESIZE_EXCEEDED: return "too_large";
  case CURLE_TOO_MANY_REDIRECTS: return "redirects";
  case CURLE_URL_MALFORMAT:
  case CURLE_UNSUPPORTED_PROTOCOL: return redirects(t) ? "redirects" : "url";
  case CURLE_SSL_CONNECT_ERROR:
  case CURLE_PEER_FAILED_VERIFICATION:
  case CURLE_SSL_CERTPROBLEM:
  case CURLE_SSL_CIPHER:
  case CURLE_SSL_CACERT_BADFILE:
  case CURLE_SSL_ISSUER_ERROR:
  case CURLE_SSL_CRL_BADFILE:
  case CURLE_SSL_INVALIDCERTSTATUS:
  case CURLE_SSL_PINNEDPUBKEYNOTMATCH: return "tls";
  default: return "protocol";
  }
}

static void put_lower(tl_buf *out, const char *text) {
  tl_buf_printf(out, ": %c%s", tolower((unsigned char)*text), *text ? text + 1 : "");
}

static void describe(tl_fetch *t, const char *code, int curl_code) {
  tl_buf *out = &t->error;
  const char *detail = t->detail[0] ? t->detail : tl__curl.easy_strerror((CURLcode)curl_code);
  long os_error = 0;
  tl__curl.easy_getinfo(t->easy, CURLINFO_OS_ERRNO, &os_error);
  if (by_proxy(t, curl_code)) {
    tl_buf_puts(out, "could not reach the proxy (of http_proxy, https_proxy or all_proxy in the environment) for ");
    put_peer(t, out);
    put_lower(out, detail);
  } else if (strcmp(code, "connect") == 0) {
    tl_buf_puts(out, "could not connect to ");
    put_peer(t, out);
    put_lower(out, os_error ? strerror((int)os_error) : detail);
  } else if (strcmp(code, "dns") == 0) {
    tl_buf_puts(out, "could not find the address of ");
    put_peer(t, out);
  } else if (strcmp(code, "timeout") == 0) {
    tl_buf_puts(out, "no whole answer in time from ");
    put_peer(t, out);
  } else if (strcmp(code, "too_large") == 0) {
    tl_buf_printf(out, "the answer is larger than %zu bytes", t->max_size);
  } else if (strcmp(code, "redirects") == 0) {
    tl_buf_puts(out, "redirected too often, or to what is not http or https");
  } else if (strcmp(code, "url") == 0) {
    tl_buf_printf(out, "not an http or https URL: %s", t->url);
  } else {
    tl_buf_puts(out, "the exchange failed with ");
    put_peer(t, out);
    put_lower(out, detail);
  }
}

static void set_failure(tl_fetch *t, int code, tl_fetch_result *r) {
  r->code = t->fault ? t->fault : code_name(t, code);
  if (!t->error.len) describe(t, r->code, code);
  r->error = tl_buf_cstr(&t->error);
}

void tl__fetch_result(tl_fetch *t, int code, tl_fetch_result *r) {
  long status = 0;
  memset(r, 0, sizeof *r);
  r->headers = r->body = "";
  if (t->fault || code != CURLE_OK || !t->added) {
    set_failure(t, code, r);
    return;
  }
  tl__curl.easy_getinfo(t->easy, CURLINFO_RESPONSE_CODE, &status);
  r->status = (int)status;
  r->headers = t->headers.len ? t->headers.data : "";
  r->headers_len = t->headers.len;
  r->body = t->body.len ? t->body.data : "";
  r->body_len = t->body.len;
}
