// proxy.js: a bad network between a client and a host: a TCP relay whose connections are cut, half closed, held up and
// delayed at random, and whose last bytes arrive after the client has opened the next connection.

import net from 'node:net';

const LATEST = 40;   // ms that bytes may take

export class Proxy {
  // target: the host's port. random(n): 0 to n-1. Bad until `mend()`.
  constructor(target, random) {
    Object.assign(this, { target, random, bad: true, pairs: new Set(), cuts: 0 });
    this.server = net.createServer({ allowHalfOpen: true }, client => this.join(client));
  }

  async listen() {
    await new Promise(done => { this.server.listen(0, '127.0.0.1', done); });
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  join(client) {
    const host = net.connect({ port: this.target, host: '127.0.0.1', allowHalfOpen: true });
    const pair = { client, host, left: this.bad ? 1 + this.random(6000) : Infinity, late: this.random(2) === 0, lost: new Set() };
    this.pairs.add(pair);
    this.relay(pair, client, host);
    this.relay(pair, host, client);
    client.on('close', () => this.clientGone(pair));
    host.on('close', () => this.end(pair));
  }

  // Bytes keep their order; each piece takes its time.
  relay(pair, from, to) {
    let line = Promise.resolve();
    from.setNoDelay(true);
    from.on('error', () => {});
    from.on('data', data => {
      const delay = this.bad && !this.random(3) ? this.random(LATEST) : 0;
      const due = new Promise(done => { setTimeout(done, delay); });
      line = line.then(() => due).then(() => this.pass(pair, to, data));
    });
    from.on('end', () => { line = line.then(() => to.writable && to.end()); });
  }

  // What comes after a cut is lost: a stream has no holes.
  pass(pair, to, data) {
    if (!to.writable || pair.lost.has(to)) return;
    pair.left -= data.length;
    if (pair.left > 0) to.write(data);
    else if (this.bad) this.cut(pair, to, data);
    else to.write(data);
  }

  // Part of a frame may have come through. Half closed: the other way goes on for a while.
  cut(pair, to, data) {
    this.cuts++;
    pair.lost.add(to);
    to.write(data.subarray(0, this.random(data.length + 1)));
    if (this.random(3) === 0) to.end();
    else if (this.random(2)) to.resetAndDestroy();
    else pair.client.destroy();
    setTimeout(() => this.end(pair), LATEST);
  }

  // What the client said before still reaches the host, when its next connection may be up.
  clientGone(pair) {
    if (!pair.late) this.end(pair);
    else setTimeout(() => this.end(pair), 2 * LATEST);
  }

  end(pair) {
    if (!this.pairs.delete(pair)) return;
    pair.client.destroy();
    pair.host.destroy();
  }

  // A good network from here on.
  mend() {
    this.bad = false;
    for (const pair of this.pairs) pair.left = Infinity;
  }

  close() {
    this.server.close();
    for (const pair of [...this.pairs]) this.end(pair);
  }
}
