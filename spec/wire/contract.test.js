// Promises of spec/contract.txt about the wire and the host that are nobody else's subject.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { describe, it } from 'node:test';
import { openPage, watch } from './client.js';
import { sharedHost, startHost } from './host.js';

const app = 'spec/wire/apps/contract.lua';
const toast = text => ['toast', text, {}];

describe('the router', { concurrency: 4 }, () => {
  const host = sharedHost({ app });

  // holds: router.headers, router.client_ip, router.token
  it('tells the headers, the address, the token', async t => {
    const page = await openPage(t, host(), { headers: { 'X-Own': 'of the page' } });
    const { Job } = await page.call('Job.where_from');
    assert.deepEqual(Job.map, { agent: 'of the page', ip: '127.0.0.1', token: page.token });
  });

  // holds: route.rest
  it('gives the rest of a path, also none', async t => {
    const page = await openPage(t, host(), { path: '/docs/a/b%20c' });
    assert.equal((await page.call('Job.rest')).Job.text, '2: a b c');
    page.nav('/docs');
    assert.equal((await page.call('Job.rest')).Job.text, '0: ');
  });
});

describe('a handler', { concurrency: 4 }, () => {
  const host = sharedHost({ app });
  const open = t => openPage(t, host(), { path: '/' });

  // holds: handler.expose
  it('is reached by what tl.expose names, although no page offers it', async t => {
    const page = await open(t);
    assert.deepEqual((await page.call('Job.put', { a: 1 })).Job.map, { a: 1 });
    assert.deepEqual(page.errors, []);
  });

  // holds: handler.error.log
  it('whose error is logged with a traceback', async t => {
    await (await open(t)).call('Job.fail');
    await host().printed(/broken on purpose\nstack traceback:\n(?:.*\n)*?.*contract\.lua:\d+: in/);
  });

  // holds: host.global.write
  it('is reported when it assigns a global', async t => {
    await (await open(t)).call('Job.assign_global');
    await host().printed(/contract\.lua:\d+.*misspelt/);
  });

  // holds: client.arguments.plain
  it('has arguments that come as plain tables, and what is empty keeps its kind', async t => {
    const page = await open(t);
    await page.call('Job.look', [1, 2], { a: 'x' }, {});
    assert.equal(page.state.Job.text, 'table table 2 x');
    assert.deepEqual(page.state.Job.any, [['mine', 2], { a: 'mine' }, {}]);
    await page.call('Job.look', [1], { a: 'y' }, []);
    assert.deepEqual(page.state.Job.any, [['mine'], { a: 'mine' }, []]);
  });

  // holds: message.effects.commit
  it('may give effects, of which each comes with its own commit', async t => {
    const page = await open(t);
    await page.call('Job.twice');
    assert.deepEqual(page.deltas.map(({ patch, effects }) => [patch.Job.n, effects]), [[1, [toast('first')]], [2, [toast('second')]]]);
  });

  // holds: message.done.chain
  it('is not waited for by the event that chained it', async t => {
    const page = await open(t);
    await page.call('Job.chain');
    assert.equal(page.state.Job.text, '');
    await page.until(() => page.state.Job.text === 'slow');
  });
});

describe('what is sent', { concurrency: 4 }, () => {
  const host = sharedHost({ app });
  const open = t => openPage(t, host(), { path: '/' });

  // holds: host.order
  it('has maps in the byte order of their keys', async t => {
    const page = await open(t);
    await page.call('Job.put', { é: 1, b: 2, Z: 3, a: 4, '': 5 });
    const order = ['', 'Z', 'a', 'b', 'é'];
    assert.deepEqual(Object.keys(page.deltas[0].patch.Job.map), order);
    page.version = null;
    await page.reconnect();
    assert.deepEqual(Object.keys(page.socket.messages[0].init.state.Job.map), order);
  });

  // holds: patch.size.row
  it('costs under 100 bytes for one field of one of 10,000 rows', async t => {
    const page = await open(t);
    await page.call('Job.fill', 10_000);
    await page.call('Job.tick', 9_999);
    const { patch } = page.deltas.at(-1);
    assert.deepEqual(patch, { Job: { rows: { $: ['list', [['~', 9998, { done: true }]]] } } });
    assert.ok(JSON.stringify(patch).length < 100);
  });
});

describe('a token', { concurrency: 4 }, () => {
  const host = sharedHost({ app });

  // holds: token.random
  it('is 26 letters of base32, and another one each time', async t => {
    const tokens = [];
    for (let i = 0; i < 50; i++) tokens.push((await openPage(t, host(), { path: '/' })).token);
    assert.ok(tokens.every(token => /^[a-z2-7]{26}$/.test(token)));
    assert.equal(new Set(tokens).size, 50);
  });

  // holds: takeover.tasks
  it('of a duplicated tab leaves the tasks with the original', async t => {
    const page = await openPage(t, host(), { path: '/' });
    await page.call('Job.count');
    await page.until(() => page.state.Job.n > 2);
    const copy = await watch(t, page.child()).connect();
    const copied = copy.state.Job.n;
    assert.equal((await copy.call('Job.tasks_here')).Job.text, '0');
    assert.equal((await page.call('Job.tasks_here')).Job.text, '1');
    await page.until(() => page.state.Job.n > copied + 5);
    assert.equal(copy.state.Job.n, copied);
  });
});

describe('the modules of an app', () => {
  // holds: host.path
  it('are found in its folder before anywhere else', async t => {
    const folder = mkdtempSync(`${tmpdir()}/tidelock-`), name = 'spec.lua.support.library'; // which the current folder has, too
    t.after(() => rmSync(folder, { recursive: true }));
    mkdirSync(`${folder}/spec/lua/support`, { recursive: true });
    writeFileSync(`${folder}/${name.replaceAll('.', '/')}.lua`, 'return "of the app"\n');
    writeFileSync(`${folder}/main.lua`, `print("it is " .. require "${name}")
      print("path: " .. package.path)
      local tl = require "tidelock"
      tl.page("/", {}, function() return tl.ui.p "x" end)\n`);
    const host = await startHost(t, { app: `${folder}/main.lua` });
    assert.match(host.output, /it is of the app/);
    assert.ok(host.output.includes(`path: ${folder}/?.lua;${folder}/?/init.lua;/`), host.output);
  });
});
