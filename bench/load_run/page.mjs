// page.mjs: one of many pages: `tidelock.1` on a bare socket, as cheap as node can be. It keeps nothing but its version,
// its counters and its events, and holds every message against them: each commit counts up by one; each event that was
// sent is done once in each connection that carried it, and has happened once.

import net from 'node:net';

const TEXT = 1, CLOSE = 8, PING = 9, PONG = 10;
const PING_LIMIT = 126;   // of a control frame, and of what a page says at once in two bytes of head

// What goes to the host is masked; zeros are a mask, too.
function frame(opcode, payload) {
  const long = payload.length >= PING_LIMIT;
  const head = Buffer.alloc(long ? 8 : 6);
  head[0] = 0x80 | opcode;
  head[1] = 0x80 | (long ? 126 : payload.length);
  if (long) head.writeUInt16BE(payload.length, 2);
  return Buffer.concat([head, payload]);
}

export class Page {
  // log: { wrong(text) }, shared by all pages
  constructor(port, name, log) {
    Object.assign(this, { port, name, log, token: null, version: null, counter: 0, lastId: 0 });
    this.queue = new Map();   // id -> what is not done yet
    this.sent = new Map();    // id -> how often it went out and may be done
    this.asked = 0;           // how many ticks
    this.ticks = 0;           // and how many the host has counted
    this.messages = 0;
    this.longest = 0;   // commits in one message
    this.skipped = 0;   // commits in messages of more than one
  }

  // Gives what the host said first: 'init' or 'resume'.
  connect() {
    this.live = false;
    this.rest = Buffer.alloc(0);
    this.upgraded = false;
    const socket = this.socket = net.connect({ port: this.port, host: '127.0.0.1', noDelay: true });
    return new Promise((done, failed) => {
      this.begun = done;
      socket.on('connect', () => socket.write(
        `GET /_tidelock/ws HTTP/1.1\r\nHost: 127.0.0.1:${this.port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: tidelock.1\r\n\r\n'));
      socket.on('data', bytes => { if (this.socket === socket) this.read(bytes); });
      socket.on('error', failed);
      socket.on('close', () => {
        failed(new Error('closed'));
        if (this.socket === socket) this.wrong('the host hung up');
      });
    });
  }

  // As when the cable is pulled.
  drop() {
    const { socket } = this;
    this.socket = null;
    this.live = false;
    socket.resetAndDestroy();
  }

  say(message) {
    this.socket.write(frame(TEXT, Buffer.from(JSON.stringify(message))));
  }

  start(handler) {
    const id = ++this.lastId;
    this.queue.set(id, { event: { id, handler, args: [] } });
    if (this.live) this.carry(id);
  }

  tick() {
    this.asked++;
    this.start('Load.tick');
  }

  carry(id) {
    this.sent.set(id, (this.sent.get(id) ?? 0) + 1);
    this.say(this.queue.get(id));
  }

  isSettled() {
    return this.queue.size === 0 && this.ticks === this.asked;
  }

  stopReading() {
    this.socket.pause();
  }

  readOn() {
    this.socket.resume();
  }

  wrong(text) {
    this.log.wrong(`page ${this.name}: ${text}`);
  }

  // ---- what comes ----

  read(bytes) {
    let rest = this.rest.length ? Buffer.concat([this.rest, bytes]) : bytes;
    if (!this.upgraded) {
      const end = rest.indexOf('\r\n\r\n');
      if (end >= 0) {
        this.greet(rest.toString('latin1', 0, end));
        rest = rest.subarray(end + 4);
      }
    }
    if (this.upgraded) rest = this.frames(rest);
    this.rest = rest;
  }

  greet(head) {
    if (!head.startsWith('HTTP/1.1 101 ')) return this.wrong(head.split('\r\n')[0]);
    this.upgraded = true;
    const { token, version } = this;
    return this.say({ hello: { token, version, instance: `load-${this.name}`, path: '/', storage: { cookie: {}, local: {}, session: {} } } });
  }

  // Gives what is left behind the last whole frame.
  frames(bytes) {
    while (bytes.length >= 2) {
      let size = bytes[1] & 127, head = 2;
      if (size === 126) {
        if (bytes.length < 4) break;
        size = bytes.readUInt16BE(2);
        head = 4;
      } else if (size === 127) {
        if (bytes.length < 10) break;
        size = Number(bytes.readBigUInt64BE(2));
        head = 10;
      }
      if (bytes.length < head + size) break;
      this.take(bytes[0] & 15, bytes.subarray(head, head + size));
      bytes = bytes.subarray(head + size);
    }
    return bytes;
  }

  take(opcode, payload) {
    if (opcode === TEXT) this.receive(JSON.parse(payload));
    else if (opcode === PING) this.socket?.write(frame(PONG, payload));
    else if (opcode === CLOSE) this.wrong(`the host closes: ${payload.subarray(2)}`);
  }

  receive(message) {
    if (message.init) {
      ({ token: this.token, version: this.version } = message.init);
      ({ counter: this.counter, ticks: this.ticks } = message.init.state.Load);
      this.begin('init', message.init);
    } else if (message.resume) {
      this.advance(message.resume);
      this.begin('resume', message.resume);
    } else {
      this.messages++;
      if (message.errors) this.wrong(`errors ${JSON.stringify(message.errors)}`);
      this.advance(message);
      for (const id of message.done ?? []) this.end(id);
    }
  }

  // What has ended is forgotten, the rest goes out again.
  begin(first, { last_event: last }) {
    this.live = true;
    if (last > this.lastId) this.wrong(`last_event is ${last}, the last id ${this.lastId}`);
    for (const id of this.queue.keys()) if (id <= last) this.queue.delete(id);
    for (const id of this.queue.keys()) this.carry(id);
    this.begun(first);
  }

  end(id) {
    const left = this.sent.get(id) ?? 0;
    if (!left) this.wrong(`event ${id} is done more often than it was sent`);
    else if (left === 1) this.sent.delete(id);
    else this.sent.set(id, left - 1);
    this.queue.delete(id);
  }

  // The chain: from where we are, and as many counts as commits.
  advance({ version, from = version - 1, patch }) {
    if (from !== this.version) this.wrong(`a message from version ${from} at ${this.version}`);
    const counter = patch?.Load?.counter ?? this.counter;
    const commits = version - from;
    if (counter - this.counter !== commits) this.wrong(`the counter goes from ${this.counter} to ${counter} in ${commits} commits`);
    this.counter = counter;
    this.ticks = patch?.Load?.ticks ?? this.ticks;
    if (this.ticks > this.asked) this.wrong(`${this.ticks} ticks were counted, ${this.asked} asked for`);
    this.version = version;
    this.longest = Math.max(this.longest, commits);
    if (commits > 1) this.skipped += commits;
  }
}
