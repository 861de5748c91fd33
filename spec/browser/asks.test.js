// What a handler or a trigger asks of the browser: alert, scrolling, files, clipboard, history, storage, the app's own functions.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { isLive, openApp, quietly, shows, token, until } from './support/page.js';

const APP = 'spec/browser/apps/asks.lua';
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();

// Sends the address to the host, so that the page's own triggers have it as well.
async function useAddress(page, address) {
  await page.fill('#address', address);
  await shows(page, '#address-is', address);
}

async function saved(page, name) {
  const [download] = await Promise.all([page.waitForEvent('download'), click(page, name)]);
  return { name: download.suggestedFilename(), text: await readFile(await download.path(), 'utf8') };
}

// A server that is not the app's; it says that what it has is to be saved.
async function otherServer(t) {
  const server = createServer((_, response) =>
    response.setHeader('Content-Disposition', 'attachment; filename="theirs.txt"').end('of another server'));
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  t.after(() => { server.closeAllConnections(); server.close(); });
  return `http://127.0.0.1:${server.address().port}/file`;
}

// What would run, if an address were let run.
const CODE = ['javascript:window.hacked=1', ' JaVaScRiPt:window.hacked=1', 'java\tscript:window.hacked=1',
  'data:text/html,<script>top.hacked=1</script>', 'vbscript:1', 'blob:null/1', 'file:///etc/passwd'];

describe('the browser is asked', { concurrency: 4 }, () => {
  // holds: effect.alert
  it('tl.alert stands until it is dismissed', async t => {
    const { page } = await openApp(t, APP);
    const dialog = page.waitForEvent('dialog');
    const clicked = click(page, 'alert');
    assert.equal((await dialog).type(), 'alert');
    assert.equal((await dialog).message(), 'Stand still');
    await (await dialog).accept();
    await clicked;
    await click(page, 'count');
    await shows(page, '#n', '1');
  });

  // holds: effect.scroll_to
  it('tl.scroll_to brings an element to the top', async t => {
    const { page } = await openApp(t, APP);
    await click(page, 'scroll');
    await until(() => page.evaluate(() => Math.abs(document.getElementById('far').getBoundingClientRect().top) < 2), 'at the top');
    assert.ok(await page.evaluate(() => scrollY > 2000));
  });

  // holds: effect.download
  it('tl.download saves text, a file of the app, a file of another server', async t => {
    const { page } = await openApp(t, APP);
    assert.deepEqual(await saved(page, 'save text'), { name: 'greeting.txt', text: 'Grüße\n' });
    const { name, text } = await saved(page, 'save path');
    assert.equal(name, 'kept.txt');
    assert.match(text, /^A file, not a page/);
    const address = await otherServer(t);
    await useAddress(page, address);
    assert.deepEqual(await saved(page, 'save url'), { name: 'theirs.txt', text: 'of another server' });
    assert.deepEqual(await saved(page, 'own save'), { name: 'theirs.txt', text: 'of another server' });
    assert.equal(new URL(page.url()).pathname, '/', 'the page stays');
  });

  it('addresses that would run code, or read files, lead nowhere', async t => {
    const { page, host } = await openApp(t, APP);
    const warned = [];
    page.on('console', message => { if (message.type() === 'warning') warned.push(message.text()); });
    for (const address of CODE) {
      const before = warned.length;
      await useAddress(page, address);
      for (const name of ['own redirect', 'own save', 'own save of the app']) await click(page, name);
      await until(() => warned.length === before + 3, `three refusals of ${address}`);
    }
    await useAddress(page, await otherServer(t));
    await click(page, 'own save of the app');
    await until(() => warned.length === 3 * CODE.length + 1, 'what is not of the app is refused as a path');
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    assert.equal(new URL(page.url()).origin, host.url);
  });

  // holds: effect.set_clipboard
  it('tl.set_clipboard puts text there, and the page says when it may not', async t => {
    const { page, context } = await openApp(t, APP);
    await context.grantPermissions(['clipboard-read', 'clipboard-write']);
    await click(page, 'copy');
    await until(() => page.evaluate(async () => await navigator.clipboard.readText() === 'Grüße\n'), 'the text is on the clipboard');
    await page.evaluate(() => { navigator.clipboard.writeText = () => Promise.reject(new DOMException('no', 'NotAllowedError')); });
    await click(page, 'copy');
    await page.getByText('The browser did not allow copying').waitFor();
  });

  // holds: effect.reload
  it('tl.reload loads the page anew; tab and state stay', async t => {
    const { page } = await openApp(t, APP);
    const before = await token(page);
    await page.evaluate(() => { window.stays = true; });
    await Promise.all([page.waitForEvent('load'), click(page, 'reload')]);
    await isLive(page);
    await shows(page, '#n', '1');
    assert.equal(await page.evaluate(() => window.stays), undefined);
    assert.equal(await token(page), before);
  });

  // holds: effect.back
  it('tl.back goes back', async t => {
    const { page } = await openApp(t, APP);
    await page.getByRole('link', { name: 'Other' }).click();
    await shows(page, 'h1', 'Other');
    await click(page, 'back');
    await shows(page, 'h2', 'Far down');
    assert.equal(new URL(page.url()).pathname, '/');
  });

  // holds: effect.remove_cookie, effect.clear_local_storage
  it('tl.remove_cookie and tl.clear_local_storage take away what they name', async t => {
    const { page } = await openApp(t, APP);
    await page.evaluate(() => {
      document.cookie = 'a%20b=1; Path=/';
      document.cookie = 'other=2; Path=/';
      localStorage.setItem('x', '1');
      sessionStorage.setItem('y', '2');
    });
    const before = await token(page);
    await click(page, 'forget cookie');
    await until(() => page.evaluate(() => !document.cookie.includes('a%20b')), 'the cookie goes');
    assert.match(await page.evaluate(() => document.cookie), /other=2/);
    await click(page, 'forget all');
    await until(() => page.evaluate(() => localStorage.length === 0), 'local storage is empty');
    assert.equal(await page.evaluate(() => sessionStorage.getItem('y')), '2');
    assert.equal(await token(page), before);
  });
});

describe('tl.call', { concurrency: 4 }, () => {
  // holds: effect.call
  it('calls what the app’s script registered, and brings what it returns or promises', async t => {
    const { page } = await openApp(t, APP);
    await click(page, 'sum');
    await shows(page, '#answer', 'sum: 6');
    await click(page, 'later');
    await shows(page, '#answer', 'later: ["in time"]');
    await click(page, 'own sum');
    await shows(page, '#answer', 'own: 40');
    await click(page, 'note');
    await until(() => page.evaluate(() => JSON.stringify(window.noted) === '["a",null,5]'), 'all arguments come');
  });

  it('a function that fails answers nothing, and is in the console', async t => {
    const { page } = await openApp(t, APP, { excuse: /the function broken failed/ });
    const told = page.waitForEvent('console', message => /broken failed/.test(message.text()));
    await click(page, 'broken');
    await told;
    await click(page, 'count');
    await shows(page, '#n', '1');
    assert.equal(await page.textContent('#answer'), '');
  });

  // holds: effect.call.text
  it('runs no text', async t => {
    const { page } = await openApp(t, APP, { excuse: /nothing is registered as/ });
    const warned = [];
    page.on('console', message => { if (message.type() === 'error') warned.push(message.text()); });
    await click(page, 'no code');
    await until(() => warned.length === 3, 'each is refused');
    assert.ok(warned.every(text => text.startsWith('tidelock: nothing is registered as ')), warned.join('\n'));
    await quietly(50);
    assert.equal(await page.title(), 'Asks');
  });
});
