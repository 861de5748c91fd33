// tl.http against servers whose certificates nobody has signed: refused, before anything of the request is sent.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import tls from 'node:tls';
import { run } from './command.js';

// Made for these specs, for localhost and 127.0.0.1, until 2126; nobody trusts it.
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgf7RzE7qI9v3cpUXR
gnKXsfDO5FGE1XH/x4KMG6+/XiuhRANCAAQakzoBibeuKRiDDB0genIcFWJbmeOL
KRhDBUxk8beiQt1sCcX31J7xf3/0gv0x0JNxmutAiPjTLDRbt8pKs/b8
-----END PRIVATE KEY-----
`;
const cert = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUaK+vqWyQIrVZn8YfVxFS7cVkEOowCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDE1MDIyOVoYDzIxMjYxMDMx
MTUwMjI5WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQakzoBibeuKRiDDB0genIcFWJbmeOLKRhDBUxk8beiQt1sCcX31J7x
f3/0gv0x0JNxmutAiPjTLDRbt8pKs/b8o28wbTAdBgNVHQ4EFgQUEwGdKHP5JNYX
sgw05ic9MICBW2EwHwYDVR0jBBgwFoAUEwGdKHP5JNYXsgw05ic9MICBW2EwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIhAI/teUAN59hBMuDMdH/ON31WXNxTUqsY7IkbeIYjZV5SAiAf
zxFUNW1cuRBA+Kx7ev3F8AgqODPX7eM39ygdVWHyVg==
-----END CERTIFICATE-----
`;

// A server that counts what reaches it in the clear.
async function startServer(t, options) {
  const server = tls.createServer({ key, cert, ...options }, socket => {
    socket.on('data', () => { server.heard = true; });
    socket.on('error', () => {});
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello');
  });
  server.on('tlsClientError', () => { server.refused = true; });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => server.close());
  return server;
}

async function fetched(url) {
  const { code, all } = await run({ env: { HTTP_URL: url } }, 'test', 'spec/lua/runs/fetch.lua');
  assert.equal(code, 0, all);
  return /^fetched: (.*)$/m.exec(all)[1];
}

describe('tl.http over TLS', { concurrency: 3 }, () => {
  it('the server itself is sound: who trusts its certificate is answered', async t => {
    const server = await startServer(t);
    const socket = tls.connect({ port: server.address().port, host: '127.0.0.1', servername: 'localhost', ca: cert });
    let text = '';
    for await (const part of socket) text += part;
    assert.match(text, /hello$/);
  });

  for (const host of ['localhost', '127.0.0.1']) {
    it(`refuses a certificate that ${host} has signed itself`, async t => {
      const server = await startServer(t);
      const told = await fetched(`https://${host}:${server.address().port}/secret`);
      assert.match(told, /^nil, tls, .*certificate/);
      assert.equal(server.heard, undefined);
    });
  }

  it('refuses it after a redirect as well', async t => {
    const server = await startServer(t);
    const http = (await import('node:http')).createServer((_, response) =>
      response.writeHead(302, { Location: `https://localhost:${server.address().port}/secret` }).end());
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    t.after(() => { http.closeAllConnections(); http.close(); });
    assert.match(await fetched(`http://127.0.0.1:${http.address().port}/`), /^nil, tls, .*certificate/);
    assert.equal(server.heard, undefined);
  });

  it('refuses what is no TLS, and old versions of it', async t => {
    const http = (await import('node:http')).createServer((_, response) => response.end('plain'));
    http.listen(0, '127.0.0.1');
    await once(http, 'listening');
    t.after(() => { http.closeAllConnections(); http.close(); });
    assert.match(await fetched(`https://127.0.0.1:${http.address().port}/`), /^nil, tls, /);
    const old = await startServer(t, { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' });
    assert.match(await fetched(`https://127.0.0.1:${old.address().port}/`), /^nil, tls, /);
    assert.equal(old.heard, undefined);
  });
});
