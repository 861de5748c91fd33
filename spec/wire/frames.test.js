// What a client may not do: each breach has its close code or its status, and harms nobody else.

import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it } from 'node:test';
import { LONGEST_ID, openPage, openSocket, Page, Socket, sleep, until, watch } from './client.js';
import { sharedHost, startHost } from './host.js';

const hello = (rest = {}) => ({ hello: { token: null, version: null, instance: 'i', path: '/quiet', storage: {}, ...rest } });

describe('malformed messages', { concurrency: 6 }, () => {
  const host = sharedHost();

  const closes = async (t, messages, code = 4400) => {
    const socket = await openSocket(t, host());
    for (const message of messages) socket.say(message);
    assert.equal((await socket.closed).code, code);
  };

  const broken = {
    'no JSON': 'nonsense',
    'nothing': '',
    'half a message': '{"bye":{}',
    'two messages in one frame': '{"bye":{}}{"bye":{}}',
    'a bare value': '5',
    'a list': '[{"bye":{}}]',
    'an empty object': {},
    'an unknown message': { launch: {} },
    'two keys': { bye: {}, nav: { id: 1, path: '/' } },
    'the same key twice': '{"event":{"id":1,"handler":"Job.add","args":[1]},"event":{"id":1,"handler":"Job.add","args":[1]}}',
    'a second hello': hello(),
    'an event that is no object': { event: [1] },
    'an event without id': { event: { handler: 'Job.add', args: [] } },
    'id 0': { event: { id: 0, handler: 'Job.add', args: [] } },
    'id -1': { event: { id: -1, handler: 'Job.add', args: [] } },
    'id 1.5': { event: { id: 1.5, handler: 'Job.add', args: [] } },
    'id "1"': { event: { id: '1', handler: 'Job.add', args: [] } },
    'id 2^53': '{"event":{"id":9007199254740992,"handler":"Job.add","args":[]}}',
    'an id beyond 64 bits': '{"event":{"id":99999999999999999999999,"handler":"Job.add","args":[]}}',
    'a move without id': { nav: { path: '/' } },
    'nesting without end': `{"event":{"id":1,"handler":"Job.add","args":${'['.repeat(5000)}${']'.repeat(5000)}}}`,
    'a lone surrogate': '{"event":{"id":1,"handler":"Job.add","args":["\\ud800"]}}',
    'a binary frame': Buffer.from('{"bye":{}}'),
  };
  // holds: ws.frame, client.bad.json, client.bad.binary, client.bad.message, client.bad.id, client.bad.hello
  // holds: close.4400
  for (const [name, message] of Object.entries(broken)) it(`${name}: 4400`, t => closes(t, [hello(), message]));

  // holds: ws.hello.first
  it('an event before hello: 4400', t => closes(t, [{ event: { id: 1, handler: 'Job.add', args: [] } }]));
  // holds: ws.hello.first
  it('bye before hello: 4400', t => closes(t, [{ bye: {} }]));
  // holds: client.bad.binary
  it('a binary frame before hello: 4400', t => closes(t, [Buffer.from('x')]));
  it('hello without instance: 4400', t => closes(t, [hello({ instance: undefined })]));
  it('hello with an empty instance: 4400', t => closes(t, [hello({ instance: '' })]));
  it('hello with a long instance: 4400', t => closes(t, [hello({ instance: 'x'.repeat(65) })]));
  it('hello without path: 4400', t => closes(t, [hello({ path: undefined })]));
  for (const before of ['http://elsewhere/', '', 5, `/${'x'.repeat(5000)}`]) {
    it(`hello that was at ${JSON.stringify(before).slice(0, 20)} before: 4400`, t => closes(t, [hello({ before })]));
  }
  it('hello with a path from elsewhere: 4400', t => closes(t, [hello({ path: 'http://elsewhere/' })]));
  it('hello with a path without end: 4400', t => closes(t, [hello({ path: `/${'x'.repeat(5000)}` })]));

  // holds: ws.limit, close.1009
  it('a frame over the limit: 1009', t => closes(t, [hello(), 'x'.repeat(1024 * 1024 + 1)], 1009));
  it('text that is no UTF-8: 1007', async t => {
    const socket = await openSocket(t, host());
    socket.ws.send(Buffer.from([0x7b, 0xff]), { binary: false });
    assert.equal((await socket.closed).code, 1007);
  });

  // holds: ws.limit
  it('a frame of just the limit is taken', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    const frame = text => JSON.stringify({ event: { id: 1, handler: 'Job.set', args: ['text', text] } });
    const text = 'x'.repeat(1024 * 1024 - frame('').length);
    await page.call('Job.set', 'text', text);
    assert.equal(page.state.Job.text.length, text.length);
  });

  it('a name or value that is odd, but none of our business, is taken', async t => {
    for (const odd of [{ token: 5 }, { version: 'x' }, { version: -1 }, { version: 1.5 }, { token: 'x'.repeat(10000) }, { storage: 5 },
      { token: null, version: 99 }, { more: true }, { path: '/%zz?%%%&=&x' }, { path: '/\0' }, { instance: '\0' }]) {
      const socket = await openSocket(t, host());
      socket.say(hello(odd));
      await until(() => socket.messages.length || !socket.isOpen, 'an answer');
      assert.equal(socket.messages[0]?.init?.version, 0, JSON.stringify(odd));
    }
  });

  it('the longest id is an id', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    page.lastId = LONGEST_ID - 1;
    await page.call('Job.add', 1);
    await page.reconnect();
    assert.equal(page.lastEvent, LONGEST_ID);
  });

  it('after a breach the rest of what came with it is not heard', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    page.socket.say('nonsense');
    page.event('Job.add', 1);
    await page.socket.closed;
    await page.connect();
    assert.equal(page.socket.messages[0].resume.version, 0);
    await page.ended(1);
    assert.equal(page.state.Job.n, 1);
  });
});

describe('limits', { concurrency: 4 }, () => {
  // holds: ws.hello.time, close.4408
  it('no hello in time: 4408', async t => {
    const host = await startHost(t, { config: { hello_timeout: 0.2 } });
    const page = await openPage(t, host);
    const socket = await openSocket(t, host);
    assert.equal((await socket.closed).code, 4408);
    assert.ok(page.socket.isOpen, 'who said hello stays');
  });

  // holds: close.4429
  it('events that come too fast: 4429', async t => {
    const host = await startHost(t, { config: { event_rate: 10, event_burst: 20 } });
    const page = await openPage(t, host, { path: '/quiet' });
    for (let i = 0; i < 21; i++) page.event('Job.add');
    assert.equal((await page.socket.closed).code, 4429);
    await page.connect();
    await page.ended(21);
    assert.equal(page.state.Job.n, 21, 'what was refused is sent again');
  });

  // holds: close.4429
  it('a burst, and then the rate, are heard', async t => {
    const host = await startHost(t, { config: { event_rate: 50, event_burst: 20 } });
    const page = await openPage(t, host, { path: '/quiet' });
    for (let i = 0; i < 20; i++) page.event('Job.add');
    for (let i = 0; i < 10; i++) {
      await sleep(25);
      page.event('Job.add');
    }
    await page.ended(30);
    assert.equal(page.state.Job.n, 30);
  });

  it('moves count as events do', async t => {
    const host = await startHost(t, { config: { event_rate: 1, event_burst: 2 } });
    const page = await openPage(t, host);
    for (let i = 0; i < 3; i++) page.nav('/');
    assert.equal((await page.socket.closed).code, 4429);
  });

  // holds: host.config, close.4413
  it('too many tabs: 4413, until one goes', async t => {
    const host = await startHost(t, { config: { max_tabs: 2, tab_ttl: 0.2 } });
    const [, two] = [await openPage(t, host), await openPage(t, host)];
    const third = watch(t, new Page(host));
    assert.equal((await third.open().closed).code, 4413);
    await two.leave();
    await sleep(500);
    await third.connect();
  });

  it('a duplicated tab that is one too many: 4413', async t => {
    const host = await startHost(t, { config: { max_tabs: 1 } });
    const page = await openPage(t, host);
    assert.equal((await watch(t, page.child()).open().closed).code, 4413);
    await page.call('Job.add');
  });

  it('a full queue refuses events', async t => {
    const host = await startHost(t, { config: { queue_limit: 5 } });
    const page = await openPage(t, host, { path: '/quiet' });
    page.event('Job.slow_add', 0, 0.2);
    for (let i = 0; i < 20; i++) page.event('Job.add');
    await page.ended(21);
    await page.until(() => page.queue.length === 0);
    assert.equal(page.state.Job.n, 20 - page.errors.length);
    assert.ok(page.errors.length >= 10, `${page.errors.length} refused`);
  });
});

describe('who may connect', { concurrency: 4 }, () => {
  const host = sharedHost({ args: ['--origin', 'https://one.example', '--origin', 'https://two.example:8443'] });

  const status = async (t, options) => {
    const socket = new Socket(host().url, options);
    t.after(() => socket.destroy());
    return socket.opened;
  };

  // holds: ws.subprotocol
  it('is nobody without the subprotocol: 400', async t => {
    assert.equal(await status(t, { protocols: [] }), 400);
    assert.equal(await status(t, { protocols: ['tidelock.2'] }), 400);
    assert.equal(await status(t, { protocols: ['tidelock.1x', 'TIDELOCK.1'] }), 400);
  });

  it('is who names the subprotocol among others', async t => {
    assert.equal(await status(t, { protocols: ['other', 'tidelock.1'] }), 101);
  });

  // holds: ws.origin.loopback, ws.origin.none
  it('is any client that is no browser, and the loopback names', async t => {
    assert.equal(await status(t), 101);
    for (const name of ['localhost', '127.0.0.1', '[::1]']) {
      assert.equal(await status(t, { origin: `http://${name}:${host().port}` }), 101, name);
    }
  });

  // holds: ws.origin.option
  it('is an --origin, each of them', async t => {
    assert.equal(await status(t, { origin: 'https://one.example' }), 101);
    assert.equal(await status(t, { origin: 'https://two.example:8443' }), 101);
  });

  // holds: ws.origin.refused
  it('is no other origin: 403, and the log names the option', async t => {
    const { port } = host();
    for (const origin of ['https://evil.example', 'http://one.example', 'https://one.example.evil', 'https://two.example',
      `http://localhost:${port - 1}`, `https://localhost:${port}`, `http://localhost.evil:${port}`, 'http://localhost', 'null', '']) {
      assert.equal(await status(t, { headers: { Origin: origin } }), 403, origin);
    }
    await host().printed(/refused.*https:\/\/evil\.example.*--origin https:\/\/evil\.example/);
  });

  // holds: ws.origin.host
  it("is not who points a name of its own here: the request's Host means nothing", async t => {
    const { port } = host();
    assert.equal(await status(t, { origin: `http://rebound.example:${port}`, headers: { Host: `rebound.example:${port}` } }), 403);
  });

  // holds: ws.address
  it('finds no other address: 404', async t => {
    const answer = await new Promise(done => {
      const request = http.get(`${host().url}/other`, { headers: { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13,
        'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Protocol': 'tidelock.1' } }, done);
      t.after(() => request.destroy());
    });
    assert.equal(answer.statusCode, 404);
  });
});
