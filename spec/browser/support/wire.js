// wire.js: what lies between the browser and the host: a TCP relay that can be cut and mended, slow,
// or lose what the host says.

import net from 'node:net';

export class Wire {
  constructor() {
    this.server = net.createServer(socket => this.join(socket));
    this.pairs = new Set();
    this.port = 0;
    this.deaf = false;
    this.lag = 0;   // ms that the host's words take
  }

  async listen() {
    await new Promise((done, failed) => {
      this.server.once('error', failed);
      this.server.listen(this.port, '127.0.0.1', () => {
        this.server.off('error', failed);
        done();
      });
    });
    this.port = this.server.address().port;
    this.url = `http://127.0.0.1:${this.port}`;
    return this;
  }

  // The port of the host that this wire leads to.
  leadTo(port) {
    this.target = port;
  }

  join(browser) {
    const host = net.connect(this.target, '127.0.0.1');
    const pair = [browser, host];
    this.pairs.add(pair);
    browser.on('data', data => {
      pair.isWebSocket ||= data.includes('Sec-WebSocket-Key');
      if (!pair.isStalled) host.write(data);
    });
    host.on('data', data => {
      if (this.deaf || pair.isStalled) return;
      if (this.lag) setTimeout(() => browser.writable && browser.write(data), this.lag);
      else browser.write(data);
    });
    for (const socket of pair) {
      socket.setNoDelay(true);
      socket.on('error', () => {});
      socket.on('close', () => {
        if (pair.isStalled) return;
        this.pairs.delete(pair);
        pair.forEach(end => end.destroy());
      });
    }
  }

  // From here on nothing that the host says arrives; what the browser says does.
  loseAnswers() {
    this.deaf = true;
  }

  // The WebSockets that are there carry nothing any more, and neither end is told.
  stall() {
    for (const pair of this.pairs) pair.isStalled = Boolean(pair.isWebSocket);
  }

  // Drops every connection; new ones are accepted.
  drop() {
    for (const pair of this.pairs) pair.forEach(socket => socket.resetAndDestroy());
    this.pairs.clear();
    this.deaf = false;
  }

  // Drops every connection and refuses new ones, until mend().
  cut() {
    this.server.close();
    this.drop();
  }

  mend() {
    return this.listen();
  }

  close() {
    this.cut();
  }
}
