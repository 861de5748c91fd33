// host.js: a host of its own for a test: started on a free port, and stopped as a service manager
// would, which it has to survive with exit code 0 (under AddressSanitizer: without a leak, too).

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const DEMO = 'app/background_tasks/main.lua';

const BINARY = process.env.TIDELOCK ?? `${ROOT}build/release/tidelock`;
const START_TIME = 15_000;   // ms: with a sanitizer on a busy machine
const STOP_TIME = 10_000;

class Host {
  constructor(app, { port, dev, origin, env }) {
    const args = ['run', app, '--port', String(port)];
    if (dev) args.push('--dev');
    if (origin) args.push('--origin', origin);
    this.output = '';
    this.process = spawn(BINARY, args, { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
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

  async stop() {
    if (this.stopped) return;
    this.stopped = true;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), STOP_TIME);
    const code = await this.exit;
    clearTimeout(timer);
    assert.equal(code, 0, `SIGTERM ends the host with exit code 0:\n${this.output}`);
  }
}

// t: the test, at whose end the host is stopped. options: { port, dev, origin, env }.
export async function startHost(t, app, options = {}) {
  const host = new Host(app, { port: 0, ...options });
  t.after(() => host.stop());
  const [, url, port] = await host.printed(/ready at (http:\S+:(\d+))\//, START_TIME);
  return Object.assign(host, { url, port: Number(port) });
}
