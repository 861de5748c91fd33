// Two connections want one tab: a reconnect, a reload, a duplicated browser tab, a page that is gone
// without a word.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openPage, sleep, watch } from './client.js';
import { sharedHost, startHost } from './host.js';

const QUIET = { path: '/quiet' };
const SILENT = { ...QUIET, autoPong: false }; // a page whose machine is gone: nothing answers a ping

describe('a second connection for a tab', { concurrency: 4 }, () => {
  const host = sharedHost();

  // holds: close.4409, takeover.same
  it('of the same page load takes over at once: 4409 for the old one', async t => {
    const page = await openPage(t, host(), QUIET);
    page.event('Job.slow_add', 1, 0.1);
    await sleep(30);
    const old = page.socket;
    await page.connect();
    assert.equal((await old.closed).code, 4409);
    assert.equal(page.firsts.at(-1), 'resume');
    await page.ended(1);
    assert.equal(page.state.Job.n, 1);
  });

  // holds: client.bye, takeover.bye
  it('after bye, while the old socket is still open, takes over at once', async t => {
    const page = await openPage(t, host(), QUIET);
    await page.call('Job.add');
    page.socket.say({ bye: {} });
    const start = Date.now();
    const next = await watch(t, page.child()).connect();
    assert.ok(Date.now() - start < 1500);
    assert.equal(next.token, page.token);
    assert.deepEqual([next.firsts, next.lastEvent, next.state.Job.n], [['init'], 0, 1]);
    assert.equal((await page.socket.closed).code, 4409);
  });

  it('of a new page load counts its events from 1', async t => {
    const page = await openPage(t, host(), QUIET);
    for (let i = 0; i < 3; i++) await page.call('Job.add');
    const next = await page.reload();
    await next.call('Job.add');
    assert.equal(next.state.Job.n, 4);
    assert.equal(next.lastId, 1);
  });

  it("of a new page load hears nothing of the old one's ends and errors", async t => {
    const page = await openPage(t, host(), QUIET);
    page.event('Job.add', 1);
    page.event('Job.slow_add', 1, 0.3);
    page.event('Job.fail', 1);
    await page.ended(1);
    const next = await page.reload();
    await next.call('Job.add', 10);
    assert.equal(next.state.Job.n, 12);
    assert.deepEqual(next.deltas.flatMap(({ done }) => done ?? []), [1]);
    assert.deepEqual(next.errors.filter(({ event }) => event !== null), []);
  });

  it("of a new page load hears no error that the old one's absence kept", async t => {
    const page = await openPage(t, host(), QUIET);
    page.event('Job.slow_add', 1, 0.1);
    page.event('Job.fail', 1);
    await sleep(30);
    await page.leave();
    await sleep(300);
    const next = await watch(t, page.child()).connect();
    await next.call('Job.nop');
    assert.deepEqual(next.errors.filter(({ event }) => event !== null), []);
  });

  // holds: takeover.duplicate
  it('while the page answers is a duplicated tab: a copy, a token of its own; tasks stay', async t => {
    const page = await openPage(t, host(), QUIET);
    await page.call('Job.add', 5);
    await page.call('Job.linger');
    const copy = await watch(t, page.child()).connect();
    assert.notEqual(copy.token, page.token);
    assert.equal(copy.state.Job.n, 5);
    assert.equal(copy.version, 0);
    await copy.call('Job.add');
    await page.call('Job.add', 10);
    assert.deepEqual([page.state.Job.n, copy.state.Job.n], [15, 6]);
    assert.ok(page.socket.isOpen);
    await page.agrees();
    await copy.agrees();
  });

  // holds: takeover.silent
  it('when the page does not answer takes over after two seconds', async t => {
    const page = await openPage(t, host(), SILENT);
    await page.call('Job.add');
    const start = Date.now(), next = await watch(t, page.child()).connect({ autoPong: true });
    const took = Date.now() - start;
    assert.ok(took >= 1900 && took < 4000, `${took} ms`);
    assert.equal(next.token, page.token);
    assert.equal(next.state.Job.n, 1);
    assert.equal((await page.socket.closed).code, 4409);
  });

  it('takes over as soon as the silent page is gone', async t => {
    const page = await openPage(t, host(), SILENT);
    const next = watch(t, page.child()), start = Date.now();
    next.open();
    await sleep(100);
    page.drop();
    await next.until(() => next.live);
    assert.ok(Date.now() - start < 1500, `${Date.now() - start} ms`);
    assert.equal(next.token, page.token);
  });

  it('takes over as soon as the silent page says bye', async t => {
    const page = await openPage(t, host(), SILENT);
    const next = watch(t, page.child()), start = Date.now();
    next.open();
    await sleep(100);
    page.socket.say({ bye: {} });
    await next.until(() => next.live);
    assert.ok(Date.now() - start < 1500, `${Date.now() - start} ms`);
    assert.equal(next.token, page.token);
  });

  it('waits in vain when the page reconnects meanwhile: that is an answer', async t => {
    const page = await openPage(t, host(), SILENT);
    const next = watch(t, page.child());
    next.open();
    await sleep(100);
    await page.connect();
    await next.until(() => next.live);
    assert.notEqual(next.token, page.token, 'a duplicated tab');
    await sleep(2200);
    await page.call('Job.add');
    assert.ok(page.socket.isOpen);
  });

  it('yields to a third one', async t => {
    const page = await openPage(t, host(), SILENT);
    const second = watch(t, page.child()), third = watch(t, page.child());
    const socket = second.open();
    await sleep(100);
    await third.connect();
    assert.equal((await socket.closed).code, 4409);
    assert.equal(third.token, page.token);
  });

  it('that goes while it waits leaves the page alone', async t => {
    const page = await openPage(t, host(), SILENT);
    const second = watch(t, page.child());
    second.open();
    await sleep(100);
    second.drop();
    await sleep(2200);
    await page.call('Job.add');
    assert.ok(page.socket.isOpen);
  });

  it('may not say more than hello while it waits', async t => {
    const page = await openPage(t, host(), SILENT);
    const second = watch(t, page.child());
    const socket = second.open();
    await sleep(100);
    socket.say({ event: { id: 1, handler: 'Job.add', args: [] } });
    assert.equal((await socket.closed).code, 4400);
    await page.call('Job.add');
  });
});

// Its answer was lost on the way.
const unheard = (page, handler, ...args) => {
  const id = page.lastId;
  page.finished.delete(id);
  page.queue.push({ id, message: { event: { id, handler, args } } });
};

describe('a page load that was there before', { concurrency: 4 }, () => {
  const host = sharedHost();

  // holds: client.once
  it('and comes back by the history runs nothing again that has ended', async t => {
    const page = await openPage(t, host(), QUIET);
    await page.call('Job.add', 1);
    unheard(page, 'Job.add', 1);
    const next = await page.reload();
    await next.call('Job.add', 10);
    await next.leave();
    await page.connect();
    assert.deepEqual([page.lastEvent, page.queue.length, page.token], [1, 0, next.token]);
    await page.call('Job.add', 100);
    assert.equal(page.state.Job.n, 111);
  });

  it('runs nothing again that is still at work', async t => {
    const page = await openPage(t, host(), QUIET);
    page.event('Job.slow_add', 1, 0.3);
    await sleep(30);
    const next = await page.reload();
    await next.leave();
    await page.connect();
    await page.ended(1);
    await page.call('Job.add', 10);
    assert.equal(page.state.Job.n, 11);
  });

  it('and finds another in its tab gets a copy, in which what it did does not happen again', async t => {
    const page = await openPage(t, host(), QUIET);
    await page.call('Job.add', 1);
    unheard(page, 'Job.add', 1);
    page.event('Job.slow_add', 2, 0.3);
    await sleep(30);
    page.drop();
    const other = await watch(t, page.child()).connect();
    assert.equal(other.token, page.token);
    await page.connect();
    assert.notEqual(page.token, other.token);
    assert.deepEqual([page.lastEvent, page.queue.length, page.state.Job.n], [2, 0, 1]);
    await other.until(() => other.state.Job.n === 3, 'what was at work ends in the original');
    await page.call('Job.add', 10);
    assert.deepEqual([page.state.Job.n, other.state.Job.n], [11, 3]);
  });

  it('is remembered among eight', async t => {
    const first = await openPage(t, host(), QUIET);
    await first.call('Job.add', 1);
    for (const [reloads, known] of [[8, true], [9, false]]) {
      let page = first;
      for (let i = 0; i < reloads; i++) page = await page.reload();
      await page.leave();
      if (!known) {
        first.lastEvent = 0;
        first.finished.clear();
      }
      await first.connect();
      assert.equal(first.lastEvent, known ? 1 : 0, `after ${reloads} others`);
    }
  });
});

describe('a tab that ends while a newcomer asks for it', { concurrency: 4 }, () => {
  it('because the host stops', async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, SILENT);
    const socket = watch(t, page.child()).open();
    await sleep(100);
    await host.stop();
    assert.notEqual((await socket.closed).code, 1000);
  });

  it('because its time is over', async t => {
    const host = await startHost(t, { config: { tab_ttl: 0.1, takeover_time: 1 } });
    const page = await openPage(t, host, SILENT);
    const next = watch(t, page.child());
    next.open();
    await sleep(100);
    page.drop();
    await next.until(() => next.live);
    await sleep(1200);
    await next.call('Job.add');
  });
});
