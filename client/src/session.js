// session.js: the client's side of the protocol: hello, init or resume, the chain of versions, the
// queue of events, and what the host says besides. Knows no DOM.
//
// The chain: each message's `from`, or the version before its own, is our version. Where it is not, or a
// patch does not fit, the state is not to be trusted and the next hello asks for a whole one (version null).

import { applyPatch, PatchError, shareEqual } from './patch.js';
import { Queue } from './queue.js';

const TOO_LARGE = 1009;
const MALFORMED = 4400;
const TAKEN_OVER = 4409;
const TOO_FAST = 4429;

export class Session {
  // host: { identity() -> {token, instance, path, storage}, keepToken(t), onState(state),
  // onAnswers(ids, failed), onEffects(list), onErrors(list), onStatus(status), onReload() }
  constructor(host, state) {
    Object.assign(this, { host, state, version: null, live: false, ended: false, isBare: false });
    this.queue = new Queue();
  }

  attach(socket) {
    this.socket = socket;
  }

  // Gives the id, or null when the queue is full. before: of a move, where it goes from.
  submit(message, before) {
    const entry = this.queue.push(message, before);
    if (entry && this.live) this.socket.send(entry.message);
    return entry?.id ?? null;
  }

  onOpen() {
    const hello = { ...this.host.identity(), before: this.queue.before, version: this.version };
    if (this.isBare) delete hello.storage;
    this.socket.send({ hello });
  }

  onMessage(text) {
    const message = JSON.parse(text);
    if (message.init) this.begin(message.init, shareEqual(this.state, message.init.state));
    else if (message.resume) this.resume(message.resume);
    else if (message.closing) this.socket.expectBack(message.closing.retry ?? 1);
    else if (message.reload) this.host.onReload();
    else if (message.version !== undefined) this.advance(message);
    else console.warn('tidelock: unknown message', Object.keys(message));
  }

  resume(message) {
    const state = this.patched(message);
    if (state) this.begin(message, state);
  }

  // After init or resume: the state is known, what the host has not seen goes out again.
  begin({ token, version, last_event: lastEvent = 0 }, state) {
    this.host.keepToken(token);
    this.live = true;
    this.socket.settled();
    this.adopt(state, version);
    this.host.onAnswers(this.queue.resume(lastEvent), new Set());
    for (const entry of this.queue.entries) this.socket.send(entry.message);
    this.host.onStatus('live');
  }

  advance(message) {
    const state = this.patched(message);
    if (!state) return;
    this.adopt(state, message.version);
    const errors = message.errors ?? [];
    const failed = new Set(errors.map(error => error.event));
    if (message.done) this.host.onAnswers(this.queue.done(message.done), failed);
    if (message.effects) this.host.onEffects(message.effects);
    if (errors.length) this.host.onErrors(errors);
  }

  adopt(state, version) {
    this.version = version;
    if (state === this.state) return;
    this.state = state;
    this.host.onState(state);
  }

  // The state after the message, or null when it does not follow from ours.
  patched({ version, from = version - 1, patch }) {
    if (from !== this.version) return this.distrust(`version ${from} does not follow ${this.version}`);
    if (!patch) return this.state;
    try {
      return applyPatch(this.state, patch);
    } catch (error) {
      if (!(error instanceof PatchError)) throw error;
      return this.distrust(error.message);
    }
  }

  distrust(why) {
    console.error(`tidelock: ${why}; asking for the whole state`);
    this.version = null;
    this.goDown('down');
    this.socket.reconnect();
    return null;
  }

  onDown(code) {
    if (code === TOO_LARGE || code === MALFORMED) this.refused(code);
    if (code === TOO_FAST) console.warn('tidelock: the host takes no more events a second; what waits is sent again');
    if (code === TAKEN_OVER) this.ended = true;
    this.goDown(this.ended ? 'taken' : 'down');
    return !this.ended;
  }

  // Before the host has answered it has seen the hello alone, and all in there that is not ours is what the browser keeps: anybody's
  // script can have written that.
  refused(code) {
    if (this.live || this.isBare) {
      this.giveUp(code === TOO_LARGE ? this.queue.dropLargest() : this.queue.clear());
    } else {
      console.error('tidelock: the host refused the hello; going on without what the browser keeps');
      this.isBare = true;
    }
  }

  giveUp(ids) {
    console.error('tidelock: the host refused a message; dropping events', ids);
    this.host.onAnswers(ids, new Set(ids));
  }

  goDown(status) {
    this.live = false;
    this.host.onStatus(status);
  }

  // The page goes; it may come back from the browser's cache, see main.js.
  leave() {
    this.ended = true;
    if (this.live) this.socket.send({ bye: {} });
    this.live = false;
    this.socket.detach();
  }

  comeBack() {
    this.ended = false;
    this.socket.connect();
  }
}
