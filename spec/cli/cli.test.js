// The command line: what it takes, what it says, with which code it ends. 0: done, 1: it failed, 2: wrong usage.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import net from 'node:net';
import { describe, it } from 'node:test';
import { Socket } from '../wire/client.js';
import { BINARY, ROOT } from '../support/host.js';
import { run, start } from './command.js';

const APPS = 'spec/cli/apps', FINE = `${APPS}/fine.lua`;

const wrongUsage = async (args, pattern) => {
  const { code, stdout, stderr } = await run(...args);
  assert.equal(code, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, pattern);
  assert.match(stderr, /Try tidelock --help/);
};

describe('tidelock', { concurrency: 3 }, () => {
  it('--help tells every command and option', async () => {
    for (const args of [['--help'], ['-h'], ['run', '--help'], ['test', '--help'], ['new', '--help'], ['check', '--help']]) {
      const { code, stdout, stderr } = await run(...args);
      assert.deepEqual([code, stderr], [0, '']);
      for (const word of ['run', 'test', 'new', 'check', '--port', '--host', '--origin', '--trust-proxy', '--dev', '--version']) assert.ok(stdout.includes(word), word);
    }
  });

  it('--version tells one line', async () => {
    const { code, stdout } = await run('--version');
    assert.equal(code, 0);
    assert.match(stdout, /^tidelock \d+\.\d+\.\d+\n$/);
  });

  it('without a command tells the usage, and that it is wrong', async () => {
    const { code, all } = await run();
    assert.equal(code, 2);
    assert.match(all, /tidelock run FILE/);
  });

  it('refuses an unknown command', () => wrongUsage(['launch'], /unknown command launch/));
});

describe('tidelock run', { concurrency: 3 }, () => {
  it('needs a file', () => wrongUsage(['run'], /needs the app's FILE/));
  it('takes one file', () => wrongUsage(['run', FINE, 'other.lua'], /other\.lua/));
  it('refuses an unknown option', () => wrongUsage(['run', FINE, '--prot', '1'], /unknown option --prot/));
  it('refuses an option without its value', () => wrongUsage(['run', FINE, '--port'], /--port needs a value/));
  it('refuses a store that there is not', () => wrongUsage(['run', FINE, '--store', 'disk'], /"memory", not "disk"/));
  for (const port of ['x', '', '-1', '65536', '80x', '8.5', '99999999999999999999']) {
    it(`refuses the port "${port}"`, () => wrongUsage(['run', FINE, '--port', port], /--port: a number from 0 to 65535/));
  }
  for (const origin of ['https://one.example/', 'one.example', 'https://', 'https://one.example/app', '*']) {
    it(`refuses the origin "${origin}", which no browser ever sends`, () =>
      wrongUsage(['run', FINE, '--origin', origin], /--origin: .*https:\/\/example\.org/));
  }

  for (const address of ['one.example', '10.0.0', '10.0.0.0/33', '10.0.0.0/', '10.0.0.0/8x', '::1/129', '', '10.0.0.0/-1', '127.0.0.1:80']) {
    it(`refuses the proxy "${address}"`, () => wrongUsage(['run', FINE, '--trust-proxy', address], /--trust-proxy: an IP address, .*10\.0\.0\.0\/8/));
  }

  const fails = async (args, ...patterns) => {
    const { code, stdout, stderr } = await run('run', ...args, '--port', '0');
    assert.equal(code, 1, stderr);
    assert.equal(stdout, '', 'it is not ready');
    for (const pattern of patterns) assert.match(stderr, pattern);
  };

  it('tells that there is no such file', () => fails(['nowhere/main.lua'], /nowhere\/main\.lua: no such file/));
  it('tells that a folder is no file', () => fails([APPS], /spec\/cli\/apps is a folder/, /main\.lua/));
  it('tells where the syntax is wrong', () => fails([`${APPS}/syntax.lua`], /syntax\.lua:4: .*near 'many'/));
  it('tells where main.lua raised', () => fails([`${APPS}/raises.lua`], /raises\.lua:4: there are no settings/,
    /stack traceback/, /raises\.lua:7: in main chunk/));
  it('tells which page raised', () => fails([`${APPS}/bad_page.lua`], /\/broken\/\[id\]/, /bad_page\.lua:6/));
  // holds: host.config.unknown
  it('tells of an option of tl.config that there is not', () => fails([`${APPS}/no_option.lua`], /no option tab_tll/, /tab_ttl/,
    /no_option\.lua:3/));
  it('tells that an address is none', () => fails([FINE, '--host', '300.1.1.1'], /300\.1\.1\.1.*not an IP address\n/));

  it('tells that the port is in use, and the way out', async t => {
    const server = net.createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.after(() => server.close());
    const { port } = server.address();
    const { code, stderr } = await run('run', FINE, '--port', String(port));
    assert.equal(code, 1);
    assert.match(stderr, new RegExp(`127\\.0\\.0\\.1, port ${port}: address already in use.*--port`));
  });

  const status = url => new Promise((done, failed) => {
    http.get(url, { agent: false, timeout: 5000 }, answer => done(answer.resume().statusCode)).on('error', failed);
  });

  it('tells the address when it is ready', async () => {
    const command = start('run', FINE, '--port', '0');
    const [, url] = await command.printed(/^spec\/cli\/apps\/fine\.lua is ready at (http:\/\/127\.0\.0\.1:\d+\/)\n$/);
    assert.equal(await status(url), 200);
    assert.equal(await command.stop(), 0);
  });

  it('listens on IPv6, too', async () => {
    const command = start('run', FINE, '--port', '0', '--host', '::1');
    const [, url] = await command.printed(/ready at (http:\/\/\[::1\]:\d+\/)/);
    assert.equal(await status(url), 200);
    const socket = new Socket(url.slice(0, -1), { origin: url.slice(0, -1) });
    assert.equal(await socket.opened, 101);
    socket.destroy();
    assert.equal(await command.stop(), 0);
  });

  it('takes --origin more than once', async () => {
    const command = start('run', FINE, '--origin', 'https://one.example', '--port', '0', '--origin', 'http://two.example:81');
    const [, url] = await command.printed(/ready at (http:\/\/\S+)\//);
    for (const [origin, expected] of [['https://one.example', 101], ['http://two.example:81', 101], ['https://three.example', 403]]) {
      const socket = new Socket(url, { origin });
      assert.equal(await socket.opened, expected, origin);
      socket.destroy();
    }
    assert.equal(await command.stop(), 0);
  });

  it('takes its options before and after the file', async () => {
    const command = start('run', '--dev', '--port', '0', FINE);
    await command.printed(/is ready/);
    assert.equal(await command.stop(), 0);
  });

  it('goes on when nobody reads what it prints', async () => {
    const command = start('run', FINE, '--port', '0');
    const [, url] = await command.printed(/ready at (http:\/\/\S+)\//);
    command.process.stdout.destroy();
    command.process.stderr.destroy();
    for (let i = 0; i < 3; i++) { // each refusal is a line of the log, into a pipe that is broken
      const socket = new Socket(url, { origin: 'https://evil.example' });
      assert.equal(await socket.opened, 403);
      socket.destroy();
    }
    assert.equal(await status(`${url}/`), 200);
    assert.equal(await command.stop(), 0);
  });

  it('ends with 0 when a reader has gone before it is ready', async () => {
    const code = await new Promise(done => {
      const shell = spawn('bash', ['-c', `set -o pipefail; timeout 5 "${BINARY}" --help | true; echo $?`], { cwd: ROOT });
      let out = '';
      shell.stdout.on('data', text => { out += text; });
      shell.on('close', () => done(out.trim()));
    });
    assert.equal(code, '0');
  });
});

describe('tidelock test', { concurrency: 3 }, () => {
  // holds: testing.run
  it('ends with 0 and the count when all pass', async () => {
    const { code, all } = await run('test', `${APPS}/specs/good_spec.lua`);
    assert.equal(code, 0, all);
    assert.match(all, /^2 passed, 0 failed$/m);
  });

  it('ends with 1, the count and the line when one fails', async () => {
    const { code, all } = await run('test', `${APPS}/specs/bad_spec.lua`);
    assert.equal(code, 1);
    assert.match(all, /^1 passed, 1 failed$/m);
    assert.match(all, /bad_spec\.lua:3/);
    assert.match(all, /is wrong on purpose/);
  });

  // holds: testing.run
  it('takes a folder, and more than one', async () => {
    assert.match((await run('test', `${APPS}/specs`)).all, /^3 passed, 1 failed$/m);
    assert.match((await run('test', `${APPS}/specs/good_spec.lua`, `${APPS}/specs/bad_spec.lua`)).all, /^3 passed, 1 failed$/m);
  });

  it('fails when there is nothing to run', async () => {
    for (const path of [`${APPS}/fine.lua`, 'nowhere', 'spec/cli/apps/public']) {
      const { code, all } = await run('test', path);
      assert.equal(code, 1, all);
      assert.match(all, /^0 passed, [1-9]\d* failed$/m);
    }
  });
});
