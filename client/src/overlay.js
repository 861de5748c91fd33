// overlay.js: shows what went wrong in a handler or a task: in dev mode all of it, over the page, with the lines of
// the app's file around the place; otherwise a toast with the reference that is also in the host's log. What the
// host says for the person at the page (a wrong input) is a toast in any mode.

import { el } from './dom.js';
import { toast } from './toast.js';

export function reportErrors(errors, dev) {
  for (const error of errors) {
    if (error.say) toast(error.say, { kind: 'error' });
    else if (dev && error.message !== undefined) showOverlay(error);
    else if (!error.answered) toast(`Something went wrong${error.ref ? ` (ref ${error.ref})` : ''}`, { kind: 'error' });
  }
}

let open;   // { dialog, title, list, seen: what makes an error the same -> { section, times } }

// One dialog for all: those that follow stand below the first, and one that comes again is counted.
function showOverlay(error) {
  open ??= openDialog();
  const same = JSON.stringify([error.task, error.name, error.message, error.source?.line]);
  const known = open.seen.get(same) ?? { section: describe(error), times: 0 };
  open.seen.set(same, known);
  known.times += 1;
  known.section.querySelector('.tl-times').textContent = known.times > 1 ? `×${known.times}` : '';
  if (known.times === 1) open.list.append(known.section);
  open.title.textContent = open.seen.size > 1 ? `${open.seen.size} errors` : 'Error';
}

// As a modal dialog it keeps the focus, closes by Esc, and gives the focus back.
function openDialog() {
  const title = el('strong', { id: 'tl-overlay-title' });
  const list = el('div', { id: 'tl-overlay-errors' });
  const close = el('button', { type: 'button', autofocus: '', onclick: () => dialog.close() }, 'Close');
  const forget = () => {
    dialog.remove();
    open = undefined;
  };
  const dialog = el('dialog', {
    class: 'tl-overlay', role: 'alertdialog', 'aria-labelledby': title.id, 'aria-describedby': list.id, onclose: forget,
  }, el('header', {}, title, close), list);
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, title, list, seen: new Map() };
}

function describe({ name, message, traceback, source, task, ref }) {
  const where = [task, ref && `ref ${ref}`].filter(Boolean).join(' · ');
  return el('section', {},
    el('h2', {}, name ?? 'Error', ' ', el('span', { class: 'tl-times' })),
    el('p', {}, message),
    ...(source ? [excerpt(source)] : []),
    ...(traceback ? [el('pre', { tabindex: '0', class: 'tl-trace' }, traceback)] : []),
    ...(where ? [el('small', {}, where)] : []));
}

// The numbers are no text of the lines: they are not copied with them.
function excerpt({ file, line, lines }) {
  const rows = lines.map(([number, text]) =>
    el('span', { 'data-line': number, ...(number === line ? { class: 'tl-here', 'aria-current': 'true' } : {}) }, text, '\n'));
  return el('figure', {},
    el('figcaption', {}, `${file}:${line}`),
    el('pre', { tabindex: '0', class: 'tl-source' }, ...rows));
}
