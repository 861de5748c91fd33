// tl.kit.tasks: the tab's tasks in a browser: times that go on by themselves, Cancel, a page that comes back, a phone.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isLive, messages, openApp, openPage, openWired, quietly, shows, until } from './support/page.js';
import { assertNothingSticksOut } from './support/look.js';

const APP = 'spec/browser/apps/kit.lua';
const LIST = '.tl-tasks li';
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const has = (page, n) => until(async () => await page.locator(LIST).count() === n, `${n} tasks are listed`);
const seconds = async page => {
  const [minutes, rest] = (await page.locator(`${LIST} time`).first().textContent()).split(':');
  return Number(minutes) * 60 + Number(rest);
};

describe('the list of tasks', { concurrency: 3 }, () => {
  // holds: kit.tasks, my_tasks.progress
  it('shows a task with its progress while it runs, and says when there is none', async t => {
    const { page } = await openApp(t, APP);
    await shows(page, '.tl-tasks', 'Nothing is running.');
    await click(page, 'Short');
    await has(page, 1);
    await shows(page, `${LIST} strong`, 'Work');
    await shows(page, `${LIST} .help`, 'short');
    const bar = page.getByRole('progressbar', { name: 'Work' });
    assert.equal(await bar.evaluate(dom => dom.value), 0);
    await until(async () => await bar.evaluate(dom => dom.value) === 0.5, 'half of it is done');
    await shows(page, 'p', '1 done');
    await shows(page, '.tl-tasks', 'Nothing is running.');
  });

  // holds: my_tasks.elapsed
  it('counts the time on without messages, second by second', async t => {
    const { page } = await openApp(t, APP);
    await click(page, 'Unknown');
    await has(page, 1);
    assert.equal(await page.locator('progress').evaluate(dom => dom.position), -1);
    await quietly(300);
    const received = messages(page, 'received', 'version').length;
    const seen = new Set();
    await until(async () => seen.add(await seconds(page)).has(3), 'three seconds have gone');
    assert.deepEqual([...seen].slice(-3), [1, 2, 3]);
    assert.equal(messages(page, 'received', 'version').length, received);
  });

  // holds: kit.tasks.cancel
  it('cancels the task whose button is pressed, also by the keyboard, and tells what cleans up', async t => {
    const { page } = await openApp(t, APP);
    await click(page, 'Long');
    await click(page, 'Careful');
    await has(page, 2);
    await page.getByRole('button', { name: 'Cancel Work' }).press('Enter');
    await has(page, 1);
    await page.getByRole('button', { name: 'Cancel Careful' }).click();
    await shows(page, `${LIST} .help`, 'Stopping');
    assert.ok(await page.getByRole('button', { name: 'Cancel Careful' }).isDisabled());
    await shows(page, '.tl-tasks', 'Nothing is running.');
  });

  // holds: my_tasks.resume
  it('is right in a page that is loaded again, and in one whose connection broke', async t => {
    const { page, wire } = await openWired(t, APP);
    await click(page, 'Long');
    await until(async () => await seconds(page) >= 2, 'two seconds have gone');
    await page.reload();
    await isLive(page);
    await has(page, 1);
    assert.ok(await seconds(page) >= 2);
    wire.drop();
    await until(() => messages(page, 'received', 'resume').length === 1, 'it is there again');
    const before = await seconds(page);
    assert.ok(before >= 2 && before < 20, String(before));
    await until(async () => await seconds(page) > before, 'it counts on');
  });

  // holds: my_tasks.tab
  it('is each page\'s own', async t => {
    const { page, context, host } = await openApp(t, APP);
    const other = await openPage(context, host.url);
    await click(page, 'Long');
    await has(page, 1);
    await click(other, 'Long');
    await has(other, 1);
    await page.getByRole('button', { name: 'Cancel Work' }).click();
    await shows(page, '.tl-tasks', 'Nothing is running.');
    await has(other, 1);
  });

  for (const colorScheme of ['light', 'dark']) {
    it(`fits a phone, ${colorScheme}`, async t => {
      const { page } = await openApp(t, APP, { colorScheme, viewport: { width: 390, height: 800 } });
      for (const name of ['Long', 'Unknown', 'Careful', 'Queue', 'Queue']) await click(page, name);
      await has(page, 5);
      await shows(page, `${LIST}:last-child .help`, 'Waiting for its turn');
      await assertNothingSticksOut(page);
      const heights = await page.$$eval(LIST, list => list.map(dom => dom.offsetHeight));
      assert.ok(Math.max(...heights) - Math.min(...heights) <= 1, String(heights));
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/kit-${colorScheme}-390.png` });
    });
  }
});
