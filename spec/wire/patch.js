// patch.js: the patches of protocol.md, section 4, written from that page alone. A patch is applied
// wholly or refused; one that is longer than its effect is refused, too.

import { isDeepStrictEqual } from 'node:util';

const isMap = v => v !== null && typeof v === 'object' && !Array.isArray(v);
const isOp = p => isMap(p) && Object.hasOwn(p, '$');
const nameOf = key => (key.startsWith('$$') ? key.slice(1) : key);

function refuse(path, what) {
  throw new Error(`patch at /${path.join('/')}: ${what}`);
}

function need(condition, path, what) {
  if (!condition) refuse(path, what);
}

const isPosition = (i, max) => Number.isInteger(i) && i >= 0 && i <= max;

function listOp(list, op, path) {
  need(Array.isArray(op), path, 'a list op is a list');
  const [kind, at, ...rest] = op;
  const out = list.slice();
  if (kind === '~') {
    need(isPosition(at, list.length - 1) && rest.length === 1, path, `no element ${at} to change`);
    out[at] = applyAt(list[at], rest[0], [...path, at]);
  } else if (kind === '+') {
    need(isPosition(at, list.length) && rest.length > 0, path, `nothing to insert at ${at}`);
    out.splice(at, 0, ...rest);
  } else if (kind === '-') {
    need(isPosition(at, list.length) && rest[0] > 0 && at + rest[0] <= list.length, path, `cannot remove ${rest} at ${at}`);
    out.splice(at, rest[0]);
  } else if (kind === 'm') {
    const [n, to] = rest;
    need(isPosition(at, list.length) && n > 0 && at + n <= list.length, path, `cannot take ${n} at ${at}`);
    const taken = out.splice(at, n);
    need(isPosition(to, out.length) && to !== at, path, `cannot move from ${at} to ${to}`);
    out.splice(to, 0, ...taken);
  } else {
    refuse(path, `unknown list op ${kind}`);
  }
  return out;
}

const ops = {
  set(old, [value], path) {
    need(isMap(value), path, 'set is for objects');
    return value;
  },
  '+'(old, [suffix], path) {
    need(typeof old === 'string' && typeof suffix === 'string' && suffix, path, 'a string and a suffix');
    return old + suffix;
  },
  list(old, [edits], path) {
    need(Array.isArray(old) && Array.isArray(edits) && edits.length, path, 'a list and edits');
    return edits.reduce((list, op) => listOp(list, op, path), old);
  },
};

// The new value of a place that has one (undefined: it is a new key of a map).
function applyAt(old, patch, path) {
  let value = patch;
  if (isOp(patch)) {
    need(Object.keys(patch).length === 1 && Array.isArray(patch.$), path, 'an op stands alone');
    const [name, ...args] = patch.$;
    need(ops[name], path, `unknown op ${name}`);
    value = ops[name](old, args, path);
  } else if (isMap(patch)) {
    value = applyMap(old, patch, path);
  }
  need(!isDeepStrictEqual(value, old), path, 'the value is the same');
  return value;
}

// A tab's state: the states and vars are always there, so only maps below have keys that come and go.
function applyMap(old, patch, path) {
  need(isMap(old), path, 'a patch for a map that is not there');
  need(Object.keys(patch).length > 0, path, 'an empty patch');
  const out = { ...old };
  for (const [key, change] of Object.entries(patch)) {
    need(!key.startsWith('$') || key.startsWith('$$'), path, `the key ${key} is not escaped`);
    const name = nameOf(key), here = [...path, name], known = Object.hasOwn(old, name);
    need(known || path.length >= 2, here, 'no such state or var');
    if (isOp(change) && change.$[0] === 'del') {
      need(known && path.length >= 2, here, 'there is no such key to delete');
      delete out[name];
    } else {
      out[name] = applyAt(known ? old[name] : undefined, change, here);
    }
  }
  return out;
}

export const applyPatch = (state, patch) => applyMap(state, patch, []);
