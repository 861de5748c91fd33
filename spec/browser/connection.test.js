// The connection goes and comes back: nothing is lost, nothing happens twice, nobody is alarmed.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEMO, startHost } from './support/host.js';
import { isLive, messages, openApp, openWired, reaches, record, shows, token, until } from './support/page.js';

const CLICKS = 'spec/browser/apps/clicks.lua';
const BANNER = '.tl-banner.tl-shown';
const COUNT = '#my-task h2';
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const resumes = page => messages(page, 'received', 'resume').length;

const visible = page => page.evaluate(() => [document.getElementById('tl-root').innerText,
  ...Array.from(document.querySelectorAll('input, progress'), dom => dom.value)]);

// What the host holds is what a fresh page load of the same tab shows.
async function assertHostAgrees(page) {
  const shown = await visible(page);
  await page.reload();
  await isLive(page);
  assert.deepEqual(await visible(page), shown);
}

describe('the connection', { concurrency: 4 }, () => {
  it('is missed by nobody when it is back at once', async t => {
    const { page, wire } = await openWired(t, CLICKS);
    const seen = await record(page, '.tl-banner');
    wire.drop();
    await until(() => resumes(page) === 1);
    await click(page, 'a');
    await shows(page, '#list', 'a');
    assert.deepEqual((await seen()).map(({ text }) => text), [''], 'no banner');
  });

  it('shows a banner after a second without one, and takes it away', async t => {
    const { page, wire } = await openWired(t, CLICKS);
    const before = Date.now();
    wire.cut();
    await page.locator(BANNER, { hasText: 'Reconnecting' }).waitFor();
    const after = Date.now() - before;
    assert.ok(after >= 950 && after < 4000, `the banner came after ${after} ms`);
    await wire.mend();
    await page.locator(BANNER).waitFor({ state: 'hidden' });
    assert.equal(resumes(page), 1);
  });

  // holds: offline.queue
  it('delivers once and in order what was clicked meanwhile', async t => {
    const { page, wire } = await openWired(t, CLICKS);
    await click(page, 'a');
    await shows(page, '#list', 'a');
    wire.cut();
    await page.locator(BANNER).waitFor();
    for (const name of ['b', 'a', 'live only', 'b']) await click(page, name);
    assert.equal(await page.textContent('#list'), 'a');
    assert.equal(await page.locator('[aria-busy=true]').count() > 0, true, 'what waits looks busy');
    await wire.mend();
    await shows(page, '#list', 'a b a b');
    await page.waitForFunction(() => !document.querySelector('[aria-busy]'));
    await assertHostAgrees(page);
  });

  it('runs an event once whose answer was lost', async t => {
    const { host, page, wire } = await openWired(t, CLICKS);
    wire.loseAnswers();
    await click(page, 'a');
    await host.printed(/added a/);
    wire.drop();
    await shows(page, '#list', 'a');
    await click(page, 'b');
    await shows(page, '#list', 'a b');
    assert.equal(host.output.match(/added/g).length, 2);
    await assertHostAgrees(page);
  });

  it('runs an event once that was at work when it went', async t => {
    const { host, page, wire } = await openWired(t, CLICKS);
    await click(page, 'slow');
    await until(() => messages(page, 'sent', 'event').length === 1);
    await click(page, 'b');
    wire.drop();
    await shows(page, '#list', 'slow b');
    await page.waitForFunction(() => !document.querySelector('[aria-busy]'));
    assert.equal(host.output.match(/added/g).length, 2);
    await assertHostAgrees(page);
  });

  // holds: offline.full
  it('keeps a hundred events while it is gone, and says so when there are more', async t => {
    const { page, wire } = await openWired(t, CLICKS);
    wire.cut();
    await page.locator(BANNER).waitFor();
    await page.evaluate(() => {
      const a = [...document.querySelectorAll('button')].find(dom => dom.textContent === 'a');
      for (let i = 0; i < 101; i++) a.click();
    });
    await page.locator('.tl-toast', { hasText: 'too much is waiting' }).waitFor();
    await wire.mend();
    await shows(page, '#list', Array(100).fill('a').join(' '));
    await click(page, 'b');
    await shows(page, '#list', /a b$/);
    await assertHostAgrees(page);
  });

  // holds: router.event
  it('tells a click the page on which it was done, also when it went out after the move', async t => {
    const { page, wire } = await openWired(t, CLICKS);
    await page.getByRole('link', { name: 'other' }).click();
    await page.locator('h1', { hasText: 'Other' }).waitFor();
    await page.goBack();
    await page.locator('h1', { hasText: 'Other' }).waitFor({ state: 'detached' });
    wire.cut();
    await page.locator(BANNER).waitFor();
    await click(page, 'where');
    await page.getByRole('link', { name: 'other' }).click();
    await click(page, 'where');
    await wire.mend();
    await shows(page, '#list', '/ /other');
    await assertHostAgrees(page);
  });

  it('that is dead without anybody knowing yields the tab to a page that was loaded anew', async t => {
    const { page, wire } = await openWired(t, DEMO);
    await click(page, 'Start');
    await reaches(page, COUNT, 2);
    const before = await token(page);
    wire.stall();
    await page.reload();
    await isLive(page);
    assert.equal(await token(page), before);
    await reaches(page, COUNT, 4);
  });

  it('leaves the task at work, and the page catches up', async t => {
    const { page, wire } = await openWired(t, DEMO);
    await page.fill('#my-task input', '8');
    await click(page, 'Start');
    await reaches(page, COUNT, 2);
    wire.cut();
    await page.locator(BANNER).waitFor();
    const away = parseInt(await page.textContent(COUNT), 10);
    await click(page, 'Fetch Data');
    await wire.mend();
    await shows(page, '#result', /^The tide/);
    assert.ok(parseInt(await page.textContent(COUNT), 10) >= away + 2, 'it has counted meanwhile');
    await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
    await reaches(page, COUNT, 8);
    assert.equal(resumes(page), 1);
    await assertHostAgrees(page);
  });

  it('can be cut again and again while it counts', async t => {
    const { page, wire } = await openWired(t, DEMO);
    const seen = await record(page, COUNT);
    await page.fill('#my-task input', '99');
    await click(page, 'Start');
    for (let i = 1; i <= 6; i++) {
      await reaches(page, COUNT, i);
      wire.drop();
      await until(() => resumes(page) >= i);
    }
    await click(page, 'Stop');
    await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
    const numbers = (await seen()).map(({ text }) => parseInt(text, 10));
    assert.deepEqual(numbers, [...numbers].sort((a, b) => a - b), 'it never goes back');
    await assertHostAgrees(page);
  });

  it('to a host that was started anew gives a new tab', async t => {
    const { host, page } = await openApp(t, DEMO, { excuse: /WebSocket connection to/ });
    await page.fill('#my-task input', '3');
    await click(page, 'Start');
    await reaches(page, COUNT, 1);
    const before = await token(page);
    await host.stop();
    await until(() => messages(page, 'received', 'closing').length === 1, 'the host says that it goes');
    await startHost(t, DEMO, { port: host.port });
    await until(() => messages(page, 'received', 'init').length === 2);
    await shows(page, COUNT, /^0/);
    assert.notEqual(await token(page), before);
    assert.equal(await page.inputValue('#my-task input'), '10');
    await click(page, 'Start');
    await reaches(page, COUNT, 2);
  });
});
