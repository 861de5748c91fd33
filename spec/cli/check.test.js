// `tidelock check`: its command line, its output and exit codes, and that it is silent about what is right. What it finds:
// spec/lua/check_spec.lua.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { ROOT } from '../support/host.js';
import { run } from './command.js';

const folder = mkdtempSync(join(tmpdir(), 'tidelock-check-'));
after(() => rmSync(folder, { recursive: true }));

const FINE = 'local tl = require "tidelock"\ntl.page("/", function() return tl.ui.p "Fine" end)\n';
const WRONG = FINE.replace('ui.p', 'ui.sectoin');
const WARNED = `${FINE}local Job = tl.state("Job", {})\nfunction Job:go() end\n`;

function app(name, text) {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, 'main.lua'), text);
  return name;
}

const check = (...args) => run({ cwd: folder }, 'check', ...args);

describe('tidelock check', { concurrency: 3 }, () => {
  it('ends with 0 when there is nothing to say', async () => {
    const { code, stdout, stderr } = await check(`${app('fine', FINE)}/main.lua`);
    assert.deepEqual([code, stdout, stderr], [0, '0 errors and 0 warnings in 1 file\n', '']);
  });

  it('ends with 1 and the place when there is an error', async () => {
    const { code, stdout } = await check(app('wrong', WRONG));
    assert.equal(code, 1);
    assert.match(stdout, /^wrong\/main\.lua:2:38: HTML has no element `sectoin`; did you mean ui\.section\?\n1 error and 0 warnings in 1 file\n$/);
  });

  it('ends with 0 when there are only warnings', async () => {
    const { code, stdout } = await check(app('warned', WARNED));
    assert.equal(code, 0);
    assert.match(stdout, /^warned\/main\.lua:4:14: warning: nothing starts Job\.go.*\n0 errors and 1 warning in 1 file\n$/);
  });

  it('checks the current folder, a folder of apps, and several', async () => {
    app('many/one', FINE);
    app('many/two', WRONG);
    assert.equal((await run({ cwd: join(folder, app('here', FINE)) }, 'check')).stdout, '0 errors and 0 warnings in 1 file\n');
    assert.match((await check('many')).stdout, /^many\/two\/main\.lua:2:38: .*\n1 error and 0 warnings in 2 files\n$/);
    assert.match((await check('many/', app('more', WRONG))).stdout, /many\/two\/main\.lua:2.*\nmore\/main\.lua:2.*\n2 errors and 0 warnings in 3 files\n$/);
  });

  it('tells that an app does not load, in one line', async () => {
    const { code, stdout } = await check(app('broken', 'local gone = require "gone"\nprint(gone)\n'));
    assert.equal(code, 1);
    assert.match(stdout, /^broken\/main\.lua:1:1: the app does not load: module 'gone' not found:\n1 error/);
  });

  it('refuses a wrong command line', async () => {
    mkdirSync(join(folder, 'bare'));
    for (const [arg, pattern] of [['nowhere.lua', /nowhere\.lua: no such file or folder/], ['--fast', /unknown option --fast/],
      ['bare', /bare: there is no main\.lua in this folder/]]) {
      const { code, stdout, stderr } = await check(arg);
      assert.deepEqual([code, stdout], [2, '']);
      assert.match(stderr, pattern);
      assert.match(stderr, /Try tidelock --help/);
    }
  });

  it('is silent about the example apps and a new app', async () => {
    const apps = await run('check', 'app');
    assert.deepEqual([apps.code, apps.stderr], [0, '']);
    assert.match(apps.stdout, /^0 errors and 0 warnings in \d+ files?\n$/);
    assert.equal((await run({ cwd: folder }, 'new', 'fresh')).code, 0);
    assert.equal((await check('fresh')).stdout, '0 errors and 0 warnings in 1 file\n');
  });

  it('is silent about the apps of the specs that do nothing wrong on purpose', async () => {
    const files = [...['clicks', 'cost', 'pages', 'rows', 'typing'].map(name => `spec/browser/apps/${name}.lua`), 'bench/app.lua',
      'bench/micro_app.lua', 'spec/cli/apps/fine.lua', ...['limits', 'ui_bind', 'ui_form'].map(name => `spec/lua/apps/${name}.lua`)];
    const { code, stdout } = await run('check', ...files);
    assert.equal(code, 0, stdout);
    assert.match(stdout, /^0 errors and 0 warnings in \d+ files\n$/);
  });

  it('finds in the others what they do on purpose, and no more', async () => {
    for (const [file, ...lines] of [
      ['spec/browser/apps/effects.lua', /self\.n is written outside of a block/, /nothing starts Page\.load/],
      ['spec/browser/apps/forms.lua', /nothing starts Form\.set_name/],
      ['spec/wire/apps/wire.lua', /nothing starts Job\.unoffered/],
      ['spec/faults/app.lua', /self\.nothing is not declared/, /self\.a is written outside of a block/],
    ]) {
      const found = (await run('check', file)).stdout.trimEnd().split('\n').slice(0, -1);
      assert.equal(found.length, lines.length, found.join('\n'));
      lines.forEach((pattern, i) => assert.match(found[i], pattern));
    }
  });

  it('says what docs/check.md says that it does', async () => {
    const [source, told] = [...readFileSync(join(ROOT, 'docs/check.md'), 'utf8').matchAll(/^```\n([^]*?)^```$/gm)].map(found => found[1]);
    app('told', source);
    const { code, stdout } = await run({ cwd: join(folder, 'told') }, 'check');
    assert.equal(code, 1);
    assert.equal(stdout, told);
  });
});
