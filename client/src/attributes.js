// attributes.js: keeps an element's attributes, class, style and form properties in step with its
// node. Styles are set through the CSSOM, which a strict content security policy allows.

import { evaluate, isDynamic } from './eval.js';
import { has, isMap, isTrue, shown, sortedKeys } from './values.js';

// Properties that an attribute no longer moves once the user has touched the control.
const LIVE = { INPUT: ['value', 'checked'], TEXTAREA: ['value'], SELECT: ['value'], OPTION: ['selected'] };

const URLS = new Set(['href', 'src', 'action', 'formaction', 'poster', 'data', 'cite', 'ping', 'xlink:href']);
const SCRIPT_URL = /^(java|vb)script:/i;

// `last` holds what was set before; gives the live properties' values, for controls.js.
export function applyAttributes(dom, attrs, env, last) {
  const live = {};
  for (const name of Object.keys(attrs)) {
    if (name === 'on') continue;
    if (name === 'style') applyStyle(dom, attrs.style, env, last);
    else if (LIVE[dom.tagName]?.includes(name)) live[name] = evaluate(attrs[name], env);
    else setAttribute(dom, name, attributeText(name, attrs[name], env), last);
  }
  return live;
}

function attributeText(name, node, env) {
  if (name === 'class') return classNames(node, env);
  const value = evaluate(node, env);
  if (!isTrue(value)) return null;
  if (value === true) return spelledOut(name) ? 'true' : '';
  const text = shown(value);
  return URLS.has(name) && SCRIPT_URL.test(text.replace(/[\u0000- ]/g, '')) ? null : text;
}

// These have three states, and an empty value does not mean "true".
const spelledOut = name => name.startsWith('aria-') || name === 'draggable';

function classNames(node, env) {
  if (!isDynamic(node) || node.$ !== 'class') return shown(evaluate(node, env)) || null;
  const names = Array.from(node.names ?? [], name => shown(evaluate(name, env)));
  const when = isMap(node.when) ? node.when : {};
  const on = sortedKeys(when).filter(name => isTrue(evaluate(when[name], env)));
  return [...names, ...on].filter(Boolean).join(' ') || null;
}

// The document is asked only when our own record differs: what the host rendered is left alone.
function setAttribute(dom, name, text, last) {
  if (has(last, name) && last[name] === text) return;
  last[name] = text;
  if (dom.getAttribute(name) === text) return;
  if (text === null) dom.removeAttribute(name);
  else dom.setAttribute(name, text);
}

function applyStyle(dom, style, env, last) {
  for (const property of Object.keys(style)) {
    const text = shown(evaluate(style[property], env));
    const slot = `style ${property}`;
    if (last[slot] === text) continue;
    last[slot] = text;
    dom.style.setProperty(property, text);
  }
}
