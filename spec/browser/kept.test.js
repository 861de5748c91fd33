// kept.test.js: vars that the browser keeps: two tabs of one browser, cookies, reloads, a storage that is refused.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startHost } from './support/host.js';
import { isLive, openApp, openContext, openPage, shows } from './support/page.js';

const APP = 'spec/browser/apps/kept.lua';
const DEFAULTS = 'light 10 0', WRITTEN = 'dark 12 1 Dear 2';
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const local = page => page.evaluate(() => ({ ...localStorage }));

describe('vars that the browser keeps', { concurrency: 2 }, () => {
  // holds: state.client.cookie, state.client.local, state.client.session
  it('are there for a tab that is opened later, in the same browser only', async t => {
    const { host, page } = await openApp(t, APP);
    await shows(page, '#all', new RegExp(`^${DEFAULTS}`));
    assert.deepEqual(await local(page), {});
    await click(page, 'Write');
    await shows(page, '#all', WRITTEN);
    assert.deepEqual(await local(page), { 'Prefs.theme': 'dark', 'Prefs.list': '[1,{"a":"ü"}]' });
    assert.equal(await page.evaluate(() => document.cookie.split('; ').sort().join('; ')), 'Prefs.brief=1; a%2Bsize=12');
    assert.equal(await page.evaluate(() => sessionStorage['Prefs.draft']), 'Dear');
    const cookies = Object.fromEntries((await page.context().cookies()).map(cookie => [cookie.name, cookie]));
    assert.equal(cookies['a%2Bsize'].sameSite, 'Lax');
    assert.ok(cookies['a%2Bsize'].expires > Date.now() / 1000 + 300 * 24 * 3600);
    assert.equal(cookies['Prefs.brief'].expires, -1);
    assert.equal(cookies['Prefs.brief'].sameSite, 'Strict');
    assert.ok(cookies.tidelock_session.httpOnly);
    const later = await openPage(page.context(), host.url);
    await shows(later, '#all', /^dark 12 1 +2$/);   // the session is the other tab's
    const other = await openPage(await openContext(t), host.url);
    await shows(other, '#all', new RegExp(`^${DEFAULTS}`));
  });

  it('outlive the host', async t => {
    const first = await startHost(t, APP);
    const context = await openContext(t, { excuse: /ERR_CONNECTION_REFUSED|WebSocket/ });
    const page = await openPage(context, first.url);
    await click(page, 'Write');
    await shows(page, '#all', WRITTEN);
    await page.evaluate(() => sessionStorage.setItem('tidelock.token', 'aaaaaaaaaaaaaaaaaaaaaaaaaa'));
    await page.evaluate(() => localStorage.setItem('Prefs.list', '{'));
    await page.reload();
    await isLive(page);
    await shows(page, '#all', /^dark 12 1 Dear/);
    assert.equal(await page.evaluate(() => localStorage.getItem('Prefs.list')), '{', 'what is broken counts as nothing');
  });

  // holds: state.client.untrusted
  it('do not keep a page out when somebody has put there what no host takes', async t => {
    const host = await startHost(t, APP);
    const context = await openContext(t, { excuse: /refused the hello|refused a message/ });
    const page = await context.newPage();
    await page.addInitScript(() => localStorage.setItem('Prefs.list', '['.repeat(5000) + ']'.repeat(5000)));
    await page.goto(host.url);
    await isLive(page);
    await shows(page, '#all', new RegExp(`^${DEFAULTS}`));
    await click(page, 'Share b');
    await shows(page, '#shared', 'b');
  });

  it('are texts of whole characters, whatever a script has put there', async t => {
    const host = await startHost(t, APP);
    const page = await (await openContext(t)).newPage();
    await page.addInitScript(() => localStorage.setItem('Prefs.theme', 'half \ud83d "quoted"'));
    await page.goto(host.url);
    await isLive(page);
    await shows(page, '#all', /^half \ufffd /);
  });

  // holds: state.client.sync
  it('with sync are the same in all tabs, which end with the last that was written', async t => {
    const { host, page } = await openApp(t, APP);
    const other = await openPage(page.context(), host.url);
    await click(page, 'Share b');
    await shows(page, '#shared', 'b');
    await shows(other, '#shared', 'b');
    await click(other, 'Share c');
    await shows(page, '#shared', 'c');
    await Promise.all([click(page, 'Share b'), click(other, 'Share c')]);
    const value = async p => p.textContent('#shared');
    for (const end = Date.now() + 5000; Date.now() < end && await value(page) !== await value(other);) await page.waitForTimeout(20);
    await page.waitForTimeout(200);
    assert.equal(await value(page), await value(other));
    assert.equal((await local(page))['Prefs.shared'], await value(page));
    await click(other, 'Clear');
    await shows(page, '#shared', 'a');
  });

  it('keep the host’s value over a reload', async t => {
    const { page } = await openApp(t, APP);
    await click(page, 'Write');
    await shows(page, '#all', WRITTEN);
    await page.evaluate(() => localStorage.setItem('Prefs.theme', 'blue'));
    await page.reload();
    await isLive(page);
    await shows(page, '#all', WRITTEN);
    await click(page, 'Clear');
    await page.waitForFunction(() => localStorage.length === 0 && !document.cookie.includes('size'));
    assert.match(await page.textContent('#all'), new RegExp(WRITTEN));
  });

  // holds: state.client.refused
  it('are not kept where the browser refuses, and the page works', async t => {
    const host = await startHost(t, APP);
    const context = await openContext(t);
    await context.addInitScript(() => {
      const refuse = () => { throw new DOMException('denied', 'SecurityError'); };
      for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get: refuse });
      Object.defineProperty(document, 'cookie', { get: refuse, set: refuse });
    });
    const page = await context.newPage();
    await page.goto(host.url);
    await shows(page, '#all', new RegExp(`^${DEFAULTS}`));
    await click(page, 'Write');
    await shows(page, '#all', WRITTEN);
    await click(page, 'Clear');
    await click(page, 'Share b');
    await shows(page, '#shared', 'b');
  });
});
