// What a delta costs in the browser: one changed row of 10,000, by Chromium's own counters. The figures are printed, and
// held to bounds that leave room for a machine with other things to do.
// COST_FULL=1: more deltas, for an answer on memory that takes minutes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages, openApp, reaches, until } from './support/page.js';

const APP = 'spec/browser/apps/cost.lua';
const PATIENCE = 180_000;   // ms
const SLACK = 3;
const SCRIPT = 4, SHARE = 0.3, GROWTH = 0.05;   // ms of script a delta; of a core at 100 a second; of the heap
const FLOOD = 20_000, TIMES = process.env.COST_FULL === '1' ? 5 : 1;

const press = (page, name) =>
  page.evaluate(text => [...document.querySelectorAll('button')].find(b => b.textContent === text).click(), name);

const sent = page => page.evaluate(() => Number(document.getElementById('sent').textContent));

const median = list => [...list].sort((a, b) => a - b)[list.length >> 1];

async function openCost(t) {
  const { page, context } = await openApp(t, APP, { witness: false });   // it has a core to itself else, and the page waits
  const cdp = await context.newCDPSession(page);
  await cdp.send('Performance.enable');
  const metrics = async () => Object.fromEntries((await cdp.send('Performance.getMetrics')).metrics.map(m => [m.name, m.value]));
  const heap = async () => {
    for (let i = 0; i < 3; i++) await cdp.send('HeapProfiler.collectGarbage');
    return (await metrics()).JSHeapUsedSize;
  };
  return { page, metrics, heap };
}

describe('the cost of a delta', () => {
  it('is little script when one row of 10,000 changes', async t => {
    const { page, metrics } = await openCost(t);
    assert.equal(await page.locator('#rows .row').count(), 10_000);
    const scripts = [], tasks = [];
    for (let i = 1; i <= 60; i++) {
      const got = messages(page, 'received', 'patch').length;
      const before = await metrics();
      await press(page, 'Change');   // which is counted, too
      await until(() => messages(page, 'received', 'patch').length > got);
      await page.evaluate(() => new Promise(done => requestAnimationFrame(() => setTimeout(done))));
      const after = await metrics();
      if (i <= 10) continue;
      scripts.push((after.ScriptDuration - before.ScriptDuration) * 1000);
      tasks.push((after.TaskDuration - before.TaskDuration) * 1000);
    }
    t.diagnostic(`script ${median(scripts).toFixed(2)} ms, with layout and paint ${median(tasks).toFixed(2)} ms`);
    assert.ok(median(scripts) < SLACK * SCRIPT);
  });

  it('lets the page breathe at 100 deltas a second', async t => {
    const { page, metrics } = await openCost(t);
    await press(page, 'Pour');
    await reaches(page, '#sent', 50);
    const before = await metrics(), first = messages(page, 'received', 'patch').length;
    await new Promise(done => setTimeout(done, 4000));
    const after = await metrics(), deltas = messages(page, 'received', 'patch').length - first;
    const seconds = after.Timestamp - before.Timestamp;
    const of = name => (after[name] - before[name]) / seconds;
    t.diagnostic(`${Math.round(deltas / seconds)} deltas a second: script ${(of('ScriptDuration') * 100).toFixed(1)} % of a core, ` +
      `style and layout ${((of('LayoutDuration') + of('RecalcStyleDuration')) * 100).toFixed(1)} %, all ${(of('TaskDuration') * 100).toFixed(1)} %`);
    // The rest is Chromium's, which lays out and paints each change: it takes what the machine gives.
    assert.ok(deltas / seconds > 30);   // so many at least, on whatever machine
    assert.ok(of('ScriptDuration') * Math.max(1, 100 / (deltas / seconds)) < SHARE);
    await page.close();   // it is too busy to see in time that the test, and with it the host, ends
  });

  it('leaves nothing behind', async t => {
    const { page, heap } = await openCost(t);
    // All but the browser's layout goes on as before, and faster.
    await page.evaluate(() => { document.getElementById('rows').style.display = 'none'; });
    await press(page, 'Pour');
    await until(async () => await sent(page) >= 500);
    const before = await heap();
    for (let i = 1; i <= TIMES; i++) {
      await press(page, 'Flood');
      await until(async () => await sent(page) >= 500 + i * FLOOD, `${FLOOD} deltas`, PATIENCE);
    }
    const after = await heap();
    t.diagnostic(`${TIMES * FLOOD} deltas: heap ${(before / 1e6).toFixed(2)} MB, then ${(after / 1e6).toFixed(2)} MB`);
    assert.ok(after < before * (1 + GROWTH));
    await page.close();
  });
});
