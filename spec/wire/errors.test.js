// Errors of an app: in dev mode with the lines of its files, otherwise nothing that tells of its code.

import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { openPage } from './client.js';
import { ROOT, sharedHost, startHost } from './host.js';

const app = 'spec/wire/apps/errors.lua';
const WAYS = ['Job.fail', 'Job.work', 'Job.broken_module', 'Job.deep'];

const marked = ({ line, lines }) => lines.find(([number]) => number === line)[1];

async function next(page, handler, ...args) {
  const before = page.errors.length;
  await page.call(handler, ...args);
  await page.until(() => page.errors.length > before, 'an error');
  return page.errors.at(-1);
}

describe('errors in dev mode', { concurrency: 4 }, () => {
  const host = sharedHost({ app, args: ['--dev'] });
  const open = (t, path = '/') => openPage(t, host(), { path, dev: true });

  // holds: handler.error.details
  it('of a handler have the lines around the place', async t => {
    const { message, source } = await next(await open(t), 'Job.fail');
    assert.match(message, /errors\.lua:14: secret words: handler/);
    assert.equal(source.file, app);
    assert.equal(source.line, 14);
    assert.deepEqual(source.lines.map(([number]) => number), [11, 12, 13, 14, 15, 16, 17]);
    assert.equal(marked(source), '  error(reason)');
  });

  // holds: task.traceback.page
  it('of a task', async t => {
    const error = await next(await open(t), 'Job.work');
    assert.equal(error.task, 'Job.work');
    assert.match(error.traceback, /\ntask \d+ Job\.work of the tab \w{6}\.\.\.\n\twas started by event \d+ of the page$/);
    assert.equal(marked(error.source), '  self.n = 1 -- secret words: task');
  });

  it('of an on_load', async t => {
    const page = await open(t, '/load');
    await page.until(() => page.errors.length === 2, 'two errors');
    const { task, source } = page.errors[1];
    assert.equal(task, 'Job.on_load');
    assert.equal(marked(source), '  error "secret words: on_load"');
  });

  it('of a computed var that has no value from the beginning are told to each new tab', async t => {
    for (const page of [await open(t), await open(t)]) {
      await page.until(() => page.errors.length === 1, 'an error');
      const [{ event, task, message, source, ref }] = page.errors;
      assert.deepEqual([event, task], [null, 'Job.never']);
      assert.match(message, /attempt to index a nil value \(field 'not_there'\)/);
      assert.match(marked(source), /secret words: computed/);
      await host().printed(new RegExp(`Job\\.never has no value in a new tab \\(ref ${ref}\\)`));
    }
  });

  // The app in a folder of its own, and a page of it.
  async function openCopy(t, files) {
    const folder = mkdtempSync(`${tmpdir()}/tidelock-`);
    t.after(() => rmSync(folder, { recursive: true }));
    copyFileSync(ROOT + app, `${folder}/main.lua`);
    for (const [name, text] of Object.entries(files)) writeFileSync(`${folder}/${name}`, text);
    const own = await startHost(t, { app: `${folder}/main.lua`, args: ['--dev'] });
    return { folder, page: await openPage(t, own, { path: '/', dev: true }) };
  }

  it('of a module that does not load show the module', async t => {
    const text = '-- A module that cannot be loaded.\nlocal x = = 1 -- secret words: syntax\nreturn x\n';
    const { folder, page } = await openCopy(t, { 'errors_broken.lua': text });
    const { source } = await next(page, 'Job.broken_module');
    assert.equal(source.file, `${folder}/errors_broken.lua`);
    assert.deepEqual(source.lines.map(([number]) => number), [1, 2, 3]);
    assert.match(marked(source), /secret words: syntax/);
  });

  it('have long lines cut, and stay UTF-8', async t => {
    const { source } = await next(await open(t), 'Job.deep');
    const text = marked(source);
    assert.match(text, /secret words: a long line/);
    assert.ok(Buffer.byteLength(text) <= 240, `${text.length}`);
  });

  it('have no lines of a file that has changed since', async t => {
    const { folder, page } = await openCopy(t, {});
    assert.equal((await next(page, 'Job.fail')).source.line, 14);
    writeFileSync(`${folder}/main.lua`, '-- it was rewritten\n'.repeat(30));
    const { message, source } = await next(page, 'Job.fail');
    assert.match(message, /main\.lua:14/);
    assert.equal(source, undefined);
  });

  // holds: setter.error, message.error.dev
  it('of a setter say it to the person at the page', async t => {
    const { name, message, say } = await next(await open(t), 'Job.set_n', 'abc');
    assert.equal(name, 'VarTypeError');
    assert.match(message, /Job\.n: a whole number is expected/);
    assert.equal(say, 'This needs a whole number, and there is "abc".');
  });
});

describe('errors of a host in production', { concurrency: 4 }, () => {
  const host = sharedHost({ app });

  // holds: handler.error.details, message.error.production, message.error.ref, task.traceback.page
  it('tell nothing of the code: no message, path, line or name of what is inside', async t => {
    const pages = [await openPage(t, host(), { path: '/' }), await openPage(t, host(), { path: '/load' })];
    for (const handler of WAYS) await next(pages[0], handler);
    await pages[1].until(() => pages[1].errors.length === 2, 'two errors');
    const html = await Promise.all(['/', '/load', '/_tidelock/page?path=/'].map(async path => (await fetch(host().url + path)).text()));
    const said = pages.map(({ deltas, errors }) => JSON.stringify([deltas, errors])).concat(html).join('\n');
    assert.match(said, /"ref":"[0-9a-z]{4}"/);
    for (const secret of [/secret words/, /\.lua/, /spec\/wire/, /traceback/, /started by/, /"message"/, /"source"/, /"name":/, /attempt to/]) {
      assert.doesNotMatch(said, secret);
    }
    for (const page of pages) {
      for (const error of page.errors) {
        assert.deepEqual(Object.keys(error), ['event', 'task', 'ref']);
        await host().printed(new RegExp(`ref ${error.ref}`));
      }
    }
  });

  it('of a setter say what is wrong with the input, and no name', async t => {
    const error = await next(await openPage(t, host(), { path: '/' }), 'Job.set_n', '1.5');
    assert.deepEqual(Object.keys(error), ['event', 'task', 'say', 'ref']);
    assert.equal(error.say, 'This needs a whole number, and there is "1.5".');
    await host().printed(new RegExp(`ref ${error.ref}`));
  });

  it('of an event that is refused have a reference that is in the log', async t => {
    const { ref } = await next(await openPage(t, host(), { path: '/' }), 'Job.nobody');
    await host().printed(new RegExp(`an event was refused \\(ref ${ref}\\): no page offers`));
  });
});
