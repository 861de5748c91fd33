// patch.js against spec/vectors/patch.json, which also holds the host, and its sharing.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { applyPatch, PatchError, shareEqual } from '../src/patch.js';

const cases = JSON.parse(readFileSync(new URL('../../spec/vectors/patch.json', import.meta.url)));

for (const { name, old, new: wanted, patch, error } of cases) {
  // holds: patch.scalar, patch.map, patch.set, patch.del, patch.grow, patch.list, patch.list.ops, patch.dollar
  // holds: patch.atomic
  test(`patch: ${name}`, () => {
    const before = structuredClone(old);
    if (error) assert.throws(() => applyPatch(old, patch), PatchError);
    else assert.deepStrictEqual(applyPatch(old, patch), wanted);
    assert.deepStrictEqual(old, before, 'the old state is left as it was');
  });
}

test('what did not change is shared', () => {
  const old = { Job: { items: [{ id: 1 }, { id: 2 }], user: { name: 'x' } }, Other: { a: [] } };
  const now = applyPatch(old, { Job: { items: { $: ['list', [['~', 0, { id: 3 }]]] } } });
  assert.equal(now.Other, old.Other);
  assert.equal(now.Job.user, old.Job.user);
  assert.equal(now.Job.items[1], old.Job.items[1]);
  assert.notEqual(now.Job.items, old.Job.items);
});

test('a whole state shares with the old one what is equal', () => {
  const old = { A: { l: [{ id: 1 }, { id: 2 }], m: { x: [] } }, B: {} };
  const next = { A: { l: [{ id: 1 }, { id: 3 }], m: { x: [] } }, B: [] };
  const now = shareEqual(old, structuredClone(next));
  assert.deepStrictEqual(now, next);
  assert.equal(now.A.l[0], old.A.l[0]);
  assert.equal(now.A.m, old.A.m);
  assert.equal(shareEqual(old, structuredClone(old)), old);
  assert.deepStrictEqual(shareEqual({ a: [1, 2], b: 1 }, { a: [1] }), { a: [1] });
});

test('a list of many thousand elements can be inserted', () => {
  const values = Array.from({ length: 300_000 }, (_, i) => i);
  const now = applyPatch({ a: { l: [-1] } }, { a: { l: { $: ['list', [['+', 0, ...values]]] } } });
  assert.equal(now.a.l.length, 300_001);
});
