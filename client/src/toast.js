// toast.js: short messages that stack at the edge of the page, are announced, and leave.

import { el } from './dom.js';

const KINDS = new Set(['info', 'success', 'warning', 'error']);
const STAY = { info: 4, success: 4, warning: 6, error: 8 };   // seconds

let stack;

// The live region must be there before its first message, or that one is not announced.
export function prepareToasts() {
  stack = el('div', { class: 'tl-toasts', role: 'status', 'aria-live': 'polite' });
  document.body.append(stack);
}

export function toast(text, { kind, duration } = {}) {
  const known = KINDS.has(kind) ? kind : 'info';
  const close = el('button', { type: 'button', class: 'tl-close', 'aria-label': 'Dismiss' }, '×');
  const box = el('div', { class: `tl-toast tl-${known}` }, el('span', {}, String(text)), close);
  if (known === 'error') box.setAttribute('role', 'alert');
  close.addEventListener('click', () => box.remove());
  leaveAfter(box, (duration ?? STAY[known]) * 1000);
  stack.append(box);
}

// Never, when the duration is 0. Whoever points at a toast, or has the focus in it, is reading it.
function leaveAfter(box, ms) {
  let timer;
  const start = () => { if (ms > 0) timer = setTimeout(() => box.remove(), ms); };
  const stop = () => clearTimeout(timer);
  for (const type of ['mouseenter', 'focusin']) box.addEventListener(type, stop);
  for (const type of ['mouseleave', 'focusout']) box.addEventListener(type, start);
  start();
}
