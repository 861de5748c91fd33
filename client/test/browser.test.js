// The client in a real browser, against a mock host.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { launch, openPage } from './browser.js';
import { MockHost } from './mock-host.js';
import { cond, each, el, item, on, op, pos, v } from './trees.js';

let browser;
before(async () => { browser = await launch(); });
after(() => browser.close());

// Runs fn(host, page) and checks that nothing went wrong besides.
async function withPage(options, fn) {
  const host = await new MockHost(options).listen();
  const page = await openPage(browser, `${host.url}/`);
  try {
    await page.waitForFunction(() => !document.documentElement.hasAttribute('data-tl-pending'));
    await until(() => host.messages('hello').length > 0);
    await fn(host, page);
    assert.deepEqual(page.problems, []);
  } finally {
    await page.context().close();
    host.close();
  }
}

async function until(test, ms = 5000) {
  for (const end = Date.now() + ms; Date.now() < end;) {
    if (await test()) return;
    await new Promise(done => setTimeout(done, 10));
  }
  assert.fail(`never true: ${test}`);
}

const page = (...children) => ({ '/': { route: '/', title: 'Test', tree: el('main', {}, ...children) } });
const textIs = (p, selector, text) =>
  p.waitForFunction(([s, t]) => document.querySelector(s)?.textContent === t, [selector, text], { timeout: 5000 });

const counter = {
  pages: page(
    el('h2', { style: { 'margin-top': '7px' } }, v('Job', 'counter'), ' / ', v('Job', 'max')),
    el('button', { on: on('click', 'Job.add', [5]) }, 'Add'),
  ),
  state: { Job: { counter: 0, max: 10 } },
  handlers: { 'Job.add': (state, [n]) => ({ patch: { Job: { counter: state.Job.counter + n } } }) },
};

test('a click sends an event, and its delta changes the page', () => withPage(counter, async (host, p) => {
  await textIs(p, 'h2', '0 / 10');
  await p.click('button');
  await textIs(p, 'h2', '5 / 10');
  assert.deepEqual(host.messages('event'), [{ id: 1, handler: 'Job.add', args: [5] }]);
  assert.equal(await p.evaluate(() => document.querySelector('h2').style.marginTop), '7px');
}));

test('the page that the host rendered is kept, not drawn anew', async () => {
  const host = await new MockHost({ ...counter, pages: page(el('input', { id: 'a' }), 'x') }).listen();
  const context = await browser.newContext({ javaScriptEnabled: true });
  const p = await context.newPage();
  await p.addInitScript(() => {
    const seen = [];
    window.seen = seen;
    document.addEventListener('readystatechange', () => seen.push(document.getElementById('a')));
  });
  await p.goto(host.url);
  await until(() => host.messages('hello').length > 0);
  assert.equal(await p.evaluate(() => window.seen[0] === document.querySelector('main > input')), true);
  await context.close();
  host.close();
});

test('one field of one of 1,000 rows is one mutation', () => withPage({
  pages: page(el('ul', {}, each(v('Job', 'items'), 1, 'id',
    el('li', { class: cond(item(1, 'done'), 'done') }, pos(1), ' ', item(1, 'title'), ' of ', v('Job', 'n'),
      el('button', { on: on('click', 'Job.drop', [item(1, 'id')]) }, 'x'))))),
  state: { Job: { n: 1000, items: Array.from({ length: 1000 }, (_, id) => ({ id, title: `row ${id}`, done: false })) } },
  handlers: { 'Job.drop': () => ({ patch: { Job: { items: { $: ['list', [['-', 7, 1]]] } } } }) },
}, async (host, p) => {
  await p.evaluate(() => {
    window.changes = [];
    new MutationObserver(list => window.changes.push(...list.map(m => m.type)))
      .observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  host.push({ Job: { items: { $: ['list', [['~', 500, { title: 'changed' }]]] } } });
  await textIs(p, 'li:nth-child(501)', '501 changed of 1000x');
  assert.deepEqual(await p.evaluate(() => window.changes), ['characterData']);

  host.push({ Job: { items: { $: ['list', [['~', 3, { done: true }]]] } } });
  await p.waitForSelector('li.done');
  assert.deepEqual(await p.evaluate(() => window.changes), ['characterData', 'attributes']);

  await p.click('li:nth-child(8) button');
  await textIs(p, 'li:nth-child(8)', '8 row 8 of 1000x');
  assert.deepEqual(host.messages('event')[0].args, [7]);
  assert.equal((await p.evaluate(() => window.changes)).filter(type => type === 'childList').length, 1);
}));

test('events of the time without connection go out once, in order', () => withPage(counter, async (host, p) => {
  host.answering = false;
  await p.click('button');
  await until(() => host.messages('event').length === 1);
  host.refusing = true;
  host.ws.terminate();
  await p.click('button');
  host.refusing = false;
  host.answering = true;
  await textIs(p, 'h2', '10 / 10');
  assert.deepEqual(host.messages('event').map(e => e.id), [1, 1, 2]);
  const [first, second] = host.messages('hello');
  assert.equal(first.instance, second.instance);
  assert.deepEqual([first.token, first.version, second.token, second.version], [null, null, 'ABC', 1]);
}));

test('the first retry is quick', () => withPage(counter, async (host, p) => {
  const start = Date.now();
  host.ws.terminate();
  await until(() => host.messages('hello').length === 2);
  assert.ok(Date.now() - start < 500);
  assert.equal(await p.locator('.tl-banner.tl-shown').count(), 0);
}));

test('a banner shows after a second without connection, and goes', () => withPage(counter, async (host, p) => {
  host.refusing = true;
  host.ws.terminate();
  await new Promise(done => setTimeout(done, 700));
  assert.equal(await p.locator('.tl-banner.tl-shown').count(), 0);
  await p.waitForSelector('.tl-banner.tl-shown', { timeout: 2000 });
  host.refusing = false;
  await p.waitForSelector('.tl-banner:not(.tl-shown)', { state: 'attached' });
}));

test('a full queue refuses and says so', () => withPage(counter, async (host, p) => {
  host.answering = false;
  await p.evaluate(() => { for (let i = 0; i < 101; i++) document.querySelector('button').click(); });
  await p.waitForSelector('.tl-toast.tl-warning');
  await until(() => host.messages('event').length === 100);
}));

test('a patch that does not fit asks for the whole state', () => withPage(counter, async (host, p) => {
  host.say({ from: 1, version: 2, patch: { Job: { nothing: { deep: 1 } } } });
  await until(() => host.messages('hello').length === 2);
  assert.equal(host.messages('hello')[1].version, null);
  assert.ok(p.console.some(text => text.includes('patch does not fit')));
  await p.click('button');
  await textIs(p, 'h2', '5 / 10');
}));

test('a version that does not follow asks for the whole state', () => withPage(counter, async host => {
  host.say({ from: 7, version: 8, patch: { Job: { counter: 9 } } });
  await until(() => host.messages('hello').length === 2);
  assert.equal(host.messages('hello')[1].version, null);
}));

test('a control is busy after 100 ms without an answer, not before', () => withPage(counter, async (host, p) => {
  host.answering = false;
  await p.click('button');
  assert.equal(await p.getAttribute('button', 'aria-busy'), null);
  await p.waitForSelector('button[aria-busy=true]');
  host.push({ Job: { counter: 1 } }, { done: [1] });
  await p.waitForSelector('button:not([aria-busy])');
}));

test('effects run after the patch; unknown ones are named', () => withPage({
  ...counter, pages: page(el('input', { id: 'name' }), el('p', {}, v('Job', 'counter'))),
}, async (host, p) => {
  host.push({ Job: { counter: 3 } }, { effects: [
    ['toast', 'Saved', { kind: 'success', duration: 0.5 }], ['set_value', 'name', 'Ada'], ['focus', 'name'],
    ['console_log', 'hello', 5], ['no_such', 1],
  ] });
  await p.waitForSelector('.tl-toast.tl-success');
  assert.equal(await p.inputValue('#name'), 'Ada');
  assert.equal(await p.evaluate(() => document.activeElement.id), 'name');
  assert.ok(p.console.includes('hello 5'));
  assert.ok(p.console.includes('tidelock: unknown effect no_such'));
  await p.waitForSelector('.tl-toast', { state: 'detached' });
}));

test('errors: a toast with the reference, or all of it in dev mode', async () => {
  const error = { event: null, task: 'Job.work', ref: 'a1b2' };
  await withPage(counter, async (host, p) => {
    host.push(null, { errors: [error] });
    await textIs(p, '.tl-toast.tl-error span', 'Something went wrong (ref a1b2)');
  });
  await withPage({ ...counter, dev: true }, async (host, p) => {
    host.push(null, { errors: [{ ...error, name: 'ImmutableStateError', message: 'no', traceback: 'main.lua:3' }] });
    await textIs(p, '.tl-overlay h2', 'ImmutableStateError');
    await textIs(p, '.tl-overlay pre', 'main.lua:3');
    await p.keyboard.press('Escape');
    await p.waitForSelector('.tl-overlay', { state: 'detached' });
  });
});

const form = {
  pages: page(
    el('input', { id: 'q', value: v('Job', 'q'), on: on('input', 'Job.set_q', [], { debounce: 0.05 }) }),
    el('input', { id: 'n', type: 'number', value: v('Job', 'n'), on: on('change', 'Job.set_n') }),
    el('input', { id: 'c', type: 'checkbox', checked: v('Job', 'c'), on: on('change', 'Job.set_c') }),
    el('form', { on: on('submit', 'Job.save', ['bound']) },
      el('input', { name: 'title' }), el('input', { name: 'age', type: 'number' }),
      el('input', { name: 'ok', type: 'checkbox' }),
      el('select', { name: 'tags', multiple: true }, el('option', {}, 'a'), el('option', {}, 'b')),
      el('button', {}, 'Save')),
    el('p', {}, op('..', v('Job', 'q'), '/', v('Job', 'n'))),
  ),
  state: { Job: { q: '', n: 5, c: true } },
  handlers: {
    'Job.set_q': (_, [q]) => ({ patch: { Job: { q } } }),
    'Job.set_n': (_, [n]) => ({ patch: { Job: { n: Math.min(n, 99) } } }),
  },
};

test('what the user types is not overwritten before it was answered', () => withPage(form, async (host, p) => {
  await p.focus('#q');
  await p.keyboard.type('hel');
  host.push({ Job: { q: 'other', n: 6 } });
  await textIs(p, 'p', 'other/6');
  assert.equal(await p.inputValue('#q'), 'hel');
  await textIs(p, 'p', 'hel/6');
  await p.keyboard.type('lo');
  await textIs(p, 'p', 'hello/6');
  assert.equal(host.messages('event').length, 2, 'keystrokes are debounced');

  await p.evaluate(() => document.getElementById('q').setSelectionRange(1, 3));
  host.push({ Job: { q: 'HELLO' } });
  await textIs(p, 'p', 'HELLO/6');
  assert.deepEqual(await p.evaluate(() => {
    const { value, selectionStart, selectionEnd } = document.getElementById('q');
    return [value, selectionStart, selectionEnd];
  }), ['HELLO', 1, 3]);
}));

test('after the answer a control shows what the state says', () => withPage(form, async (host, p) => {
  await p.fill('#n', '500');
  await p.focus('#q');
  await p.waitForFunction(() => document.getElementById('n').value === '99');
  assert.deepEqual(host.messages('event')[0], { id: 1, handler: 'Job.set_n', args: [500] });
  await p.click('#c');
  await p.waitForFunction(() => document.getElementById('c').checked);
  assert.deepEqual(host.messages('event')[1].args, [false]);
}));

test('submit brings the named fields, after the bound arguments', () => withPage(form, async (host, p) => {
  await p.fill('[name=title]', 'Ada');
  await p.check('[name=ok]');
  await p.selectOption('select', ['b']);
  await p.click('text=Save');
  await until(() => host.messages('event').length === 1);
  assert.deepEqual(host.messages('event')[0].args, ['bound', { title: 'Ada', age: null, ok: true, tags: ['b'] }]);
}));

test('keys, own arguments, effects of triggers, mount', () => withPage({
  pages: page(el('input', { on: {
    mount: [{ handler: 'Job.seen', args: [1] }],
    keydown: [{ handler: 'Job.enter', args: [], opts: { key: 'Enter' } }],
    input: [{ handler: 'Job.typed', args: [op('upper', { $: 'arg', path: [] })], opts: { own: false } },
      { effect: ['toast', v('Job', 'text'), {}] }],
  } })),
  state: { Job: { text: 'from the state' } },
}, async (host, p) => {
  await p.focus('input');
  await p.keyboard.type('a');
  await p.keyboard.press('Enter');
  await until(() => host.messages('event').length === 3);
  assert.deepEqual(host.messages('event').map(({ handler, args }) => [handler, args]),
    [['Job.seen', [1]], ['Job.typed', ['A']], ['Job.enter', ['Enter']]]);
  await textIs(p, '.tl-toast span', 'from the state');
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

const site = {
  pages: {
    '/': { route: '/', title: 'Home', tree: el('main', {},
      el('a', { href: '/two?x=1', style: { display: 'block', 'margin-top': '3000px' } }, 'two')) },
    '/two': { route: '/two', title: 'Two', tree: el('main', {}, el('h1', {}, 'Second'), el('a', { href: '/' }, 'home')) },
  },
  state: {},
};

test('links move between pages without a reload; back restores the place', () => withPage(site, async (host, p) => {
  await p.evaluate(() => { window.same = true; });
  await p.click('a');
  await textIs(p, 'h1', 'Second');
  assert.equal(await p.title(), 'Two');
  assert.equal(await p.evaluate(() => location.pathname + location.search), '/two?x=1');
  assert.equal(await p.evaluate(() => scrollY), 0);
  await p.goBack();
  await textIs(p, 'a', 'two');
  await p.waitForFunction(() => scrollY > 1000);
  await p.goForward();
  await textIs(p, 'h1', 'Second');
  assert.equal(await p.evaluate(() => window.same), true);
  assert.deepEqual(host.messages('nav'),
    [{ id: 1, path: '/two?x=1' }, { id: 2, path: '/' }, { id: 3, path: '/two?x=1' }]);
}));

test('a redirect effect moves as a link does', () => withPage(site, async (host, p) => {
  host.push(null, { effects: [['redirect', '/two', { replace: true }]] });
  await textIs(p, 'h1', 'Second');
  assert.deepEqual(host.messages('nav'), [{ id: 1, path: '/two' }]);
}));

test('a reload says bye, brings the token, and is pending until the state is there', () => withPage(counter, async (host, p) => {
  host.push({ Job: { counter: 8 } });
  await textIs(p, 'h2', '8 / 10');
  host.refusing = true;
  await p.reload();
  await until(() => host.messages('bye').length === 1);
  assert.equal(await p.evaluate(() => document.documentElement.hasAttribute('data-tl-pending')), true);
  host.refusing = false;
  await textIs(p, 'h2', '8 / 10');
  assert.equal(await p.evaluate(() => document.documentElement.hasAttribute('data-tl-pending')), false);
  const [first, second] = host.messages('hello');
  assert.equal(second.token, 'ABC');
  assert.notEqual(first.instance, second.instance);
}));

test('a tab that was taken over stays away and offers to come back', () => withPage(counter, async (host, p) => {
  host.ws.close(4409);
  await p.waitForSelector('.tl-banner button');
  await new Promise(done => setTimeout(done, 500));
  assert.equal(host.messages('hello').length, 1);
}));
