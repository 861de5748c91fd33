// Pages: what a browser without the client shows, titles, parameters, moving between them, and where one was before.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startHost } from './support/host.js';
import { isLive, openApp, openContext, openPage, openWired, shows, until } from './support/page.js';

const PAGES = 'spec/browser/apps/pages.lua';
const FORMS = 'spec/browser/apps/forms.lua';
const click = (page, name) => page.getByRole('link', { name, exact: true }).click();
const scroll = page => page.evaluate(() => scrollY);
const titled = (page, title) => until(async () => await page.title() === title, `the title is ${title}`);
const isLong = page => until(() => page.evaluate(() => document.querySelectorAll('li').length === 200), 'the list is there');
// Marks the document, which a page that is loaded anew is not.
const mark = page => page.evaluate(() => { window.isSame = true; });
const isSame = page => page.evaluate(() => window.isSame === true);

describe('a page as it is served', { concurrency: 3 }, () => {
  it('shows the default state to a browser without scripts', async t => {
    const host = await startHost(t, FORMS);
    const context = await openContext(t, { javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(host.url);
    assert.equal((await page.textContent('#held')).replace(/\s/g, ''), 'Ada||no|green|b|12|3');
    assert.deepEqual([await page.inputValue('#name'), await page.inputValue('#notes'), await page.inputValue('#level')], ['Ada', 'first\nsecond', '3']);
    assert.equal(await page.inputValue('#color'), 'green');
  });

  it('is taken over, not drawn anew', async t => {
    const host = await startHost(t, FORMS);
    const context = await openContext(t);
    await context.addInitScript(() => document.addEventListener('readystatechange', () => {
      window.seen ??= [...document.querySelectorAll('#tl-root *')];
    }));
    const page = await openPage(context, host.url);
    assert.deepEqual(await page.evaluate(() => {
      const now = [...document.querySelectorAll('#tl-root *')];
      return [window.seen.length === now.length, window.seen.every((dom, i) => dom === now[i])];
    }), [true, true]);
  });

  // holds: page.head
  it('has the head that the app adds to', async t => {
    const { page } = await openApp(t, PAGES);
    assert.equal(await page.getAttribute('meta[name=description]', 'content'), 'Isles & more');
    assert.equal(await page.getAttribute('html', 'lang'), 'en');
  });
});

describe('titles', { concurrency: 3 }, () => {
  it('follow the state, the page and the parameter', async t => {
    const { page } = await openApp(t, PAGES);
    await isLong(page);
    assert.equal(await page.title(), 'All Isles');
    await page.fill('#rename', 'Skye');
    await titled(page, 'All Skye');
    await page.click('#to-7');
    await titled(page, 'Stop 7');
    await click(page, 'Other');
    await titled(page, 'Stop 9');
    await page.goBack();
    await titled(page, 'Stop 7');
    await click(page, 'All');
    await titled(page, 'All Skye');
  });
});

describe('moving between pages', { concurrency: 3 }, () => {
  // holds: route.state
  it('keeps the document and the state, and tells on_load the parameters', async t => {
    const { page } = await openApp(t, PAGES);
    await isLong(page);
    await mark(page);
    await page.click('#to-3');
    await shows(page, 'h1', 'Stop 3');
    await page.getByRole('button', { name: 'Next' }).click();
    await shows(page, 'h1', 'Stop 8');
    await click(page, 'All');
    await shows(page, '#visits', '/ /stop/3 /stop/8 /');
    assert.ok(await isSame(page));
  });

  it('goes back to where the page was, also when what makes it long comes late', async t => {
    const { page } = await openApp(t, PAGES);
    await isLong(page);
    await mark(page);
    await page.evaluate(() => document.getElementById('to-150').scrollIntoView());
    const place = await scroll(page);
    assert.ok(place > 1000);
    await page.click('#to-150');
    await shows(page, 'h1', 'Stop 150');
    assert.equal(await scroll(page), 0);
    await page.goBack();
    await until(async () => Math.abs(await scroll(page) - place) < 2, `the page is at ${place} again`);
    await page.goForward();
    await shows(page, 'h1', 'Stop 150');
    await until(async () => await scroll(page) === 0);
    await page.goBack();
    await until(async () => Math.abs(await scroll(page) - place) < 2, `the page is at ${place} once more`);
    assert.ok(await isSame(page));
  });

  // On a page whose list is empty when one comes back, until it is filled.
  async function backToHeld(t) {
    const { page } = await openApp(t, PAGES, { path: '/held' });
    await fill(page);
    await page.evaluate(() => document.getElementById('to-190').scrollIntoView());
    const place = await scroll(page);
    await page.evaluate(() => document.getElementById('to-190').click());
    await shows(page, 'h1', 'Stop 190');
    await page.goBack();
    await shows(page, 'h1', 'Held');
    await until(() => page.evaluate(() => document.querySelectorAll('li').length === 0), 'the list is empty');
    return { page, place };
  }

  // By script: a hand that presses a button has moved on.
  async function fill(page) {
    await page.evaluate(() => document.querySelector('button').click());
    await isLong(page);
    await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
  }

  it('finds the place when the page is long enough', async t => {
    const { page, place } = await backToHeld(t);
    await fill(page);
    await until(async () => Math.abs(await scroll(page) - place) < 2, `the page is at ${place} again`);
  });

  it('does not pull a reader who has done something meanwhile', async t => {
    const { page, place } = await backToHeld(t);
    await page.evaluate(() => window.addEventListener('keydown', () => { window.pressed = true; }));
    await page.keyboard.press('Shift');
    await until(() => page.evaluate(() => window.pressed === true));
    await fill(page);
    assert.ok(await scroll(page) < place - 500);
  });

  it('knows the place within a page: by its hash, back, and after a reload', async t => {
    const { page } = await openApp(t, PAGES);
    await isLong(page);
    await click(page, 'The end');
    await until(async () => await scroll(page) > 1000);
    await page.goBack();
    await until(async () => await scroll(page) === 0);
    await page.goForward();
    await until(async () => await scroll(page) > 1000);
    const place = await scroll(page);
    await page.reload();
    await isLive(page);
    await until(async () => Math.abs(await scroll(page) - place) < 2, `the page is at ${place} after a reload`);
  });

  it('of quick moves the last one counts', async t => {
    const { page } = await openApp(t, PAGES);
    await isLong(page);
    await page.evaluate(() => { for (const id of [1, 2, 3, 4, 5]) document.getElementById(`to-${id}`).click(); });
    await shows(page, 'h1', 'Stop 5');
    await titled(page, 'Stop 5');
    assert.equal(new URL(page.url()).pathname, '/stop/5');
    await page.goBack();
    await shows(page, 'h1', 'Isles');
  });

  it('needs no connection to go back; another page it cannot fetch, and says so', async t => {
    const { page, wire } = await openWired(t, PAGES);
    await isLong(page);
    await page.click('#to-7');
    await shows(page, 'h1', 'Stop 7');
    wire.cut();
    await page.goBack();
    await shows(page, 'h1', 'Isles');
    await page.click('#to-8');
    await page.locator('.tl-toast', { hasText: 'No connection' }).waitFor();
    assert.equal(new URL(page.url()).pathname, '/');
    await wire.mend();
    await shows(page, '#visits', '/ /stop/7 /');
    await page.click('#to-8');
    await shows(page, 'h1', 'Stop 8');
  });

  it('leaves files and what is no page to the browser', async t => {
    const { page } = await openApp(t, PAGES, { path: '/stop/4', excuse: /status of 404/ });
    await click(page, 'File');
    await until(async () => (await page.textContent('body')).trim() === 'A file, not a page.');
  });

  it('a page without a title has none, whatever was before', async t => {
    const { page } = await openApp(t, PAGES, { path: '/stop/4' });
    await titled(page, 'Stop 4');
    await page.evaluate(() => {
      const link = Object.assign(document.createElement('a'), { href: '/untitled' });
      document.body.append(link);
      link.click();
    });
    await shows(page, 'h1', 'Untitled');
    assert.equal(await page.title(), '');
  });
});
