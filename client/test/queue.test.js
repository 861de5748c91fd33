// queue.js, and the retry times of socket.js.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Queue } from '../src/queue.js';
import { retryDelay } from '../src/socket.js';

const event = handler => ({ event: { handler, args: [] } });
const ids = queue => queue.entries.map(entry => entry.id);

// holds: client.ids
test('ids count from 1, over events and moves', () => {
  const queue = new Queue();
  assert.deepEqual(queue.push(event('A.a')).message, { event: { id: 1, handler: 'A.a', args: [] } });
  assert.deepEqual(queue.push({ nav: { path: '/x' } }).message, { nav: { id: 2, path: '/x' } });
});

test('an entry stays until it is done, in any order', () => {
  const queue = new Queue();
  for (let i = 0; i < 4; i++) queue.push(event('A.a'));
  assert.deepEqual(queue.done([3, 1]), [1, 3]);
  assert.deepEqual(ids(queue), [2, 4]);
});

test('ids that are not there are passed over', () => {
  const queue = new Queue();
  queue.push(event('A.a'));
  queue.done([1]);
  assert.deepEqual(queue.done([1, 7]), []);
});

// holds: resume.drops
test('after a reconnect all up to the last event are dropped', () => {
  const queue = new Queue();
  for (let i = 0; i < 4; i++) queue.push(event('A.a'));
  queue.done([4]);
  assert.deepEqual(queue.resume(2), [1, 2]);
  assert.deepEqual(ids(queue), [3]);
});

test('a full queue takes nothing, and gives no id away', () => {
  const queue = new Queue(2);
  queue.push(event('A.a'));
  queue.push(event('A.a'));
  assert.equal(queue.push(event('A.a')), null);
  queue.done([1]);
  assert.equal(queue.push(event('A.a')).id, 3);
});

// holds: router.event
test('a full queue takes moves, and knows where the page was before the first', () => {
  const queue = new Queue(1);
  assert.equal(queue.before, undefined);
  queue.push(event('A.a'));
  assert.equal(queue.push({ nav: { path: '/two' } }, '/one').id, 2);
  queue.push({ nav: { path: '/three' } }, '/two');
  assert.equal(queue.before, '/one');
  queue.done([2]);
  assert.equal(queue.before, '/two');
  queue.done([1, 3]);
  assert.equal(queue.before, undefined);
});

test('the largest can be given up', () => {
  const queue = new Queue();
  queue.push(event('A.a'));
  queue.push(event('A.much_longer'));
  queue.push(event('A.b'));
  assert.deepEqual(queue.dropLargest(), [2]);
  assert.deepEqual(ids(queue), [1, 3]);
  assert.deepEqual(new Queue().dropLargest(), []);
});

test('the first retry is quick, later ones wait longer, none over ten seconds', () => {
  for (const random of [() => 0, () => 0.999]) {
    assert.ok(retryDelay(0, random) <= 300);
    assert.ok(retryDelay(50, random) <= 10_000);
    for (let n = 1; n < 6; n++) assert.ok(retryDelay(n + 1, random) >= retryDelay(n, random));
  }
  assert.ok(retryDelay(50, () => 0) >= 5000, 'half of it is fixed, the rest is spread');
});
