// elements.js: what draws an element's own side, which Preact does not see: its attributes each
// time, its listeners once. A record per element remembers what was set.

import { applyAttributes } from './attributes.js';
import { Control } from './controls.js';
import { has } from './values.js';

// Where a parser has put the host's HTML together in another way than the tree, an element may have been another's.
function dropForeign(dom, attrs) {
  for (const name of dom.getAttributeNames()) if (!has(attrs, name)) dom.removeAttribute(name);
}

export function createAttach(triggers) {
  const records = new WeakMap();

  return function attach(dom, [, attrs], env) {
    const known = records.get(dom);
    const record = known ?? { dom, on: attrs.on ?? {}, last: {}, control: null };
    record.env = env;
    if (!known) dropForeign(dom, attrs);
    const live = applyAttributes(dom, attrs, env, record.last);
    if (Object.keys(live).length) (record.control ??= new Control(dom)).update(live);
    if (known) return;
    records.set(dom, record);
    if (attrs.autofocus) dom.focus();   // the browser's own comes too early for what is drawn later
    triggers.listen(dom, record);
  };
}
