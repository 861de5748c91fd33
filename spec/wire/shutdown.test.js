// The host is told to stop: the pages are told, the tasks are cancelled and clean up, the exit code
// is 0. Under AddressSanitizer a leak would make it another.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openPage, openSocket, sleep } from './client.js';
import { startHost } from './host.js';

const QUIET = { path: '/quiet' };

// Gives the milliseconds that it took. By then the page has read all that the host sent it.
async function stop(host, page) {
  const took = await host.stop();
  await page.socket.closed;
  return took;
}

describe('a host that is told to stop', { concurrency: 4 }, () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    // holds: message.closing, close.1012
    it(`by ${signal} tells the pages, runs what the tasks left to do, and is gone`, async t => {
      const host = await startHost(t);
      const page = await openPage(t, host, QUIET);
      for (let i = 0; i < 3; i++) await page.call('Job.linger');
      await page.until(() => page.state.Job.running === 3);
      const took = await host.stop(signal);
      assert.deepEqual(page.closing, { reason: 'restart', retry: 1.5 });
      const { code } = await page.socket.closed;
      assert.equal(code, 1012);
      assert.deepEqual([page.state.Job.running, page.state.Job.cleaned], [0, 'aaabbb'], 'what the cleanups wrote is sent');
      assert.ok(took < 3000, `${took} ms`);
      assert.match(host.output, /shutting down/);
    });
  }

  // holds: lifespan.shutdown
  it('ends its lifespans when the tasks have cleaned up', async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, QUIET);
    await page.call('Job.linger');
    await page.until(() => page.state.Job.running === 1);
    await host.stop();
    assert.match(host.output, /linger: cleaned up[^]*lifespan: ended/);
  });

  // holds: work.shutdown
  it('does not wait for a thread in which C blocks, and runs what the tasks and lifespans left to do', async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, QUIET);
    await page.call('Job.block_thread');
    await page.call('Job.linger');
    await page.until(() => page.state.Job.running === 1);
    await sleep(100);
    const took = await stop(host, page);
    assert.ok(took < 4000, `${took} ms`);
    assert.equal(host.process.exitCode, 0);
    assert.match(host.output, /linger: cleaned up[^]*lifespan: ended[^]*1 calls? of tl\.work did not end in time/);
    assert.equal(page.closing.reason, 'restart');
  });

  it('without a page is gone at once', async t => {
    const host = await startHost(t);
    assert.ok(await host.stop() < 1500);
  });

  it('is told so more than once', async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, QUIET);
    await page.call('Job.linger');
    for (let i = 0; i < 5; i++) host.process.kill(i % 2 ? 'SIGINT' : 'SIGTERM');
    await stop(host, page);
    assert.equal(page.state.Job.cleaned, 'ab');
  });

  it('kills a task that catches its cancel and goes on, and keeps the others', async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, QUIET);
    await page.call('Job.stubborn');
    await page.call('Job.linger');
    await page.until(() => page.state.Job.running === 2);
    assert.ok(await stop(host, page) < 3000);
    assert.equal(page.state.Job.cleaned, 'ab');
    assert.match(host.output, /Job\.stubborn caught its CancelledError .* it is killed/);
  });

  it('does not wait longer than five seconds for a task that ends only when it likes', async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, QUIET);
    await page.call('Job.dawdle');
    await page.call('Job.linger');
    await page.until(() => page.state.Job.running === 2);
    const took = await stop(host, page);
    assert.ok(took < 5000, `${took} ms`);
    assert.equal(page.state.Job.cleaned, 'ab');
    assert.match(host.output, /1 tasks? did not end in time/);
  });

  // holds: host.shutdown
  it('cancels handlers that wait, and those behind them', async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, QUIET);
    page.event('Job.add', 1);
    page.event('Job.wait');
    page.event('Job.add', 10);
    await page.ended(1);
    assert.ok(await stop(host, page) < 3000);
    assert.equal(page.state.Job.n, 1, 'what did not run is left to the page');
    assert.equal(page.finished.has(3), false, 'and was not told done');
  });

  it('takes no new events, pages or connections', async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, QUIET), silent = await openSocket(t, host);
    await page.call('Job.dawdle');
    await page.until(() => page.state.Job.running === 1);
    const stopped = host.stop();
    await page.until(() => page.closing);
    page.event('Job.add', 5);
    silent.say({ hello: { token: null, version: null, instance: 'i', path: '/' } });
    await sleep(200);
    await assert.rejects(openPage(t, host, QUIET));
    await stopped;
    assert.equal(page.state.Job.n, 0);
    assert.equal(page.finished.has(2), false);
    assert.deepEqual(silent.messages, []);
  });

  it('ends hundreds of tabs, with pages and without', async t => {
    const host = await startHost(t);
    const pages = await Promise.all(Array.from({ length: 200 }, () => openPage(t, host)));
    await Promise.all(pages.map(page => page.call('Job.count', 100, 0.01)));
    pages.slice(0, 100).forEach(page => page.drop());
    await host.stop();
    for (const page of pages.slice(100)) assert.equal((await page.socket.closed).code, 1012);
  });
});
