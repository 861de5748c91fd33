// banner.js: says, quietly and not before a second has passed, that there is no connection.

import { el } from './dom.js';

const QUIET = 1000;
const TEXTS = {
  down: 'Reconnecting… What you do is kept and sent then.',
  taken: 'This page is open in another window.',
};

export function createBanner() {
  const box = el('div', { class: 'tl-banner', role: 'status', 'aria-live': 'polite' });
  document.body.append(box);
  let timer = null;
  let current = 'live';

  function show() {
    box.replaceChildren(el('span', {}, TEXTS[current]));
    if (current === 'taken') box.append(takeBack());
    box.classList.add('tl-shown');
  }

  function hide() {
    box.classList.remove('tl-shown');
    box.replaceChildren();
  }

  return function setStatus(status) {
    if (status === current) return;
    current = status;
    clearTimeout(timer);
    if (status === 'live') hide();
    else if (box.firstChild) show();
    else timer = setTimeout(show, QUIET);
  };
}

const takeBack = () =>
  el('button', { type: 'button', onclick: () => location.reload() }, 'Use it here');
