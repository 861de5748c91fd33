// Random expressions: the host's evaluator and the browser's give the same. What is found here becomes a case of
// spec/vectors/eval.json. EVAL_SEED chooses the expressions.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { evaluate } from '../../client/src/eval.js';
import { isTrue, shown } from '../../client/src/values.js';
import { run } from './command.js';

const COUNT = 5000;
const SEED = Number(process.env.EVAL_SEED ?? Math.floor(Math.random() * 2 ** 32));

// mulberry32
let seed = SEED;
function random() {
  seed = (seed + 0x6d2b79f5) | 0;
  let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
const upTo = n => Math.floor(random() * n);
const pick = list => list[upTo(list.length)];
const times = (n, make) => Array.from({ length: n }, make);

const NUMBERS = [0, 1, -1, 2, 3, 5, 7, 10, -3, -7, 0.5, -0.5, 1.5, 2.5, -2.5, 0.1, 0.3, 1e15, 1e16, 1e20, 1e21, 1.5e21, 1e22, 1e100,
  1e-6, 1e-7, 1.5e-7, 5e-324, 1.7976931348623157e308, 2 ** 53 - 1, 1 - 2 ** 53, 2 ** 53, 2 ** 52 - 0.5, 2 ** 63, -(2 ** 63), 2 ** 64,
  999.995, 1.005, 2.675, 3.999999999999999, 2 ** 32];
const TEXTS = ['', 'a', 'A', 'abc', 'é', 'Straße', '🙂', 'a🙂b', '～', '\ue000', '5', '05', ' 12 ', '1e3', '0x1F', '0X1f', '-4', '+4',
  '.5', '5.', '1e400', '1e-400', 'inf', 'nan', '- 4', '0x', '%s', '%d', '%5d', '%.2f', '%.f', '%%', '%x', '%.3d', '%f|%.0f', '%.100f', '$&',
  '__proto__', 'constructor', 'length', '1', '7', '\0', 'a\0b', '\u00a0x\u00a0', '\ufeff1', '1\n', 'İ', 'ı', 'ŉ', 'ﬁ', 'ΟΔΟΣ', 'ǅ', '𐐀',
  '1_000', '١', '0x20000000000001', '0x1fffffffffffff80000000001', '123456789012345678901234567890', '1e5.5', '--1', '1 2', 'true'];
const KEYS = ['a', 'b', 'title', '7', '1', '0', '-1', '1.5', '$', 'é', '🙂', '～', 'constructor', '1e+21', '9007199254740992'];
const STEPS = ['a', 'b', 'title', 'tags', 'id', 7, 1, 2, 3, 0, -1, '1', '$'];
const FORMATS = ['%s', '%d', '%.2f', '%x', '%f', '%5d', '%.f', '%%', '%.0f', '%.1f %s', '%s-%d', '%.20f', '%.13f', '%', '%.99f'];
const OPERANDS = { '+': 2, '-': 2, '*': 2, '/': 2, '//': 2, '%': 2, '..': 3, neg: 1, len: 1, length: 1, not: 1, and: 2, or: 2, eq: 2, ne: 2,
  lt: 2, le: 2, gt: 2, ge: 2, contains: 2, upper: 1, lower: 1, trim: 1, join: 2, format: 3, at: 2, default: 2, elapsed: 2 };

function value(depth) {
  const kind = upTo(depth > 0 ? 8 : 6);
  if (kind < 2) return pick(NUMBERS);
  if (kind < 4) return pick(TEXTS);
  if (kind === 4) return pick([true, false]);
  if (kind === 5) return null;
  if (kind === 6) return times(upTo(4), () => value(depth - 1));
  return Object.fromEntries(times(upTo(4), () => [pick(KEYS), value(depth - 1)]));
}

const state = { Job: { n: 5, zero: 0, half: 2.5, text: 'abc🙂', empty: '', yes: true, no: false, nothing: null, list: [10, 20, null, 'x'],
  none: [], map: Object.fromEntries(KEYS.map((key, i) => [key, [i, null, false, key][i % 4]])), items: [{ id: 1, title: 'one', tags: ['x', 'y'] }, { id: 2 }] } };

function literal() {
  const found = value(2);
  return typeof found === 'object' && found !== null ? { $: 'lit', value: found } : found;
}

const leaf = () => pick([
  literal,
  () => ({ $: 'var', path: ['Job', pick(Object.keys(state.Job)), ...times(upTo(3), () => pick(STEPS))] }),
  () => ({ $: 'item', of: 1, path: times(upTo(2), () => pick(STEPS)) }),
])();

function operation(depth) {
  const op = pick(Object.keys(OPERANDS));
  const args = times(OPERANDS[op], () => expression(depth));
  if (op === 'format' && upTo(4)) args[0] = pick(FORMATS);
  return { $: 'op', op, args };
}

function expression(depth) {
  const kind = depth > 0 ? upTo(8) : 0;
  if (kind < 2) return leaf();
  if (kind === 2) return { $: 'cond', if: expression(depth - 1), then: expression(depth - 1), else: expression(depth - 1) };
  if (kind === 3) {
    const cases = times(upTo(4), () => [value(0), expression(depth - 1)]);
    return { $: 'match', on: expression(depth - 1), cases, else: expression(depth - 1) };
  }
  return operation(depth - 1);
}

function randomCase() {
  const item = value(2), expr = expression(1 + upTo(3));
  const got = evaluate(expr, { store: { state }, frame: { as: 1, value: item, pos: 1, up: null } });
  return { expr, item, value: got, shows: shown(got), truthy: isTrue(got) };
}

// holds: var.same
test(`both evaluators agree on ${COUNT} random expressions (EVAL_SEED=${SEED})`, async () => {
  const folder = mkdtempSync(`${tmpdir()}/tidelock-eval-`);
  process.env.EVAL_CASES = `${folder}/cases.json`;
  try {
    writeFileSync(process.env.EVAL_CASES, JSON.stringify({ state, count: COUNT, cases: times(COUNT, randomCase) }));
    const { code, stdout, stderr } = await run('test', 'spec/lua/runs/eval.lua');
    assert.equal(code, 0, stdout + stderr);
    assert.match(stdout, /^1 passed, 0 failed$/m);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
