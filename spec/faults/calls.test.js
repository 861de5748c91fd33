// The host's calls on its sockets fail, or come short, at the n-th call or again and again (shim.c). It lives; a
// connection that broke comes back; every event runs once, on every page.

import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, beforeEach, describe, it } from 'node:test';
import { Page, sleep, until, watch } from '../wire/client.js';
import { BINARY, sharedHost } from '../wire/host.js';

const { EAGAIN, ECONNABORTED, ECONNRESET, EINTR, EMFILE, ENOBUFS, EPIPE, ETIMEDOUT } = constants.errno;
const CALLS = { read: 1, write: 2, accept: 3 };
const LAST = 10;   // each of the first LAST calls fails once

// ---- what goes wrong: the file that the shim has mapped ----

const folder = mkdtempSync(join(tmpdir(), 'faults-'));
const file = join(folder, 'control');
const control = openSync(file, 'w+');
writeSync(control, Buffer.alloc(20));
after(() => {
  closeSync(control);
  rmSync(folder, { recursive: true });
});

function put(...numbers) {
  writeSync(control, Buffer.from(Int32Array.from(numbers).buffer), 0, 4 * numbers.length, 0);
}

// The at-th call from now on, and then each `every`-th, gives what: an errno, or (negative) so many bytes at most.
function arm(call, what, { at = 1, every = 0 } = {}) {
  put(0);
  put(CALLS[call], at, what, every, 0);
}

function disarm() {
  put(0);
}

function hits() {
  const five = Buffer.alloc(20);
  readSync(control, five, 0, 20, 0);
  return five.readInt32LE(16);
}

// ---- pages that come back ----

class Survivor {
  constructor(t, host) {
    this.page = watch(t, new Page(host));
    this.sum = 0;
    this.text = '';
    this.breaks = 0;
    this.alive = true;
    t.after(() => { this.alive = false; });
  }

  async start() {
    await this.page.connect();
    this.comeBack();
    return this;
  }

  async comeBack() {
    const { page } = this;
    for (;;) {
      const { socket } = page;
      await socket.closed;
      if (!this.alive) return;
      if (page.socket !== socket) continue;
      this.breaks++;
      page.live = false;
      await sleep(5);
      page.open();
    }
  }

  act(i) {
    this.sum += i;
    this.text += `${i},`;
    this.page.event('Job.add', i);
    this.page.event('Job.append', `${i},`);
    this.page.event('Job.slow_add', 1, 0.001);
    this.sum += 1;
  }

  async settled() {
    const { page } = this;
    await page.until(() => page.live && !page.queue.length, 'all events end');
    assert.equal(page.state.Job.n, this.sum);
    assert.equal(page.state.Job.text, this.text);
  }
}

async function survivors(t, host) {
  return Promise.all([new Survivor(t, host).start(), new Survivor(t, host).start()]);
}

async function work(pages, rounds) {
  for (let i = 1; i <= rounds; i++) {
    for (const page of pages) page.act(i);
    await sleep(1);
  }
  await Promise.all(pages.map(page => page.settled()));
}

async function agree(pages) {
  disarm();
  for (const { page } of pages) await page.agrees();
}

describe('system calls that fail', () => {
  const host = sharedHost({
    env: {
      LD_PRELOAD: process.env.FAULTS_SHIM ?? join(dirname(BINARY), 'spec/faults/libfaults_shim.so'),
      TL_FAULTS_FILE: file,
      ASAN_OPTIONS: 'verify_asan_link_order=0',
    },
  });

  beforeEach(disarm);

  for (const [call, name, what] of [
    ['read', 'ECONNRESET', ECONNRESET], ['read', 'ETIMEDOUT', ETIMEDOUT],
    ['write', 'ECONNRESET', ECONNRESET], ['write', 'EPIPE', EPIPE],
  ]) {
    it(`${call} gives ${name} at the n-th call`, async t => {
      const pages = await survivors(t, host());
      for (let at = 1; at <= LAST; at++) {
        arm(call, what, { at });
        do await work(pages, 4); while (!hits()); // how many calls it takes is up to the host
        await until(() => pages[0].breaks + pages[1].breaks === at, 'one connection breaks');
      }
      await agree(pages);
    });

    it(`${call} gives ${name} at each 23rd call`, async t => {
      const pages = await survivors(t, host());
      arm(call, what, { at: 23, every: 23 });
      do await work(pages, 20); while (hits() < 4);
      await agree(pages);
    });
  }

  for (const [call, name, what] of [
    ['read', 'EAGAIN', EAGAIN], ['read', 'EINTR', EINTR], ['read', 'one byte', -1],
    ['write', 'EAGAIN', EAGAIN], ['write', 'EINTR', EINTR], ['write', 'one byte', -1],
  ]) {
    it(`${call} gives ${name} at each other call: no connection breaks`, async t => {
      const pages = await survivors(t, host());
      const script = await (await fetch(host().url)).text();
      arm(call, what, { every: 2 });
      await work(pages, 20);
      for (const page of pages) page.page.event('Job.set', 'list', Array.from({ length: 500 }, (_, i) => `line ${i}`));
      await Promise.all(pages.map(page => page.settled()));
      assert.equal(await (await fetch(host().url)).text(), script);
      assert.ok(hits() > 10);
      await agree(pages);
      assert.deepEqual(pages.map(page => page.breaks), [0, 0]);
    });
  }

  it('each read gives seven bytes, each write as many', async t => {
    const pages = await survivors(t, host());
    for (const call of ['read', 'write']) {
      arm(call, -7, { every: 1 });
      await work(pages, 10);
      assert.equal((await fetch(host().url)).status, 200);
    }
    await agree(pages);
    assert.deepEqual(pages.map(page => page.breaks), [0, 0]);
  });

  for (const [name, what] of [['EMFILE', EMFILE], ['ECONNABORTED', ECONNABORTED], ['ENOBUFS', ENOBUFS], ['EAGAIN', EAGAIN], ['EINTR', EINTR]]) {
    it(`accept gives ${name}: who is connected does not notice, who comes is let in`, async t => {
      const pages = await survivors(t, host());
      for (let at = 1; at <= 3; at++) {
        arm('accept', what, { at });
        const newcomers = [0, 1, 2].map(() => new Survivor(t, host()));
        for (const { page } of newcomers) page.open();
        for (const newcomer of newcomers) newcomer.comeBack();
        await work(pages, 3);
        await until(() => newcomers.every(({ page }) => page.live), 'all are let in');
        await work(newcomers, 3);
        assert.equal(hits(), 1);
      }
      assert.deepEqual(pages.map(page => page.breaks), [0, 0]);
      await agree(pages);
    });
  }
});
