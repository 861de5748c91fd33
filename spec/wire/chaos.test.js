// A few pages, events at random, connections that break at random: every event runs once, and after every message, and so after
// every reconnect, a page shows what the host holds. The seed of a run that failed is in the test's name.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Page, sleep, until, watch } from './client.js';
import { differs } from './digest.js';
import { sharedHost } from './host.js';
import { randomOf } from './random.js';

const SEEDS = 30, PAGES = 3, STEPS = 60;

// One page and what its counter must come to.
class Player {
  constructor(page, random) {
    Object.assign(this, { page, random, sum: 0, pushed: 0, text: '' });
    Object.assign(page, { judge: differs, onLive: () => page.event('Digest.tick') });
  }

  // An event whose effect is known.
  act() {
    const { page, random } = this, k = 1 + random(9);
    const acts = [
      () => { this.sum += k; return page.event('Job.add', k); },
      () => { this.sum += k; return page.event('Job.add', k); },
      () => { this.sum += k; return page.event('Job.slow_add', k, random(30) / 1000); },
      () => { this.sum += k; return page.event('Job.slow_steps', k, random(10) / 1000); },
      () => { this.sum += k; return page.event('Job.count', k, random(10) / 1000); },
      () => page.event('Digest.work', k, random(30) / 1000),
      () => { this.text += k; return page.event('Job.append', String(k)); },
      () => { const piece = `${k} `.repeat(k * k); this.text += piece; return page.event('Job.grow', piece); },
      () => { this.pushed++; return page.event('Job.push', { k, more: [k] }); },
      () => page.event('Job.put', `key ${k}`, random(2) ? null : { k }),
      () => page.event('Job.fail', k),
      () => page.event('Job.toasts', k),
      () => page.nav(random(2) ? '/quiet' : `/post/${k}`),
    ];
    acts[random(acts.length)]();
  }

  // What happens to the connection.
  async suffer() {
    const { page, random } = this;
    const fates = [
      () => page.drop(),
      async () => { await sleep(random(20)); page.drop(); },
      () => page.socket.destroy(),
      () => page.socket.close(),
      () => {}, // a second connection takes over
    ];
    await fates[random(fates.length)]();
    if (!random(3)) this.act();
    await sleep(random(25));
    page.open();
    if (random(4)) await page.until(() => page.live, 'the page is there again');
  }

  async play() {
    for (let i = 0; i < STEPS; i++) {
      if (this.random(5)) this.act();
      else await this.suffer();
      if (!this.random(3)) await sleep(this.random(4));
    }
    if (!this.page.socket.isOpen || !this.page.live) await this.page.reconnect();
    await this.page.until(() => this.page.queue.length === 0, 'all events are done');
    await this.page.until(() => this.page.state.Job.n === this.sum, `the counter comes to ${this.sum}`);
    assert.equal(this.page.state.Job.list.length, this.pushed);
    assert.equal(this.page.state.Job.text, this.text);
    await this.page.until(() => this.page.state.tl.my_tasks.length === 0, 'no task is listed any more');
    this.page.onLive = null;
    await this.page.agrees();
    assert.equal(this.page.state.Job.n, this.sum);
  }
}

describe('chaos', { concurrency: 3 }, () => {
  const host = sharedHost({ app: 'spec/wire/apps/digest.lua', config: { event_rate: 100_000, event_burst: 100_000 } });

  for (let seed = 1; seed <= SEEDS; seed++) {
    // holds: client.once, message.from, my_tasks.resume
    it(`with seed ${seed} loses and doubles nothing`, async t => {
      const random = randomOf(seed);
      const pages = Array.from({ length: PAGES }, () => watch(t, new Page(host(), { path: '/quiet' })));
      await Promise.all(pages.map(page => page.connect()));
      await Promise.all(pages.map(page => new Player(page, randomOf(random(1e9))).play()));
    });
  }

  it('leaves no tasks behind', async t => {
    const page = watch(t, new Page(host(), { path: '/quiet' }));
    await page.connect();
    await until(async () => (await page.call('Job.count_tasks')).Job.running === 0);
  });
});
