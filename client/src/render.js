// render.js: draws a tree with Preact, and draws again only what a new state touches.
//
// Preact sees structure and text; attributes and triggers are put on by `attach`, which is called
// for each element that was drawn. Outside of loops an element is a Part, which is drawn again only
// when the value of something that it reads is another one. Inside, it is a Row, which compares
// its list's element by identity: patch.js shares what did not change. Where a list has new values
// in old places, only their Rows are drawn, and the list is not: its length does not matter.

import { Component, Fragment, h, hydrate, options, render } from 'preact';
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
    drawWaiting();
  };
}

// Preact's own queue, of the Rows that are drawn without their list. It is emptied with the drawing
// that filled it, so that an effect finds the page as its state says.
let waiting = null;
options.debounceRendering = drawQueue => { waiting = drawQueue; };

function drawWaiting() {
  const drawQueue = waiting;
  waiting = null;
  drawQueue?.();
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
  shouldComponentUpdate({ node, env }) {
    if (node !== this.props.node || !same(this.outer, outerValues(node, env))) return true;
    const list = evaluate(node.in, env);
    return list !== this.list && !this.replaceValues(list);
  }

  // Gives whether the new list has the same rows in the same places, which then are up to date.
  replaceValues(list) {
    const old = this.list;
    if (!Array.isArray(list) || !Array.isArray(old) || list.length !== old.length) return false;
    const { key } = this.props.node;
    const changed = [];
    for (let i = 0; i < list.length; i++) {
      if (list[i] === old[i]) continue;
      if (key !== undefined && step(list[i], key) !== step(old[i], key)) return false;
      changed.push(i);
    }
    this.list = list;
    for (const i of changed) this.rows[i].show(list[i]);
    return true;
  }

  render({ node, env }) {
    const outer = outerValues(node, env);
    if (!this.outer || !same(this.outer, outer)) this.outer = outer;
    this.list = evaluate(node.in, env);
    const rows = this.rows = [];   // each Row enters itself
    const taken = new Set();
    return entriesOf(this.list).map(([pos, value], index) =>
      h(Row, { key: rowKey(node, pos, value, taken), node, env, pos, value, outer: this.outer, rows, index }));
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
  constructor(props) {
    super(props);
    this.take(props);
  }

  take({ value, rows, index }) {
    this.value = value;   // newer than the one in props, when the list was not drawn since
    rows[index] = this;
  }

  shouldComponentUpdate(next) {
    const now = this.props;
    const old = this.value;
    this.take(next);
    return next.value !== old || next.outer !== now.outer || next.node !== now.node ||
      (next.pos !== now.pos && usesPosition(now.node.body, now.node.as));
  }

  show(value) {
    this.value = value;
    this.forceUpdate();
  }

  render({ node, env, pos }) {
    const frame = { as: node.as, value: this.value, pos, up: env.frame };
    return child(node.body, { ...env, frame });
  }
}
