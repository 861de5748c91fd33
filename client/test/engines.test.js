// Debian 12 has Node.js 18: what the tests and the build use must run there.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const NODE = [18, 13, 0];
const packages = JSON.parse(readFileSync(new URL('../package-lock.json', import.meta.url), 'utf8')).packages;

// ">=18", "^18.2.0"
function takes(range) {
  const [, sign, ...parts] = /^\s*(>=|\^)\s*(\d+)(?:\.(\d+))?(?:\.(\d+))?\s*$/.exec(range) ?? [];
  const least = parts.map(part => Number(part ?? 0));
  const i = least.findIndex((part, at) => part !== NODE[at]);
  return sign !== undefined && (i < 0 || least[i] < NODE[i] && (sign === '>=' || i > 0));
}

test('all packages run on the Node.js of Debian 12', () => {
  const wanted = Object.entries(packages).filter(([, { engines }]) => engines?.node);
  assert.ok(wanted.length > 1);
  for (const [name, { engines }] of wanted)
    assert.ok(engines.node.split('||').some(takes), `${name} wants Node.js ${engines.node}`);
});
