// What is drawn, and how little of it again.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { browser, counter, page, textIs, until, watchMutations, withPage } from './support/harness.js';
import { MockHost } from './support/mock-host.js';
import { openPage } from './support/browser.js';
import { cond, each, el, item, on, pos, v } from './support/trees.js';

test('a click sends an event, and its delta changes the page', () => withPage(counter, async (host, p) => {
  await textIs(p, 'h2', '0 / 10');
  await p.click('button');
  await textIs(p, 'h2', '5 / 10');
  assert.deepEqual(host.messages('event'), [{ id: 1, handler: 'Job.add', args: [5] }]);
  assert.equal(await p.evaluate(() => document.querySelector('h2').style.marginTop), '7px');
}));

test('the page that the host rendered is kept, not drawn anew', async () => {
  const host = await new MockHost({ ...counter, pages: page(el('input', { id: 'a' }), 'x') }).listen();
  const p = await openPage(browser(), `${host.url}/`, {}, () => {
    document.addEventListener('readystatechange', () => { window.seen ??= document.querySelector('main > input'); });
  });
  await until(() => host.messages('hello').length > 0);
  assert.equal(await p.evaluate(() => window.seen === document.getElementById('a')), true);
  await p.context().close();
  host.close();
});

test('what a parser has put together in another way is put right', () => withPage({
  ...counter, pages: page(el('p', { title: 'p' }, el('div', { class: 'a', title: 't' }, 'x')), el('div', { id: 'b' }, 'y'),
    el('table', {}, el('tr', {}, el('td', {}, v('Job', 'counter'))))),
}, async (host, p) => {
  assert.equal(await p.innerHTML('main'), '<p title="p"><div class="a" title="t">x</div></p><div id="b">y</div>' +
    '<table><tr><td>0</td></tr></table>');
}));

test('a root that came empty is drawn', () => withPage({ ...counter, drawn: false }, async (host, p) => {
  await textIs(p, 'h2', '0 / 10');
  await p.click('button');
  await textIs(p, 'h2', '5 / 10');
}));

test('one field of one of 1,000 rows is one mutation', () => withPage({
  pages: page(el('ul', {}, each(v('Job', 'items'), 1, 'id',
    el('li', { class: cond(item(1, 'done'), 'done') }, pos(1), ' ', item(1, 'title'), ' of ', v('Job', 'n'),
      el('button', { on: on('click', 'Job.drop', [item(1, 'id')]) }, 'x'))))),
  state: { Job: { n: 1000, items: Array.from({ length: 1000 }, (_, id) => ({ id, title: `row ${id}`, done: false })) } },
  handlers: { 'Job.drop': () => ({ patch: { Job: { items: { $: ['list', [['-', 7, 1]]] } } } }) },
}, async (host, p) => {
  const mutations = await watchMutations(p);
  host.push({ Job: { items: { $: ['list', [['~', 500, { title: 'changed' }]]] } } });
  await textIs(p, 'li:nth-child(501)', '501 changed of 1000x');
  assert.deepEqual(await mutations(), ['characterData']);

  host.push({ Job: { items: { $: ['list', [['~', 3, { done: true }]]] } } });
  await p.waitForSelector('li.done');
  assert.deepEqual(await mutations(), ['attributes']);

  await p.click('li:nth-child(8) button');
  await textIs(p, 'li:nth-child(8)', '8 row 8 of 1000x');
  assert.deepEqual(host.messages('event')[0].args, [7]);
  assert.equal((await mutations()).filter(type => type === 'childList').length, 1);
}));

test('a progress bar keeps its value when something else of it changes', () => withPage({
  pages: page(el('progress', { value: v('Job', 'n'), max: v('Job', 'max') })),
  state: { Job: { n: 3, max: 10 } },
}, async (host, p) => {
  const values = () => p.evaluate(() => [document.querySelector('progress').value, document.querySelector('progress').max]);
  assert.deepEqual(await values(), [3, 10]);
  host.push({ Job: { max: 20 } });
  await p.waitForSelector('[max="20"]');
  assert.deepEqual(await values(), [3, 20]);
  host.push({ Job: { n: null } });
  await p.waitForSelector('progress:indeterminate');
}));

test('what a delta does not touch is not drawn again', () => withPage({
  pages: page(el('p', {}, v('Job', 'a')), el('div', {}, el('i', {}, v('Job', 'b')), el('u', {}, 'fixed'))),
  state: { Job: { a: 1, b: 1 } },
}, async (host, p) => {
  // Text that somebody else has put there shows that nobody wrote over it.
  await p.evaluate(() => { document.querySelector('i').firstChild.data = 'foreign'; });
  host.push({ Job: { a: 2 } });
  await textIs(p, 'p', '2');
  assert.equal(await p.textContent('i'), 'foreign');
  host.push({ Job: { b: 2 } });
  await textIs(p, 'i', '2');
}));

// holds: ui.cond
test('a branch that comes back is drawn from the state of now', () => withPage({
  pages: page(cond(v('Job', 'on'), el('b', {}, v('Job', 'n')), el('i', {}, 'off')), el('p', {}, v('Job', 'on'))),
  state: { Job: { on: true, n: 1 } },
}, async (host, p) => {
  await textIs(p, 'b', '1');
  host.push({ Job: { on: false } });
  await textIs(p, 'main', 'offfalse');
  host.push({ Job: { on: true } });
  await textIs(p, 'main', '1true');
  host.push({ Job: { n: 2 } });
  await textIs(p, 'main', '2true');
}));

// holds: ui.foreach.map, host.order.shown
test('loops in loops, over maps, and what their bodies read from outside', () => withPage({
  pages: page(el('dl', {}, each(v('Job', 'groups'), 1, undefined, { $: 'frag', children: [
    el('dt', {}, pos(1), v('Job', 'sign')),
    each(item(1, 'tags'), 2, undefined, el('dd', {}, item(1, 'name'), '-', item(2), '-', pos(2))),
  ] }))),
  state: { Job: { sign: ':', groups: { b: { name: 'B', tags: ['x'] }, a: { name: 'A', tags: ['y', 'z'] } } } },
}, async (host, p) => {
  await textIs(p, 'dl', 'a:A-y-1A-z-2b:B-x-1');
  host.push({ Job: { sign: '!', groups: { a: { name: 'Q' } } } });
  await textIs(p, 'dl', 'a!Q-y-1Q-z-2b!B-x-1');
  host.push({ Job: { groups: { c: { $: ['set', { name: 'C', tags: [] }] }, a: { tags: { $: ['list', [['+', 0, 'w']]] } } } } });
  await textIs(p, 'dl', 'a!Q-w-1Q-y-2Q-z-3b!B-x-1c!');
}));

// holds: ui.foreach.list
test('keyed loops in keyed loops: rows move with what is in them, triggers bring the row they are in', () => withPage({
  pages: page(el('div', {}, each(v('Job', 'groups'), 1, 'id', el('section', { id: item(1, 'id') },
    each(item(1, 'rows'), 2, 'id', el('p', { class: item(1, 'id') }, pos(1), pos(2), item(2, 't'), v('Job', 'n'),
      el('button', { on: on('click', 'Job.drop', [item(1, 'id'), item(2, 'id'), pos(1), pos(2), v('Job', 'n')]) })),
    ))))),
  state: { Job: { n: 0, groups: [
    { id: 'a', rows: [{ id: 1, t: 'x' }, { id: 2, t: 'y' }] }, { id: 'b', rows: [{ id: 1, t: 'z' }] },
  ] } },
}, async (host, p) => {
  await textIs(p, 'div', '11x012y021z0');
  await p.evaluate(() => { window.rows = [...document.querySelectorAll('p')]; });
  const order = () => p.evaluate(() => [...document.querySelectorAll('p')].map(dom => window.rows.indexOf(dom)));
  host.push({ Job: { groups: { $: ['list', [['m', 1, 1, 0]]] } } });
  await textIs(p, 'div', '11z021x022y0');
  assert.deepEqual(await order(), [2, 0, 1]);
  host.push({ Job: { n: 7, groups: { $: ['list', [['~', 1, { rows: { $: ['list', [['m', 1, 1, 0], ['+', 1, { id: 3, t: 'w' }]]] } }]]] } } });
  await textIs(p, 'div', '11z721y722w723x7');
  assert.deepEqual(await order(), [2, 1, -1, 0]);
  await p.evaluate(() => document.querySelector('#a p:last-child button').click());
  await until(() => host.messages('event').length === 1);
  assert.deepEqual(host.messages('event')[0].args, ['a', 1, 2, 3, 7]);
  host.push({ Job: { groups: { $: ['list', [['~', 1, { id: 'c' }]]] } } });
  await p.waitForSelector('#c p.c');
  await textIs(p, '#c', '21y722w723x7');
}));

// holds: ui.foreach.key
test('a row that moves keeps its element, its focus and what is typed in it', () => withPage({
  pages: page(el('ul', {}, each(v('Job', 'items'), 1, 'id', el('li', {}, el('input', { id: item(1, 'id') }))))),
  state: { Job: { items: [{ id: 'a' }, { id: 'b' }, { id: 'c' }] } },
}, async (host, p) => {
  await p.focus('#a');
  await p.keyboard.type('here');
  host.push({ Job: { items: { $: ['list', [['m', 2, 1, 0]]] } } });
  await p.waitForSelector('li:nth-child(1) #c');
  assert.equal(await p.evaluate(() => document.activeElement.id), 'a');
  assert.equal(await p.inputValue('#a'), 'here');
}));

test('rows with the same key, or none, are all drawn', () => withPage({
  pages: page(el('ul', {}, each(v('Job', 'items'), 1, 'id', el('li', {}, item(1, 'id'), item(1, 't'))))),
  state: { Job: { items: [{ id: 1, t: 'a' }, { id: 1, t: 'b' }, { t: 'c' }, { id: '1', t: 'd' }] } },
}, async (host, p) => {
  await textIs(p, 'ul', '1a1bc1d');
}));

// holds: attribute.value, attribute.absent
test('attributes, classes and styles follow the state', () => withPage({
  pages: page(el('a', {
    href: v('Job', 'url'), hidden: v('Job', 'off'), title: v('Job', 'n'), 'aria-pressed': v('Job', 'on'),
    class: { $: 'class', names: ['base', v('Job', 'name')], when: { zeta: v('Job', 'on'), alpha: true, no: v('Job', 'off') } },
    style: { color: cond(v('Job', 'on'), 'rgb(1, 2, 3)'), '--level': v('Job', 'n') },
  }, 'link')),
  state: { Job: { url: 'java\nscript:alert(1)', on: true, off: false, n: 5, name: null } },
}, async (host, p) => {
  const attributes = () => p.evaluate(() => {
    const link = document.querySelector('a');
    const text = Object.fromEntries(Array.from(link.attributes, ({ name, value }) => [name, value]));
    delete text.style;
    return { ...text, color: link.style.color, level: link.style.getPropertyValue('--level') };
  });
  assert.deepEqual(await attributes(), {
    title: '5', 'aria-pressed': 'true', class: 'base alpha zeta', color: 'rgb(1, 2, 3)', level: '5',
  });
  host.push({ Job: { url: '/x', on: false, off: true, n: null, name: 'named' } });
  await p.waitForSelector('a.named', { state: 'attached' });
  assert.deepEqual(await attributes(), { href: '/x', hidden: '', class: 'base named alpha no', color: '', level: '' });
}));
