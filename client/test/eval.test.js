// eval.js against spec/vectors/eval.json, which also holds the host's evaluator.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { evaluate } from '../src/eval.js';
import { has, isTrue, shown } from '../src/values.js';

const cases = JSON.parse(readFileSync(new URL('../../spec/vectors/eval.json', import.meta.url)));

for (const entry of cases) {
  // holds: var.same, tree.closed
  test(`eval: ${entry.name}`, () => {
    const { state, item, items = item ? [item] : [], arg, now, expr } = entry;
    const frame = items.reduce((up, { of, value, pos }) => ({ as: of, value, pos, up }), null);
    const value = evaluate(expr, { store: { state, clock: { now, follow() {} } }, frame, arg });
    if (has(entry, 'value')) assert.deepStrictEqual(value, entry.value);
    if (has(entry, 'shows')) assert.equal(shown(value), entry.shows);
    if (has(entry, 'truthy')) assert.equal(isTrue(value), entry.truthy);
  });
}
