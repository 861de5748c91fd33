// Moves between pages without a reload.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { page, textIs, until, withPage } from './support/harness.js';
import { el, on } from './support/trees.js';

const site = {
  pages: {
    '/': { route: '/', title: 'Home', tree: el('main', {},
      el('a', { href: '/two?x=1', style: { display: 'block', 'margin-top': '3000px' } }, 'two')) },
    '/two': { route: '/two', title: 'Two', tree: el('main', {}, el('h1', {}, 'Second'), el('a', { href: '/' }, 'home')) },
  },
  state: {},
};

test('links move between pages without a reload; back restores the place', () => withPage(site, async (host, p) => {
  await p.evaluate(() => { window.same = true; });
  await p.click('a');
  await textIs(p, 'h1', 'Second');
  assert.equal(await p.title(), 'Two');
  assert.equal(await p.evaluate(() => location.pathname + location.search), '/two?x=1');
  assert.equal(await p.evaluate(() => scrollY), 0);
  await p.goBack();
  await textIs(p, 'a', 'two');
  await p.waitForFunction(() => scrollY > 1000);
  await p.goForward();
  await textIs(p, 'h1', 'Second');
  assert.equal(await p.evaluate(() => window.same), true);
  assert.deepEqual(host.messages('nav'),
    [{ id: 1, path: '/two?x=1' }, { id: 2, path: '/' }, { id: 3, path: '/two?x=1' }]);
}));

// holds: router.event
test('what was done before a move goes out before it, and a hello tells where the page was then', () => withPage({
  ...site, pages: { ...site.pages, '/': { ...site.pages['/'], tree: el('main', {},
    el('button', { on: on('click', 'Job.late', [], { debounce: 60 }) }, 'late'), el('a', { href: '/two' }, 'two')) } },
}, async (host, p) => {
  host.answering = false;
  await p.click('button');
  await p.click('a');
  await until(() => host.messages('nav').length === 1);
  assert.deepEqual(host.messages('event').map(({ id, handler }) => [id, handler]), [[1, 'Job.late']]);
  assert.deepEqual(host.messages('nav'), [{ id: 2, path: '/two' }]);
  host.answering = true;
  host.ws.terminate();
  await until(() => host.messages('nav').length === 2);
  host.ws.terminate();
  await until(() => host.messages('hello').length === 3);
  assert.deepEqual(host.messages('hello').map(({ path, before }) => [path, before]),
    [['/', undefined], ['/two', '/'], ['/two', undefined]]);
}));

// holds: effect.redirect.external
test('a redirect effect moves as a link does', () => withPage(site, async (host, p) => {
  host.push(null, { effects: [['redirect', '/two', { replace: true }]] });
  await textIs(p, 'h1', 'Second');
  assert.deepEqual(host.messages('nav'), [{ id: 1, path: '/two' }]);
  host.push(null, { effects: [['redirect', '//elsewhere.invalid/x', {}], ['redirect', 'javascript:1', { external: true }]] });
  await until(() => p.console.filter(text => text.includes('no redirect to')).length === 2);
  assert.equal(await p.evaluate(() => location.pathname), '/two');
}));

test('what is no page of the app is left to the browser', () => withPage({
  ...site, pages: { ...site.pages, '/': { ...site.pages['/'], tree: el('main', {}, el('a', { href: '/file.txt' }, 'file')) } },
}, async (host, p) => {
  await p.click('a');
  await textIs(p, 'p', 'nothing here');
  assert.deepEqual(host.messages('nav'), []);
}));

test('a link with an own target, or one that a trigger took, is not followed', () => withPage({
  ...site, pages: { ...site.pages, '/': { ...site.pages['/'], tree: el('main', {},
    el('a', { href: '/two', on: on('click', 'Job.x', [], { prevent_default: true }) }, 'two')) } },
}, async (host, p) => {
  await p.click('a');
  await until(() => host.messages('event').length === 1);
  assert.equal(await p.evaluate(() => location.pathname), '/');
  assert.deepEqual(host.messages('nav'), []);
}));
