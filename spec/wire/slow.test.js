// A page that does not read: it costs next to nothing, and then gets one message with the difference.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { describe, it } from 'node:test';
import { openPage, sleep, until } from './client.js';
import { startHost } from './host.js';

// Not compressed: these texts would be nothing, and a page would take them although it does not read.
const QUIET = { path: '/quiet', perMessageDeflate: false };
const KB = 1024, PAGES = 2, COMMITS = 20_000, SIZE = 8 * KB;
// AddressSanitizer keeps what was freed: as little of it as it can, so that memory can be measured.
const ENV = { ASAN_OPTIONS: 'quarantine_size_mb=0:thread_local_quarantine_size_kb=0:malloc_context_size=2' };

// Runs the task in a tab of its own until it says that it has ended.
const churn = async (t, host, commits) => {
  const page = await openPage(t, host, QUIET);
  await page.call('Job.churn', commits, SIZE);
  return page;
};

// A page that does not read cannot tell how far its events are.
const handled = async (t, host, sets) => {
  const watcher = await openPage(t, host, QUIET);
  await until(async () => {
    await watcher.call('Job.count_sets');
    return watcher.state.Job.n === sets;
  }, `${sets} events are handled`, 30_000);
};

describe('a page that does not read', () => {
  // holds: message.slow
  it('costs no more than the first messages, and then gets one with the difference', async t => {
    const host = await startHost(t, { env: ENV });
    const warm = await churn(t, host, COMMITS);
    await warm.until(() => warm.state.Job.cleaned === 'churned', 'the first task', 30_000);
    warm.drop();
    const before = host.rss(), pages = [];
    for (let i = 0; i < PAGES; i++) {
      const page = await churn(t, host, COMMITS);
      page.socket.stopReading();
      pages.push(page);
    }
    const watcher = await openPage(t, host, QUIET);
    await until(async () => {
      await watcher.call('Job.count_tasks');
      return watcher.state.Job.running === 0;
    }, 'the tasks end', 60_000);
    const grown = (host.rss() - before) / PAGES;
    assert.ok(grown < 400 * KB, `${Math.round(grown / KB)} KB for each page`);
    for (const page of pages) {
      const got = page.deltas.length;
      page.socket.readOn();
      await page.until(() => page.state.Job.cleaned === 'churned');
      assert.equal(page.state.Job.n, COMMITS);
      await page.agrees();
      const steps = page.deltas.slice(got).map(({ from, version }) => version - from);
      assert.ok(steps.length < COMMITS / 20, `${steps.length} messages, which the kernel held`);
      // What the kernel takes comes in pieces, as it has room.
      assert.ok(steps.at(-1) > COMMITS / 20, `the last one carries ${steps.at(-1)} commits`);
    }
  });

  for (const perMessageDeflate of [false, true]) it(`is sent what is left although nothing more happens, compressed: ${perMessageDeflate}`, async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, { path: '/quiet', perMessageDeflate });
    page.socket.stopReading();
    const big = randomBytes(675 * KB).toString('base64');
    for (let i = 0; i < 20; i++) page.event('Job.set', 'text', `${i} ${big}`);
    page.event('Job.set', 'text', 'the last');
    await handled(t, host, 21);
    page.socket.readOn();
    await page.ended(21);
    assert.equal(page.state.Job.text, 'the last');
    assert.ok(page.deltas.length < 22);
    assert.ok(page.deltas.at(-1).version - page.deltas.at(-1).from > 1, 'the last message carries many commits');
    await page.agrees();
  });

  it('keeps the last 64 effects', async t => {
    const host = await startHost(t);
    const page = await openPage(t, host, QUIET);
    page.socket.stopReading();
    for (let i = 0; i < 20; i++) page.event('Job.set', 'text', `${i} ${'x'.repeat(900 * KB)}`);
    const last = page.event('Job.toasts', 500);
    await handled(t, host, 20);
    await sleep(200);
    page.socket.readOn();
    await page.ended(last);
    assert.deepEqual(page.effects.map(([, text]) => text), Array.from({ length: 64 }, (_, i) => `toast ${437 + i}`));
  });

  it('does not hold up the others, nor the end of the host', async t => {
    const host = await startHost(t);
    const deaf = await openPage(t, host, QUIET), page = await openPage(t, host, QUIET);
    deaf.socket.stopReading();
    for (let i = 0; i < 20; i++) deaf.event('Job.set', 'text', `${i} ${'x'.repeat(900 * KB)}`);
    await page.call('Job.add');
    await sleep(500);
    await page.call('Job.add');
    const took = await host.stop();
    assert.ok(took < 5000, `${took} ms`);
  });
});
