// What a hello brings of the browser's storage is not to be trusted: what does not fit a var gives its default, and nothing of it
// keeps a page from being let in.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openSocket, until } from './client.js';
import { sharedHost } from './host.js';

const APP = 'spec/lua/apps/kept.lua';
const DEFAULTS = { any: [], draft: null, opened: {}, plain: 'p', shared: 'a', shout: 'LIGHT', size: 10, tags: null, theme: 'light', whole: 1 };

const nested = depth => depth === 0 ? 'x' : [nested(depth - 1)];

describe('the storage in a hello', { concurrency: 4 }, () => {
  const host = sharedHost({ app: APP });

  // storage: a value, or its JSON. What the host says first: the vars of init, or the code with which it closes.
  async function hello(t, storage, more = {}) {
    const socket = await openSocket(t, host());
    const text = JSON.stringify({ token: null, version: null, instance: 'x', path: '/', ...more }).slice(0, -1);
    socket.say(`{"hello":${text},"storage":${typeof storage === 'string' ? storage : JSON.stringify(storage)}}}`);
    const closed = socket.closed.then(({ code }) => code);
    await Promise.race([closed, until(() => socket.messages.length > 0, 'an answer')]);
    return socket.messages[0]?.init.state.Prefs ?? closed;
  }

  const local = entries => ({ cookie: {}, local: entries, session: {} });

  // holds: client.storage
  it('fills the vars that are kept', async t => {
    const storage = { cookie: { size: 12 }, local: { 'Prefs.theme': 'dark', 'Prefs.tags': [1, { a: 'ü' }], 'Prefs.any': { k: null } }, session: { 'Prefs.draft': 'Dear' } };
    assert.deepEqual(await hello(t, storage), { ...DEFAULTS, theme: 'dark', shout: 'DARK', size: 12, tags: [1, { a: 'ü' }], any: { k: null }, draft: 'Dear' });
  });

  // holds: state.client.untrusted
  it('gives the default for what does not fit', async t => {
    for (const entries of [
      { 'Prefs.theme': 5 }, { 'Prefs.theme': true }, { 'Prefs.theme': null }, { 'Prefs.theme': ['dark'] }, { 'Prefs.theme': { dark: 1 } },
      { 'Prefs.whole': '5' }, { 'Prefs.whole': 1.5 }, { 'Prefs.whole': 2 ** 53 }, { 'Prefs.whole': -(2 ** 53) }, { 'Prefs.whole': 1e300 }, { 'Prefs.whole': 2 ** 63 },
      { 'Prefs.tags': {} }, { 'Prefs.tags': 'x' }, { 'Prefs.opened': [1] }, { 'Prefs.opened': 1 }, { 'Prefs.any': 'x' }, { 'Prefs.any': 0 },
      { 'Prefs.tags': [2 ** 53] }, { 'Prefs.opened': { a: [{ b: 2 ** 60 }] } },
      { 'Prefs.theme': 'x'.repeat(1200) }, { 'Prefs.tags': Array(600).fill(0) }, { 'Prefs.opened': Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, i])) },
    ]) assert.deepEqual(await hello(t, local(entries)), DEFAULTS, JSON.stringify(entries).slice(0, 80));
  });

  // holds: state.client.untrusted
  it('has no say in anything but the vars that are kept there', async t => {
    for (const storage of [
      local({ 'Prefs.plain': 'q', 'Prefs._secret': 'q', 'Prefs.shout': 'q', 'Prefs.nothing': 1, Prefs: { theme: 'dark' }, theme: 'dark', 'prefs.theme': 'dark', '': 1 }),
      local({ size: 12, 'Prefs.draft': 'q' }), { cookie: { 'Prefs.theme': 'dark' } }, { session: { 'Prefs.theme': 'dark' } },
      { Local: { 'Prefs.theme': 'dark' }, other: { 'Prefs.theme': 'dark' } }, '{"local":{"__proto__":{"Prefs.theme":"dark"},"constructor":1}}',
    ]) assert.deepEqual(await hello(t, storage), DEFAULTS, JSON.stringify(storage).slice(0, 80));
  });

  it('that is none lets the page in', async t => {
    for (const storage of ['null', '5', '"x"', '[]', '{}', '{"local":5,"cookie":[1],"session":null}', '[[[]]]', 'true']) {
      assert.deepEqual(await hello(t, storage), DEFAULTS, storage);
    }
  });

  it('takes texts of all characters', async t => {
    const theme = '\u0000 \u007f "\\ \ud83d\ude00 </script>';
    assert.equal((await hello(t, local({ 'Prefs.theme': theme }))).theme, theme);
  });

  // The browser's client then says hello without it: kept.test.js.
  it('is refused when it is no JSON: half a character, a name twice, deeper than any value', async t => {
    for (const entries of ['{"Prefs.theme":"a\\ud800b"}', '{"Prefs.theme":"one","Prefs.theme":"two"}', JSON.stringify({ 'Prefs.tags': nested(65) }),
      `{"Prefs.tags":${'['.repeat(100_000)}`, '{"Prefs.whole":1e999}']) {
      assert.equal(await hello(t, `{"local":${entries}}`), 4400, entries.slice(0, 80));
    }
  });

  it('gives back what is as deep as a value can be', async t => {
    assert.deepEqual((await hello(t, local({ 'Prefs.tags': nested(64) }))).tags, nested(64));
  });

  it('of many large entries fills those that have room, in the order of their names', async t => {
    const prefs = await hello(t, local({ 'Prefs.theme': 'a'.repeat(600), 'Prefs.tags': ['b'.repeat(600)], 'Prefs.whole': 7 }));
    assert.deepEqual([prefs.theme, prefs.tags, prefs.whole].map(v => v?.length ?? v), [5, 1, 7]);
  });

  it('may take as much as a frame, and not more', async t => {
    assert.deepEqual(await hello(t, local({ 'Prefs.theme': 'x'.repeat(900_000), other: 1 })), DEFAULTS);
    assert.equal(await hello(t, local({ 'Prefs.theme': 'x'.repeat(1_100_000) })), 1009);
  });

  it('is read for a new tab alone', async t => {
    const socket = await openSocket(t, host());
    socket.say({ hello: { token: null, version: null, instance: 'x', path: '/', storage: {} } });
    await until(() => socket.messages.length > 0);
    const { token } = socket.messages[0].init;
    socket.destroy();
    assert.deepEqual(await hello(t, local({ 'Prefs.theme': 'dark' }), { token }), DEFAULTS);
  });
});
