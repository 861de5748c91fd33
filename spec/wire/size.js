// size.js: how large a patch may be: what a plain comparison of two values would write, in the forms of protocol.md.

import { isDeepStrictEqual } from 'node:util';

const isMap = v => v !== null && typeof v === 'object' && !Array.isArray(v);
const length = v => Buffer.byteLength(JSON.stringify(v));
const OP = 24; // what an operation takes around its values

const total = numbers => numbers.reduce((sum, n) => sum + n, 0);

function ofMaps(old, now) {
  const sizes = Object.keys(now).filter(key => !isDeepStrictEqual(old[key], now[key]))
    .map(key => length(key) + (Object.hasOwn(old, key) ? plainSize(old[key], now[key]) : length(now[key]) + OP));
  const gone = Object.keys(old).filter(key => !Object.hasOwn(now, key)).map(key => length(key) + OP);
  return 2 + total(sizes) + total(gone);
}

// Elements that are the same at both ends stay; those between change in place when there are as many, else they are new.
function ofLists(old, now) {
  let from = 0, a = old.length, b = now.length;
  while (from < a && from < b && isDeepStrictEqual(old[from], now[from])) from++;
  while (a > from && b > from && isDeepStrictEqual(old[a - 1], now[b - 1])) a--, b--;
  const middle = now.slice(from, b);
  if (a - from === b - from) {
    return OP + total(middle.map((v, i) => (isDeepStrictEqual(old[from + i], v) ? 0 : OP + plainSize(old[from + i], v))));
  }
  return 2 * OP + total(middle.map(v => length(v) + 1));
}

// Bytes of a plain patch from old to now, which differ.
export function plainSize(old, now) {
  const whole = length(now) + (isMap(now) ? OP : 0);
  if (isMap(old) && isMap(now)) return Math.min(whole, ofMaps(old, now));
  if (Array.isArray(old) && Array.isArray(now)) return Math.min(whole, ofLists(old, now));
  if (typeof old === 'string' && typeof now === 'string' && now.startsWith(old)) return Math.min(whole, OP + length(now.slice(old.length)));
  return whole;
}

// Whether a patch is as small as its change.
export const fits = (patch, old, now) => length(patch) <= 64 + 2 * plainSize(old, now);
