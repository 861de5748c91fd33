// dependencies.js: what a part of the tree reads, found once, without evaluating it.
//
// The renderer compares the values of these nodes before and after a delta: where none changed,
// nothing is drawn. Arguments of triggers are read when the trigger fires, from the live state, so
// only the foreach frames that they name count.

import { isDynamic } from './eval.js';

const found = new WeakMap();

export function dependencies(node) {
  if (typeof node !== 'object' || node === null) return [];
  let list = found.get(node);
  if (!list) found.set(node, (list = collect(node, [], false, [])));
  return list;
}

// Does the body of a foreach use the position of its own element?
export function usesPosition(body, as) {
  return dependencies(body).some(node => node.$ === 'pos' && node.of === as);
}

function collect(node, inner, inTrigger, out) {
  if (typeof node !== 'object' || node === null) return out;
  if (isDynamic(node)) return collectDynamic(node, inner, inTrigger, out);
  for (const key of Object.keys(node)) {
    const trigger = inTrigger || (key === 'on' && !Array.isArray(node));
    collect(node[key], inner, trigger, out);
  }
  return out;
}

function collectDynamic(node, inner, inTrigger, out) {
  if (node.$ === 'var' || node.$ === 'clock') {
    if (!inTrigger) out.push(node);
  } else if (node.$ === 'item' || node.$ === 'pos') {
    if (!inner.includes(node.of)) out.push(node);
  } else if (node.$ === 'foreach') {
    collect(node.in, inner, inTrigger, out);
    collect(node.body, [...inner, node.as], inTrigger, out);
  } else if (node.$ !== 'lit') {
    for (const key of Object.keys(node)) collect(node[key], inner, inTrigger, out);
  }
  return out;
}
