// elements.js: what draws an element's own side, which Preact does not see: its attributes each
// time, its listeners once. A record per element remembers what was set.

import { applyAttributes } from './attributes.js';
import { Control } from './controls.js';

export function createAttach(triggers) {
  const records = new WeakMap();

  return function attach(dom, [, attrs], env) {
    const known = records.get(dom);
    const record = known ?? { dom, on: attrs.on ?? {}, last: {}, control: null };
    record.env = env;
    const live = applyAttributes(dom, attrs, env, record.last);
    if (Object.keys(live).length) (record.control ??= new Control(dom)).update(live);
    if (known) return;
    records.set(dom, record);
    if (attrs.autofocus) dom.focus();   // the browser's own comes too early for what is drawn later
    triggers.listen(dom, record);
  };
}
