// render.js: draws a tree with Preact, and draws again only what a new state touches.
//
// Preact sees structure and text; attributes and triggers are put on by `attach`, which is called
// for each element that was drawn. Outside of loops an element is a Part, which is drawn again only
// when the value of something that it reads is another one. Inside, it is a Row, which compares
// its list's element by identity: patch.js shares what did not change.

import { Component, Fragment, h, hydrate, render } from 'preact';
import { dependencies, usesPosition } from './dependencies.js';
import { evaluate, isDynamic, select } from './eval.js';
import { isMap, isNil, shown, sortedKeys, step } from './values.js';

// attach(dom, node, env) is called after an element was drawn, when it stands in the document.
export function createRenderer(root, store, attach) {
  const env = { store, frame: null, attach };
  let paint = hydrate;
  return function draw(tree) {
    paint(h(Fragment, null, child(tree, env)), root);
    paint = render;
  };
}

function child(node, env) {
  if (Array.isArray(node)) return env.frame ? element(node, env) : h(Part, { key: keyOf(node), node, env });
  if (!isDynamic(node)) return shown(node);
  if (node.$ === 'cond' || node.$ === 'match') return child(select(node, env), env);
  if (node.$ === 'frag') return h(Fragment, { key: keyOf(node) }, drawAll(node.children, env));
  if (node.$ === 'foreach') return h(Foreach, { key: keyOf(node), node, env });
  return shown(evaluate(node, env));
}

// Lua writes an empty list as it writes an empty map: Array.from takes both.
const drawAll = (nodes, env) => Array.from(nodes, node => child(node, env));

function element(node, env) {
  const [tag, attrs, children = []] = node;
  const ref = dom => {
    if (dom) env.attach(dom, node, env);
  };
  const props = { key: keyOf(node), ref };
  // Preact would take away the value of a progress bar that it does not know to have one.
  if (tag === 'progress') props.value = evaluate(attrs.value, env);
  return h(tag, props, drawAll(children, env));
}

class Part extends Component {
  shouldComponentUpdate({ node, env }) {
    return !same(this.values, valuesOf(dependencies(node), env));
  }

  render({ node, env }) {
    this.values = valuesOf(dependencies(node), env);
    return element(node, env);
  }
}

const valuesOf = (leaves, env) => leaves.map(leaf => evaluate(leaf, env));

const same = (a, b) => a.length === b.length && a.every((value, i) => value === b[i]);

// A key for each node of the tree: a DOM element belongs to one node for its whole life, so that
// two branches of a cond never share an input or a listener.
const keys = new WeakMap();
let lastKey = 0;

function keyOf(node) {
  if (!keys.has(node)) keys.set(node, `n${++lastKey}`);
  return keys.get(node);
}

class Foreach extends Component {
  shouldComponentUpdate(next) {
    return next.node !== this.props.node || !this.isCurrent(next);
  }

  isCurrent({ node, env }) {
    return evaluate(node.in, env) === this.list && same(this.outer, outerValues(node, env));
  }

  render({ node, env }) {
    const outer = outerValues(node, env);
    if (!this.outer || !same(this.outer, outer)) this.outer = outer;
    this.list = evaluate(node.in, env);
    const taken = new Set();
    return entriesOf(this.list).map(([pos, value]) =>
      h(Row, { key: rowKey(node, pos, value, taken), node, env, pos, value, outer: this.outer }));
  }
}

// What the body reads besides its own element, evaluated once for all rows.
const outerValues = (node, env) =>
  valuesOf(dependencies(node.body).filter(leaf => leaf.of !== node.as), env);

function entriesOf(list) {
  if (Array.isArray(list)) return list.map((value, i) => [i + 1, value]);
  return isMap(list) ? sortedKeys(list).map(key => [key, list[key]]) : [];
}

function rowKey(node, pos, value, taken) {
  const id = node.key === undefined ? pos : step(value, node.key);
  let key = isNil(id) ? `at ${pos}` : `${typeof id} ${shown(id)}`;
  while (taken.has(key)) key += ' again';
  taken.add(key);
  return key;
}

class Row extends Component {
  shouldComponentUpdate(next) {
    const now = this.props;
    return next.value !== now.value || next.outer !== now.outer || next.node !== now.node ||
      (next.pos !== now.pos && usesPosition(now.node.body, now.node.as));
  }

  render({ node, env, pos, value }) {
    const frame = { as: node.as, value, pos, up: env.frame };
    return child(node.body, { ...env, frame });
  }
}
