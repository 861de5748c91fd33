// host.js: a host of its own for a test, on a port of the loopback. It is stopped at the test's end as a service manager would,
// which it has to survive with exit code 0 (under AddressSanitizer: without a leak, too), and killed when it does not stop.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const BINARY = process.env.TIDELOCK ?? `${ROOT}build/release/tidelock`;

const START_TIME = 15_000;   // ms: with a sanitizer on a busy machine
const STOP_TIME = 10_000;

class Host {
  constructor(app, args, env) {
    this.output = '';
    // It ends with this process, however that ends.
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', BINARY, 'run', app, ...args],
      { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
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

// t: the test, at whose end the host is stopped. args: more of the command line; port: 0, any free one. The host has `url` and `port`.
export async function startHost(t, app, { port = 0, args = [], env = {} } = {}) {
  const host = new Host(app, ['--port', String(port), ...args], env);
  t.after(() => host.stop());
  const [, url, taken] = await host.printed(/ready at (http:\S+:(\d+))\//, START_TIME);
  return Object.assign(host, { url, port: Number(taken) });
}
