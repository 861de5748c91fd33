// A browser tab and its state: what a reload keeps, and what a duplicated tab gets.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEMO } from './support/host.js';
import { isLive, messages, openApp, number, openPage, reaches, record, shows, token } from './support/page.js';

const COUNT = '#my-task h2';
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const count = page => number(page, COUNT);

// The browser gives the new tab a copy of the session storage, as when a tab is duplicated.
async function duplicate(page) {
  const [copy] = await Promise.all([page.context().waitForEvent('page'), page.evaluate(() => void window.open(location.href))]);
  await isLive(copy);
  return copy;
}

describe('a tab', { concurrency: 4 }, () => {
  // holds: page.pending
  it('keeps its state and its task over a reload, and no wrong value is shown meanwhile', async t => {
    const { page } = await openApp(t, DEMO);
    await click(page, 'Start');
    await reaches(page, COUNT, 2);
    const before = await token(page);
    await page.addInitScript(() => {
      window.seen = [];
      new MutationObserver(() => {
        const text = document.querySelector('h2')?.textContent;
        const isVisible = !document.documentElement.hasAttribute('data-tl-pending');
        if (text && isVisible && window.seen.at(-1) !== text) window.seen.push(text);
      }).observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    });
    await page.reload();
    await isLive(page);
    assert.ok(await count(page) >= 2);
    assert.equal(await token(page), before);
    await reaches(page, COUNT, 5);
    assert.ok(parseInt((await page.evaluate(() => window.seen))[0], 10) >= 2);
  });

  // holds: client.token
  it('that is duplicated leaves the first its own and its task, and gets a copy', async t => {
    const { page } = await openApp(t, DEMO);
    await page.fill('#my-task input', '2');
    await click(page, 'Start');
    await reaches(page, COUNT, 2);
    await page.getByRole('button', { name: 'Start', exact: true }).waitFor();
    const copy = await duplicate(page);
    assert.notEqual(await token(copy), await token(page));
    assert.equal(await count(copy), 2);
    assert.equal(await copy.inputValue('#my-task input'), '2');
    await click(copy, 'Reset');
    await shows(copy, COUNT, /^0/);
    assert.equal(await count(page), 2);
    await page.fill('#my-task input', '9');
    await click(page, 'Start');
    await reaches(page, COUNT, 4);
    assert.equal(await count(copy), 0);
    await click(copy, 'Start');
    await reaches(copy, COUNT, 2);
    assert.equal(messages(page, 'received', 'init').length, 1, 'the first was not disturbed');
  });

  // holds: takeover.tasks
  it('that is duplicated while it counts goes on counting, once', async t => {
    const { page } = await openApp(t, DEMO);
    await page.fill('#my-task input', '99');
    await click(page, 'Start');
    await reaches(page, COUNT, 2);
    const seen = await record(page, COUNT);
    const copy = await duplicate(page);
    const copied = await count(copy);
    await reaches(page, COUNT, copied + 4);
    const list = await seen();
    assert.ok(list.at(-1).at - list[1].at > 400 * (list.length - 2), 'no second loop was started for it');
    assert.equal(await count(copy), copied, 'the task stays with the first');
  });

  it('is nobody else’s: another window has a state of its own', async t => {
    const { host, page } = await openApp(t, DEMO);
    await click(page, 'Start');
    await reaches(page, COUNT, 1);
    const other = await openPage(page.context(), host.url);
    assert.equal(await count(other), 0);
    assert.notEqual(await token(other), await token(page));
  });
});
