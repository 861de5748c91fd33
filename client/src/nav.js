// nav.js: moves between the app's pages without loading them anew.
//
// A move fetches the new page's tree, shows it, and tells the host. What the host does not know as
// a page (a file, another server's path) is left to the browser. The latest move wins.

import { beginBusy } from './busy.js';
import { toast } from './toast.js';

const hereOf = url => url.pathname + url.search;

// page: { show({route, title, tree}), moved(path) }
export function createNav(page) {
  let here = hereOf(location);
  let moves = 0;

  async function go(url, { replace = false, back = false } = {}) {
    const move = ++moves;
    const found = await fetchPage(hereOf(url));
    if (move !== moves || found === 'offline') return;
    if (found === 'unknown') return leaveTo(url, replace);
    if (!back) enterHistory(url, replace);
    here = hereOf(url);
    page.show(found);
    page.moved(here);
    restorePlace(url, back ? history.state?.scroll : null);
  }

  function onPopState(event) {
    if (hereOf(location) === here) restorePlace(location, event.state?.scroll);
    else go(new URL(location.href), { back: true });
  }

  async function onClick(event) {
    const link = linkOf(event);
    if (!link) return;
    const url = new URL(link.href);
    if (hereOf(url) === here && url.hash) return;
    event.preventDefault();
    const endBusy = beginBusy(link);
    await go(url);
    endBusy();
  }

  function start() {
    history.scrollRestoration = 'manual';
    document.addEventListener('click', onClick);
    window.addEventListener('popstate', onPopState);
    window.addEventListener('scrollend', rememberPlace);
    window.addEventListener('pagehide', rememberPlace);
  }

  // After a reload, when the page has its real height.
  function restore() {
    if (history.state?.scroll) restorePlace(location, history.state.scroll);
  }

  return { go, start, restore };
}

function rememberPlace() {
  history.replaceState({ ...history.state, scroll: [scrollX, scrollY] }, '');
}

function enterHistory(url, replace) {
  if (replace) return history.replaceState({}, '', url);
  rememberPlace();
  return history.pushState({}, '', url);
}

function restorePlace(url, scroll) {
  const target = url.hash && document.getElementById(decodeURIComponent(url.hash.slice(1)));
  if (scroll) window.scrollTo(...scroll);
  else if (target) target.scrollIntoView();
  else window.scrollTo(0, 0);
}

function leaveTo(url, replace) {
  if (replace) location.replace(url);
  else location.assign(url);
}

async function fetchPage(path) {
  try {
    const response = await fetch(`/_tidelock/page?path=${encodeURIComponent(path)}`);
    return response.ok ? await response.json() : 'unknown';
  } catch {
    toast('No connection: the page could not be fetched', { kind: 'warning' });
    return 'offline';
  }
}

// A plain click on a link of this origin that asks for nothing special.
function linkOf(event) {
  if (event.defaultPrevented || event.button !== 0) return null;
  if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return null;
  const link = event.target.closest?.('a[href]');
  if (!link || link.origin !== location.origin || link.hasAttribute('download')) return null;
  return !link.target || link.target === '_self' ? link : null;
}
