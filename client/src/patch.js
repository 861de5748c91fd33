// patch.js: applies a patch of the wire (protocol, section 4) to a state, or takes a whole one over.
//
// Nothing is changed in place: every container on the way to a change is copied, all others are
// shared with the old state, so that a reader sees by identity what stayed the same. A patch that
// does not fit raises PatchError and leaves the old state as it was.

import { has, isMap } from './values.js';

export class PatchError extends Error {}

const fail = (path, why) => {
  throw new PatchError(`patch does not fit at /${path.join('/')}: ${why}`);
};

export function applyPatch(state, patch, path = []) {
  if (!isMap(state)) fail(path, 'there is no map');
  if (!isMap(patch) || has(patch, '$')) fail(path, 'a patch of a map is an object');
  const copy = { ...state };
  for (const name of Object.keys(patch)) {
    const key = name.startsWith('$') ? unescapeKey(name, path) : name;
    const change = patch[name];
    if (isDelete(change)) {
      if (!has(copy, key)) fail([...path, key], 'nothing to delete');
      delete copy[key];
    } else {
      setKey(copy, key, changed(has(copy, key) ? copy[key] : undefined, change, [...path, key]));
    }
  }
  return copy;
}

// A whole state that came in place of a patch: `next`, but with the very containers of `old` where
// they are equal, so that an init draws no more than a patch would.
export function shareEqual(old, next) {
  if (typeof next !== 'object' || next === null || typeof old !== 'object' || old === null) return next;
  if (Array.isArray(old) !== Array.isArray(next)) return next;
  const keys = Object.keys(next);
  let equal = keys.length === Object.keys(old).length;
  for (const key of keys) {
    if (has(old, key)) setKey(next, key, shareEqual(old[key], next[key]));
    equal &&= has(old, key) && next[key] === old[key];
  }
  return equal ? old : next;
}

// In a patch's own keys a user's leading `$` is doubled, so a single one means nothing.
function unescapeKey(name, path) {
  if (!name.startsWith('$$')) fail(path, `unknown key ${name}`);
  return name.slice(1);
}

const isDelete = change => isMap(change) && Array.isArray(change.$) && change.$[0] === 'del';

// Plain assignment to `__proto__` would change the prototype instead of adding a key.
function setKey(map, key, value) {
  if (key !== '__proto__') map[key] = value;
  else Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
}

function changed(old, change, path) {
  if (!isMap(change)) return change;
  if (!has(change, '$')) return applyPatch(old, change, path);
  const [verb, arg] = Array.isArray(change.$) ? change.$ : [];
  if (verb === 'set' && isMap(arg)) return arg;
  if (verb === '+') return appended(old, arg, path);
  if (verb === 'list') return edited(old, arg, path);
  return fail(path, `unknown change ${JSON.stringify(change.$)}`);
}

function appended(old, suffix, path) {
  if (typeof old !== 'string' || typeof suffix !== 'string') fail(path, 'there is no string to grow');
  return old + suffix;
}

function edited(old, ops, path) {
  if (!Array.isArray(old) || !Array.isArray(ops)) fail(path, 'there is no list');
  const list = old.slice();
  for (const op of ops) {
    if (!Array.isArray(op) || !has(LIST_OPS, op[0])) fail(path, 'unknown list operation');
    LIST_OPS[op[0]](list, op, path);
  }
  return list;
}

// A position or a count: whole, not negative, at most `limit`.
function within(n, limit, path) {
  if (!Number.isInteger(n) || n < 0 || n > limit) fail(path, `position ${n} of ${limit}`);
  return n;
}

const LIST_OPS = {
  '~': (list, [, at, change], path) => {
    within(at, list.length - 1, path);
    if (change === undefined || isDelete(change)) fail(path, 'an element cannot be deleted by ~');
    list[at] = changed(list[at], change, [...path, at]);
  },
  '+': (list, [, at, ...values], path) => {
    within(at, list.length, path);
    insert(list, at, values);
  },
  '-': (list, [, at, n], path) => {
    within(n, list.length - within(at, list.length, path), path);
    list.splice(at, n);
  },
  m: (list, [, from, n, to], path) => {
    within(n, list.length - within(from, list.length, path), path);
    const taken = list.splice(from, n);
    within(to, list.length, path);
    insert(list, to, taken);
  },
};

// Not splice(at, 0, ...values): many thousand arguments overflow the stack.
function insert(list, at, values) {
  const tail = list.splice(at);
  for (const value of values) list.push(value);
  for (const value of tail) list.push(value);
}
