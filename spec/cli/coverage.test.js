// coverage.test.js: `tidelock test --coverage`: which lines of the app ran.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { run } from './command.js';

const APP = 'spec/cli/apps/coverage', SPEC = `${APP}/main_spec.lua`;
const folder = mkdtempSync(join(tmpdir(), 'tidelock-coverage-'));
after(() => rmSync(folder, { recursive: true }));

// line -> how often it ran, of each file
async function covered(...args) {
  const path = join(folder, `${Math.random()}.info`);
  const { code, stdout } = await run('test', SPEC, `--coverage=${path}`, ...args);
  assert.equal(code, 0, stdout);
  const files = {};
  for (const part of readFileSync(path, 'utf8').split('end_of_record\n').filter(Boolean)) {
    const hits = Object.fromEntries([...part.matchAll(/^DA:(\d+),(\d+)$/gm)].map(([, line, n]) => [line, +n]));
    assert.equal(+/^LF:(\d+)$/m.exec(part)[1], Object.keys(hits).length);
    assert.equal(+/^LH:(\d+)$/m.exec(part)[1], Object.values(hits).filter(Boolean).length);
    files[/^SF:(.*)$/m.exec(part)[1]] = hits;
  }
  return files;
}

describe('coverage', { concurrency: 3 }, () => {
  // holds: testing.coverage
  it('counts the lines in which a statement begins, in tasks and coroutines as well', async () => {
    const files = await covered();
    assert.deepEqual(Object.keys(files).sort(), [`${APP}/main.lua`, `${APP}/part.lua`]);
    assert.deepEqual(files[`${APP}/main.lua`], {
      2: 2, 3: 2, 4: 2, 5: 2, 6: 0, 8: 2, 9: 3, 14: 2, 15: 1, 16: 1, 17: 1, 18: 1, 20: 1, 21: 1, 22: 1, 23: 1, 24: 1, 27: 1, 28: 0,
      31: 2, 32: 2, 33: 1, 35: 2, 36: 2 });
    assert.deepEqual(files[`${APP}/part.lua`], { 2: 2, 3: 2 });
  });

  // holds: testing.coverage
  it('prints a summary, and writes each line with how often it ran', async () => {
    const path = join(folder, 'all.out');
    const { stdout } = await run('test', SPEC, `--coverage=${path}`);
    assert.match(stdout, /^coverage: 92\.3 % of 26 lines\n {2}spec\/cli\/apps\/coverage\/main\.lua {3}91\.6 % {2}not run: 6, 28\n {2}spec\/cli\/apps\/coverage\/part\.lua {2}100\.0 %\n/m);
    assert.match(stdout, /\n2 passed, 0 failed\n$/);
    const text = readFileSync(path, 'utf8'), main = text.slice(text.indexOf('main.lua'), text.indexOf(`${APP}/part.lua`));
    assert.match(main, /^main\.lua: 91\.6 %, 22 of 24 lines\n {8}-: {4}1:-- what coverage counts, [^\n]*\n/);
    assert.match(main, /^ {4}#####: {3}28: {4}never\(\)$/m);
    assert.match(main, /^ {8}3: {4}9: {4}if v == 2 then goto continue end fn\(v\)$/m);
    assert.match(main, /^ {8}-: {3}10: {4}::continue::$/m);
    const source = readFileSync(`${APP}/main.lua`, 'utf8').trimEnd();
    assert.equal(main.trimEnd().split('\n').slice(1).map(line => line.slice(16)).join('\n'), source);
  });

  it('goes with many orders, and with a limit of time', async () => {
    const files = await covered('--schedules', '5', '--time-limit', '10');
    assert.equal(files[`${APP}/main.lua`][28], 0);
    assert.ok(files[`${APP}/main.lua`][17] >= 3);
  });

  it('takes a file whose first line is for the shell, and one with line ends of two bytes', async () => {
    const app = join(folder, 'shell.lua'), spec = join(folder, 'shell_spec.lua'), out = join(folder, 'shell.out');
    writeFileSync(app, '#!/usr/bin/env tidelock\r\nlocal tl = require "tidelock"\r\ntl.page("/", function() return tl.ui.main "x" end)');
    writeFileSync(spec, `it("x", function() require "tidelock.testing".open("${app}") end)\n`);
    assert.equal((await run('test', spec, `--coverage=${out}`)).code, 0);
    assert.match(readFileSync(out, 'utf8'), /-: {4}1:#!.*\n {8}1: {4}2:local tl.*\n {8}1: {4}3:tl\.page/);
  });

  it('leaves what cannot be compiled to Lua, which tells what is wrong', async () => {
    writeFileSync(join(folder, 'bad.lua'), 'local x = = 1\n');
    writeFileSync(join(folder, 'bad_spec.lua'), `it("x", function() require "tidelock.testing".open("${folder}/bad.lua") end)\n`);
    const { code, stdout } = await run('test', join(folder, 'bad_spec.lua'), `--coverage=${join(folder, 'bad.out')}`);
    assert.equal(code, 1);
    assert.match(stdout, /bad\.lua:1: unexpected symbol near '='/);
  });

  it('writes coverage.out, keeps programs\' output clean, and is refused where it cannot write', async () => {
    writeFileSync(join(folder, 'one_spec.lua'), 'it("x", function() end)\n');
    assert.match((await run({ cwd: folder }, 'test', 'one_spec.lua', '-c')).stdout, /^coverage: no file of an app was loaded\n1 passed/);
    const { stdout } = await run({ cwd: folder }, 'test', 'one_spec.lua', '--coverage', '-o', 'json');
    assert.equal(stdout.trimEnd().split('\n').map(line => JSON.parse(line)).length, 2);
    assert.equal(readFileSync(join(folder, 'coverage.out'), 'utf8'), '');
    const bad = await run('test', SPEC, '--coverage=nowhere/x.out');
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /nowhere\/x\.out: No such file/);
  });
});
