// session.js without a browser: a scripted host says what the protocol allows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Session } from '../src/session.js';

function setUp() {
  const log = [];
  const note = name => (...args) => { log.push([name, ...args]); };
  const session = new Session({
    identity: () => ({ token: null, instance: 'i', path: '/', storage: {} }),
    keepToken: note('token'), onState: note('state'), onAnswers: note('answers'),
    onEffects: note('effects'), onErrors: note('errors'), onStatus: note('status'), onReload: note('reload'),
  }, { Job: { n: 0 } });
  const sent = [];
  session.attach({
    send: message => sent.push(message), settled: note('settled'), reconnect: note('reconnect'),
    expectBack: note('expectBack'), detach: note('detach'), connect: note('connect'),
  });
  const say = message => session.onMessage(JSON.stringify(message));
  const init = (last_event = 0) => say({ init: { token: 'T', version: 4, route: '/', state: { Job: { n: 1 } }, last_event } });
  const names = () => log.splice(0).map(([name]) => name);
  return { session, sent, say, init, log, names };
}

const add = { event: { handler: 'Job.add', args: [] } };

test('what is submitted before the state is known goes out after it', () => {
  const { session, sent, init } = setUp();
  session.onOpen();
  session.submit(add);
  assert.equal(sent.length, 1);
  assert.equal(sent[0].hello.version, null);
  init();
  assert.deepEqual(sent[1], { event: { id: 1, handler: 'Job.add', args: [] } });
});

// holds: message.effects.after
test('effects and answers come after the patch, errors mark their event', () => {
  const { session, say, init, log } = setUp();
  init();
  session.submit(add);
  log.length = 0;
  say({ version: 5, patch: { Job: { n: 2 } }, done: [1], effects: [['reload']], errors: [{ event: 1, ref: 'a' }] });
  assert.deepEqual(log, [
    ['state', { Job: { n: 2 } }], ['answers', [1], new Set([1])], ['effects', [['reload']]], ['errors', [{ event: 1, ref: 'a' }]],
  ]);
});

// holds: client.resend, resume.drops
test('a resume continues the chain and drops what has ended', () => {
  const { session, sent, say, init, names } = setUp();
  init();
  session.submit(add);
  session.submit(add);
  session.onDown(1006);
  sent.length = 0;
  session.onOpen();
  assert.equal(sent[0].hello.version, 4);
  names();
  say({ resume: { token: 'T', from: 4, version: 6, patch: { Job: { n: 3 } }, last_event: 1 } });
  assert.deepEqual(sent.slice(1).map(message => message.event.id), [2]);
  assert.deepEqual(names(), ['token', 'settled', 'state', 'answers', 'status']);
  assert.equal(session.version, 6);
});

test('a message without a patch keeps the state', () => {
  const { session, say, init, names } = setUp();
  init();
  names();
  say({ from: 4, version: 4, done: [9] });
  say({ from: 4, version: 6 });
  assert.deepEqual(names(), ['answers']);
  assert.equal(session.version, 6);
});

test('a broken chain asks for everything', t => {
  t.mock.method(console, 'error', () => {});
  const { session, say, init, log } = setUp();
  init();
  say({ from: 5, version: 6, patch: { Job: { n: 9 } } });
  assert.equal(session.version, null);
  assert.equal(session.live, false);
  assert.deepEqual(session.state, { Job: { n: 1 } });
  assert.deepEqual(log.at(-1), ['reconnect']);
});

test('a refused message is given up, not sent again for ever', t => {
  t.mock.method(console, 'error', () => {});
  const { session, init, log } = setUp();
  init();
  session.submit(add);
  assert.equal(session.onDown(4400), true);
  assert.deepEqual(session.queue.entries, []);
  assert.ok(log.some(([name, ids]) => name === 'answers' && ids[0] === 1));
});

test('a hello that is refused is said again without what the browser keeps; what waits is kept', t => {
  t.mock.method(console, 'error', () => {});
  for (const code of [4400, 1009]) {
    const { session, sent, init } = setUp();
    session.onOpen();
    session.submit(add);
    assert.deepEqual(sent[0].hello.storage, {});
    assert.equal(session.onDown(code), true);
    session.onOpen();
    assert.ok(!('storage' in sent[1].hello));
    init();
    assert.deepEqual(sent[2], { event: { id: 1, handler: 'Job.add', args: [] } });
  }
});

test('a hello that is refused again is not for its storage: the events are given up', t => {
  t.mock.method(console, 'error', () => {});
  const { session, log } = setUp();
  session.submit(add);
  session.onOpen();
  session.onDown(4400);
  session.onOpen();
  session.onDown(4400);
  assert.deepEqual(log.filter(([name]) => name === 'answers'), [['answers', [1], new Set([1])]]);
});

// holds: message.closing
test('a restart says when to come back', () => {
  const { say, init, log } = setUp();
  init();
  say({ closing: { reason: 'restart', retry: 1.5 } });
  assert.deepEqual(log.at(-1), ['expectBack', 1.5]);
});

test('a tab that was taken over does not fight for it', () => {
  const { session, init, log } = setUp();
  init();
  assert.equal(session.onDown(4409), false);
  assert.deepEqual(log.at(-1), ['status', 'taken']);
});

// holds: client.bye
test('leaving says bye once, and only to a host that knows us', () => {
  const { session, sent, init } = setUp();
  session.leave();
  assert.deepEqual(sent, []);
  init();
  session.leave();
  assert.deepEqual(sent, [{ bye: {} }]);
});
