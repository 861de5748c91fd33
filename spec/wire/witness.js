// witness.js: the checks of client.js for a page that somebody else drives: a browser's, whose frames are seen from outside.

import { Page } from './client.js';

// Says nothing by itself.
class Seen extends Page {
  carry() {}
}

// The loads of one browser page, one after the other. violations: what broke the protocol.
export class Witness {
  constructor() {
    this.violations = [];
    this.socket = null; // the connection that spoke last
  }

  // A message of the page, through this connection (anything that tells connections apart). What is no message asks for nothing.
  sent(socket, message) {
    const id = (message.event ?? message.nav)?.id;
    if (message.hello?.instance) this.greet(socket, message.hello);
    else if (socket === this.socket && Number.isInteger(id)) this.ask(id);
  }

  greet(socket, { token, version, instance }) {
    if (this.page?.instance !== instance) {
      this.page = Object.assign(new Seen(null, { token, version, instance }), { violations: this.violations });
    }
    const { page } = this;
    this.socket = socket;
    page.must(version === null || version === page.version, 'a page says the version that it has', { version });
    Object.assign(page, { version, live: false, sentBefore: page.lastId, sentHere: new Map(), doneHere: new Map() });
  }

  ask(id) {
    const { page } = this;
    page.lastId = Math.max(page.lastId, id);
    page.sentHere.set(id, (page.sentHere.get(id) ?? 0) + 1);
  }

  // A message of the host. What an old connection still brings, no page reads.
  received(socket, message) {
    if (socket !== this.socket) return;
    this.page.dev ||= (message.errors ?? []).some(error => error.traceback !== undefined);
    this.page.receive(message);
  }
}
