// Ten tasks at once, with a Stop for each.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openApp, quietly, shows, until } from './support/page.js';
import { assertNothingSticksOut } from './support/look.js';

const APP = 'app/tasks/main.lua';
const button = (page, name) => page.getByRole('button', { name, exact: true });
const status = i => `li:nth-child(${i}) [role=status]`;
const percents = page => page.$$eval('progress', list => list.map(dom => dom.value));

describe('ten tasks', { concurrency: 2 }, () => {
  it('run at once; one is stopped, one fails, the others come through', async t => {
    const { page } = await openApp(t, APP);
    await button(page, 'Start all').click();
    await shows(page, 'header p', '10 running.');
    await until(async () => (await percents(page)).every(n => n > 0), 'all are under way');
    assert.ok(await button(page, 'Start all').isDisabled());
    await button(page, 'Stop Lights').click();
    await shows(page, status(4), /^stopped after /);
    const [, , , stopped] = await percents(page);
    assert.ok(stopped < 100);
    await shows(page, status(10), /^done in 2\.\d s$/);
    await shows(page, status(7), 'the disk is full');
    await shows(page, status(1), /^done in 9\.\d s$/);
    await shows(page, 'header p', 'None is running.');
    const ends = await percents(page);
    assert.equal(ends[3], stopped);
    assert.ok(ends[6] >= 60 && ends[6] < 100);
    assert.equal(ends.filter(n => n === 100).length, 8);
    assert.ok(await button(page, 'Stop all').isDisabled());
  });

  it('are stopped all together, and stay where they are', async t => {
    const { page } = await openApp(t, APP);
    await button(page, 'Start all').click();
    await until(async () => (await percents(page)).every(n => n > 0), 'all are under way');
    await button(page, 'Stop all').click();
    await shows(page, 'header p', 'None is running.');
    const stopped = await percents(page);
    await quietly(500);
    assert.deepEqual(await percents(page), stopped);
    await button(page, 'Start Buoys').click();
    await shows(page, 'header p', '1 running.');
    await button(page, 'Stop Buoys').waitFor();
  });

  for (const width of [390, 1280]) {
    it(`stand in their cards at ${width} pixels, which stay as large as they are`, async t => {
      const { page } = await openApp(t, APP, { viewport: { width, height: 800 } });
      const heights = () => page.$$eval('li', list => list.map(dom => dom.offsetHeight));
      const before = await heights();
      await assertNothingSticksOut(page);
      await button(page, 'Start all').click();
      await shows(page, status(10), /^done/);
      await assertNothingSticksOut(page);
      assert.deepEqual(await heights(), before);
    });
  }
});
