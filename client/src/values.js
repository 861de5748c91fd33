// values.js: what the tree's values mean: truth, equality, text, numbers. Pure; no DOM, no state.
// The rules are those of docs/ui-tree.md, shared with the host through spec/vectors/eval.json.

export const has = (map, key) => Object.prototype.hasOwnProperty.call(map, key);

export const isMap = v => typeof v === 'object' && v !== null && !Array.isArray(v);

export const isNil = v => v === null || v === undefined;

export const isTrue = v => !isNil(v) && v !== false;

// Lua's white space and numerals; JavaScript's Number() would also take "", "0b1" and "Infinity".
const NUMERAL = /^[ \t\n\v\f\r]*([-+]?)(0x[0-9a-f]+|(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)[ \t\n\v\f\r]*$/i;

export function toNumber(v) {
  if (typeof v === 'number') return v;
  const m = typeof v === 'string' && NUMERAL.exec(v);
  if (!m) return null;
  return finite(m[1] === '-' ? -Number(m[2]) : Number(m[2]));
}

// Values are finite; what leaves that range is nil, as a division by zero is.
export const finite = n => (Number.isFinite(n) ? n : null);

export function shown(v) {
  if (typeof v === 'string') return v;
  if (typeof v === 'number' || typeof v === 'boolean') return String(v);
  return '';
}

export function equal(a, b) {
  if (a === b) return true;
  if (isNil(a) || isNil(b)) return isNil(a) && isNil(b);
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every(k => has(b, k) && equal(a[k], b[k]));
}

// UTF-8's byte order is the order of code points. UTF-16's differs from it only where a surrogate
// meets a unit above the surrogates, so those units are moved below them before comparing.
export function compareText(a, b) {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codeOrder(x) - codeOrder(y);
  }
  return a.length - b.length;
}

const codeOrder = unit => (unit < 0xd800 ? unit : unit < 0xe000 ? unit + 0x2000 : unit - 0x800);

export const sortedKeys = map => Object.keys(map).sort(compareText);

// The key of a map that a value names: a string, or an integer that is exact, in decimal.
export const isKey = v => typeof v === 'string' || Number.isSafeInteger(v);

// One step of a path: a list's position from 1, or a map's key.
export function step(container, key) {
  if (Array.isArray(container)) return typeof key === 'number' ? container[key - 1] ?? null : null;
  return isMap(container) && isKey(key) && has(container, key) ? container[key] : null;
}

export function walk(value, path) {
  for (const key of path) value = step(value, key);
  return value ?? null;
}
