// host.js: a host of its own for a test, on a free port of the loopback. It is stopped at the test's
// end, with exit code 0 (under AddressSanitizer: without a leak), and killed when it does not stop.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BINARY = process.env.TIDELOCK ?? `${ROOT}build/asan/tidelock`;
export const APP = 'spec/wire/apps/wire.lua';

const LIFE_TIME = 120_000;   // ms, of a test file's process
const START_TIME = 15_000;   // ms: with a sanitizer on a busy machine
const STOP_TIME = 10_000;

setTimeout(() => process.exit(1), LIFE_TIME).unref();

class Host {
  constructor(app, { args = [], config = {}, env }) {
    const settings = Object.entries(config).map(([name, value]) => `${name}=${value}`).join(' ');
    this.output = '';
    // It ends with this process, however that ends.
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', BINARY, 'run', app, '--port', '0', ...args],
      { cwd: ROOT, env: { ...process.env, SPEC_CONFIG: settings, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    // 'close', not 'exit': by then all that it printed has been read.
    this.exit = new Promise(done => this.process.on('close', (code, signal) => done(signal ?? code)));
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream.setEncoding('utf8').on('data', text => { this.output += text; });
    }
  }

  // Gives the match as soon as what the host printed has one.
  async printed(pattern, ms = 5000) {
    const end = Date.now() + ms;
    let found;
    while (!(found = pattern.exec(this.output))) {
      const gone = await Promise.race([this.exit, new Promise(done => setTimeout(done, 10, null))]);
      if (gone !== null) assert.fail(`the host ended with ${gone} before it printed ${pattern}:\n${this.output}`);
      assert.ok(Date.now() < end, `the host did not print ${pattern}:\n${this.output}`);
    }
    return found;
  }

  // Gives the milliseconds that it took.
  async stop(signal = 'SIGTERM') {
    if (this.stopped) return this.stopped;
    this.stopped = this.end(signal);
    return this.stopped;
  }

  async end(signal) {
    const start = Date.now();
    this.process.kill(signal);
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_TIME);
    const code = await this.exit;
    clearTimeout(timer);
    assert.equal(code, 0, `${signal} ends the host with exit code 0:\n${this.output}`);
    return Date.now() - start;
  }

  // Bytes of its memory that are in use.
  rss() {
    return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${this.process.pid}/status`, 'utf8'))[1]) * 1024;
  }
}

// t: the test, at whose end the host is stopped. options: { args, config, env }.
export async function startHost(t, { app = APP, ...options } = {}) {
  const host = new Host(app, options);
  t.after(() => host.stop());
  const [, url, port] = await host.printed(/ready at (http:\S+:(\d+))\//, START_TIME);
  return Object.assign(host, { url, port: Number(port) });
}

// One host for the tests of a group, each of which has tabs of its own. Gives a function that gives it.
export function sharedHost(options) {
  const ends = [];
  let host;
  before(async () => { host = await startHost({ after: end => ends.push(end) }, options); });
  after(() => Promise.all(ends.map(end => end())));
  return () => host;
}
