// clock.js: the host's clock in a page.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { createClock } from '../src/clock.js';

// A browser's clock and timers, which stand until `pass` moves them.
const real = { now: Date.now, setTimeout: globalThis.setTimeout };
let time, timers;

beforeEach(() => {
  [time, timers] = [1_000_000_000_400, []];
  Date.now = () => time;
  globalThis.setTimeout = (fn, ms) => timers.push({ fn, at: time + ms });
});

afterEach(() => Object.assign(Date, { now: real.now }) && Object.assign(globalThis, { setTimeout: real.setTimeout }));

function pass(ms) {
  const end = time + ms;
  for (;;) {
    timers.sort((a, b) => a.at - b.at);
    if (!timers.length || timers[0].at > end) break;
    const { fn, at } = timers.shift();
    time = Math.max(time, at);
    fn();
  }
  time = end;
}

// A page that shows it, and notes what it showed.
function shown() {
  const seen = [];
  const clock = createClock(() => {
    clock.follow();
    seen.push(clock.now);
  });
  return { clock, seen };
}

test('the clock goes on from what the host has told, at each of its seconds', () => {
  const { clock, seen } = shown();
  clock.set(75.25);
  clock.follow();
  assert.equal(clock.now, 75);
  pass(749);
  assert.deepEqual(seen, []);
  pass(2);
  assert.deepEqual(seen, [76]);
  pass(3000);
  assert.deepEqual(seen, [76, 77, 78, 79]);
});

test('the clock stands while nobody shows it, and is right again for who does', () => {
  const clock = createClock(() => {});
  clock.set(75.25);
  clock.follow();
  pass(1000);
  assert.equal(timers.length, 0);
  pass(60_000);
  assert.equal(timers.length, 0);
  clock.follow();
  assert.equal(clock.now, 136);
});

test('the clock goes on when the host tells the time again, also one that is in the same second', () => {
  const { clock, seen } = shown();
  clock.set(75.5);
  clock.follow();
  pass(400);
  clock.set(75.1);   // 0.8 s back
  pass(600);
  assert.deepEqual(seen, []);
  pass(400);
  assert.deepEqual(seen, [76]);
  clock.set(200.9);
  assert.equal(clock.now, 200);
  pass(1200);
  assert.ok(seen.at(-1) >= 201, String(seen));
});

test('the clock goes on where the timer was early, and where the browser\'s own clock jumped', () => {
  const { clock, seen } = shown();
  clock.set(75.25);
  clock.follow();
  timers[0].at = time + 700;
  pass(800);
  assert.deepEqual(seen, [76]);
  time += 3_600_000;   // asleep
  pass(2000);
  assert.ok(seen.at(-1) >= 3676, String(seen));
});
