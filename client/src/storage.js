// storage.js: values that the app keeps in the browser (a var's `in_client`).
//
// Each is an entry `tl:<State>.<var>` with JSON in it. The host gets all of them with the hello, as
// maps from "State.var" to the value, and treats them as untrusted.

const PREFIX = 'tl:';
const YEAR = 31_536_000;   // seconds

export function readStorage() {
  return { cookie: readCookies(), local: readArea(() => localStorage), session: readArea(() => sessionStorage) };
}

export function writeStorage(kind, name, value) {
  const text = value === null || value === undefined ? null : JSON.stringify(value);
  if (kind === 'cookie') writeCookie(PREFIX + name, text);
  else if (kind === 'local') writeArea(() => localStorage, PREFIX + name, text);
  else if (kind === 'session') writeArea(() => sessionStorage, PREFIX + name, text);
}

export function clearLocalStorage() {
  withArea(() => localStorage, area => area.clear());
}

export function removeCookie(name) {
  writeCookie(name, null);
}

// A browser may refuse storage altogether: then nothing is kept, and the page goes on.
function withArea(area, use, otherwise) {
  try {
    return use(area());
  } catch {
    return otherwise;
  }
}

const TOKEN = 'tidelock.token';
export const readToken = () => withArea(() => sessionStorage, area => area.getItem(TOKEN), null);
export const keepToken = token => withArea(() => sessionStorage, area => area.setItem(TOKEN, token));

function readArea(area) {
  return withArea(area, found => collect(Object.keys(found).map(key => [key, found.getItem(key)])), {});
}

function writeArea(area, key, text) {
  withArea(area, found => (text === null ? found.removeItem(key) : found.setItem(key, text)));
}

function readCookies() {
  const pairs = document.cookie.split('; ').map(pair => pair.split('=', 2).map(decoded));
  return collect(pairs);
}

function writeCookie(name, text) {
  const age = text === null ? 0 : YEAR;
  const value = encodeURIComponent(text ?? '');
  document.cookie = `${encodeURIComponent(name)}=${value}; Path=/; Max-Age=${age}; SameSite=Lax`;
}

export function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// What does not parse was not written by us.
function collect(pairs) {
  const values = {};
  for (const [key, text] of pairs) {
    if (!key.startsWith(PREFIX)) continue;
    try {
      values[key.slice(PREFIX.length)] = JSON.parse(text);
    } catch {
      continue;
    }
  }
  return values;
}
