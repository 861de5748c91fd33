// Debian 12 has Node.js 18: what the tests and the build use must run there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const NODE = 18;
const packages = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')).packages;

test('all packages run on the Node.js of Debian 12', () => {
  const wanted = Object.entries(packages).filter(([, { engines }]) => engines?.node);
  assert.ok(wanted.length > 1);
  for (const [name, { engines }] of wanted) {
    const least = /^>=\s*(\d+)/.exec(engines.node);
    assert.ok(least && Number(least[1]) <= NODE, `${name} wants Node.js ${engines.node}`);
  }
});
