// overlay.js: shows what went wrong in a handler or a task: in dev mode all of it, over the page;
// otherwise a toast with the reference that is also in the host's log.

import { el } from './dom.js';
import { toast } from './toast.js';

export function reportErrors(errors, dev) {
  for (const error of errors) {
    if (dev && error.message !== undefined) showOverlay(error);
    else toast(`Something went wrong${error.ref ? ` (ref ${error.ref})` : ''}`, { kind: 'error' });
  }
}

// One dialog for all: errors that follow are added below the first.
function showOverlay(error) {
  const dialog = document.querySelector('.tl-overlay') ?? openDialog();
  dialog.querySelector('.tl-errors').append(describe(error));
}

function openDialog() {
  const close = el('button', { type: 'button', autofocus: '', onclick: () => dialog.close() }, 'Close');
  const dialog = el('dialog', { class: 'tl-overlay', 'aria-label': 'Error', onclose: () => dialog.remove() },
    el('div', { class: 'tl-errors' }), close);
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function describe({ name, message, traceback, task, ref }) {
  const where = [task, ref && `ref ${ref}`].filter(Boolean).join(' · ');
  return el('section', {},
    el('h2', {}, name ?? 'Error'),
    el('p', {}, message),
    ...(traceback ? [el('pre', { tabindex: '0' }, traceback)] : []),
    ...(where ? [el('small', {}, where)] : []));
}
