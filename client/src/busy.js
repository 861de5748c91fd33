// busy.js: the look of a control whose event is not answered yet: aria-busy, after 100 ms.

const BUSY_AFTER = 100;
const waiting = new WeakMap();

// Gives the function that ends it. A control may wait for several answers at a time.
export function beginBusy(dom) {
  waiting.set(dom, (waiting.get(dom) ?? 0) + 1);
  const timer = setTimeout(() => dom.setAttribute('aria-busy', 'true'), BUSY_AFTER);
  return () => {
    clearTimeout(timer);
    waiting.set(dom, waiting.get(dom) - 1);
    if (waiting.get(dom) === 0 && dom.hasAttribute('aria-busy')) dom.removeAttribute('aria-busy');
  };
}
