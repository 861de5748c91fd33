// What is delivered: current, small, and free of what a strict policy forbids.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const read = name => readFileSync(new URL(`../dist/${name}`, import.meta.url));
const packed = name => gzipSync(read(name), { level: 9 }).length;

test('dist is what src gives', () => {
  execFileSync(process.execPath, [fileURLToPath(new URL('../build.js', import.meta.url)), '--check']);
});

test('the script is under 25 KB gzipped', () => assert.ok(packed('client.js') < 25_000, packed('client.js')));

test('the style is under 6 KB gzipped', () => assert.ok(packed('client.css') < 6000, packed('client.css')));

// holds: effect.call.text, tree.code
test('nothing evaluates text', () => {
  assert.doesNotMatch(read('client.js').toString(), /\beval\(|new Function/);
});
