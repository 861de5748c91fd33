// Ordinary HTTP: pages, trees, the client's files, assets. A GET makes no tab.

import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it } from 'node:test';
import { openPage, openSocket, until } from './client.js';
import { sharedHost, startHost } from './host.js';

describe('HTTP', { concurrency: 4 }, () => {
  const host = sharedHost();

  // Says the path just as it stands.
  const ask = (path, { method = 'GET', headers = {} } = {}, port = host().port) => new Promise((done, failed) => {
    const request = http.request({ host: '127.0.0.1', port, path, method, headers, agent: false }, answer => {
      const parts = [];
      answer.on('data', part => parts.push(part));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts).toString() }));
    });
    request.setTimeout(5000, () => request.destroy(new Error('no answer')));
    request.on('error', failed);
    request.end();
  });

  // holds: page.get.default, http.page, http.policy
  it('gives a page that shows the default state, under a strict policy, without inline script', async () => {
    const { status, headers, body } = await ask('/');
    assert.equal(status, 200);
    assert.equal(headers['content-type'], 'text/html; charset=utf-8');
    assert.match(headers['content-security-policy'], /default-src 'self'/);
    assert.doesNotMatch(headers['content-security-policy'], /unsafe/);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cache-control'], 'no-store');
    assert.match(body, /^<!doctype html>/i);
    assert.match(body, /<div id="tl-root"><main>.*<\/main><\/div>/s);
    const [, data] = /<script type="application\/json" id="[\w-]+">(.*)<\/script>/.exec(body);
    const { route, state } = JSON.parse(data);
    assert.deepEqual([route, state.Job.n, state.Job.nothing], ['/', 0, null]);
    assert.doesNotMatch(body, /s3cr3t/);
    for (const [, attributes] of body.matchAll(/<script([^>]*)>/g)) assert.match(attributes, /src=|type="application\/json"/);
    assert.doesNotMatch(body, /\son\w+=/);
  });

  // holds: http.404
  it('has the page for every path of a route, and the 404 page for others', async () => {
    assert.equal((await ask('/post/5?x=1')).status, 200);
    for (const path of ['/nowhere', '/post', '/post/1/2', '/_tidelock/nothing', '/_tidelock/client.00000000.js']) {
      const { status, body } = await ask(path);
      assert.equal(status, 404, path);
      assert.match(body, /Page not found/);
    }
  });

  it('reads a path alike for the page, for its tree, and for the tab', async t => {
    for (const [path, route] of [['/post/a%2Fb', '/post/[id]'], ['/post/a%3Fb', '/post/[id]'], ['/post/a%23b', '/post/[id]'], ['/post/50%25', '/post/[id]'],
      ['/post/a+b', '/post/[id]'], ['/po%73t/5', '/post/[id]'], ['/post%2F5', '404'], ['/post%3Fid', '404']]) {
      const { status, body } = await ask(path), expected = route === '404' ? 404 : 200;
      assert.deepEqual([status, JSON.parse(/<script type="application\/json" id="[\w-]+">(.*)<\/script>/.exec(body)[1]).route], [expected, route], path);
      const tree = await ask(`/_tidelock/page?path=${encodeURIComponent(path)}`);
      assert.deepEqual([tree.status, JSON.parse(tree.body).route], [expected, route], path);
      const socket = await openSocket(t, host());
      socket.say({ hello: { token: null, version: null, instance: 'a', path } });
      await until(() => socket.messages.length > 0);
      assert.equal(socket.messages[0].init.route, route, path);
    }
  });

  // holds: router.params
  it('decodes each part of a path once, and a query by the rules of forms', async t => {
    const page = await openPage(t, host(), { path: '/post/a%2541+b%2Fc%zz?x=1+2%2B3%' });
    assert.equal((await page.call('Job.where_am_i')).Job.text, '/post/a%2541+b%2Fc%zz a%41+b/c%zz 1 2+3%');
  });

  // holds: http.tree
  it('gives a page as data', async () => {
    const { status, headers, body } = await ask('/_tidelock/page?path=%2Fpost%2F7%3Fx%3D1');
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^application\/json/);
    const page = JSON.parse(body);
    assert.deepEqual(Object.keys(page), ['route', 'title', 'tree']);
    assert.deepEqual([page.route, page.title, page.tree[0]], ['/post/[id]', 'Post', 'main']);
    const missing = await ask('/_tidelock/page?path=/nowhere');
    assert.deepEqual([missing.status, JSON.parse(missing.body).route], [404, '404']);
    assert.equal(JSON.parse((await ask('/_tidelock/page')).body).route, '/');
    assert.equal(JSON.parse((await ask('/_tidelock/page?other=1&path=/quiet&path=/')).body).route, '/quiet');
  });

  // holds: http.client
  it('gives the client by names that change with it, immutable', async () => {
    const { body } = await ask('/');
    const paths = [...body.matchAll(/(?:src|href)="(\/_tidelock\/client[^"]+)"/g)].map(([, path]) => path);
    assert.ok(paths.length >= 2, 'a script and a style');
    for (const path of paths) {
      assert.match(path, /^\/_tidelock\/[\w.-]*\.[0-9a-f]{8,}\.(js|css)$/);
      const { status, headers, body: text } = await ask(path);
      assert.equal(status, 200);
      assert.match(headers['cache-control'], /immutable/);
      assert.match(headers['content-type'], path.endsWith('js') ? /javascript/ : /css/);
      assert.ok(text.length > 100);
    }
  });

  // holds: http.client.packed
  it('gives the client precompressed to who takes it so', async () => {
    const { body } = await ask('/');
    const [, path] = /src="(\/_tidelock\/client[^"]+)"/.exec(body);
    const plain = await ask(path);
    assert.deepEqual([plain.headers['content-encoding'], plain.headers.vary], [undefined, 'Accept-Encoding']);
    assert.equal((await ask(path, { headers: { 'accept-encoding': 'gzip;q=0' } })).headers['content-encoding'], undefined);
    const packed = await fetch(host().url + path, { headers: { 'accept-encoding': 'br, gzip' } });
    assert.equal(packed.headers.get('content-encoding'), 'gzip');
    assert.ok(Number(packed.headers.get('content-length')) < plain.body.length / 2);
    assert.equal(await packed.text(), plain.body);
  });

  it('answers HEAD as GET without a body', async () => {
    for (const path of ['/', '/note.txt', '/nowhere', '/_tidelock/page?path=/']) {
      const got = await ask(path), head = await ask(path, { method: 'HEAD' });
      assert.equal(head.status, got.status);
      assert.equal(head.headers['content-length'], got.headers['content-length'], path);
      assert.equal(head.body, '');
    }
  });

  it('takes no other method: 405', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const { status, headers } = await ask('/', { method });
      assert.deepEqual([status, headers.allow], [405, 'GET, HEAD'], method);
    }
  });

  // holds: router.session_id, http.cookie
  it("sets the session's cookie once, out of scripts' reach", async t => {
    const [cookie] = (await ask('/')).headers['set-cookie'];
    assert.match(cookie, /^tidelock_session=[a-z2-7]{26}; Path=\/; HttpOnly; SameSite=Lax$/i);
    const [pair] = cookie.split(';');
    assert.equal((await ask('/', { headers: { cookie: `a=b; ${pair}; c=d` } })).headers['set-cookie'], undefined);
    const page = await openPage(t, host(), { path: '/quiet', headers: { cookie: `a=b; ${pair}` } });
    assert.equal(`tidelock_session=${(await page.call('Job.who_am_i')).Job.text}`, pair);
    const odd = await ask('/', { headers: { cookie: 'tidelock_session=short; x_tidelock_session=1' } });
    assert.equal(odd.headers['set-cookie'].length, 1);
  });

  it('does not give the cookie to handlers, nor takes it for a session when it is malformed', async t => {
    const page = await openPage(t, host(), { path: '/quiet', headers: { cookie: `tidelock_session=${'"'.repeat(26)}` } });
    assert.equal((await page.call('Job.who_am_i')).Job.text, '');
  });

  // holds: page.get.tab, page.get.on_load
  it('makes no tab', async t => {
    const small = await startHost(t, { config: { max_tabs: 1 } });
    for (let i = 0; i < 20; i++) await ask('/', {}, small.port);
    const page = await openPage(t, small);
    await page.until(() => page.state.Job.loads.length === 1, 'and on_load ran once');
  });

  // As live data they would let as much garbage gather in Lua as they are large, and each handler would be slower for it.
  it('keeps pages that it has made outside of Lua', async t => {
    const large = await startHost(t, { app: 'spec/wire/apps/large.lua' });
    const page = await openPage(t, large);
    const before = (await page.call('Large.measure')).Large.lua_kb;
    const { body } = await ask('/', {}, large.port);
    assert.ok(body.length > 1_300_000, `a page of ${body.length} bytes`);
    assert.equal((await ask('/', {}, large.port)).body, body);
    const grown = (await page.call('Large.measure')).Large.lua_kb - before;
    assert.ok(grown < 300, `Lua holds ${grown.toFixed()} KB more`);
  });

  // holds: page.assets, page.assets.relative, http.assets.etag, http.assets.ranges
  it('serves assets: type, ETag, ranges', async () => {
    const { status, headers, body } = await ask('/note.txt');
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^text\/plain/);
    assert.equal(body, 'plain text, served as it is\n');
    const { etag } = headers;
    assert.equal((await ask('/note.txt', { headers: { 'if-none-match': etag } })).status, 304);
    assert.equal((await ask('/note.txt', { headers: { 'if-none-match': '"other"' } })).status, 200);
    const part = await ask('/note.txt', { headers: { range: 'bytes=6-9' } });
    assert.deepEqual([part.status, part.body, part.headers['content-range']], [206, 'text', `bytes 6-9/${body.length}`]);
    assert.equal((await ask('/note.txt', { headers: { range: 'bytes=999-' } })).status, 416);
  });

  // holds: http.assets.closed
  it('serves nothing else of the disk', async () => {
    for (const path of ['/.hidden', '/../wire.lua', '/%2e%2e/wire.lua', '/..%2fwire.lua', '/a/../../wire.lua', '//etc/passwd', '/note.txt/',
      '/note.txt%00', '/%ff', '/..\\wire.lua', '/%5c..%5cwire.lua']) {
      const { status, body } = await ask(path);
      assert.ok([400, 404].includes(status), `${path}: ${status}`);
      assert.doesNotMatch(body, /SPEC_CONFIG|hidden\n|root:/);
    }
  });

  it('is not moved by what a request says of itself', async () => {
    const { status, body } = await ask('/', { headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example' } });
    assert.equal(status, 200);
    assert.doesNotMatch(body, /evil/);
  });
});
