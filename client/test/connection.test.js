// The connection as the page shows it: events, banner, effects, errors, reloads.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { counter, page, pause, textIs, until, withPage } from './support/harness.js';
import { el, v } from './support/trees.js';

// holds: client.instance, client.resend, offline.queue
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
  assert.ok(Date.now() - start < 900);
  assert.equal(await p.locator('.tl-banner.tl-shown').count(), 0);
}));

test('a banner shows after a second without connection, and goes', () => withPage(counter, async (host, p) => {
  host.refusing = true;
  host.ws.terminate();
  await pause(700);
  assert.equal(await p.locator('.tl-banner.tl-shown').count(), 0);
  await p.waitForSelector('.tl-banner.tl-shown', { timeout: 2000 });
  host.refusing = false;
  await p.waitForSelector('.tl-banner:not(.tl-shown)', { state: 'attached' });
}));

// holds: offline.full
test('a full queue refuses and says so', () => withPage(counter, async (host, p) => {
  host.answering = false;
  await p.evaluate(() => { for (let i = 0; i < 101; i++) document.querySelector('button').click(); });
  await p.waitForSelector('.tl-toast.tl-warning');
  await until(() => host.messages('event').length === 100);
}));

// holds: patch.misfit
test('a patch that does not fit asks for the whole state', () => withPage(counter, async (host, p) => {
  host.say({ from: 1, version: 2, patch: { Job: { nothing: { deep: 1 } } } });
  await until(() => host.messages('hello').length === 2);
  assert.equal(host.messages('hello')[1].version, null);
  assert.ok(p.console.some(text => text.includes('patch does not fit')));
  await p.click('button');
  await textIs(p, 'h2', '5 / 10');
}));

// holds: message.from
test('a version that does not follow asks for the whole state', () => withPage(counter, async host => {
  for (const [i, head] of [{ from: 7, version: 8 }, { version: 8 }].entries()) {
    host.say({ ...head, patch: { Job: { counter: 9 } } });
    await until(() => host.messages('hello').length === i + 2);
    assert.equal(host.messages('hello')[i + 1].version, null);
  }
}));

// holds: effect.toast
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
    await p.getByRole('alertdialog', { name: 'Error' }).waitFor();
    await textIs(p, '.tl-overlay h2', 'ImmutableStateError ');
    await textIs(p, '.tl-overlay pre', 'main.lua:3');
    await p.keyboard.press('Escape');
    await p.waitForSelector('.tl-overlay', { state: 'detached' });
  });
});

test('errors in dev mode: the lines around the place, what comes again is counted, the focus comes back', () => withPage({
  ...counter, dev: true,
}, async (host, p) => {
  const source = { file: 'main.lua', line: 2, lines: [[1, 'local a'], [2, '<b>bad</b>'], [3, '']] };
  const error = { event: null, task: 'Job.work', ref: 'a1b2', name: 'Error', message: 'bad', traceback: 'main.lua:2', source };
  await p.focus('button');
  for (let i = 0; i < 3; i++) host.push(null, { errors: [{ ...error, ref: `r${i}` }] });
  await textIs(p, '.tl-overlay h2', 'Error ×3');
  host.push(null, { errors: [{ ...error, message: 'worse', source: undefined }] });
  await textIs(p, '.tl-overlay strong', '2 errors');
  assert.equal(await p.locator('.tl-overlay section').count(), 2);
  assert.equal(await p.textContent('.tl-overlay figcaption'), 'main.lua:2');
  assert.deepEqual(await p.locator('.tl-source span').allTextContents(), ['local a\n', '<b>bad</b>\n', '\n']);
  assert.equal(await p.textContent('.tl-here'), '<b>bad</b>\n');
  assert.equal(await p.locator('.tl-source').count(), 1, 'an error without lines shows none');
  for (let i = 0; i < 6; i++) {
    await p.keyboard.press('Tab');
    assert.equal(await p.evaluate(() => document.activeElement === document.body || document.activeElement.closest('.tl-overlay') !== null), true);
  }
  await p.keyboard.press('Escape');
  await p.waitForSelector('.tl-overlay', { state: 'detached' });
  assert.equal(await p.evaluate(() => document.activeElement.textContent), 'Add');
  host.push(null, { errors: [error] });
  await textIs(p, '.tl-overlay h2', 'Error ');
  await p.getByRole('button', { name: 'Close' }).click();
  await p.waitForSelector('.tl-overlay', { state: 'detached' });
}));

for (const dev of [false, true]) {
  test(`errors: what the host says for the person at the page is a toast${dev ? ', in dev mode as well' : ''}`, () => withPage({
    ...counter, dev,
  }, async (host, p) => {
    host.push(null, { errors: [{ event: null, task: null, name: 'VarTypeError', message: 'Job.n: no', say: 'This needs a number.', ref: 'a1b2' }] });
    await textIs(p, '.tl-toast.tl-error span', 'This needs a number.');
    assert.equal(await p.locator('.tl-overlay').count(), 0);
  }));
}

// holds: page.pending, client.instance
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
  await pause(500);
  assert.equal(host.messages('hello').length, 1);
}));

// holds: message.reload
test('a reload message reloads; the state stays with the tab', () => withPage(counter, async (host, p) => {
  await p.click('button');
  await textIs(p, 'h2', '5 / 10');
  host.say({ reload: { reason: 'dev' } });
  await until(() => host.messages('hello').length === 2);
  await textIs(p, 'h2', '5 / 10');
}));

test('registered functions are called by name', () => withPage(counter, async (host, p) => {
  await p.evaluate(() => window.tidelock.register('note', (...args) => { window.noted = args; }));
  host.push(null, { effects: [['call', 'note', null, 1, { a: 'b' }], ['call', 'unknown', null]] });
  await p.waitForFunction(() => window.noted);
  assert.deepEqual(await p.evaluate(() => window.noted), [1, { a: 'b' }]);
  assert.ok(p.console.includes('tidelock: nothing is registered as unknown'));
}));

test('what a registered function returns goes to the host', () => withPage(counter, async (host, p) => {
  await p.evaluate(() => {
    const cyclic = {};
    cyclic.self = cyclic;
    Object.entries({
      add: (a, b) => a + b, later: async a => ({ a }), nothing: () => {}, broken: () => { throw new Error('on purpose'); },
      refused: async () => { throw new Error('on purpose'); }, cyclic: () => cyclic,
    }).forEach(([name, fn]) => window.tidelock.register(name, fn));
  });
  const got = bound => ({ handler: 'Job.got', args: bound });
  host.push(null, { effects: [
    ['call', 'broken', got([]), 1], ['call', 'refused', got([])], ['call', 'cyclic', got([])], ['call', 'unknown', got([])],
    ['call', 'add', got(['sum']), 1, 2], ['call', 'later', got([]), 5], ['call', 'nothing', got([])],
  ] });
  await until(() => host.messages('event').length === 3);
  assert.deepEqual(host.messages('event').map(({ handler, args }) => [handler, args]).sort(),
    [['Job.got', [null]], ['Job.got', [{ a: 5 }]], ['Job.got', ['sum', 3]]].sort());
  for (const name of ['broken', 'refused', 'cyclic']) {
    await until(() => p.console.some(text => text.includes(`the function ${name} failed`)));
  }
}));

const stored = {
  limit: 200,
  local: { 'Job.a': {}, 'Job.broken': {}, 'Job.large': {}, 'Job.s': { text: true, sync: 'Job.s' } },
  session: { 'Job.b': { text: true } },
  cookie: { 'Job.c': { text: true, max_age: 60 } },
};

// holds: client.storage
test('values kept in the browser come with the next hello', () => withPage({ ...counter, stored }, async (host, p) => {
  host.push(null, { effects: [
    ['store', 'local', 'Job.a', [1]], ['store', 'session', 'Job.b', 'x'], ['store', 'cookie', 'Job.c', 'ü; ='],
    ['store', 'local', 'Job.s', '5'], ['store', 'local', 'Job.large', 'x'.repeat(200)],
  ] });
  await p.waitForFunction(() => localStorage.getItem('Job.large'));
  assert.deepEqual(await p.evaluate(() => [localStorage['Job.a'], localStorage['Job.s'], document.cookie]), ['[1]', '5', 'Job.c=%C3%BC%3B%20%3D']);
  await p.evaluate(() => {
    localStorage.setItem('Job.broken', '{');
    localStorage.setItem('other', '1');
    document.cookie = 'Job.a=1';
  });
  host.ws.terminate();
  await until(() => host.messages('hello').length === 2);
  assert.deepEqual(host.messages('hello')[1].storage,
    { cookie: { 'Job.c': 'ü; =' }, local: { 'Job.a': [1], 'Job.s': '5' }, session: { 'Job.b': 'x' } });
  host.push(null, { effects: [['store', 'local', 'Job.a', null], ['remove_cookie', 'Job.c'], ['store', 'session', 'Job.b', null]] });
  await p.waitForFunction(() => !localStorage.getItem('Job.a'));
  assert.deepEqual(await p.evaluate(() => [document.cookie, sessionStorage.getItem('Job.b')]), ['Job.a=1', null]);
}));
