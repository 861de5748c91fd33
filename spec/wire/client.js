// client.js: a client of the protocol `tidelock.1`, written from protocol.md alone. It checks every
// message: the chain of versions, the patches, which ids are done, what must never be sent. What
// breaks the protocol is kept in `violations` and fails what waits, and the test.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { isDeepStrictEqual } from 'node:util';
import { applyPatch } from './patch.js';
import { fits } from './size.js';

const { WebSocket } = createRequire(new URL('../../client/package.json', import.meta.url))('ws');

const PATIENCE = 10_000;   // ms, for what should come soon
const LONGEST_ID = 2 ** 53 - 1;

export const sleep = ms => new Promise(done => setTimeout(done, ms));

// Waits for what should come soon.
export async function until(condition, what = String(condition), ms = PATIENCE) {
  const end = Date.now() + ms;
  for (;;) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) assert.fail(`in vain: ${what}`);
    await sleep(5);
  }
}

// ---- a socket alone ----

// A socket that says nothing by itself. options of ws: origin, headers, autoPong, protocols.
export class Socket {
  constructor(url, { protocols = ['tidelock.1'], ...options } = {}) {
    this.messages = [];
    this.size = 0;   // bytes of text that came
    this.ws = new WebSocket(`${url.replace('http', 'ws')}/_tidelock/ws`, protocols, options);
    this.ws.on('error', error => { this.error = error; });
    this.opened = new Promise(done => {
      this.ws.on('open', () => done(101));
      this.ws.on('unexpected-response', (request, answer) => {
        done(answer.statusCode);
        request.destroy();
      });
      this.ws.on('close', () => done(0));
    });
    this.closed = new Promise(done => this.ws.on('close', (code, reason) => done({ code, reason: String(reason) })));
    this.ws.on('message', (data, binary) => {
      this.size += data.length;
      this.messages.push(binary ? data : JSON.parse(data));
      this.onMessage?.(this.messages.at(-1));
    });
  }

  say(message) {
    this.onSay?.(message);
    if (this.ws.readyState === WebSocket.OPEN) this.ws.send(typeof message === 'object' && !Buffer.isBuffer(message) ? JSON.stringify(message) : message);
  }

  get isOpen() {
    return this.ws.readyState === WebSocket.OPEN;
  }

  stopReading() {
    this.ws.pause();
  }

  readOn() {
    this.ws.resume();
  }

  // As when the cable is pulled: without a close frame.
  destroy() {
    this.ws.terminate();
  }

  close() {
    this.ws.close();
  }
}

// What a test says, which may be no message at all.
function messageOf(said) {
  try {
    return (typeof said === 'string' ? JSON.parse(said) : said) ?? {};
  } catch {
    return {};
  }
}

// Opens a socket for a test, at whose end it is closed. What the host says to it is checked as for a page.
export async function openSocket(t, host, options) {
  const socket = new Socket(host.url, options), { Witness } = await import('./witness.js'), witness = new Witness();
  socket.onSay = said => witness.sent(socket, messageOf(said));
  socket.onMessage = message => witness.received(socket, message);
  t.after(() => {
    socket.destroy();
    assert.deepEqual(witness.violations, []);
  });
  await socket.opened;
  return socket;
}

// ---- a page ----

// Maps are walked in the byte order of their keys. Keys that look like numbers JavaScript puts first, so they do not tell.
function inOrder(value) {
  if (value === null || typeof value !== 'object') return true;
  const keys = Array.isArray(value) ? [] : Object.keys(value).filter(key => !/^\d+$/.test(key));
  return keys.every((key, i) => i === 0 || Buffer.compare(Buffer.from(keys[i - 1]), Buffer.from(key)) < 0) &&
    Object.values(value).every(inOrder);
}

const KNOWN = {
  init: ['token', 'version', 'route', 'state', 'last_event'],
  resume: ['token', 'from', 'version', 'patch', 'last_event'],
  delta: ['from', 'version', 'patch', 'done', 'effects', 'errors'],
  next: ['version', 'patch', 'done', 'effects', 'errors'],
  error: ['event', 'task', 'say', 'answered', 'ref'],
  detailed: ['event', 'task', 'name', 'message', 'traceback', 'source', 'say', 'answered', 'ref'],
};
const OPTIONAL = new Set(['patch', 'done', 'effects', 'errors', 'source', 'say', 'answered']);

export class Page {
  constructor(host, { path = '/', token = null, instance = randomUUID(), version = null, dev = false, ...socket } = {}) {
    Object.assign(this, { host, path, token, instance, version, dev });
    this.socketOptions = socket;
    this.state = null;
    this.lastId = 0;
    this.queue = [];           // what is not yet done: { id, message }
    this.finished = new Set(); // ids that are known to have ended
    this.lastEvent = 0;
    this.effects = [];
    this.errors = [];
    this.deltas = [];          // all messages after the first, of every connection
    this.firsts = [];          // 'init' or 'resume', of each connection
    this.violations = [];
    this.judge = null;         // (state) => what is wrong with it, or null; asked of each state
    this.onLive = null;        // () => called after init or resume
  }

  must(condition, what, message) {
    if (condition) return;
    this.violations.push(`${what}: ${JSON.stringify(message).slice(0, 500)}`);
  }

  // ---- the connection ----

  // Opens a socket and says hello; does not wait.
  open(options = {}) {
    const socket = new Socket(this.host.url, { ...this.socketOptions, ...options });
    this.socket = socket;
    this.live = false;
    this.sentBefore = this.lastId;
    this.sentHere = new Map(); // id -> how often this connection carried it
    this.doneHere = new Map();
    socket.onMessage = message => { if (this.socket === socket) this.receive(message); };
    socket.opened.then(status => { if (status === 101) socket.say(this.hello()); });
    return socket;
  }

  hello() {
    const { token, version, instance, path } = this;
    const before = this.queue.find(entry => entry.before)?.before;
    return { hello: { token, version, instance, path, ...before && { before }, storage: { cookie: {}, local: {}, session: {} } } };
  }

  async connect(options) {
    const socket = this.open(options);
    await until(() => this.live || !socket.isOpen && socket.ws.readyState > 1, 'init or resume');
    assert.ok(this.live, 'the host says init or resume');
    return this;
  }

  drop() {
    this.live = false;
    this.socket.destroy();
  }

  // Leaves as a page does that is closed or loaded anew.
  async leave() {
    this.socket.say({ bye: {} });
    this.socket.close();
    await this.socket.closed;
    this.live = false;
  }

  async reconnect(options) {
    this.drop();
    return this.connect(options);
  }

  // Another load of the page in the same browser tab.
  async reload() {
    await this.leave();
    return this.child().connect();
  }

  child() {
    const { host, path, token, dev } = this;
    return Object.assign(new Page(host, { path, token, dev, ...this.socketOptions }), { violations: this.violations });
  }

  // ---- events ----

  submit(kind, rest) {
    const id = this.lastId + 1;
    return this.submitMessage({ [kind]: { id, ...rest } });
  }

  // The same with a message, or its text, that was made elsewhere for the next id.
  submitMessage(message, before) {
    const id = ++this.lastId, entry = { id, message, before };
    this.queue.push(entry);
    if (this.live) this.carry(entry);
    return id;
  }

  carry({ id, message }) {
    this.sentHere.set(id, (this.sentHere.get(id) ?? 0) + 1);
    this.socket.say(message);
  }

  event(handler, ...args) {
    return this.submit('event', { handler, args });
  }

  nav(path) {
    const before = this.path, id = this.lastId + 1;
    this.path = path;
    return this.submitMessage({ nav: { id, path } }, before);
  }

  async ended(id) {
    await this.until(() => this.finished.has(id), `event ${id} ends`);
  }

  async call(handler, ...args) {
    await this.ended(this.event(handler, ...args));
    return this.state;
  }

  async until(condition, what = String(condition), ms) {
    await until(() => {
      assert.deepEqual(this.violations, []);
      return condition();
    }, what, ms);
  }

  finish(id) {
    this.finished.add(id);
    this.queue = this.queue.filter(entry => entry.id !== id);
  }

  // ---- what the host says ----

  receive(message) {
    if (Buffer.isBuffer(message)) return this.must(false, 'every frame is text', '');
    if (message.init || message.resume) return this.begin(message);
    this.must(this.live, 'the first message is init or resume', message);
    if (message.closing || message.reload) {
      this.must(Object.keys(message).length === 1, 'one key', message);
      this.closing = message.closing;
      return undefined;
    }
    return this.delta(message);
  }

  hasKeys(object, keys, message) {
    const there = Object.keys(object);
    this.must(there.every(key => keys.includes(key)), 'no other key', message);
    this.must(keys.every(key => there.includes(key) || OPTIONAL.has(key)), `the keys ${keys}`, message);
    for (const key of there.filter(name => OPTIONAL.has(name))) {
      this.must(object[key] === true || Object.keys(object[key]).length > 0, `${key} is left out when empty`, message);
    }
  }

  begin(message) {
    const [[kind, body]] = Object.entries(message);
    this.must(Object.keys(message).length === 1, 'one key', message);
    this.must(!this.live, 'init or resume comes once', message);
    this.hasKeys(body, KNOWN[kind], message);
    this.must(/^[a-z2-7]{26}$/i.test(body.token), 'tokens are 128 bits in base32', message);
    this.firsts.push(kind);
    if (kind === 'init') {
      this.must(inOrder(body.state), 'keys come in the order of their bytes', message);
      this.state = this.checked(body.state, message);
      this.takeToken(body.token);
    } else {
      this.must(body.token === this.token, 'a resume keeps the token', message);
      this.advance(body, message);
    }
    this.version = body.version;
    this.takeLastEvent(body.last_event, message);
    this.live = true;
    this.queue.forEach(entry => this.carry(entry));
    this.onLive?.();
  }

  // Another token is another tab, which knows of no event.
  takeToken(token) {
    if (token !== this.token) {
      this.lastEvent = 0;
      this.finished.clear();
    }
    this.token = token;
  }

  takeLastEvent(last, message) {
    this.must(Number.isInteger(last) && last >= this.lastEvent && last <= this.lastId, 'last_event only grows, and is an id that was sent', message);
    for (let id = 1; this.finished.has(id); id++) this.must(last >= id, `last_event counts ${id}, which was done`, message);
    for (const { id } of [...this.queue]) if (id <= last) this.finish(id);
    this.lastEvent = last;
  }

  delta(message) {
    this.hasKeys(message, 'from' in message ? KNOWN.delta : KNOWN.next, message);
    this.must(message.from !== message.version - 1, 'from is left out where it is version - 1', message);
    this.deltas.push(message);
    this.advance(message, message);
    for (const id of message.done ?? []) this.takeDone(id, message);
    for (const effect of message.effects ?? []) {
      this.must(Array.isArray(effect) && typeof effect[0] === 'string' && effect[0], 'an effect is a list, its name first', message);
    }
    this.effects.push(...message.effects ?? []);
    for (const error of message.errors ?? []) this.takeError(error, message);
  }

  takeDone(id, message) {
    // Sent by an earlier connection and by this one, it may end between: told when it ends, and when asked again.
    const times = (this.doneHere.get(id) ?? 0) + 1, allowed = (this.sentHere.get(id) ?? 0) + (id <= this.sentBefore ? 1 : 0);
    this.must(id >= 1 && id <= this.lastId, 'done names an id that was sent', message);
    this.must(times <= allowed, `${id} is done once`, message);
    this.doneHere.set(id, times);
    this.finish(id);
  }

  takeError(error, message) {
    this.hasKeys(error, this.dev ? KNOWN.detailed : KNOWN.error, message);
    this.must(error.event === null || error.event >= 1 && error.event <= this.lastId, "an error's event is one of this page", message);
    this.must(/^[0-9a-z]{4}$/.test(error.ref), 'an error has a ref', message);
    this.errors.push(error);
  }

  // A message's versions and patch.
  advance({ version, from = version - 1, patch }, message) {
    this.must(from === this.version, `from is the version before, ${this.version}`, message);
    this.must(patch ? version > from : version === from || version >= from + 2, 'the version counts commits', message);
    try {
      if (patch) this.change(patch, message);
    } catch (error) {
      this.must(false, error.message, message);
    }
    this.version = version;
  }

  change(patch, message) {
    const now = applyPatch(this.state, patch);
    this.must(fits(patch, this.state, now), 'a patch is as small as its change', message);
    this.must(inOrder(patch), 'keys come in the order of their bytes', message);
    this.state = this.checked(now, message);
  }

  checked(state, message) {
    for (const [name, vars] of Object.entries(state)) {
      this.must(!name.startsWith('_'), `no state ${name}`, message);
      for (const key of Object.keys(vars)) this.must(!key.startsWith('_'), `no backend var ${name}.${key}`, message);
    }
    const wrong = this.judge?.(state);
    this.must(!wrong, wrong, message);
    return state;
  }

  // ---- what a test asks ----

  // What the host holds is what this page shows. Asked by a connection that claims to know nothing.
  async agrees() {
    const mine = this.state;
    this.version = null;
    await this.reconnect();
    assert.equal(this.firsts.at(-1), 'init');
    if (!isDeepStrictEqual(this.state, mine)) assert.deepEqual(mine, this.state);
  }
}

export { LONGEST_ID };

// A page for a test, connected; at the test's end nothing may have broken the protocol.
export async function openPage(t, host, options) {
  const page = watch(t, new Page(host, options));
  return page.connect();
}

export function watch(t, page) {
  t.after(() => {
    page.socket?.destroy();
    assert.deepEqual(page.violations, []);
  });
  return page;
}
