// eval.js: what a dynamic node of the tree is worth. No DOM.
//
// An environment is { store, frame, arg }: store.state is the tab's state, read anew each time, store.clock the host's clock;
// frame is the innermost foreach { as, value, pos, up }; arg is what a trigger's event brought.

import { format } from './format.js';
import {
  compareText, equal, finite, has, isKey, isMap, isNil, isTrue, shown, step, toNumber, walk,
} from './values.js';

export const isDynamic = node => isMap(node) && has(node, '$');

export function evaluate(node, env) {
  while (isDynamic(node)) {
    const kind = node.$;
    if (kind === 'cond' || kind === 'match') node = select(node, env);
    else return has(READERS, kind) ? READERS[kind](node, env) ?? null : null;
  }
  return node ?? null;
}

// The branch that a cond or match takes, as the node that stands there.
export function select(node, env) {
  if (node.$ === 'cond') return isTrue(evaluate(node.if, env)) ? node.then : node.else;
  const on = evaluate(node.on, env);
  const hit = node.cases.find(([value]) => equal(evaluate(value, env), on));
  return hit ? hit[1] : node.else;
}

export function frameOf(env, as) {
  let frame = env.frame;
  while (frame && frame.as !== as) frame = frame.up;
  return frame;
}

const READERS = {
  var: (node, env) => walk(env.store.state, node.path),
  item: (node, env) => walk(frameOf(env, node.of)?.value, node.path),
  pos: (node, env) => frameOf(env, node.of)?.pos,
  arg: (node, env) => walk(env.arg, node.path),
  lit: node => node.value,
  clock: (node, env) => env.store.clock?.now,
  op: (node, env) => operate(node, env),
};

function operate(node, env) {
  if (!has(OPS, node.op)) return null;
  if (node.op === 'elapsed') env.store.clock?.follow();
  return OPS[node.op](...node.args.map(arg => evaluate(arg, env)));
}

const arithmetic = fn => (a, b) => {
  const x = toNumber(a);
  const y = toNumber(b);
  return x === null || y === null ? null : finite(fn(x, y));
};

const division = fn => arithmetic((x, y) => (y === 0 ? NaN : fn(x, y)));

// JavaScript's remainder takes the sign of the dividend, Lua's that of the divisor.
function modulo(x, y) {
  const rest = x % y;
  return rest !== 0 && rest < 0 !== y < 0 ? rest + y : rest;
}

const order = test => (a, b) => {
  if (typeof a === 'number' && typeof b === 'number') return test(a - b);
  if (typeof a === 'string' && typeof b === 'string') return test(compareText(a, b));
  return null;
};

function length(v) {
  if (typeof v === 'string') return Array.from(v).length;
  if (Array.isArray(v)) return v.length;
  return isMap(v) ? Object.keys(v).length : null;
}

function contains(c, x) {
  if (Array.isArray(c)) return c.some(element => equal(element, x));
  if (typeof c === 'string') return typeof x === 'string' && c.includes(x);
  return isMap(c) ? isKey(x) && has(c, x) : null;
}

// Code point by code point: what surrounds a letter (the final sigma) plays no part.
const recase = method => v => {
  if (typeof v !== 'string' && typeof v !== 'number') return null;
  return Array.from(shown(v), c => c[method]()).join('');
};

const trim = v =>
  typeof v === 'string' || typeof v === 'number'
    ? shown(v).replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '')
    : null;

const OPS = {
  '+': arithmetic((x, y) => x + y),
  '-': arithmetic((x, y) => x - y),
  '*': arithmetic((x, y) => x * y),
  '/': division((x, y) => x / y),
  '//': division((x, y) => Math.floor(x / y)),
  '%': division(modulo),
  '..': (...parts) => parts.map(shown).join(''),
  neg: a => arithmetic((x, y) => x - y)(0, a),
  len: length,
  length,
  not: a => !isTrue(a),
  and: (a, b) => (isTrue(a) ? b : a),
  or: (a, b) => (isTrue(a) ? a : b),
  eq: equal,
  ne: (a, b) => !equal(a, b),
  lt: order(d => d < 0),
  le: order(d => d <= 0),
  gt: order(d => d > 0),
  ge: order(d => d >= 0),
  contains,
  upper: recase('toUpperCase'),
  lower: recase('toLowerCase'),
  trim,
  join: (list, sep) => (Array.isArray(list) ? list.map(shown).join(shown(sep)) : null),
  format: (fmt, ...args) => format(fmt, args),
  at: (c, k) => step(c, k),
  default: (a, b) => (isNil(a) ? b : a),
  elapsed: (from, to) =>
    typeof from === 'number' && typeof to === 'number' ? finite(Math.max(0, Math.floor(to - from))) : null,
};
