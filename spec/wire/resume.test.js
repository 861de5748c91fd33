// The connection goes and comes back: nothing is lost, nothing happens twice, and only the
// difference is sent. Moves, and when on_load runs.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openPage, Page, sleep, watch } from './client.js';
import { sharedHost, startHost } from './host.js';

const QUIET = { path: '/quiet' };

describe('a reconnect', { concurrency: 4 }, () => {
  const host = sharedHost();

  // holds: message.resume, resume.difference
  it('resumes with the difference alone', async t => {
    const page = await openPage(t, host(), QUIET);
    await page.call('Job.set', 'text', 'x'.repeat(10000));
    page.event('Job.count', 3, 0.03);
    await page.ended(2);
    page.drop();
    await sleep(250);
    const { version } = page;
    await page.connect();
    const { resume } = page.socket.messages[0];
    assert.equal(resume.from, version);
    assert.deepEqual(resume.patch, { Job: { n: 3, double: 6 } });
    assert.equal(resume.last_event, 2);
    await page.agrees();
  });

  it('without a change has no patch', async t => {
    const page = await openPage(t, host(), QUIET);
    await page.call('Job.add');
    await page.reconnect();
    assert.deepEqual(page.socket.messages[0], { resume: { token: page.token, from: 1, version: 1, last_event: 1 } });
  });

  // holds: resume.versions
  it('finds the last 16 versions that were sent, and not the one before', async t => {
    const page = await openPage(t, host(), QUIET);
    const states = [page.state];
    for (let i = 1; i <= 16; i++) states.push(await page.call('Job.add'));
    for (const version of [1, 16, 8]) {
      Object.assign(page, { version, state: states[version] });
      await page.reconnect();
      assert.equal(page.firsts.at(-1), 'resume', `version ${version}`);
      assert.deepEqual(page.state, states[16]);
    }
    page.version = 0;
    await page.reconnect();
    assert.equal(page.firsts.at(-1), 'init');
    assert.deepEqual(page.state, states[16]);
  });

  it('that never gets through does not use up the versions', async t => {
    const page = await openPage(t, host(), QUIET);
    await page.call('Job.add');
    const { version, state } = page;
    await page.call('Job.add');
    for (let i = 0; i < 20; i++) {
      Object.assign(page, { version, state }); // the answer was lost
      await page.reconnect();
    }
    assert.equal(page.firsts.at(-1), 'resume');
    assert.equal(page.state.Job.n, 2);
  });

  it('with a version that never was gets init', async t => {
    const page = await openPage(t, host(), QUIET);
    page.version = 77;
    await page.reconnect();
    assert.equal(page.firsts.at(-1), 'init');
  });

  // holds: token.unknown
  it('with an unknown token gets a tab of its own', async t => {
    const page = await openPage(t, host(), QUIET);
    await page.call('Job.add');
    const other = watch(t, new Page(host(), { ...QUIET, token: 'a'.repeat(26), version: 1 }));
    await other.connect();
    assert.equal(other.firsts[0], 'init');
    assert.notEqual(other.token, page.token);
    assert.equal(other.state.Job.n, 0);
  });

  // holds: resume.effects
  it('sends kept effects and ends right after resume', async t => {
    const page = await openPage(t, host(), QUIET);
    page.event('Job.slow_add', 1, 0.1);
    page.event('Job.toasts', 70);
    await sleep(40);
    page.drop();
    await sleep(400);
    await page.connect();
    assert.equal(page.lastEvent, 2);
    assert.equal(page.queue.length, 0, 'both have ended');
    await page.until(() => page.effects.length === 64);
    assert.deepEqual(page.effects[0], ['toast', 'toast 7', {}]);
  });

  // holds: client.once, resume.last_event, resume.ignores
  it('runs what was sent again once: ended, running, waiting, never arrived', async t => {
    const page = await openPage(t, host(), QUIET);
    page.event('Job.add', 1);
    page.event('Job.slow_add', 10, 0.4);
    page.event('Job.add', 100);
    await page.ended(1);
    page.drop();
    page.event('Job.add', 1000);
    await page.connect();
    assert.equal(page.lastEvent, 1);
    assert.deepEqual(page.queue.map(({ id }) => id), [2, 3, 4]);
    await page.ended(4);
    assert.equal(page.state.Job.n, 1111);
    assert.deepEqual(page.deltas.flatMap(({ done }) => done ?? []), [1, 2, 3, 4]);
    await page.agrees();
  });

  // holds: resume.last_event
  it('answers again what ended out of order', async t => {
    const page = await openPage(t, host(), QUIET);
    page.event('Job.slow_add', 1, 0.5);
    page.event('Job.broken_task');
    await page.ended(2);
    page.finished.delete(2);
    page.queue.push({ id: 2, message: { event: { id: 2, handler: 'Job.broken_task', args: [] } } }); // its answer was lost
    await page.reconnect();
    assert.equal(page.lastEvent, 0);
    await page.ended(2);
    await page.ended(1);
    assert.equal(page.errors.length, 1, 'it ran once');
  });

  // holds: client.ids, client.once, resume.last_event
  it('runs an id that was passed over once when it comes, and none that comes again', async t => {
    const page = await openPage(t, host(), QUIET);
    const add = (id, k) => ({ event: { id, handler: 'Job.add', args: [k] } });
    const say = async (id, k) => {
      page.lastId = Math.max(page.lastId, id);
      page.finished.delete(id);
      page.queue = [...page.queue.filter(entry => entry.id !== id), { id, message: add(id, k) }].sort((a, b) => a.id - b.id);
      page.carry(page.queue.find(entry => entry.id === id));
      await page.ended(id);
    };
    await say(1, 1);
    await say(4, 1000);
    assert.equal(page.state.Job.n, 1001);
    await page.reconnect();
    assert.equal(page.lastEvent, 1, '2 and 3 have not ended');
    await say(3, 100);
    await say(4, 1000);
    await say(2, 10);
    await say(2, 10);
    assert.equal(page.state.Job.n, 1111);
    await page.reconnect();
    assert.equal(page.lastEvent, 4);
    await page.agrees();
  });

  it('is answered when the events come before its hello is', async t => {
    const page = await openPage(t, host(), QUIET);
    page.event('Job.add', 1);
    await page.ended(1);
    page.drop();
    const socket = page.open();
    socket.opened.then(() => {
      page.lastId = 2;
      page.queue.push({ id: 2, message: { event: { id: 2, handler: 'Job.add', args: [1] } } });
    });
    await page.until(() => page.live);
    await page.ended(2);
    assert.equal(page.state.Job.n, 2);
  });

  it('in a storm of reconnects loses and doubles nothing', async t => {
    const page = await openPage(t, host(), QUIET);
    for (let i = 0; i < 30; i++) {
      page.event('Job.add', 1);
      if (i % 3) await sleep(i % 5);
      await page.reconnect();
    }
    await page.ended(30);
    assert.equal(page.state.Job.n, 30);
    await page.agrees();
  });
});

describe('moving between pages', { concurrency: 4 }, () => {
  const host = sharedHost();

  // holds: resume.on_load
  it('runs on_load after init of a new page load, on a move, and not on resume', async t => {
    const page = await openPage(t, host(), { path: '/' });
    assert.deepEqual(page.socket.messages[0].init.state.Job.loads, [], 'init comes first');
    await page.until(() => page.state.Job.loads.length === 1);
    await page.ended(page.nav('/post/5?x=1'));
    await page.until(() => page.state.Job.loads.length === 2);
    await page.reconnect();
    await page.call('Job.nop');
    assert.deepEqual(page.state.Job.loads, ['/', '/post/5']);
    const next = await page.reload();
    await next.until(() => next.state.Job.loads.length === 3);
  });

  // A move whose answer was lost: the page asks again.
  const unheard = (page, id, before) =>
    page.queue.push({ id, before, message: { nav: { id, path: page.path } } });

  // holds: router.event
  it('tells an event the page on which it was fired, also when it and the move had to wait', async t => {
    const page = await openPage(t, host(), { path: '/post/1' });
    page.drop();
    page.event('Job.here');
    page.nav('/post/2');
    page.event('Job.here');
    page.nav('/post/3');
    await page.connect();
    await page.call('Job.here');
    assert.deepEqual(page.state.Job.list, ['/post/1', '/post/2', '/post/3']);
  });

  // holds: router.event
  it('knows which of the moves that a page has yet to hear of it has made', async t => {
    const page = await openPage(t, host(), { path: '/post/1' });
    page.event('Job.slow_add', 1, 0.3);
    page.event('Job.here'); // in line
    const move = page.nav('/post/2');
    await page.ended(move);
    unheard(page, move, '/post/1');
    page.drop();
    page.event('Job.here');
    page.nav('/post/3');
    await page.connect();
    await page.call('Job.here');
    assert.deepEqual(page.state.Job.list, ['/post/1', '/post/2', '/post/3']);
  });

  // holds: router.event
  it('knows it also when another page had the tab meanwhile, or has it, so that the first gets a copy', async t => {
    const page = await openPage(t, host(), { path: '/post/1' });
    const move = page.nav('/post/2');
    await page.ended(move);
    await page.leave();
    const next = page.child();
    next.path = '/post/9';
    await watch(t, next).connect();
    await next.leave();
    unheard(page, move, '/post/1');
    await page.connect();
    await page.call('Job.here');
    assert.deepEqual(page.state.Job.list, ['/post/2']);
    await page.leave();
    await next.connect();
    await next.call('Job.here');
    page.finished.clear();
    unheard(page, move, '/post/1');
    await page.connect();
    assert.notEqual(page.token, next.token);
    await page.call('Job.here');
    assert.deepEqual(page.state.Job.list, ['/post/2', '/post/9', '/post/2']);
  });

  // holds: router.event
  it('takes where the page is when no move waits; a new tab begins where it was before the first that does', async t => {
    const page = await openPage(t, host(), { path: '/post/1' });
    page.path = '/post/3';
    await page.reconnect();
    await page.call('Job.here');
    assert.deepEqual(page.state.Job.list, ['/post/3']);
    const fresh = watch(t, new Page(host(), { path: '/post/4' }));
    fresh.event('Job.here');
    fresh.nav('/post/5');
    await fresh.connect();
    await fresh.call('Job.here');
    assert.deepEqual(fresh.state.Job.list, ['/post/4', '/post/5']);
    assert.deepEqual(fresh.state.Job.loads, ['/post/4', '/post/5']);
  });

  // holds: resume.on_load
  it('runs on_load no second time when the same page load gets init', async t => {
    const page = await openPage(t, host(), { path: '/' });
    await page.until(() => page.state.Job.loads.length === 1);
    await page.agrees();
    await page.call('Job.nop');
    assert.equal(page.state.Job.loads.length, 1);
  });

  // holds: router.path, router.params, router.query, route.parameter, route.state, client.nav
  it('keeps the state and tells the handlers where the page is', async t => {
    const page = await openPage(t, host(), QUIET);
    await page.call('Job.add', 7);
    page.nav('/post/a%20b?x=1%262');
    await page.call('Job.where_am_i');
    assert.equal(page.state.Job.n, 7);
    assert.equal(page.state.Job.text, '/post/a%20b a b 1&2');
  });

  it('knows where it is after a reconnect', async t => {
    const page = await openPage(t, host(), QUIET);
    page.drop();
    page.path = '/post/9';
    await page.connect();
    await page.call('Job.where_am_i');
    assert.equal(page.state.Job.text, '/post/9 9 -');
  });

  it('refuses a path that is none, with an error and done', async t => {
    const page = await openPage(t, host(), QUIET);
    for (const path of ['', 'elsewhere', 'http://x/', null, 5, `/${'x'.repeat(5000)}`]) {
      await page.ended(page.submit('nav', { path }));
    }
    assert.equal(page.errors.length, 6);
    await page.call('Job.where_am_i');
    assert.equal(page.state.Job.text, '/quiet - -');
  });

  it('runs a move that was sent twice once', async t => {
    const page = await openPage(t, host(), QUIET);
    page.nav('/post/1');
    await page.reconnect();
    await page.ended(1);
    await page.until(() => page.state.Job.loads.length > 0);
    await page.call('Job.nop');
    assert.equal(page.state.Job.loads.length, 1);
  });
});

describe('a tab without a page', { concurrency: 4 }, () => {
  // holds: disconnect.default, tab.ttl
  it('is kept for tab_ttl, and then goes with its tasks', async t => {
    const host = await startHost(t, { config: { tab_ttl: 0.5 } });
    const page = await openPage(t, host, QUIET);
    await page.call('Job.linger');
    await page.reconnect();
    assert.equal(page.firsts.at(-1), 'resume');
    const { token } = page;
    page.drop();
    await host.printed(/linger: cleaned up/);
    await page.connect();
    assert.equal(page.firsts.at(-1), 'init');
    assert.notEqual(page.token, token);
    assert.equal(page.state.Job.running, 0);
    await page.call('Job.count_tasks');
    assert.equal(page.state.Job.running, 0, 'no task is left');
  });

  it('is not gone while a page is there, nor does an earlier absence count', async t => {
    const host = await startHost(t, { config: { tab_ttl: 0.4 } });
    const page = await openPage(t, host, QUIET);
    await page.call('Job.add');
    for (let i = 0; i < 3; i++) {
      page.drop();
      await sleep(200);
      await page.connect();
      assert.equal(page.firsts.at(-1), 'resume');
    }
    await sleep(600);
    await page.call('Job.add');
    await page.reconnect();
    assert.equal(page.firsts.at(-1), 'resume');
    assert.equal(page.state.Job.n, 2);
  });

  it('goes while a handler of it waits', async t => {
    const host = await startHost(t, { config: { tab_ttl: 0.1 } });
    const page = await openPage(t, host, QUIET);
    page.event('Job.wait');
    page.event('Job.add');
    await sleep(50);
    page.drop();
    await sleep(400);
    const other = await openPage(t, host, QUIET);
    await other.call('Job.count_tasks');
    assert.equal(other.state.Job.running, 0);
  });
});
