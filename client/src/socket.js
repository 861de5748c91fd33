// socket.js: one connection to the host, opened again whenever it is lost. Frames only; what they
// mean is session.js's affair.

const FIRST_RETRY = [50, 250];   // ms: a host that restarts quickly is hardly noticed
const NEXT_RETRY = 500;
const LONGEST_RETRY = 10_000;
const ANSWER_TIME = 10_000;

export function retryDelay(attempt, random = Math.random) {
  if (attempt === 0) return FIRST_RETRY[0] + random() * (FIRST_RETRY[1] - FIRST_RETRY[0]);
  const full = Math.min(LONGEST_RETRY, NEXT_RETRY * 2 ** (attempt - 1));
  return full * (0.5 + random() / 2);
}

// JSON that the host takes: half of a surrogate pair, which a text field or a script may hold, is no character.
export function wellFormed(message) {
  const text = JSON.stringify(message);
  return text.includes('\\ud') ? text.replace(/\\(?:ud[89a-f][0-9a-f]{2}|.)/g, escape => (escape.length === 6 && escape[2] === 'd' ? '\ufffd' : escape)) : text;
}

export class Socket {
  // handlers: onOpen(), onMessage(text), onDown(code) -> whether to try again
  constructor(url, handlers, WebSocketClass = WebSocket) {
    Object.assign(this, { url, handlers, WebSocketClass, attempt: 0, ws: null, timer: null });
  }

  connect() {
    this.detach();
    const ws = new this.WebSocketClass(this.url, 'tidelock.1');
    const mine = fn => event => { if (ws === this.ws) fn(event); };
    ws.onopen = mine(() => this.handlers.onOpen());
    ws.onmessage = mine(event => this.handlers.onMessage(event.data));
    ws.onclose = mine(event => this.lost(event.code));
    this.ws = ws;
    this.timer = setTimeout(() => this.reconnect(retryDelay(++this.attempt)), ANSWER_TIME);
  }

  // The host has answered: the next loss is a new one.
  settled() {
    clearTimeout(this.timer);
    this.attempt = 0;
    this.announced = undefined;
  }

  // A socket that is closing takes nothing, and complains in the console: what matters is sent again on the next one.
  send(message) {
    if (this.ws?.readyState === WebSocket.OPEN) this.ws.send(wellFormed(message));
  }

  // The host said when it expects to be back (seconds).
  expectBack(seconds) {
    this.announced = seconds * 1000;
  }

  lost(code) {
    this.detach();
    if (!this.handlers.onDown(code)) return;
    const delay = this.announced ?? retryDelay(this.attempt++);
    this.announced = undefined;
    this.timer = setTimeout(() => this.connect(), delay);
  }

  // Drops the connection that is there, if any, and opens another after `delay` ms.
  reconnect(delay = retryDelay(0)) {
    this.detach();
    this.timer = setTimeout(() => this.connect(), delay);
  }

  // Waiting for the next try has no more use: the network is back, or somebody looks.
  hurry() {
    if (!this.ws) this.connect();
  }

  // From here on nothing that the old connection says is heard.
  detach() {
    clearTimeout(this.timer);
    const ws = this.ws;
    this.ws = null;
    ws?.close();
  }
}
