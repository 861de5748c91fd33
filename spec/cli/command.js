// command.js: runs the host's command line to its end, or until it is ready.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { BINARY, ROOT } from '../support/host.js';

const LIFE_TIME = 20_000;   // ms

class Command {
  constructor(args, { env, cwd = ROOT } = {}) {
    this.stdout = this.stderr = '';
    // It ends with this process, however that ends.
    this.process = spawn('setpriv', ['--pdeathsig', 'KILL', BINARY, ...args], { cwd, env: { ...process.env, ...env } });
    this.process.stdout.setEncoding('utf8').on('data', text => { this.stdout += text; });
    this.process.stderr.setEncoding('utf8').on('data', text => { this.stderr += text; });
    this.ended = new Promise(done => this.process.on('close', (code, signal) => done(signal ?? code)));
    this.timer = setTimeout(() => this.process.kill('SIGKILL'), LIFE_TIME);
    this.ended.then(() => clearTimeout(this.timer));
  }

  // Gives the match of what it printed as soon as there is one.
  async printed(pattern) {
    for (;;) {
      const found = pattern.exec(this.stdout);
      if (found) return found;
      const gone = await Promise.race([this.ended, new Promise(done => setTimeout(done, 10, null))]);
      if (gone !== null) assert.fail(`ended with ${gone}: ${this.stdout}${this.stderr}`);
    }
  }

  async stop() {
    this.process.kill('SIGTERM');
    return this.ended;
  }
}

// The arguments may begin with options: { env, cwd }.
export const start = (...args) => typeof args[0] === 'object' ? new Command(args.slice(1), args[0]) : new Command(args);

export async function run(...args) {
  const command = start(...args), code = await command.ended;
  return { code, stdout: command.stdout, stderr: command.stderr, all: command.stdout + command.stderr };
}
