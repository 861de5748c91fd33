/* ws_accept.c: the handshake's answer, base64(SHA-1(key + GUID)). SHA-1 is no secret-keeping here, only what RFC 6455
 * asks for; 60 lines cost less than a dependency on a crypto library. */
#include "core/ws.h"

static uint32_t rotl(uint32_t x, int k) { return x << k | x >> (32 - k); }

static void sha1_block(uint32_t h[5], const uint8_t *p) {
  uint32_t w[80], a = h[0], b = h[1], c = h[2], d = h[3], e = h[4];
  for (size_t i = 0; i < 16; i++)
    w[i] = (uint32_t)p[4 * i] << 24 | (uint32_t)p[4 * i + 1] << 16 | (uint32_t)p[4 * i + 2] << 8 | p[4 * i + 3];
  for (int i = 16; i < 80; i++) w[i] = rotl(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
  for (int i = 0; i < 80; i++) {
    uint32_t f = i < 20 ? (b & c) | (~b & d) : i < 40 || i >= 60 ? b ^ c ^ d : (b & c) | (b & d) | (c & d);
    static const uint32_t k[4] = {0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xCA62C1D6};
    uint32_t t = rotl(a, 5) + f + e + k[i / 20] + w[i];
    e = d, d = c, c = rotl(b, 30), b = a, a = t;
  }
  h[0] += a, h[1] += b, h[2] += c, h[3] += d, h[4] += e;
}

/* Of a text so short that it fits in two blocks (under 120 bytes). */
static void sha1_short(const uint8_t *text, size_t n, uint8_t out[20]) {
  uint32_t h[5] = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  uint8_t block[128] = {0};
  size_t size = n < 56 ? 64 : 128;
  memcpy(block, text, n);
  block[n] = 0x80;
  for (int i = 0; i < 8; i++) block[size - 1 - (size_t)i] = (uint8_t)((uint64_t)n * 8 >> (8 * i));
  for (size_t at = 0; at < size; at += 64) sha1_block(h, block + at);
  for (int i = 0; i < 20; i++) out[i] = (uint8_t)(h[i / 4] >> (24 - 8 * (i % 4)));
}

static void base64(const uint8_t in[20], char out[29]) {
  static const char digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (int i = 0, o = 0; i < 20; i += 3) {
    uint32_t v = (uint32_t)in[i] << 16 | (uint32_t)in[i + 1] << 8 | (i + 2 < 20 ? in[i + 2] : 0u);
    for (int k = 18; k >= 0; k -= 6) out[o++] = digit[v >> k & 63];
  }
  out[27] = '=';
  out[28] = 0;
}

void tl_ws_accept(const char *key, size_t n, char out[29]) {
  static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
  uint8_t text[119], sum[20];
  if (n > sizeof text - (sizeof guid - 1)) n = sizeof text - (sizeof guid - 1); /* a real key has 24 */
  memcpy(text, key, n);
  memcpy(text + n, guid, sizeof guid - 1);
  sha1_short(text, n + sizeof guid - 1, sum);
  base64(sum, out);
}
