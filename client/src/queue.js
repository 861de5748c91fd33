// queue.js: events and moves that the host has not yet answered, in order.
//
// Ids count from 1 in one page load. An entry stays until the host says that it is done, and goes
// out again after each reconnect; the host runs each id once.

export const QUEUE_LIMIT = 100;

export class Queue {
  constructor(limit = QUEUE_LIMIT) {
    this.limit = limit;
    this.lastId = 0;
    this.entries = [];
  }

  // Takes {event: …} or {nav: …}, gives the message with its id, or null when there is no room. There
  // always is for a move, or what is done after it would be taken for done before; `before` is where
  // it goes from.
  push(message, before) {
    if (this.entries.length >= this.limit && !message.nav) return null;
    const [kind] = Object.keys(message);
    const id = ++this.lastId;
    const entry = { id, before, message: { [kind]: { id, ...message[kind] } } };
    this.entries.push(entry);
    return entry;
  }

  // Where the page was before the first move in the queue; undefined: there is none.
  get before() {
    return this.entries.find(entry => entry.before)?.before;
  }

  // Gives the ids that were still here: the host may name an id twice after a reconnect.
  done(ids) {
    const gone = new Set(ids);
    return this.remove(entry => gone.has(entry.id));
  }

  // After a reconnect: all up to `lastEvent` have ended.
  resume(lastEvent) {
    return this.remove(entry => entry.id <= lastEvent);
  }

  // A frame that the host will not take would be sent, and refused, for ever.
  dropLargest() {
    const size = entry => JSON.stringify(entry.message).length;
    const largest = this.entries.reduce((a, b) => (a && size(a) >= size(b) ? a : b), null);
    return this.remove(entry => entry === largest);
  }

  clear() {
    return this.remove(() => true);
  }

  remove(test) {
    const ids = this.entries.filter(test).map(entry => entry.id);
    this.entries = this.entries.filter(entry => !test(entry));
    return ids;
  }
}
