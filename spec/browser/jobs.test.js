// Ten kinds of jobs in a browser, and the list of those that run.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openApp, shows, until } from './support/page.js';
import { assertNothingSticksOut } from './support/look.js';

const APP = 'app/jobs/main.lua';
const LIST = '#running li';
const said = id => `#${id} [role=status]`;
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const has = (page, n) => until(async () => await page.locator(LIST).count() === n, `${n} jobs are listed`);

describe('jobs', { concurrency: 2 }, () => {
  it('run at once, each in its own way, and say what came of them', async t => {
    const { page } = await openApp(t, APP);
    await shows(page, '.tl-tasks', 'No job is running.');
    for (const name of ['Import', 'Harbour', 'Lighthouse', 'Ask', 'Start the batch', 'Count primes', 'Fetch']) await click(page, name);
    await page.getByLabel('Name of a ship').pressSequentially('mar', { delay: 30 });
    await shows(page, said('fetch'), /^High water/);
    await shows(page, said('search'), 'Marie, Marlene');
    await until(async () => await page.getByRole('progressbar', { name: 'Batch' }).evaluate(dom => dom.value) > 0, 'the batch is under way');
    await shows(page, said('primes'), /^216816 primes/);
    await shows(page, said('retry'), 'At the attempt no. 4 the service has answered');
    await shows(page, said('upload'), 'lighthouse.jpg was sent');
    await shows(page, said('import'), '1000 rows were imported');
    await shows(page, said('batch'), 'All 40 parts are done');
    await shows(page, '.tl-tasks', 'No job is running.');
  });

  it('are cancelled one by one; one that cleans up says so', async t => {
    const { page } = await openApp(t, APP);
    for (const name of ['Import', 'Survey', 'Watch the tide']) await click(page, name);
    await has(page, 3);
    await page.getByRole('button', { name: 'Cancel Import' }).click();
    await has(page, 2);
    await page.getByRole('button', { name: 'Cancel Survey' }).click();
    await shows(page, `${LIST} .help`, 'Stopping');
    await shows(page, said('survey'), 'The boat was called back');
    await page.getByRole('button', { name: 'Cancel Watch' }).click();
    await shows(page, '.tl-tasks', 'No job is running.');
    assert.equal(await page.locator(said('import')).textContent(), '');
  });

  for (const width of [390, 1280]) {
    it(`fit ${width} pixels, also while many run`, async t => {
      const { page } = await openApp(t, APP, { viewport: { width, height: 800 } });
      await click(page, 'Watch the tide');
      await has(page, 1);
      await assertNothingSticksOut(page);
      for (const name of ['Import', 'Harbour', 'Lighthouse', 'Harbour', 'Ask', 'Survey']) await click(page, name);
      await has(page, 7);
      // The list scrolls by itself, and the cards above it stay where they are.
      const { list, sideways } = await page.evaluate(() => ({
        list: document.querySelector('#running').clientHeight, sideways: document.documentElement.scrollWidth - innerWidth,
      }));
      assert.ok(list <= 0.45 * 800 && sideways <= 0, `${list} ${sideways}`);
    });
  }
});
