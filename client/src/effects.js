// effects.js: what the host (or a trigger) asks the page to do: ["name", argument, ...].

import { controlOf, writeText } from './controls.js';
import { clearLocalStorage, removeCookie, writeStorage } from './storage.js';
import { toast } from './toast.js';
import { has } from './values.js';

// Where a redirect may lead; `javascript:` and the like are no places.
const PLACES = new Set(['http:', 'https:', 'mailto:', 'tel:']);

// What may be saved from an address.
const SOURCES = new Set(['http:', 'https:']);

// page: { go(path, opts), release(), call(name, args, event), stored: the vars that the browser keeps (storage.js) }
export function createEffects(page) {
  const effects = {
    toast: (text, opts) => toast(text, opts ?? {}),
    alert: text => window.alert(String(text)),
    console_log: (...values) => console.log(...values),
    redirect: (path, opts) => redirect(page, String(path), opts ?? {}),
    set_value: (id, value) => withElement(id, dom => setValue(dom, value)),
    focus: id => withElement(id, dom => {
      page.release();
      dom.focus();
    }),
    scroll_to: id => withElement(id, dom => {
      page.release();
      dom.scrollIntoView({ block: 'start' });
    }),
    download,
    set_clipboard: text => setClipboard(String(text)),
    reload: () => location.reload(),
    back: () => history.back(),
    remove_cookie: name => removeCookie(page.stored, String(name)),
    clear_local_storage: clearLocalStorage,
    store: (kind, name, value) => writeStorage(page.stored, kind, name, value),
    call: (name, event, ...args) => page.call(name, args, event),
  };

  return function runEffect([name, ...args]) {
    if (!has(effects, name)) return console.warn(`tidelock: unknown effect ${name}`);
    try {
      effects[name](...args);
    } catch (error) {
      console.error(`tidelock: effect ${name} failed`, error);
    }
  };
}

// A path that came from a user must not lead to another site by looking like one ("//host").
function redirect(page, path, { replace, external }) {
  const url = new URL(path, location.href);
  const isOwn = url.origin === location.origin;
  if (isOwn && !external) return page.go(url, { replace });
  if (!external || !PLACES.has(url.protocol)) return console.warn(`tidelock: no redirect to ${url.origin}`);
  return replace ? location.replace(url) : location.assign(url);
}

function withElement(id, use) {
  const dom = document.getElementById(id);
  if (dom) use(dom);
  else console.warn(`tidelock: no element has the id ${id}`);
}

function setValue(dom, value) {
  if (dom.type === 'checkbox' || dom.type === 'radio') dom.checked = Boolean(value);
  else writeText(dom, value);
  controlOf(dom)?.edit();
}

function download({ text, path, url, name = '', type = 'text/plain' }) {
  const made = text === undefined ? null : URL.createObjectURL(new Blob([text], { type }));
  const source = new URL(made ?? path ?? url, location.href);
  const isOwn = source.origin === location.origin;
  if (!made && (!SOURCES.has(source.protocol) || (path !== undefined && !isOwn))) {
    return console.warn(`tidelock: no download from ${source}`);
  }
  const link = document.createElement('a');
  link.href = source;
  link.download = name;
  link.rel = 'noopener';
  link.click();
  if (made) setTimeout(() => URL.revokeObjectURL(made), 60_000);
}

async function setClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    toast('The browser did not allow copying', { kind: 'warning' });
  }
}
