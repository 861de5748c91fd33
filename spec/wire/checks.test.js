// What client.js checks of every message can fail: each is fed a message that breaks it.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Page } from './client.js';
import { differs } from './digest.js';

const TOKEN = 'a'.repeat(26);
const init = (more = {}) => ({ init: { token: TOKEN, version: 4, route: '/', state: { Job: { list: [1, 2], map: {}, n: 1, text: 'a' } }, last_event: 0, ...more } });

// A page that has said hello, got init, and sent two events; without a socket.
function begun(first = init()) {
  const page = new Page({ url: 'http://nowhere' });
  Object.assign(page, { live: false, sentBefore: 0, sentHere: new Map(), doneHere: new Map(), socket: { say() {} } });
  page.receive(first);
  page.event('Job.add', 1);
  page.event('Job.add', 1);
  return page;
}

const broken = {
  'a version that does not follow': [/from is the version before/, { version: 6, patch: { Job: { n: 2 } } }],
  'a from that goes without saying': [/from is left out/, { from: 4, version: 5, patch: { Job: { n: 2 } } }],
  'a version without a patch': [/the version counts commits/, { version: 5 }],
  'a patch without a version': [/the version counts commits/, { from: 4, version: 4, patch: { Job: { n: 2 } } }],
  'a value that is the same': [/the value is the same/, { version: 5, patch: { Job: { n: 1 } } }],
  'an edit that ends where it began': [/the value is the same/, { version: 5, patch: { Job: { list: { $: ['list', [['+', 0, 9], ['-', 0, 1]]] } } } }],
  'an empty patch': [/empty/, { version: 5, patch: {} }],
  'a patch within nothing': [/no such state or var/, { version: 5, patch: { Job: { other: 1 } } }],
  'a position that is not there': [/no element 2/, { version: 5, patch: { Job: { list: { $: ['list', [['~', 2, 5]]] } } } }],
  'a key that is not escaped': [/not escaped/, { version: 5, patch: { Job: { map: { $x: 1 } } } }],
  'an unknown field': [/no other key/, { from: 4, version: 4, done: [1], more: 1 }],
  'an empty list': [/left out when empty/, { from: 4, version: 4, done: [] }],
  'an answer that is none': [/left out when empty/, { from: 4, version: 4, errors: [{ event: 1, task: null, ref: 'abcd', answered: false }] }],
  'an end of what was not sent': [/an id that was sent/, { from: 4, version: 4, done: [3] }],
  'an end that comes twice': [/is done once/, { from: 4, version: 4, done: [1] }, { from: 4, version: 4, done: [1] }],
  'an effect without a name': [/its name first/, { from: 4, version: 4, effects: [{ toast: 'x' }] }],
  'an error without a ref': [/the keys/, { from: 4, version: 4, errors: [{ event: 1, task: null }] }],
  "an error's details": [/no other key/, { from: 4, version: 4, errors: [{ event: 1, task: null, ref: 'abcd', message: 'x' }] }],
  "an error's unknown event": [/one of this page/, { from: 4, version: 4, errors: [{ event: 7, task: null, ref: 'abcd' }] }],
  'a second init': [/comes once/, init()],
  'two messages in one': [/one key/, { closing: { reason: 'restart' }, reload: {} }],
  'a patch that is larger than its change': [/as small as its change/,
    { version: 5, patch: { Job: { list: { $: ['list', [['-', 0, 2], ['+', 0, 1, 2, 'x'.repeat(90)], ['-', 2, 1], ['+', 2, 3]]] } } } }],
  'keys out of order': [/order of their bytes/, { version: 5, patch: { Job: { text: 'b', n: 2 } } }],
  'bytes': [/is text/, Buffer.from('x')],
};

describe('the checks of the client', () => {
  it('find nothing wrong in what is right', () => {
    const page = begun();
    page.receive({ version: 5, patch: { Job: { list: { $: ['list', [['+', 2, 3]]] }, n: 2 } }, done: [1], effects: [['toast', 'x', {}]] });
    page.receive({ from: 5, version: 5, done: [2], errors: [{ event: 2, task: null, ref: 'abcd' }] });
    assert.deepEqual(page.violations, []);
  });

  for (const [name, [expected, ...messages]] of Object.entries(broken)) {
    it(`find ${name}`, () => {
      const page = begun();
      for (const message of messages) page.receive(message);
      assert.match(page.violations.join('\n'), expected);
    });
  }

  for (const [name, more, expected] of [
    ['a backend var', { state: { Job: { _secret: 1 } } }, /no backend var Job\._secret/],
    ['a token that is guessed', { token: 'abc' }, /128 bits/],
    ['ends of what was never sent', { last_event: 3 }, /last_event only grows/],
  ]) {
    it(`find ${name} in init`, () => assert.match(begun(init(more)).violations.join('\n'), expected));
  }

  it('find a resume that forgets what was done, or changes the token', () => {
    const page = begun();
    page.receive({ from: 4, version: 4, done: [1] });
    page.live = false;
    page.receive({ resume: { token: 'b'.repeat(26), from: 4, version: 4, last_event: 0 } });
    assert.match(page.violations.join('\n'), /keeps the token[^]*counts 1, which was done/);
  });

  it('find a state that the host does not hold', () => {
    const page = Object.assign(begun(), { judge: () => 'another state' });
    page.receive({ version: 5, patch: { Job: { n: 2 } } });
    assert.match(page.violations.join('\n'), /another state/);
    const Job = { n: 1, double: 2, running: 0, cleaned: '', text: 'ä', list: [1, { b: 1, a: null }], map: {}, loads: [] };
    const of_all = /digest (\w+)/.exec(differs({ Digest: { ticks: 0, of_all: '' }, Job }))[1];
    assert.equal(differs({ Digest: { ticks: 0, of_all }, Job }), null);
    for (const change of [{ text: 'a' }, { list: [1, { b: 1, a: 0 }] }, { map: { k: 1 } }]) {
      assert.match(differs({ Digest: { ticks: 0, of_all }, Job: { ...Job, ...change } }), /the host's/);
    }
  });
});
