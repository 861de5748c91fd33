// A bad network (proxy.js) between the host and two clients: the one of these specs, which checks every message, and the
// session and socket that browsers get. 200 seeds, many at a time: each event happens once, and after each message, and so after
// each reconnect, the page shows what the host holds (digest.js; a tick after each reconnect brings a new digest). NETWORK=n in the
// environment: how many seeds.

import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { describe, it } from 'node:test';
import { Session } from '../../client/src/session.js';
import { Socket } from '../../client/src/socket.js';
import { Page, sleep, until, watch } from './client.js';
import { differs } from './digest.js';
import { sharedHost } from './host.js';
import { Proxy } from './proxy.js';
import { randomOf } from './random.js';

globalThis.WebSocket ??= createRequire(new URL('../../client/package.json', import.meta.url))('ws').WebSocket;

const SEEDS = Number(process.env.NETWORK ?? 200), AT_ONCE = 20, STEPS = 60, PATIENCE = 30_000;

// The specs' own client, which connects again as soon as it has lost the connection.
class Checked {
  constructor(t, url, random) {
    this.page = watch(t, new Page({ url }, { path: '/quiet' }));
    Object.assign(this, { random, connections: 0, ticks: 0 });
    Object.assign(this.page, { judge: differs, onLive: () => tick(this) });
    this.dial();
  }

  dial() {
    this.connections++;
    const socket = this.page.open();
    socket.closed.then(async () => {
      if (this.page.socket !== socket || this.ended) return;
      this.page.live = false;
      await sleep(this.random(20));
      if (!this.ended) this.dial();
    });
  }

  submit(handler, args) { this.page.event(handler, ...args); }
  get waiting() { return this.page.queue.length; }
  get state() { return this.page.state; }
  get token() { return this.page.token; }
  get wrong() { return this.page.violations; }

  end() {
    this.ended = true;
    this.page.socket.destroy();
  }
}

// What a browser runs, without a DOM.
class Browser {
  constructor(t, url) {
    Object.assign(this, { token: null, instance: randomUUID(), connections: 0, ticks: 0, wrong: [] });
    const quiet = () => {};
    this.session = new Session({
      identity: () => ({ token: this.token, instance: this.instance, path: '/quiet', storage: { cookie: {}, local: {}, session: {} } }),
      keepToken: token => {
        if (this.token && token !== this.token) this.wrong.push('another token');
        this.token = token;
      },
      onState: state => {
        const wrong = differs(state);
        if (wrong) this.wrong.push(wrong);
      },
      onStatus: status => { if (status === 'live') tick(this); },
      onAnswers: quiet, onEffects: quiet, onErrors: quiet, onReload: quiet,
    }, {});
    this.session.distrust = why => { this.wrong.push(why); };
    this.socket = new Socket(`${url.replace('http', 'ws')}/_tidelock/ws`, {
      onOpen: () => { this.connections++; this.session.onOpen(); },
      onMessage: text => this.session.onMessage(text),
      onDown: code => this.session.onDown(code),
    }, class extends WebSocket {
      constructor(...args) {
        super(...args);
        this.on('error', quiet);
      }
    });
    this.session.attach(this.socket);
    this.socket.connect();
    t.after(() => this.end());
  }

  submit(handler, args) {
    assert.ok(this.session.submit({ event: { handler, args } }));
  }

  get waiting() { return this.session.queue.entries.length; }
  get state() { return this.session.state; }
  end() { this.socket.detach(); }
}

// After each reconnect; not when the queue is nearly full: what waits there brings changes enough.
function tick(client) {
  if (client.waiting >= 95) return;
  client.ticks++;
  client.submit('Digest.tick', []);
}

// An event whose effect is known: what it adds to n, to the list, to the text.
function act(client, random, sum) {
  const k = 1 + random(9);
  const acts = [
    () => { sum.n += k; return ['Job.add', [k]]; },
    () => { sum.n += k; return ['Job.slow_add', [k, random(20) / 1000]]; },
    () => { sum.n += k; return ['Job.slow_steps', [k, random(5) / 1000]]; },
    () => { sum.n += k; return ['Job.count', [k, random(5) / 1000]]; },
    () => { sum.text += k; return ['Job.append', [String(k)]]; },
    () => { sum.list++; return ['Job.push', [{ k, more: [k] }]]; },
    () => ['Job.put', [`key ${k}`, random(2) ? null : { k }]],
    () => ['Job.fail', [k]],
    () => ['Job.toasts', [k]],
  ];
  client.submit(...acts[random(acts.length)]());
}

async function play(t, host, client, proxy, random) {
  const sum = { n: 0, list: 0, text: '' };
  for (let i = 0; i < STEPS; i++) {
    if (client.waiting < 90) act(client, random, sum);
    if (!random(3)) await sleep(random(30));
  }
  proxy.mend();
  await until(() => client.waiting === 0, 'all events are done', PATIENCE);
  await until(() => client.state.Job.n === sum.n || client.wrong.length, `n comes to ${sum.n}, not ${client.state.Job.n}`, PATIENCE);
  // Behind a reconnect that came late there is one more.
  await until(() => client.state.Digest.ticks === client.ticks || client.wrong.length, 'each tick has happened once', PATIENCE);
  await until(() => client.state.tl.my_tasks.length === 0 || client.wrong.length, 'no task is listed any more', PATIENCE);
  assert.deepEqual(client.wrong, []);
  assert.deepEqual([client.state.Job.list.length, client.state.Job.text], [sum.list, sum.text]);
  const mine = client.state, { token } = client;
  client.end();
  await sleep(5);
  const other = watch(t, new Page(host, { path: '/quiet', token, autoPong: true }));
  await other.connect();
  assert.equal(other.token, token);
  assert.deepEqual(other.state, mine, 'the host holds what the page shows');
  return client.connections;
}

describe('a bad network', () => {
  const host = sharedHost({ app: 'spec/wire/apps/digest.lua', config: { event_rate: 100_000, event_burst: 100_000, takeover_time: 0.2 } });

  for (const [name, Client] of [['that checks every message', Checked], ['of browsers', Browser]]) {
    for (let first = 1; first <= SEEDS; first += AT_ONCE) {
      // holds: client.once, client.resend, resume.equal
      it(`loses and doubles nothing for the client ${name}, seeds from ${first}`, async t => {
        const played = await Promise.all(Array.from({ length: AT_ONCE }, async (_, i) => {
          const random = randomOf(first + i), proxy = await new Proxy(host().port, random).listen();
          t.after(() => proxy.close());
          try {
            return [await play(t, host(), new Client(t, proxy.url, random), proxy, random), proxy.cuts];
          } catch (error) {
            throw new Error(`seed ${first + i}: ${error.message}`, { cause: error });
          }
        }));
        assert.ok(played.reduce((all, [connections, cuts]) => all + Math.min(cuts, connections - 1), 0) > AT_ONCE / 2, 'connections were lost');
      });
    }
  }
});
