// `tidelock new`: the app that it makes passes its spec and is served; it overwrites nothing, and says what is wrong.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { BINARY, ROOT } from '../support/host.js';
import { run, start } from './command.js';

const folder = mkdtempSync(join(tmpdir(), 'tidelock-new-'));
after(() => rmSync(folder, { recursive: true }));

const inFolder = (...args) => run({ cwd: folder }, ...args);

describe('tidelock new', { concurrency: 3 }, () => {
  it('makes an app that passes its spec and is served, and tells the next steps', async () => {
    const made = await inFolder('new', 'harbour-1');
    assert.deepEqual([made.code, made.stderr], [0, '']);
    assert.deepEqual(readdirSync(join(folder, 'harbour-1')).sort(), ['README.md', 'main.lua', 'main_spec.lua']);
    for (const step of ['cd harbour-1', 'tidelock run main.lua', 'tidelock test main_spec.lua', 'tidelock check']) assert.ok(made.stdout.includes(step), step);

    const cwd = join(folder, 'harbour-1');
    const tested = await run({ cwd }, 'test', 'main_spec.lua');
    assert.equal(tested.code, 0, tested.all);
    assert.match(tested.all, /^4 passed, 0 failed$/m);

    const served = start({ cwd }, 'run', 'main.lua', '--port', '0');
    const [, url] = await served.printed(/ready at (http:\/\/\S+)/);
    assert.match(await (await fetch(url)).text(), /<h1>harbour-1<\/h1>/);
    assert.equal(await served.stop(), 0);
  });

  it('leaves no placeholder, and names only what is there', async () => {
    assert.equal((await inFolder('new', 'named')).code, 0);
    for (const file of readdirSync(join(folder, 'named'))) {
      const text = readFileSync(join(folder, 'named', file), 'utf8');
      assert.doesNotMatch(text, /\{\{|\}\}/, file);
      for (const [path] of text.matchAll(/docs\/\w+\.md/g)) assert.ok(existsSync(join(ROOT, path)), path);
    }
  });

  it('takes a path', async () => {
    mkdirSync(join(folder, 'deep'));
    assert.equal((await inFolder('new', 'deep/app/')).code, 0);
    assert.match(readFileSync(join(folder, 'deep/app/README.md'), 'utf8'), /^# app\n/);
  });

  const fails = async (name, pattern) => {
    const { code, stdout, stderr } = await inFolder('new', name);
    assert.equal(code, 1, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
  };

  it('overwrites nothing: neither a folder nor a file', async () => {
    mkdirSync(join(folder, 'empty'));
    writeFileSync(join(folder, 'note'), 'kept');
    await fails('empty', /empty: this is there already, and nothing was written/);
    await fails('note', /note: this is there already/);
    assert.deepEqual(readdirSync(join(folder, 'empty')), []);
    assert.equal(readFileSync(join(folder, 'note'), 'utf8'), 'kept');
  });

  it('tells that the folder around it is missing', () => fails('nowhere/app', /nowhere\/app: the folder that it would be made in is not there/));

  it('tells why the folder cannot be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    await fails('file/app', /file\/app: Not a directory/);
  });

  it('tells which file cannot be written, and leaves nothing', async () => {
    const shell = `trap '' XFSZ; ulimit -f 0; exec timeout 5 "${BINARY}" new full`;
    const { status, stderr } = spawnSync('bash', ['-c', shell], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 1, stderr);
    assert.match(stderr, /full\/\S+: File too large/);
    assert.equal(existsSync(join(folder, 'full')), false);
  });

  it('refuses a wrong command line', async () => {
    for (const [args, pattern] of [[[], /new needs the app's NAME/], [['a', 'b'], /one NAME is enough; what is b\?/],
      [['--force'], /unknown option --force/], [['my app'], /is not "my app"/], [['a"b'], /letters, digits/], [['..'], /is not "\.\."/],
      [[''], /is not ""/], [['/'], /is not "\/"/], [['x/-y'], /is not "x\/-y"/]]) {
      const { code, stdout, stderr } = await inFolder('new', ...args);
      assert.equal(code, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, pattern);
      assert.match(stderr, /Try tidelock --help/);
    }
  });
});
