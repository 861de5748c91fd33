// Form controls and triggers: nobody who types is disturbed.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counter, page, pause, textIs, until, withPage } from './support/harness.js';
import { cond, each, el, item, on, op, v } from './support/trees.js';

const form = {
  pages: page(
    el('input', { id: 'q', value: v('Job', 'q'), on: on('input', 'Job.set_q', [], { debounce: 0.3 }) }),
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

test('a control is busy after 100 ms without an answer, not before', () => withPage(counter, async (host, p) => {
  host.answering = false;
  const delay = await p.evaluate(() => new Promise(done => {
    const button = document.querySelector('button');
    new MutationObserver(() => done(performance.now() - start)).observe(button, { attributes: true });
    const start = performance.now();
    button.click();
  }));
  assert.ok(delay >= 99, `${delay} ms`);
  assert.equal(await p.getAttribute('button', 'aria-busy'), 'true');
  host.push({ Job: { counter: 1 } }, { done: [1] });
  await p.waitForSelector('button:not([aria-busy])');
}));

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

// holds: trigger.arguments, trigger.submit
test('submit brings the named fields, after the bound arguments', () => withPage(form, async (host, p) => {
  await p.fill('[name=title]', 'Ada');
  await p.check('[name=ok]');
  await p.selectOption('select', ['b']);
  await p.click('text=Save');
  await until(() => host.messages('event').length === 1);
  assert.deepEqual(host.messages('event')[0].args, ['bound', { title: 'Ada', age: null, ok: true, tags: ['b'] }]);
}));

test('submit: names that several fields have, buttons, and what is disabled', () => withPage({
  pages: page(el('form', { on: on('submit', 'Job.save') },
    ...['a', 'b', 'c'].map(value => el('input', { type: 'checkbox', name: 'many', value, id: value })),
    el('input', { type: 'checkbox', name: 'one', value: 'x' }),
    el('input', { name: 'twice', value: '1' }), el('input', { name: 'twice', type: 'number' }),
    ...['s', 'm'].map(value => el('input', { type: 'radio', name: 'constructor', value, checked: value === 'm' })),
    el('input', { type: 'radio', name: '__proto__', value: 'p' }),
    el('fieldset', { disabled: true }, el('input', { name: 'off', value: 'x' })),
    el('input', { value: 'no name' }), el('input', { type: 'date', name: 'day' }), el('input', { type: 'hidden', name: 'id', value: '7' }),
    el('button', { name: 'action', value: 'save' }, 'Save'), el('button', { name: 'action', value: 'publish' }, 'Publish'),
    el('button', {}, 'Plain')),
  el('input', { name: 'outside', form: 'none' })),
  state: {},
}, async (host, p) => {
  await p.check('#a');
  await p.check('#c');
  await p.click('text=Publish');
  await p.uncheck('#a');
  await p.uncheck('#c');
  await p.click('text=Plain');
  await until(() => host.messages('event').length === 2);
  const rest = `"one":false,"twice":["1",null],"constructor":"m","__proto__":null,"day":"","id":"7"`;
  assert.deepEqual(host.messages('event').map(({ args }) => JSON.stringify(args[0])),
    [`{"many":["a","c"],${rest},"action":"publish"}`, `{"many":[],${rest}}`]);
}));

// holds: option.prevent_default, option.stop_propagation
test('prevent_default and stop_propagation, with the key that they are for', () => withPage({
  pages: page(el('form', { on: { submit: [{ handler: 'Job.sent', args: [] }], keydown: [{ handler: 'Job.outer', args: [], opts: { own: false } }] } },
    el('input', { name: 'q', on: { keydown: [
      { handler: 'Job.inner', args: [], opts: { key: 'Enter', prevent_default: true, stop_propagation: true } },
      { handler: 'Job.inner', args: [], opts: { key: 'Escape', stop_propagation: true } },
    ] } }), el('button', {}, 'Send'))),
  state: {},
}, async (host, p) => {
  await p.focus('input');
  for (const key of ['Enter', 'Escape', 'a']) await p.keyboard.press(key);
  await p.click('button');
  await until(() => host.messages('event').length === 4);
  assert.deepEqual(host.messages('event').map(({ handler, args }) => [handler, ...args]),
    [['Job.inner', 'Enter'], ['Job.inner', 'Escape'], ['Job.outer'], ['Job.sent', { q: 'a' }]]);
}));

// holds: trigger.mount
test('what is mounted brings the tab\'s own state, not the default one, and only where it still is', () => withPage({
  pages: page(
    el('p', { on: { mount: [{ handler: 'Job.seen', args: ['p', v('Job', 'n')] }] } }),
    cond(op('eq', v('Job', 'n'), 0), el('i', { on: { mount: [{ handler: 'Job.seen', args: ['i', v('Job', 'n')] }] } })),
    cond(op('eq', v('Job', 'n'), 6), el('b', { on: { mount: [{ handler: 'Job.seen', args: ['b', v('Job', 'n')] }] } }))),
  state: { Job: { n: 0 } },
}, async (host, p) => {
  await until(() => host.messages('event').length === 2);
  host.push({ Job: { n: 5 } });
  await p.reload();
  await until(() => host.messages('event').length === 3);
  host.push({ Job: { n: 6 } });
  await until(() => host.messages('event').length === 4);
  assert.deepEqual(host.messages('event').map(({ id, args }) => [id, ...args]), [[1, 'p', 0], [2, 'i', 0], [1, 'p', 5], [2, 'b', 6]]);
}));

// holds: trigger.kinds
test('every kind of input brings its value', () => withPage({
  pages: page(...['text', 'password', 'email', 'url', 'tel', 'search', 'color', 'date', 'time', 'datetime-local', 'month', 'week',
    'number', 'range', 'checkbox', 'radio'].map(type => el('input', { type, id: type, value: type === 'radio' ? 'r' : null, on: on('change', 'Job.got', [type]) })),
  el('textarea', { id: 'textarea', on: on('change', 'Job.got', ['textarea']) }),
  el('input', { type: 'file', id: 'file', on: on('change', 'Job.got', ['file']) }),
  el('input', { type: 'file', multiple: true, id: 'files', on: on('change', 'Job.got', ['files']) })),
  state: {},
}, async (host, p) => {
  const typed = {
    text: 'ä', password: 'p', email: 'a@b', url: 'x:y', tel: '+1', search: 's', color: '#0a0b0c', date: '2026-11-24', time: '13:45',
    'datetime-local': '2026-11-24T13:45', month: '2026-11', week: '2026-W48', number: '-2.5e3', range: '7', textarea: 'a\nb',
  };
  for (const [id, value] of Object.entries(typed)) {
    await p.fill(`#${id}`, value);
    await p.evaluate(() => document.activeElement.blur());
  }
  await p.check('#checkbox');
  await p.check('#radio');
  const files = ['one.txt', 'two.txt'].map(name => ({ name, mimeType: 'text/plain', buffer: Buffer.from('x') }));
  await p.setInputFiles('#file', files[0]);
  await p.setInputFiles('#files', files);
  const count = Object.keys(typed).length + 4;
  await until(() => new Set(host.messages('event').map(({ args }) => args[0])).size === count);
  const got = Object.fromEntries(host.messages('event').map(({ args }) => args));
  assert.deepEqual(got, { ...typed, number: -2500, range: 7, checkbox: true, radio: 'r', file: 'one.txt', files: ['one.txt', 'two.txt'] });
}));

test('an edit is answered also when the trigger stands around the control', () => withPage({
  pages: page(el('fieldset', { on: on('input', 'Job.set_q') }, el('input', { value: v('Job', 'q') })), el('p', {}, v('Job', 'q'))),
  state: { Job: { q: '' } },
  handlers: { 'Job.set_q': (_, [q]) => ({ patch: { Job: { q: q.toUpperCase() } } }) },
}, async (host, p) => {
  await p.focus('input');
  await p.keyboard.type('ab');
  await textIs(p, 'p', 'AB');
  await p.waitForFunction(() => document.querySelector('input').value === 'AB');
}));

test('keys, own arguments, effects of triggers, mount', () => withPage({
  pages: page(el('input', { on: {
    mount: [{ handler: 'Job.seen', args: [1] }],
    keydown: [{ handler: 'Job.enter', args: [], opts: { key: 'Enter' } }],
    input: [{ handler: 'Job.typed', args: [op('upper', { $: 'arg', path: [] })], opts: { own: false } },
      { effect: ['toast', v('Job', 'text'), { kind: v('Job', 'kind') }] }],
  } })),
  state: { Job: { text: 'from the state', kind: 'success' } },
}, async (host, p) => {
  await p.focus('input');
  await p.keyboard.type('a');
  await p.keyboard.press('Enter');
  await until(() => host.messages('event').length === 3);
  assert.deepEqual(host.messages('event').map(({ handler, args }) => [handler, args]),
    [['Job.seen', [1]], ['Job.typed', ['A']], ['Job.enter', ['Enter']]]);
  await textIs(p, '.tl-toast.tl-success span', 'from the state');
}));

test('a select shows the value that the state says, also when its options come later', () => withPage({
  pages: page(
    el('select', { id: 'one', value: v('Job', 'one') }, each(v('Job', 'all'), 1, undefined, el('option', { value: item(1) }, item(1)))),
    el('select', { id: 'many', multiple: true, value: v('Job', 'many'), on: on('change', 'Job.set') },
      ...['a', 'b', 'c'].map(name => el('option', {}, name)))),
  state: { Job: { one: 'b', all: ['a'], many: ['a', 'c'] } },
}, async (host, p) => {
  const chosen = () => p.evaluate(() => Array.from(document.getElementById('many').selectedOptions, o => o.value));
  assert.deepEqual(await chosen(), ['a', 'c']);
  host.push({ Job: { all: { $: ['list', [['+', 1, 'b', 'c']]] } } });
  await p.waitForFunction(() => document.getElementById('one').value === 'b');
  await p.selectOption('#many', ['b']);
  await until(() => host.messages('event').length === 1);
  assert.deepEqual(host.messages('event')[0].args, [['b']]);
  await p.waitForFunction(() => document.getElementById('many').selectedOptions.length === 2);
}));

test('a select shows the value that the state says, also when its options change in their places', () => withPage({
  pages: page(
    el('select', { id: 'one', value: v('Job', 'one') }, each(v('Job', 'all'), 1, undefined, el('option', { value: item(1) }, item(1)))),
    each(v('Job', 'rows'), 2, 'id', el('select', { id: item(2, 'id'), value: item(2, 'one') },
      each(v('Job', 'all'), 3, undefined, el('option', {}, item(3)))))),
  state: { Job: { one: 'c', all: ['a', 'b'], rows: [{ id: 'row', one: 'c' }] } },
}, async (host, p) => {
  host.push({ Job: { all: { $: ['list', [['~', 1, 'c']]] } } });
  for (const id of ['one', 'row']) await p.waitForFunction(id_ => document.getElementById(id_).value === 'c', id);
  await p.selectOption('#one', 'a');
  host.push({ Job: { all: { $: ['list', [['+', 2, 'd']]] } } });
  await p.waitForFunction(() => document.getElementById('one').options.length === 3);
  assert.equal(await p.inputValue('#one'), 'a', 'what was chosen stands');
}));

// holds: trigger.change, option.throttle
test('throttle: the first at once, the latest when the time is over', () => withPage({
  pages: page(el('input', { on: on('input', 'Job.q', [], { throttle: 1 }) })), state: {},
}, async (host, p) => {
  await p.focus('input');
  await p.keyboard.type('abcd');
  await until(() => host.messages('event').length === 2);
  assert.deepEqual(host.messages('event').map(e => e.args[0]), ['a', 'abcd']);
}));

for (const [kind, opts] of [['plain', {}], ['throttled', { throttle: 1 }]]) {
  test(`a debounced event goes out before a later, ${kind} one of another control`, () => withPage({
    pages: page(el('input', { on: on('input', 'Job.q', [], { debounce: 30 }) }), el('button', { on: on('click', 'Job.go', [], opts) }, 'Go')),
    state: {},
  }, async (host, p) => {
    await p.fill('input', 'x');
    await p.click('button');
    await until(() => host.messages('event').length === 2);
    assert.deepEqual(host.messages('event').map(e => e.handler), ['Job.q', 'Job.go']);
  }));
}

// holds: option.temporal
test('temporal events are dropped while there is no connection', () => withPage({
  pages: page(el('button', { on: on('click', 'Job.t', [], { temporal: true }) }, 'T'), el('i', { on: on('click', 'Job.k') }, 'K')),
  state: {},
}, async (host, p) => {
  host.refusing = true;
  host.ws.terminate();
  await pause(50);
  await p.click('button');
  await p.click('i');
  host.refusing = false;
  await until(() => host.messages('event').length === 1);
  assert.equal(host.messages('event')[0].handler, 'Job.k');
  assert.equal(await p.getAttribute('button', 'aria-busy'), null);
}));

test('a refused change leaves what was typed for mending', () => withPage({
  ...form, handlers: { 'Job.set_q': () => ({ errors: [{ event: 1, ref: 'zz' }] }) },
}, async (host, p) => {
  await p.focus('#q');
  await p.keyboard.type('bad');
  await p.waitForSelector('.tl-toast.tl-error');
  assert.equal(await p.inputValue('#q'), 'bad');
}));

test('a choice that is not taken goes back to what the state says', () => withPage({
  pages: page(...['a', 'b'].map(name => el('input', {
    type: 'radio', name: 'r', value: name, id: name, checked: op('eq', v('Job', 'r'), name), on: on('change', 'Job.choose'),
  }))),
  state: { Job: { r: 'a' } },
}, async (host, p) => {
  await p.evaluate(() => document.getElementById('b').click());
  await until(() => host.messages('event').length === 1);
  assert.deepEqual(host.messages('event')[0].args, ['b']);
  await p.waitForFunction(() => document.getElementById('a').checked);
  host.push({ Job: { r: 'b' } });
  await p.waitForFunction(() => document.getElementById('b').checked);
}));

// holds: trigger.bound
test('bound arguments are read when the trigger fires', () => withPage({
  pages: page(each(v('Job', 'items'), 1, 'id', el('button', { on: on('click', 'Job.add', [v('Job', 'n'), item(1, 'n')]) }, item(1, 'id')))),
  state: { Job: { n: 1, items: [{ id: 'a', n: 1 }] } },
}, async (host, p) => {
  host.push({ Job: { n: 2 } });
  host.push({ Job: { items: { $: ['list', [['~', 0, { n: 7, id: 'b' }]]] } } });
  await textIs(p, 'button', 'b');
  await p.click('button');
  await until(() => host.messages('event').length === 1);
  assert.deepEqual(host.messages('event')[0].args, [2, 7]);
}));
