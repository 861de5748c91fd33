// nav.js: moves between the app's pages without loading them anew.
//
// A move fetches the new page's tree, shows it, and tells the host. What the host does not know as
// a page (a file, another server's path) is left to the browser. The latest move wins.
//
// Each entry of the history remembers where its page was scrolled to. What makes a page long may
// come after the page, or go and come again, so for some seconds the place is aimed at whenever the
// page's size changes, until somebody does something; meanwhile the entry keeps what it remembers.

import { beginBusy } from './busy.js';
import { decoded } from './storage.js';
import { toast } from './toast.js';

const PATIENCE = 5000;   // ms
const USER = ['wheel', 'touchstart', 'pointerdown', 'keydown'];

const visited = new Map();   // so that going back needs no connection

const hereOf = url => url.pathname + url.search;

// page: { show({route, title, tree}), moved(path, before) }; first: what the document came with
export function createNav(page, first) {
  let here = hereOf(location);
  visited.set(here, first);
  let moves = 0;
  let aim = null;   // { url, scroll, until }

  async function go(url, { replace = false, back = false } = {}) {
    const move = ++moves;
    const found = await fetchPage(hereOf(url));
    if (move !== moves) return;
    if (found === 'offline') return void (aim = null);
    if (found === 'unknown') return leaveTo(url, replace);
    if (!back) enterHistory(url, replace);
    const before = here;
    here = hereOf(url);
    page.moved(here, before);
    page.show(found);
    aimAt(url, history.state?.scroll);
  }

  function onPopState(event) {
    if (hereOf(location) === here) return aimAt(location, event.state?.scroll);
    aim = { until: Infinity };   // the scrolling that goes on is the old page's
    return go(new URL(location.href), { back: true });
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
    new ResizeObserver(approach).observe(document.body);
    for (const type of USER) window.addEventListener(type, release, { capture: true, passive: true });
  }

  // After a reload, when the page has its real height.
  function restore() {
    if (history.state?.scroll || location.hash) aimAt(location, history.state?.scroll);
  }

  function aimAt(url, scroll) {
    aim = { url, scroll, until: performance.now() + PATIENCE };
    approach();
    if (!scroll && !url.hash) aim = null;
  }

  function approach() {
    if (!aim?.url) return;
    if (performance.now() > aim.until) aim = null;
    else scrollToPlace(aim.url, aim.scroll);
  }

  // Somebody has said where to be.
  function release() {
    if (aim?.url) aim = null;
  }

  function rememberPlace() {
    if (!aim) history.replaceState({ ...history.state, scroll: [scrollX, scrollY] }, '');
  }

  function enterHistory(url, replace) {
    if (replace) return history.replaceState({}, '', url);
    rememberPlace();
    return history.pushState({}, '', url);
  }

  return { go, start, restore, release };
}

function scrollToPlace(url, scroll) {
  const target = !scroll && url.hash && document.getElementById(decoded(url.hash.slice(1)));
  const [left, top] = scroll ?? [0, 0];
  if (target) target.scrollIntoView({ behavior: 'instant' });
  else window.scrollTo({ left, top, behavior: 'instant' });
}

function leaveTo(url, replace) {
  if (replace) location.replace(url);
  else location.assign(url);
}

async function fetchPage(path) {
  try {
    const response = await fetch(`/_tidelock/page?path=${encodeURIComponent(path)}`);
    if (!response.ok) return 'unknown';
    visited.set(path, await response.json());
    return visited.get(path);
  } catch {
    if (visited.has(path)) return visited.get(path);
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
