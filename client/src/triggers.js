// triggers.js: turns DOM events into events for the host, by an element's triggers.
//
// Entries run in order. Delayed ones (debounce, throttle, what follows an edit that is under way)
// are sent before any later event of the page, so that the host sees what the user did in the order
// in which it was done.

import { beginBusy } from './busy.js';
import { controlOf, controlValue, formValues } from './controls.js';
import { evaluate, isDynamic } from './eval.js';
import { isMap, isNil, toNumber } from './values.js';

// host: { send(handler, args, settled) -> sent?, isLive(), runEffect(effect) }
export function createTriggers(host) {
  const delayed = new Set();
  let early = [];   // elements that were there before the tab's own state; null: it is known

  function listen(dom, record) {
    for (const type of Object.keys(record.on)) {
      if (type !== 'mount') dom.addEventListener(type, event => fire(record, event));
      else if (early) early.push(record);
      else mount(record);
    }
  }

  const mount = record => fire(record, { type: 'mount', target: record.dom });

  // The state is the tab's own from here on, and what still stands in the page stands there by it.
  function start() {
    const records = early.filter(({ dom }) => dom.isConnected);
    early = null;
    records.forEach(mount);
  }

  function fire(record, event) {
    if (event.type === 'submit') event.preventDefault();
    for (const entry of record.on[event.type]) {
      const opts = entry.opts ?? {};
      if (opts.key && (event.key !== opts.key || event.isComposing)) continue;
      const control = isEdit(event) ? controlOf(event.target) : null;
      const brought = eventArgument(event);
      if (opts.takes && !takes(opts.takes, brought[0])) {
        if (control) control.lacking = true;
        continue;
      }
      if (opts.prevent_default) event.preventDefault?.();
      if (opts.stop_propagation) event.stopPropagation?.();
      const target = event.submitter ?? record.dom;
      control?.asked();
      schedule(record, entry, opts, prepare({ record, entry, opts, brought, control, target }));
    }
  }

  // What the event brought was read while it was there; gives what is to run, now or later.
  function prepare({ record, entry, opts, brought, control, target }) {
    return {
      run(answered) {
        const env = { ...record.env, arg: brought[0] };
        if (entry.effect) {
          host.runEffect(entry.effect.map(part => effectPart(part, env)));
          return control?.answered();
        }
        const args = Array.from(entry.args ?? [], arg => evaluate(arg, env));
        if (opts.own !== false) args.push(...brought);
        return send(entry.handler, args, opts, target, failed => {
          control?.answered(failed);
          answered?.();
        });
      },
      drop: () => control?.answered(),
    };
  }

  function send(handler, args, opts, target, answered) {
    if (opts.temporal && !host.isLive()) return answered();
    const endBusy = beginBusy(target);
    const settled = failed => {
      endBusy();
      answered(failed);
    };
    if (!host.send(handler, args, settled)) settled(true);
  }

  function schedule(record, entry, opts, task) {
    if (opts.debounce) return debounce(record, entry, opts.debounce * 1000, task);
    if (opts.throttle) return throttle(record, entry, opts.throttle * 1000, task);
    if (opts.latest) return follow(record, entry, task);
    flush();
    return task.run();
  }

  // Entries are shared by the rows of a foreach, so a slot belongs to an element and its entry.
  function slotOf(record, entry) {
    return [...delayed].find(slot => slot.record === record && slot.entry === entry);
  }

  function hold(record, entry, wait, task) {
    const slot = { record, entry, task };
    slot.timer = setTimeout(() => release(slot), wait);
    delayed.add(slot);
    return slot;
  }

  function release(slot) {
    clearTimeout(slot.timer);
    delayed.delete(slot);
    slot.task?.run();
  }

  function debounce(record, entry, wait, task) {
    const before = slotOf(record, entry);
    if (before) {
      clearTimeout(before.timer);
      delayed.delete(before);
      before.task.drop();
    }
    hold(record, entry, wait, task);
  }

  // The first at once; then, when the time is over, the latest of those that came meanwhile.
  function throttle(record, entry, wait, task) {
    const slot = slotOf(record, entry);
    if (slot) {
      slot.task?.drop();
      slot.task = task;
      return;
    }
    flush();
    task.run();
    hold(record, entry, wait, null);
  }

  // One is under way at a time; of those that come meanwhile the latest goes next.
  function follow(record, entry, task) {
    const slot = slotOf(record, entry) ?? { record, entry, task: null };
    slot.task?.drop();
    if (!delayed.delete(slot)) return advance(slot, task);
    slot.task = task;
    return delayed.add(slot);   // at the end: what other controls have waiting is older now
  }

  function advance(slot, task) {
    flush(slot);
    delayed.add(slot);
    slot.task = null;
    task.run(() => {
      if (!delayed.has(slot)) return;
      if (slot.task) advance(slot, slot.task);
      else delayed.delete(slot);
    });
  }

  // Sends what is delayed: all, or what is older than a slot.
  function flush(end) {
    for (const slot of [...delayed]) {
      if (slot === end) return;
      release(slot);
    }
  }

  return { listen, start, flush };
}

// An effect's options are a plain map, whose values may be dynamic.
function effectPart(part, env) {
  if (!isMap(part) || isDynamic(part)) return evaluate(part, env);
  return Object.fromEntries(Object.entries(part).map(([name, value]) => [name, evaluate(value, env)]));
}

// "number": only what counts as a number; "number?": nothing as well.
const takes = (kind, value) => toNumber(value) !== null || (kind === 'number?' && (isNil(value) || value === ''));

const isEdit = event => event.type === 'input' || event.type === 'change';

// What the event brings, as a list: empty for most.
function eventArgument(event) {
  if (isEdit(event)) return [controlValue(event.target)];
  if (event.type === 'submit') return [formValues(event.target, event.submitter)];
  if (event.type.startsWith('key')) return [event.key];
  return [];
}
