// What the host says: init, changes, ends of events, effects, errors.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openPage, sleep, LONGEST_ID } from './client.js';
import { sharedHost } from './host.js';

const toast = text => ['toast', text, {}];

describe('init', { concurrency: 4 }, () => {
  const host = sharedHost();

  // holds: message.init, message.state, patch.nil
  it('holds the public vars and the computed ones, a nil var as null', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    assert.deepEqual(page.state, { Job: {
      n: 0, double: 0, text: '', list: [], map: {}, nothing: null, loads: [], running: 0, cleaned: '',
    } });
    assert.equal(page.version, 0);
    assert.equal(page.lastEvent, 0);
  });

  // holds: message.init
  it('names the declared route, and gives each page a tab of its own', async t => {
    const one = await openPage(t, host(), { path: '/post/7?x=1' }), two = await openPage(t, host(), { path: '/nowhere' });
    assert.notEqual(one.token, two.token);
    assert.equal(one.socket.messages[0].init.route, '/post/[id]');
    assert.equal(two.socket.messages[0].init.route, '404');
  });
});

describe('events', { concurrency: 4 }, () => {
  const host = sharedHost();

  // holds: message.empty, message.done
  it('are told done with their last commit, in one message', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.add', 5);
    assert.deepEqual(page.deltas, [{ version: 1, patch: { Job: { n: 5, double: 10 } }, done: [1] }]);
  });

  // holds: message.version, message.no_patch
  it('that change nothing send no patch and count no version', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.nop');
    await page.call('Job.set', 'n', 0);
    await page.call('Job.secret');
    assert.deepEqual(page.deltas, [1, 2, 3].map(id => ({ from: 0, version: 0, done: [id] })));
  });

  // holds: patch.same.number
  it('that set a float to where the integer is send nothing', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    page.submitMessage('{"event":{"id":1,"handler":"Job.set","args":["n",0.0]}}');
    await page.ended(1);
    assert.deepEqual(page.deltas, [{ from: 0, version: 0, done: [1] }]);
  });

  // The common form is read without a tree; whatever differs from it in a byte goes the long way.
  it('mean the same in every form that JSON allows', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    const forms = [
      '{"event":{"id":1,"handler":"Job.add","args":[5]}}',
      ' { "event" : { "id" : 2 , "handler" : "Job.add" , "args" : [ 5 ] } } ',
      '{"event":{"args":[5],"handler":"Job.add","id":3}}',
      '{"event":{"id":4,"handler":"Job.\\u0061dd","args":[5]}}',
      '{"event":{"id":5,"handler":"Job.add","args":[5],"more":[]}}',
      '{"event":{"id":6,"handler":"Job.add","args":[]}}',
      '{"event":{"id":7,"handler":"Job.add","args":[5] }}',
    ];
    for (const [i, form] of forms.entries()) {
      page.submitMessage(form);
      await page.ended(i + 1);
    }
    assert.equal(page.state.Job.n, 31);
  });

  for (const text of ['{"event":{"id":1,"handler":"Job.add","args":[5]}', '{"event":{"id":01,"handler":"Job.add","args":[5]}}',
    '{"event":{"id":1,"handler":"Job.add","args":[5]}}}', '{"event":{"id":1,"handler":"Job.add","args":[5}}',
    '{"event":{"id":0,"handler":"Job.add","args":[5]}}']) {
    it(`close the connection when they only look like the common form: ${text}`, async t => {
      const page = await openPage(t, host(), { path: '/quiet' });
      page.submitMessage(text);
      assert.equal((await page.socket.closed).code, 4400);
    });
  }

  it('may bring a number beyond 64 bits, which a browser writes as digits', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.set', 'n', 123456789012345680000);
    assert.equal(page.state.Job.n, 123456789012345680000);
  });

  // holds: handler.order
  it('run one at a time, in the order in which they came', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    const ids = [page.event('Job.slow_add', 1, 0.05), page.event('Job.append', 'a'), page.event('Job.append', 'b')];
    await page.ended(ids[2]);
    assert.deepEqual(page.deltas.flatMap(({ done }) => done ?? []), ids);
    assert.equal(page.state.Job.text, 'ab');
  });

  // holds: handler.tabs
  it('of two tabs do not wait for each other', async t => {
    const slow = await openPage(t, host(), { path: '/quiet' }), quick = await openPage(t, host(), { path: '/quiet' });
    const id = slow.event('Job.slow_add', 1, 0.3);
    await quick.call('Job.add');
    assert.equal(slow.finished.has(id), false);
    await slow.ended(id);
    assert.deepEqual([slow.state.Job.n, quick.state.Job.n], [1, 1]);
  });

  // holds: value.integer.browser, client.arguments.empty, client.arguments.null, patch.digits
  it("get their page's arguments as plain values, with all digits", async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    const value = { a: [1, 2.5, -0.125, LONGEST_ID, 'ü\n"\\\u2028'], b: { $: ['set', 1], $$x: null }, c: [], d: {}, e: [[null, true]] };
    await page.call('Job.put', 'k', value);
    assert.deepEqual(page.state.Job.map.k, value);
    await page.call('Job.put', 'k', null);
    assert.deepEqual(page.state.Job.map, {});
    await page.agrees();
  });

  // holds: handler.gives.effect, message.version
  it('carry what commits on the way in one message when nothing waits between', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.steps', 3);
    assert.deepEqual(page.deltas, [{
      from: 0, version: 4, patch: { Job: { n: 13, double: 26 } }, done: [1], effects: [toast('stepped')],
    }]);
  });

  it('send each commit at once when they wait between', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.slow_steps', 3, 0.02);
    assert.deepEqual(page.deltas.map(({ patch }) => patch?.Job.n), [1, 2, 3, undefined]);
  });

  // holds: message.no_patch
  it('whose commits cancel out count versions without a patch', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.there_and_back');
    assert.deepEqual(page.deltas, [{ from: 0, version: 2, done: [1] }]);
  });

  // holds: patch.nil
  it('patch lists, maps, strings and nil as the protocol says', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.shapes');
    assert.deepEqual([page.state.Job.list, page.state.Job.map, page.state.Job.nothing, page.state.Job.text], [[], {}, null, 'äö']);
    await page.agrees();
  });

  // holds: patch.size.append
  it('cost what they change, not what the state weighs', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    const rows = Array.from({ length: 5000 }, (_, i) => ({ id: i, name: `row ${i}` }));
    await page.call('Job.set', 'list', rows);
    const before = page.socket.size;
    await page.call('Job.push', { id: 5000, name: 'new' });
    await page.call('Job.append', 'x');
    assert.ok(page.socket.size - before < 250, `${page.socket.size - before} bytes`);
  });

  // holds: patch.size.append
  it('that append to a text of a megabyte cost what they append', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.long', 100_000);
    assert.equal(page.state.Job.text.length, 1_000_000);
    for (const [handler, piece] of [['Job.grow', 'a piece'], ['Job.grow', 'größe 🙂'], ['Job.append', 'the whole is assigned']]) {
      const before = page.socket.size;
      await page.call(handler, piece);
      assert.ok(page.socket.size - before < 200, `${handler}: ${page.socket.size - before} bytes`);
      assert.ok(page.state.Job.text.endsWith(piece));
    }
    page.drop();
    const { state } = page;
    await page.reconnect();
    assert.equal(page.firsts.at(-1), 'resume');
    assert.ok(page.socket.size < 1000);
    assert.deepEqual(page.state, state);
  });

  // holds: message.done.task
  it('that start a background task are done when it has started', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.count', 3, 0.1);
    assert.ok(page.state.Job.n < 3);
    await page.until(() => page.state.Job.n === 3, 'the task counts on');
  });
});

describe('effects', { concurrency: 4 }, () => {
  const host = sharedHost();

  // holds: handler.gives.effect, message.empty, message.effects.commit
  it('ride with the commit that they belong to', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.toast', 'Saved');
    assert.deepEqual(page.deltas, [{ from: 0, version: 0, done: [1], effects: [toast('Saved')] }]);
  });

  it('all reach a page that reads, however many a handler gives', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.toasts', 150);
    assert.deepEqual(page.effects, Array.from({ length: 150 }, (_, i) => toast(`toast ${i + 1}`)));
  });

  // holds: effect.kept
  it('are kept while nobody is there, the last 64, and come right after resume', async t => {
    const page = await openPage(t, host(), { path: '/quiet' });
    await page.call('Job.toast_often', 200, 0.2);
    page.drop();
    await sleep(600);
    await page.connect();
    await page.until(() => page.effects.at(-1)?.[1] === 'often 200', 'the last effect');
    assert.equal(page.firsts.at(-1), 'resume');
    assert.deepEqual(page.effects, Array.from({ length: 64 }, (_, i) => toast(`often ${137 + i}`)));
  });
});

for (const dev of [false, true]) {
  describe(`errors ${dev ? 'in dev mode' : 'of a host in production'}`, { concurrency: 4 }, () => {
    const host = sharedHost({ args: dev ? ['--dev'] : [] });

    const refused = async (t, message, expected) => {
      const page = await openPage(t, host(), { path: '/quiet', dev });
      page.submit('event', message);
      await page.ended(1);
      assert.equal(page.deltas.length, 1);
      assert.equal(page.version, 0, 'nothing changed');
      assert.equal(page.errors[0].event, 1);
      assert.equal(page.errors[0].task, null);
      if (dev) assert.match(page.errors[0].message, expected);
      await page.call('Job.add', 1);
      assert.equal(page.state.Job.n, 1, 'the page goes on');
    };

    // holds: handler.error.page, message.error.event, message.error.dev
    it('of a handler roll back to the last commit', async t => {
      const page = await openPage(t, host(), { path: '/quiet', dev });
      await page.call('Job.fail', 5);
      assert.equal(page.version, 0);
      await page.call('Job.fail_later', 5);
      assert.equal(page.state.Job.n, 5);
      assert.deepEqual(page.errors.map(({ event, task }) => [event, task]), [[1, null], [2, null]]);
      await page.agrees();
      await host().printed(new RegExp(page.errors[0].ref));
      if (dev) {
        assert.match(page.errors[0].message, /broken on purpose/);
        assert.match(page.errors[0].traceback, /wire\.lua:\d+/);
      }
    });

    // holds: message.error.task
    it('of what a handler started name the task', async t => {
      const page = await openPage(t, host(), { path: '/quiet', dev });
      await page.call('Job.chain');
      await page.call('Job.broken_task');
      await page.until(() => page.errors.length === 2, 'two errors');
      assert.deepEqual(page.errors.map(({ event, task }) => [event, task]), [[null, 'Job.fail'], [null, 'Job.broken_task']]);
    });

    it('of a handler that catches its TimeoutError for ever hold up nobody', async t => {
      const page = await openPage(t, host(), { path: '/quiet', dev });
      await page.call('Job.overdue');
      await page.call('Job.add', 1);
      assert.equal(page.state.Job.n, 1);
      await host().printed(/Job\.overdue .* it is killed/);
    });

    // holds: client.offer
    it('answer an unknown handler', t => refused(t, { handler: 'Job.unknown', args: [] }, /no page offers/));
    it('answer an unknown state', t => refused(t, { handler: 'Nobody.add', args: [] }, /no page offers/));
    // holds: client.offer
    it('answer a handler that is not offered', t => refused(t, { handler: 'Job.unoffered', args: [] }, /no page offers/));
    // holds: client.offer.on_load
    it('answer on_load, which is no offer', t => refused(t, { handler: 'Job.loaded', args: [] }, /no page offers/));
    // holds: handler.method.client
    it('answer a method', t => refused(t, { handler: 'Job._method', args: [] }, /no page offers/));
    it('answer a name with a NUL', t => refused(t, { handler: 'Job.add\0x', args: [] }, /no page offers/));
    it('answer a name without end', t => refused(t, { handler: 'ü'.repeat(5000), args: [] }, /no page offers/));
    it('answer a name that is shown cut within a letter', t => refused(t, { handler: 'x' + 'ü'.repeat(5000), args: [] }, /no page offers/));
    // holds: client.bad.handler
    it('answer no handler', t => refused(t, { args: [] }, /names no handler/));
    // holds: client.bad.handler
    it('answer a handler that is no string', t => refused(t, { handler: 5, args: [] }, /names no handler/));
    // holds: client.bad.arguments
    it('answer arguments that are no list', t => refused(t, { handler: 'Job.add', args: {} }, /must be a list/));
    it('answer missing arguments', t => refused(t, { handler: 'Job.add' }, /must be a list/));
    it('answer arguments that the handler cannot use', t => refused(t, { handler: 'Job.add', args: ['x', 'y'] }, /attempt to add/));
    it('answer a var that is not declared', t => refused(t, { handler: 'Job.set', args: ['no_such', 1] }, /no_such/));
  });
}
