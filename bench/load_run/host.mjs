// host.mjs: the release host with the app of the load run.

import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const BINARY = `${ROOT}build/release/tidelock`;
const STOP_TIME = 10_000;

// env: what the app asks for. Gives { port, rssKb(), cpuSeconds(), stop() }.
export async function startHost(env) {
  // It ends with this process, however that ends.
  const host = spawn('setpriv', ['--pdeathsig', 'KILL', BINARY, 'run', 'bench/load_run/app.lua', '--port', '0'],
    { cwd: ROOT, env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const exit = new Promise(done => host.on('exit', (code, signal) => done(signal ?? code)));
  let output = '';
  const ready = new Promise(done => {
    for (const stream of [host.stdout, host.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        if (output.length < 10_000) output += text;
        const [, port] = /ready at http:\S+:(\d+)\//.exec(output) ?? [];
        if (port) done(Number(port));
      });
    }
  });
  const port = await Promise.race([ready, exit.then(code => { throw new Error(`the host ended with ${code}:\n${output}`); })]);
  const proc = name => readFileSync(`/proc/${host.pid}/${name}`, 'utf8');
  return {
    port,
    rssKb: () => Number(/^Rss: +(\d+)/m.exec(proc('smaps_rollup'))[1]),
    cpuSeconds: () => proc('stat').split(') ')[1].split(' ').slice(11, 13).reduce((sum, ticks) => sum + ticks / 100, 0),
    output: () => output,
    async stop() {
      host.kill('SIGTERM');
      const timer = setTimeout(() => host.kill('SIGKILL'), STOP_TIME);
      const code = await exit;
      clearTimeout(timer);
      return code;
    },
  };
}
