// A state in the page: as few changes as the state had, the same elements for the same rows, and
// text that stays text.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages, openApp, shows } from './support/page.js';

const ROWS = 'spec/browser/apps/rows.lua';
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();

// Notes every mutation in the tree from here on; gives a function that reads them.
async function watchTree(page) {
  await page.evaluate(() => {
    window.mutations = [];
    new MutationObserver(list => window.mutations.push(...list.map(({ type, target, addedNodes, removedNodes }) =>
      ({ type, on: (target.parentElement?.className || target.id || target.nodeName), added: addedNodes.length, removed: removedNodes.length }))))
      .observe(document.getElementById('tl-root'), { subtree: true, childList: true, characterData: true, attributes: true });
  });
  return () => page.evaluate(() => window.mutations.filter(({ type, on }) => !(type === 'attributes' && on === 'busy')));
}

const titles = (page, n) => page.$$eval('#rows .title', (list, n_) => list.slice(0, n_).map(dom => dom.textContent), n);

describe('rendering', { concurrency: 3 }, () => {
  it('changes one text node when one field of one of 1,000 rows changes', async t => {
    const { page } = await openApp(t, ROWS);
    assert.equal(await page.locator('#rows tr').count(), 1000);
    const seen = await watchTree(page);
    await click(page, 'Rename');
    await shows(page, '#rows tr:nth-child(500) .title', 'renamed');
    assert.deepEqual(await seen(), [{ type: 'characterData', on: 'title', added: 0, removed: 0 }]);
    const [{ patch }] = messages(page, 'received', 'patch');
    assert.ok(JSON.stringify(patch).length < 100);
    assert.deepEqual(patch, { Rows: { rows: { $: ['list', [['~', 499, { title: 'renamed' }]]] } } });
  });

  it('takes one row out and puts one in, and leaves the others alone', async t => {
    const { page } = await openApp(t, ROWS);
    await page.evaluate(() => { window.kept = document.querySelectorAll('#rows tr')[700]; });
    const seen = await watchTree(page);
    await click(page, 'Remove');
    await page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 999);
    await click(page, 'Insert');
    await page.waitForFunction(() => document.querySelectorAll('#rows tr').length === 1000);
    assert.deepEqual(await titles(page, 4), ['row 1', 'row 3', 'new', 'row 4']);
    assert.ok(await page.evaluate(() => window.kept === document.querySelectorAll('#rows tr')[700]));
    const children = (await seen()).filter(({ type }) => type === 'childList');
    assert.deepEqual(children.map(({ added, removed }) => [added, removed]), [[0, 1], [1, 0]]);
  });

  it('moves the rows with their elements, what is typed in them and the focus', async t => {
    const { page } = await openApp(t, ROWS);
    const order = () => page.$$eval('#few p', list => list.map(dom => dom.firstChild.data));
    await page.evaluate(() => { window.rows = Object.fromEntries([...document.querySelectorAll('#few p')].map(dom => [dom.id, dom])); });
    await page.fill('#few-b input', 'half a sent');
    await page.focus('#few-b input');
    await page.evaluate(() => document.activeElement.setSelectionRange(2, 6));
    // by script, as a click would move the focus
    const press = name => page.evaluate(name_ => [...document.querySelectorAll('button')].find(b => b.textContent === name_).click(), name);
    await press('Rotate');
    await page.waitForFunction(() => document.querySelector('#few p').id === 'few-d');
    assert.deepEqual(await order(), ['d', 'a', 'b', 'c']);
    await press('Reverse');
    await page.waitForFunction(() => document.querySelector('#few p:nth-child(2)').id === 'few-c');
    assert.deepEqual(await order(), ['d', 'c', 'b', 'a']);
    assert.ok(await page.evaluate(() => Object.entries(window.rows).every(([id, dom]) => document.getElementById(id) === dom)));
    assert.equal(await page.inputValue('#few-b input'), 'half a sent');
    const focus = await page.evaluate(() => {
      const { value, selectionStart, selectionEnd, parentElement } = document.activeElement;
      return [parentElement?.id, value, selectionStart, selectionEnd];
    });
    assert.deepEqual(focus, ['few-b', 'half a sent', 2, 6]);
  });

  // holds: ui.html
  it('shows text as text, whatever stands in it', async t => {
    const { page } = await openApp(t, ROWS);
    const text = '<script>window.hacked = 1</script><img src=x onerror="window.hacked = 2"> & &amp; "\' </p>';
    await page.fill('#source', text);
    await shows(page, '#shown', text);
    assert.equal(await page.getAttribute('#shown', 'title'), text);
    assert.equal(await page.locator('#shown *').count(), 0);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
  });
});
