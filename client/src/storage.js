// storage.js: the tab's token, and the vars that the app keeps in the browser (a var's `in_client`).
//
// The page's data block names those vars: `stored` has for each kind a map from the name of an entry to its options
// (docs/protocol.md, section 6). Text is kept as it is where the var is a string, as JSON else. The host treats all of it
// as untrusted.

const COOKIE_MAX = 4096;   // bytes of name and value that browsers take

// A browser may refuse storage altogether: then nothing is kept, and the page goes on.
function withArea(area, use, otherwise) {
  try {
    return use(area());
  } catch {
    return otherwise;
  }
}

const localArea = () => localStorage;
const sessionArea = () => sessionStorage;

const TOKEN = 'tidelock.token';
export const readToken = () => withArea(sessionArea, area => area.getItem(TOKEN), null);
export const keepToken = token => withArea(sessionArea, area => area.setItem(TOKEN, token));

// ---- texts, by kind ----

const texts = {
  local: { read: name => readArea(localArea, name), write: (name, text) => writeArea(localArea, name, text) },
  session: { read: name => readArea(sessionArea, name), write: (name, text) => writeArea(sessionArea, name, text) },
  cookie: { read: readCookie, write: writeCookie },
};

function readArea(area, name) {
  return withArea(area, found => found.getItem(name), null);
}

function writeArea(area, name, text) {
  withArea(area, found => (text === null ? found.removeItem(name) : found.setItem(name, text)));
}

function readCookie(name) {
  const pairs = withArea(() => document, page => page.cookie, '').split('; ');
  const head = `${encodeURIComponent(name)}=`;
  const found = pairs.find(pair => pair.startsWith(head));
  return found === undefined ? null : decoded(found.slice(head.length));
}

function writeCookie(name, text, options = {}) {
  const pair = `${encodeURIComponent(name)}=${encodeURIComponent(text ?? '')}`;
  if (pair.length > COOKIE_MAX) {
    console.warn(`tidelock: ${name} is too large for a cookie, and is not kept`);
    return writeCookie(name, null, options);
  }
  const parts = [pair, `Path=${options.path ?? '/'}`, `SameSite=${options.same_site ?? 'Lax'}`];
  if (text === null) parts.push('Max-Age=0');
  else if (options.max_age) parts.push(`Max-Age=${options.max_age}`);
  if (options.secure ?? location.protocol === 'https:') parts.push('Secure');
  return withArea(() => document, page => { page.cookie = parts.join('; '); });
}

export function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

// ---- values ----

// undefined: nothing is there that could be a value. What does not parse was not written by us.
function readValue(kind, name, options) {
  const text = texts[kind].read(name);
  if (text === null) return undefined;
  if (options.text) return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const bytes = text => new TextEncoder().encode(text).length;

const KINDS = Object.keys(texts);

// What is kept, for the hello: by kind and name, as much as the host takes.
export function readStorage(stored) {
  const values = { cookie: {}, local: {}, session: {} };
  let room = stored?.limit || Infinity;
  for (const kind of KINDS) {
    for (const [name, options] of Object.entries(stored?.[kind] ?? {})) {
      const value = readValue(kind, name, options);
      if (value === undefined) continue;
      const size = bytes(JSON.stringify(value));
      if (size > room) {
        console.warn(`tidelock: what is kept as ${name} is too large, and is left out`);
        continue;
      }
      room -= size;
      values[kind][name] = value;
    }
  }
  return values;
}

// Whether a new tab would begin with something else than the defaults.
export function hasKept(stored) {
  return KINDS.some(kind => Object.keys(stored?.[kind] ?? {}).some(name => texts[kind].read(name) !== null));
}

// null: the entry goes.
export function writeStorage(stored, kind, name, value) {
  const options = stored?.[kind]?.[name];
  const text = value === null ? null : options?.text && typeof value === 'string' ? value : JSON.stringify(value);
  texts[kind].write(name, text, options);
}

export function clearLocalStorage() {
  withArea(localArea, area => area.clear());
}

export function removeCookie(stored, name) {
  writeCookie(name, null, stored?.cookie?.[name]);
}

// Calls `changed(handler, value)` when another tab of this browser has written a var that is to be the same in all; null:
// it has gone. What is there by now counts, not what was written: so two tabs that write at once end with the same.
export function followStorage(stored, changed) {
  const followed = Object.entries(stored?.local ?? {}).filter(([, options]) => options.sync);
  if (followed.length === 0) return;
  window.addEventListener('storage', ({ storageArea, key }) => {
    if (storageArea !== withArea(localArea, area => area, null)) return;
    for (const [name, options] of followed) {
      if (key === name || key === null) changed(options.sync, readValue('local', name, options) ?? null);
    }
  });
}
