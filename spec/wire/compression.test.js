// permessage-deflate: what is large is compressed for a client that offers it, what is small is not; and a client may
// compress what it sends. The npm package ws does the client's half, and knows nothing of the host's.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { Page, openPage, openSocket, watch } from './client.js';
import { sharedHost, startHost } from './host.js';

const KB = 1024;
const AGREED = 'permessage-deflate; server_no_context_takeover; client_no_context_takeover';
const ROWS = Array.from({ length: 1000 }, (_, id) => ({ id, name: `row ${id}`, done: id % 3 === 0 }));

// The texts that come over a TCP socket: [{ compressed, size }], size of the payload on the wire.
function watchFrames(socket) {
  const frames = [];
  let rest = Buffer.alloc(0);
  socket.on('data', bytes => {
    rest = Buffer.concat([rest, bytes]);
    for (let next; next = frameAt(rest); rest = rest.subarray(next.end)) if (next.opcode === 1) frames.push(next);
  });
  return frames;
}

function frameAt(bytes) {
  if (bytes.length < 2) return null;
  const short = bytes[1], head = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < head) return null;
  const size = short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
  if (bytes.length < head + size) return null;
  return { opcode: bytes[0] & 15, compressed: (bytes[0] & 0x40) !== 0, size, end: head + size };
}

// A page with `frames` and `agreed`, the answer to its offer, of its newest connection.
async function openWatched(t, host, options) {
  const page = watch(t, new Page(host, { path: '/quiet', ...options }));
  const open = page.open.bind(page);
  page.open = more => {
    const socket = open(more);
    socket.ws.on('upgrade', answer => {
      page.frames = watchFrames(answer.socket);
      page.agreed = answer.headers['sec-websocket-extensions'];
    });
    return socket;
  };
  return page.connect();
}

describe('compression', { concurrency: 4 }, () => {
  const host = sharedHost();

  // holds: ws.address, ws.deflate
  it('is agreed on when the client offers it, without takeover of context', async t => {
    for (const [perMessageDeflate, agreed] of [
      [true, AGREED],
      [{ serverNoContextTakeover: true, clientNoContextTakeover: true }, AGREED],
      [{ clientMaxWindowBits: 10 }, AGREED],
      [{ serverMaxWindowBits: 10 }, `${AGREED}; server_max_window_bits=10`],
      [{ serverMaxWindowBits: 8 }, undefined],
      [false, undefined],
    ]) {
      const page = await openWatched(t, host(), { perMessageDeflate });
      assert.equal(page.agreed, agreed);
      assert.equal(page.socket.ws.protocol, 'tidelock.1');
    }
  });

  it('makes a large init small, and leaves a small one alone', async t => {
    const page = await openWatched(t, host());
    assert.equal(page.frames[0].compressed, false);
    await page.call('Job.set', 'list', ROWS);
    page.version = null;
    await page.reconnect();
    assert.equal(page.firsts.at(-1), 'init');
    assert.deepEqual(page.state.Job.list, ROWS);
    const [init] = page.frames;
    assert.ok(init.compressed);
    assert.ok(init.size < page.socket.size / 4, `${init.size} of ${page.socket.size} bytes`);
  });

  it('is for changes over 1 KiB, and not for small ones', async t => {
    const page = await openWatched(t, host());
    for (let i = 0; i < 5; i++) await page.call('Job.add', 1);
    assert.deepEqual(page.frames.map(({ compressed }) => compressed), Array(6).fill(false));
    await page.call('Job.set', 'text', 'large '.repeat(1000));
    await page.call('Job.add', 1);
    await page.call('Job.set', 'list', ROWS);
    await page.call('Job.add', 1);
    assert.deepEqual(page.frames.slice(6).map(({ compressed }) => compressed), [true, false, true, false]);
    assert.ok(page.frames[6].size < 200);
    assert.equal(page.state.Job.text, 'large '.repeat(1000));
    await page.agrees();
  });

  // holds: ws.deflate
  it('is not for a client that does not offer it', async t => {
    const page = await openWatched(t, host(), { perMessageDeflate: false });
    await page.call('Job.set', 'list', ROWS);
    await page.agrees();
    assert.ok(page.frames.every(({ compressed }) => !compressed));
  });

  it('holds for a resume', async t => {
    const page = await openWatched(t, host());
    await page.call('Job.add', 1);
    page.drop();
    const other = await openPage(t, host(), { path: '/quiet' }); // whose messages are compressed between
    await other.call('Job.set', 'list', ROWS);
    page.event('Job.set', 'list', ROWS);
    await page.connect();
    assert.equal(page.firsts.at(-1), 'resume');
    assert.equal(page.frames[0].compressed, false);
    await page.ended(2);
    assert.deepEqual(page.state.Job.list, ROWS);
    const { version } = page;
    await page.call('Job.append', 'y'.repeat(5000));
    Object.assign(page, { version, state: { Job: { ...page.state.Job, text: '' } } }); // as if that had not come
    await page.reconnect();
    assert.equal(page.firsts.at(-1), 'resume');
    assert.ok(page.frames[0].compressed);
    assert.equal(page.state.Job.text, 'y'.repeat(5000));
  });

  it('of what clients send is undone, in fragments as well', async t => {
    const page = await openPage(t, host(), { path: '/quiet', perMessageDeflate: { threshold: 0 } });
    await page.call('Job.set', 'list', ROWS);
    assert.deepEqual(page.state.Job.list, ROWS);
    const id = ++page.lastId, text = JSON.stringify({ event: { id, handler: 'Job.set', args: ['text', 'ä€𝄞'.repeat(500)] } });
    page.queue.push({ id });
    page.sentHere.set(id, 1);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += 7) {
      page.socket.ws.send(bytes.subarray(at, at + 7), { fin: at + 7 >= bytes.length, binary: false, compress: true });
      if (at === 70) page.socket.ws.ping();
    }
    await page.ended(id);
    assert.equal(page.state.Job.text, 'ä€𝄞'.repeat(500));
    await page.agrees();
  });

  it('of several pages at once mixes nothing up', async t => {
    const bits = [false, true, { serverMaxWindowBits: 9 }, { serverMaxWindowBits: 12 }];
    const pages = await Promise.all(bits.map(perMessageDeflate => openPage(t, host(), { path: '/quiet', perMessageDeflate })));
    await Promise.all(pages.map(async (page, i) => {
      for (let n = 0; n < 20; n++) {
        const text = `${i} ${n} `.repeat(500 + 37 * n);
        await page.call('Job.set', 'text', text);
        assert.equal(page.state.Job.text, text);
      }
    }));
    for (const page of pages) await page.agrees();
  });

  it('does not help a message over the limit: 1009, and the others do not notice', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    for (const size of [1024 * KB + 1, 100_000 * KB]) {
      const socket = await openSocket(t, host(), { perMessageDeflate: { threshold: 0 } });
      socket.ws.send('x'.repeat(size));
      assert.equal((await socket.closed).code, 1009);
    }
    await page.call('Job.add', 1);
    assert.equal(page.state.Job.n, 1);
  });

  it('of a message of just the limit is taken', async t => {
    const page = await openPage(t, host(), { path: '/quiet', perMessageDeflate: { threshold: 0 } });
    const frame = text => JSON.stringify({ event: { id: 1, handler: 'Job.set', args: ['text', text] } });
    const noise = randomBytes(1024 * KB).toString('base64').slice(0, 1024 * KB - frame('').length);
    await page.call('Job.set', 'text', noise);
    assert.equal(page.state.Job.text, noise);
  });

  it('is switched off by the option `compress`', async t => {
    const plain = await startHost(t, { config: { compress: 0 } });
    const page = await openWatched(t, plain);
    assert.equal(page.agreed, undefined);
    await page.call('Job.set', 'list', ROWS);
    await page.agrees();
    assert.ok(page.frames.every(({ compressed }) => !compressed));
  });
});
