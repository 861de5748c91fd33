// watch.test.js: `tidelock test --watch`: runs again when a file has changed, and ends when it is interrupted.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { start } from './command.js';

const folders = [];
after(() => folders.forEach(folder => rmSync(folder, { recursive: true })));

function project() {
  const folder = mkdtempSync(join(tmpdir(), 'tidelock-watch-'));
  folders.push(folder);
  mkdirSync(join(folder, 'spec'));
  const write = (name, text) => writeFileSync(join(folder, name), text);
  write('part.lua', 'return 1');
  write('spec/a_spec.lua', 'it("is one", function() assert.equal(1, dofile "part.lua") end)');
  return { folder, write };
}

// Waits for the text, in what has been printed since the last wait.
function reader(command) {
  let at = 0;
  return async pattern => {
    const found = await command.printed({ exec: text => pattern.exec(text.slice(at)) });
    at += found.index + found[0].length;
    return found;
  };
}

describe('tidelock test --watch', { concurrency: 3 }, () => {
  // holds: testing.watch
  it('runs again when a file of the app or a spec changes, comes or goes', async () => {
    const { folder, write } = project(), command = start({ cwd: folder }, 'test', '--watch'), next = reader(command);
    await next(/^1 passed, 0 failed\n-- waiting for a change; Ctrl-C ends\n/m);
    write('part.lua', 'return 2');
    await next(/^-- changed: part\.lua\n[^]*a_spec\.lua:1: is one\n[^]*^0 passed, 1 failed\n-- waiting/m);
    write('part.lua', 'return 1');
    write('spec/b_spec.lua', 'it("x", function() end)');
    await next(/^-- changed: part\.lua, spec\/b_spec\.lua\n2 passed, 0 failed\n-- waiting/m);
    rmSync(join(folder, 'spec/b_spec.lua'));
    await next(/^-- changed: spec\/b_spec\.lua\n1 passed, 0 failed\n-- waiting/m);
    write('spec/a_spec.lua', 'it(');
    await next(/^0 passed, 1 failed\n-- waiting/m);
    write('notes.txt', 'no Lua');
    await new Promise(done => setTimeout(done, 1000));
    assert.doesNotMatch(command.stdout, /notes/);
    command.process.kill('SIGINT');
    assert.equal(await command.ended, 0);
    assert.equal(command.stderr, '');
  });

  // holds: testing.watch
  it('ends its specs when it is interrupted in the middle of them', async () => {
    const { folder, write } = project();
    write('spec/a_spec.lua', 'it("x", function() print "begun" io.stdout:flush() while true do end end)');
    for (const signal of ['SIGINT', 'SIGTERM']) {
      const command = start({ cwd: folder }, 'test', '--watch');
      await command.printed(/begun/);
      command.process.kill(signal);
      assert.equal(await command.ended, 0);
      assert.equal(command.stderr, '');
      assert.doesNotMatch(command.stdout, /waiting/);
    }
  });

  it('takes the other options, and refuses wrong ones at once', async () => {
    const { folder } = project(), command = start({ cwd: folder }, 'test', '--watch', '--schedules=5', 'spec/a_spec.lua');
    await reader(command)(/^3 orders, \d+ a second\n1 passed, 0 failed\n-- waiting/m);
    assert.equal(await command.stop(), 0);
    const json = start({ cwd: folder }, 'test', '--watch', '-o', 'json');
    await json.printed(/"pending":0.*\n/);
    assert.equal(await json.stop(), 0);
    for (const line of json.stdout.trimEnd().split('\n')) JSON.parse(line);
    const wrong = start({ cwd: folder }, 'test', '--watch', '--nonsense');
    assert.equal(await wrong.ended, 2);
  });
});
