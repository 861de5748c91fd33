// runner.test.js: `tidelock test` as build servers, editors and people meet it: its outputs, options and exit codes.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { run } from './command.js';

const ODD = 'spec/cli/apps/outcomes/odd_spec.lua';
const NAMES = [
  'odd "names" <&> #tag passes \uFFFD on\ntwo lines \u0001 ü', 'odd "names" <&> #tag fails with ]]> and \uFFFD', 'odd "names" <&> #tag compares',
  'odd "names" <&> #tag whose after_each fails, too fails twice, and counts once', 'odd "names" <&> #tag waits for better times',
  'odd "names" <&> #tag is only a name', 'a group that breaks'];

const folder = mkdtempSync(join(tmpdir(), 'tidelock-runner-'));
after(() => rmSync(folder, { recursive: true }));

const file = (name, text) => {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
};

const json_lines = text => text.trimEnd().split('\n').map(line => JSON.parse(line));

describe('outputs for programs', { concurrency: 3 }, () => {
  // holds: testing.output.json
  it('json is a line for each test, and one of counts', async () => {
    const { code, stdout } = await run('test', ODD, '-o', 'json');
    assert.equal(code, 1);
    const results = json_lines(stdout), counts = results.pop();
    assert.deepEqual(results.map(r => r.name).sort(), [...NAMES].sort());
    assert.deepEqual({ ...counts, duration: 0 }, { passed: 1, failed: 4, pending: 2, duration: 0 });
    for (const r of results) {
      assert.equal(r.file, ODD);
      assert.ok(['passed', 'failed', 'pending'].includes(r.status) && r.duration >= 0 && r.duration < 5, JSON.stringify(r));
    }
    const by = name => results.find(r => r.name.endsWith(name));
    assert.equal(by('and \uFFFD').message, `${ODD}:5: bytes \uFFFD & <b>\n\0 # \\ end`);
    assert.equal(by('and \uFFFD').line, 5);
    assert.match(by('counts once').message, /first[^]*after/);
    assert.equal(by('better times').message, 'not # yet <soon>');
    assert.equal(by('a name').message, null);
    assert.match(by('that breaks').message, /outside of a test/);
  });

  // holds: testing.output.tap
  it('TAP has a line for each test, and the plan', async () => {
    const { code, stdout } = await run('test', ODD, '-o', 'TAP');
    assert.equal(code, 1);
    const lines = stdout.trimEnd().split('\n');
    assert.equal(lines.pop(), '1..7');
    const points = lines.filter(line => !line.startsWith('#'));
    assert.equal(points.length, 7);
    points.forEach((line, i) => assert.match(line, new RegExp(`^(not )?ok ${i + 1} - `)));
    assert.equal(points.filter(line => line.startsWith('not ok')).length, 4);
    assert.equal(points.filter(line => / # SKIP/.test(line)).length, 2);
    assert.ok(points.some(line => line.endsWith('odd "names" <&> \\#tag waits for better times # SKIP not \\# yet <soon>')), stdout);
    assert.ok(points.some(line => line.includes('passes \uFFFD on two lines')), stdout);
  });

  // holds: testing.output.junit
  it('junit is XML that any parser takes, with the same counts', async () => {
    const report = join(folder, 'report.xml');
    const { code, stdout } = await run('test', ODD, '-o', 'junit', '-Xoutput', report);
    assert.equal(code, 1);
    assert.match(stdout, /^1 passed, 4 failed$/m);
    const xml = readFileSync(report, 'utf8');
    assert.match(xml, /^<\?xml version="1.0" encoding="UTF-8"\?>\n<testsuites tests="7" failures="4" errors="0" skipped="2" /);
    assert.equal(xml.match(/<testcase /g).length, 7);
    assert.equal(xml.match(/<failure /g).length, 4);
    assert.equal(xml.match(/<skipped /g).length, 2);
    // eslint-disable-next-line no-control-regex
    assert.doesNotMatch(xml, /[\x00-\x08\x0b\x0c\x0e-\x1f\uFFFE\uFFFF]/);
    assert.doesNotMatch(xml.replace(/&(amp|lt|gt|quot|#10|#13|#9);/g, ''), /&/);
    assert.match(xml, /name="odd &quot;names&quot; &lt;&amp;&gt; #tag passes \uFFFD on&#10;two lines \uFFFD ü"/);
    assert.doesNotMatch(xml, /]]>/);
    // Each tag that is opened is closed, in order.
    const open = [];
    for (const [, close, name, self] of xml.replace(/<\?.*?\?>/, '').matchAll(/<(\/?)([\w-]+)(?:\s[\w-]+="[^"<]*")*(\/?)>/g))
      if (close) assert.equal(open.pop(), name); else if (!self) open.push(name);
    assert.deepEqual(open, []);
  });

  it('are the same when the tests run in many orders, and all pass', async () => {
    const good = 'spec/cli/apps/specs/good_spec.lua';
    const plain = json_lines((await run('test', good, '-o', 'json')).stdout);
    const many = json_lines((await run('test', good, '-o', 'json', '--schedules', '5')).stdout);
    const told = list => list.map(r => ({ ...r, duration: 0 }));
    assert.deepEqual(told(many), told(plain));
  });

  it('go into a file beside the usual print, and are refused where it cannot be written', async () => {
    const path = join(folder, 'x.json');
    assert.match((await run('test', ODD, '-o', 'json', '-Xoutput', path)).stdout, /^1 passed, 4 failed$/m);
    assert.equal(json_lines(readFileSync(path, 'utf8')).length, 8);
    const { code, stderr } = await run('test', ODD, '-o', 'json', '-Xoutput', join(folder, 'nowhere/x.json'));
    assert.equal(code, 2);
    assert.match(stderr, /nowhere\/x\.json: No such file/);
  });
});

describe('what runs', { concurrency: 3 }, () => {
  const five = file('five_spec.lua', [
    'local order = {}', 'teardown(function() print("ran " .. table.concat(order, " ")) end)',
    'for _, n in ipairs { "one", "two.", "three", "four", "five" } do it(n .. (n == "four" and " #slow" or ""), function() order[#order + 1] = n end) end',
  ].join('\n'));
  const ran = async (...args) => /^ran(.*)$/m.exec((await run('test', five, ...args)).stdout)?.[1].trim();

  // holds: testing.filters
  it('is chosen by patterns, names and tags', async () => {
    assert.equal(await ran('--filter', 'o'), 'one two. four');
    assert.equal(await ran('--filter', 'o', '--filter-out', 'four'), 'one two.');
    assert.equal(await ran('--name', 'two.', '--name=five'), 'two. five');
    assert.equal(await ran('--name', 'tw'), '');
    assert.equal(await ran('--tags', 'slow'), 'four');
    assert.equal(await ran('--exclude-tags', 'slow'), 'one two. three five');
  });

  // holds: testing.shuffle
  it('is shuffled by a seed, which a failure names', async () => {
    const first = await ran('--shuffle', '--seed', '7');
    assert.equal(await ran('--shuffle', '--seed', '7'), first);
    assert.deepEqual(first.split(' ').sort(), ['five', 'four', 'one', 'three', 'two.']);
    const orders = new Set();
    for (let seed = 1; seed < 8; seed++) orders.add(await ran('--shuffle', '--seed', String(seed)));
    assert.ok(orders.size > 1);
    const bad = await run('test', ODD, '--shuffle');
    const seed = /^shuffled: --seed (\d+) gives this order again$/m.exec(bad.stdout)[1];
    const told = text => text.split('\n').filter(line => /^spec.*_spec\.lua:\d+: /.test(line));
    assert.deepEqual(told((await run('test', ODD, '--shuffle', '--seed', seed)).stdout), told(bad.stdout));
  });

  it('is repeated, listed, and stopped at the first failure', async () => {
    assert.match((await run('test', five, '--repeat', '3')).stdout, /^15 passed, 0 failed$/m);
    const { code, stdout } = await run('test', five, '--list');
    assert.equal(code, 0);
    assert.deepEqual(stdout.trimEnd().split('\n').map(line => line.replace(/^.*: /, '')), ['one', 'two.', 'three', 'four #slow', 'five']);
    assert.match((await run('test', ODD, '--no-keep-going', '--filter', 'compares')).stdout, /^0 passed, 1 failed$/m);
  });

  it('comes after a helper and statements, and may be configured in .busted', async () => {
    const helper = file('helper.lua', 'helped = arg[1]');
    const spec = file('helped_spec.lua', 'it("x", function() print(tostring(helped), tostring(stated)) end)');
    assert.match((await run('test', spec, '--helper', helper, '-Xhelper', 'so', '-e', 'stated = 5')).stdout, /^so\t5$/m);
    file('.busted', 'return { default = { ROOT = { "five_spec.lua" }, schedules = 2, ["exclude-tags"] = "slow" } }');
    const { stdout } = await run({ cwd: folder }, 'test');
    assert.match(stdout, /^4 passed, 0 failed$/m);
    assert.match(stdout, /^12 orders, /m);
    assert.match((await run('test', '-C', folder)).stdout, /^4 passed, 0 failed$/m);
    file('.busted', 'return { default = { schedules = "many" } }');
    const bad = await run({ cwd: folder }, 'test');
    assert.equal(bad.code, 2);
    assert.match(bad.stderr, /\.busted: schedules: "many" is none/);
    rmSync(join(folder, '.busted'));
  });
});

describe('exit codes', { concurrency: 3 }, () => {
  // holds: testing.exit
  it('are 0 when all passed or nothing was to be done, 1 when something failed', async () => {
    for (const args of [['spec/cli/apps/specs/good_spec.lua'], ['-h'], ['--version'], ['spec/cli/apps/specs/bad_spec.lua', '--list'], ['spec/cli/apps/specs/bad_spec.lua', '--filter', 'nothing has this name']])
      assert.equal((await run('test', ...args)).code, 0, args.join(' '));
    for (const args of [[ODD], [ODD, '--filter', 'compares'], ['nowhere']]) assert.equal((await run('test', ...args)).code, 1, args.join(' '));
  });

  // holds: testing.exit
  it('are 2 for what cannot be run, with a word of why and nothing on standard output', async () => {
    for (const [args, why] of [
      [['--nonsense'], /unknown/], [['--schedules', 'many'], /--schedules N: "many" is none/], [['--schedules'], /"" is none/],
      [['--watch=5'], /--watch takes no value/], [['--name', ''], /--name NAME/], [['-o', 'nonsense'], /-o nonsense: there is json, TAP, junit/],
      [['-o', 'nowhere.lua'], /-o nowhere\.lua: there is/],
      [['--lua', 'lua5.1'], /there is no --lua here/], [['--coverage-config-file=x'], /there is no --coverage-config-file/],
      [['--helper', 'nowhere.lua'], /the helper nowhere\.lua: cannot open/], [['-e', 'error("so", 0)'], /so/], [['-C', 'nowhere'], /nowhere/],
      [['--tags', 'a', '--exclude-tags', 'a'], /same tags/], [['-f', 'nowhere'], /config file .nowhere. not found/],
    ]) {
      const { code, stdout, stderr } = await run('test', ODD, ...args);
      assert.equal(code, 2, `${args.join(' ')}: ${stdout}${stderr}`);
      assert.match(stderr, why);
      assert.equal(stdout, '');
    }
  });

  it('the help has what there is, and not what there is not', async () => {
    const { stdout } = await run('test', '-h');
    for (const option of ['--schedules=N', '--watch', '--coverage[=FILE]', '--name=NAME', '--filter=PATTERN', '--shuffle', '--helper=PATH'])
      assert.ok(stdout.includes(option), option);
    for (const option of ['--lua=', '--ignore-lua', '--loaders', 'LuaCov', 'luacov', '--enable-sound', 'no-]coverage'])
      assert.ok(!stdout.includes(option), option);
  });
});

