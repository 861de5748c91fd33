// The first demo: a background task counts twice a second while the page stays alive.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEMO } from './support/host.js';
import { number, openApp, openPage, quietly, reaches, record, until } from './support/page.js';

const COUNT = '#my-task h2';
const MAX = '#my-task input';
const button = (page, name) => page.getByRole('button', { name, exact: true });
const start = page => button(page, 'Start').click();
const numbers = list => list.map(({ text }) => parseInt(text, 10));

async function setMaximum(page, value) {
  await page.fill(MAX, String(value));
  await page.press(MAX, 'Enter');
}

// One loop ticks every half a second, two together twice as often.
function assertOneBeat(ticks) {
  const mean = (ticks.at(-1).at - ticks[0].at) / (ticks.length - 1);
  assert.ok(mean > 400 && mean < 900, `a tick every half a second, not every ${Math.round(mean)} ms`);
}

describe('my task', { concurrency: 4 }, () => {
  it('counts at two a second up to the maximum, and stops there', async t => {
    const { page } = await openApp(t, DEMO);
    const seen = await record(page, COUNT);
    await setMaximum(page, 4);
    await start(page);
    await button(page, 'Stop').waitFor();
    await button(page, 'Start').waitFor();
    const list = await seen();
    assert.deepEqual(numbers(list), [0, 1, 2, 3, 4]);
    assertOneBeat(list.slice(1));
    assert.deepEqual(await page.$eval('progress', dom => [dom.value, dom.max]), [4, 4]);
  });

  it('is reset while it runs', async t => {
    const { page } = await openApp(t, DEMO);
    await start(page);
    await reaches(page, COUNT, 2);
    const seen = await record(page, COUNT);
    const before = await number(page, COUNT);
    const list = async () => [before, ...numbers(await seen())];
    const fall = counts => counts.findIndex((count, i) => i > 0 && count < counts[i - 1]);
    await button(page, 'Reset').click();
    await until(async () => fall(await list()) > 0, 'it is reset');
    await reaches(page, COUNT, 3);
    const counts = await list(), after = counts.slice(fall(counts));
    assert.ok(after[0] <= 1, `${after[0]} after the reset: 0, or 1 when the next beat came with it`);
    assert.deepEqual(after.slice(0, 3), [0, 1, 2].map(i => after[0] + i));
    assert.ok(await button(page, 'Stop').isVisible());
  });

  it('goes further when the maximum is raised while it runs, and stops at a lowered one', async t => {
    const { page } = await openApp(t, DEMO);
    await setMaximum(page, 4);
    await start(page);
    await reaches(page, COUNT, 1);
    await setMaximum(page, 20);
    await reaches(page, COUNT, 5);
    await setMaximum(page, 2);
    await button(page, 'Start').waitFor();
    assert.ok(await number(page, COUNT) < 20);
  });

  it('stays where it was stopped', async t => {
    const { page } = await openApp(t, DEMO);
    await start(page);
    await reaches(page, COUNT, 2);
    await button(page, 'Stop').click();
    await button(page, 'Start').waitFor();
    const stopped = await page.textContent(COUNT);
    await quietly(1200);
    assert.equal(await page.textContent(COUNT), stopped);
  });

  it('keeps one loop when it is stopped and started again, however fast', async t => {
    const { page } = await openApp(t, DEMO);
    await setMaximum(page, 99);
    await start(page);
    await reaches(page, COUNT, 1);
    for (let i = 0; i < 3; i++) {
      await button(page, 'Stop').click();
      await button(page, 'Start').click();
    }
    const seen = await record(page, COUNT);
    await until(async () => (await seen()).length >= 7, 'six ticks');
    assertOneBeat((await seen()).slice(1));
  });

  it('two tabs of one browser count for themselves', async t => {
    const { host, context, page: one } = await openApp(t, DEMO);
    const two = await openPage(context, host.url);
    await setMaximum(two, 40);
    await start(one);
    await reaches(one, COUNT, 2);
    assert.equal(await number(two, COUNT), 0);
    assert.ok(await button(two, 'Start').isVisible());
    assert.equal(await one.inputValue(MAX), '10');
    await start(two);
    await button(one, 'Stop').click();
    await button(one, 'Start').waitFor();
    await reaches(two, COUNT, 3);
    assert.ok(await button(two, 'Stop').isVisible());
  });

  it('the ticks disturb nobody who types: caret, selection and text stay', async t => {
    const { page } = await openApp(t, DEMO);
    const nextTick = async () => reaches(page, COUNT, await number(page, COUNT) + 1);
    await setMaximum(page, 50);
    await start(page);
    await page.focus(MAX);
    await page.keyboard.press('Home');
    await nextTick();
    await page.keyboard.type('1');
    assert.equal(await page.inputValue(MAX), '150', 'the caret has stayed at the beginning');
    await page.keyboard.press('Control+A');
    await nextTick();
    await page.keyboard.type('72');
    await nextTick();
    assert.equal(await page.inputValue(MAX), '72', 'the selection was replaced, and what is typed stands');
    assert.ok(await page.$eval(MAX, dom => dom === document.activeElement));
    assert.equal(await page.$eval('progress', dom => dom.max), 50, 'the state follows when the field is left');
    await page.keyboard.press('Tab');
    await page.waitForFunction(() => document.querySelector('progress').max === 72);
  });

  it('works by keyboard alone, with a ring around what has the focus', async t => {
    const { page } = await openApp(t, DEMO);
    const ring = () => page.evaluate(() => {
      const style = getComputedStyle(document.activeElement);
      return { name: document.activeElement.textContent || document.activeElement.tagName,
        drawn: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2 };
    });
    const met = [];
    for (let i = 0; i < 4; i++) {
      await page.keyboard.press('Tab');
      met.push(await ring());
    }
    assert.deepEqual(met.map(({ name }) => name), ['INPUT', 'Start', 'Reset', 'Fetch Data']);
    assert.deepEqual(met.map(({ drawn }) => drawn), [true, true, true, true]);
    await page.focus('button >> text=Start');
    await page.keyboard.press('Space');
    await reaches(page, COUNT, 1);
    assert.equal((await ring()).name, 'Stop', 'the button has kept the focus while it changed');
  });
});
