// What the host asks the page to do, moves between pages, errors, and the policy of the page.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { describe, it } from 'node:test';
import { startHost } from './support/host.js';
import { messages, openApp, openContext, openPage, openWired, record, shows, token, until } from './support/page.js';

const APP = 'spec/browser/apps/effects.lua';
const NOT_FOUND = /status of 404/;
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const link = (page, name) => page.getByRole('link', { name, exact: true }).click();
const toast = (page, text) => page.locator('.tl-toast', { hasText: text });

describe('effects', { concurrency: 4 }, () => {
  // holds: effect.console_log, effect.set_value, effect.focus
  it('a handler logs, says something, sets a value and moves the focus', async t => {
    const { page } = await openApp(t, APP);
    const logged = page.waitForEvent('console', message => message.type() === 'log');
    await click(page, 'Effects');
    await toast(page, 'Saved').waitFor();
    assert.equal(await toast(page, 'Saved').getAttribute('class'), 'tl-toast tl-success');
    assert.match((await logged).text(), /^n is 1 \{list: Array\(2\)\}$/);
    assert.equal(await page.inputValue('#field'), 'from the host');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'field');
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await toast(page, 'Saved').waitFor({ state: 'detached' });
  });

  // holds: effect.toast
  it('toasts stack, and each leaves by itself; a trigger’s own needs no host', async t => {
    const { page } = await openApp(t, APP);
    const seen = await record(page, '.tl-toasts');
    await click(page, 'Own');
    await toast(page, 'n is 0').waitFor();
    assert.equal(messages(page, 'sent', 'event').length, 0);
    await click(page, 'Brief');
    await until(async () => (await seen()).length >= 4, 'the brief one comes and goes');
    const texts = (await seen()).map(({ text }) => text.replaceAll('×', '|'));
    assert.deepEqual(texts.slice(0, 4), ['', 'n is 0|', 'n is 0|Brief|', 'n is 0|']);
  });

  it('toasts leave the bottom of a phone free, and the banner', async t => {
    const { page, wire } = await openWired(t, APP, { viewport: { width: 390, height: 700 } });
    const boxes = () => page.evaluate(() => Array.from(document.querySelectorAll('.tl-toast'), dom => dom.getBoundingClientRect().toJSON()));
    for (let i = 0; i < 3; i++) await click(page, 'Own');
    await until(async () => (await boxes()).length === 3);
    for (const box of await boxes()) assert.ok(box.bottom < 350 && box.top >= 8 && box.left >= 8 && box.right <= 382, JSON.stringify(box));
    wire.cut();
    await page.locator('.tl-banner.tl-shown').waitFor();
    await click(page, 'Own');
    const banner = await page.evaluate(() => document.querySelector('.tl-banner').getBoundingClientRect().bottom);
    for (const box of await boxes()) assert.ok(box.top >= banner, `${box.top} is below ${banner}`);
    await page.setViewportSize({ width: 1280, height: 700 });
    for (const box of await boxes()) assert.ok(box.top > 350 && box.right <= 1272 && box.left > 640, JSON.stringify(box));
  });

  // holds: effect.redirect
  it('a redirect shows the other page without a reload; state and token stay', async t => {
    const { page } = await openApp(t, APP);
    const before = await token(page);
    await page.evaluate(() => { window.stays = true; });
    await click(page, 'Move');
    await shows(page, 'h1', 'Post 7');
    assert.equal(new URL(page.url()).pathname + new URL(page.url()).search, '/post/7?from=home');
    assert.equal(await page.title(), 'Post');
    await shows(page, '#n', '1');
    await link(page, 'Home');
    await shows(page, 'h1', 'Home');
    await link(page, 'Post 8');
    await shows(page, 'h1', 'Post 8');
    await page.goBack();
    await shows(page, 'h1', 'Home');
    await page.goBack();
    await shows(page, 'h1', 'Post 7');
    assert.ok(await page.evaluate(() => window.stays));
    assert.equal(await token(page), before);
    await page.reload();
    await shows(page, 'h1', 'Post 7');
    await shows(page, '#n', '1');
  });

  it('an address that is no page is answered with 404, and by a link as well', async t => {
    const host = await startHost(t, APP);
    const context = await openContext(t, { excuse: NOT_FOUND });
    const page = await context.newPage();
    const answer = await page.goto(`${host.url}/no/such/page`);
    assert.equal(answer.status(), 404);
    assert.match(await page.textContent('main'), /not found|no page|nothing/i);
    const other = await openPage(context, host.url);
    await link(other, 'Nowhere');
    await other.waitForFunction(() => /not found|no page|nothing/i.test(document.querySelector('main')?.textContent));
    assert.equal(new URL(other.url()).pathname, '/nowhere');
    assert.equal((await other.request.get(`${host.url}/favicon.ico`)).status(), 204);
  });
});

describe('what goes wrong', { concurrency: 4 }, () => {
  it('in a handler changes nothing, and is told with a reference that is in the log', async t => {
    const { host, page } = await openApp(t, APP);
    await click(page, 'Effects');
    await shows(page, '#n', '1');
    await click(page, 'Fail');
    await toast(page, 'Something went wrong').waitFor();
    const [, ref] = /ref (\w+)/.exec(await toast(page, 'Something').textContent());
    await host.printed(new RegExp(ref));
    assert.match(host.output, /no <berth> is free/);
    assert.equal(await page.textContent('#n'), '1');
    assert.equal(await page.getByText('berth').count(), 0, 'what happened is not told to everybody');
    assert.equal(JSON.stringify(messages(page, 'received', 'errors')).includes('berth'), false);
    await click(page, 'Effects');
    await shows(page, '#n', '2');
  });

  it('in a task is told with the task’s name in the log', async t => {
    const { host, page } = await openApp(t, APP);
    await click(page, 'Fail later');
    await toast(page, 'Something went wrong').waitFor();
    assert.match(host.output, /ImmutableStateError/);
    assert.match(host.output, /Page\.fail_later/);
    await shows(page, '#n', '1');
  });

  it('is an overlay with the place in dev mode', async t => {
    const { page } = await openApp(t, APP, { host: { dev: true } });
    await click(page, 'Fail');
    const overlay = page.locator('dialog.tl-overlay');
    await overlay.waitFor();
    assert.match(await overlay.textContent(), /no <berth> is free/);
    assert.match(await overlay.textContent(), /effects\.lua:\d+/);
    assert.equal(await overlay.getAttribute('role'), 'alertdialog');
    assert.equal(await overlay.locator('.tl-here').textContent(), '  error "no <berth> is free"\n');
    assert.equal(await overlay.locator('.tl-source span').count(), 7);
    await page.keyboard.press('Escape');
    await overlay.waitFor({ state: 'detached' });
    await click(page, 'Fail later');
    await overlay.getByText('Page.fail_later').first().waitFor();
    await page.getByRole('button', { name: 'Close' }).click();
    await overlay.waitFor({ state: 'detached' });
  });
});

describe('the policy', { concurrency: 2 }, () => {
  // holds: http.policy
  it('lets the page run its own script and nothing else', async t => {
    const { host, page } = await openApp(t, APP, { excuse: /policy/i });
    const policy = (await page.request.get(host.url)).headers()['content-security-policy'];
    assert.match(policy, /default-src 'self'/);
    assert.doesNotMatch(policy, /unsafe/);
    const violated = await page.evaluate(() => new Promise(done => {
      document.addEventListener('securitypolicyviolation', event => done(event.violatedDirective));
      const script = document.createElement('script');
      script.textContent = 'window.hacked = true';
      document.body.append(script);
    }));
    assert.match(violated, /^script-src/);
    assert.equal(await page.evaluate(() => window.hacked), undefined);
  });

  it('refuses a socket to a page of another origin, and the log says how to allow it', async t => {
    const host = await startHost(t, APP);
    const other = createServer((_, response) => response.setHeader('Content-Type', 'text/html').end('<h1>Other</h1>'));
    await new Promise(done => other.listen(0, '127.0.0.1', done));
    t.after(() => { other.closeAllConnections(); other.close(); });
    const page = await (await openContext(t, { excuse: /WebSocket|status of 404/ })).newPage();
    await page.goto(`http://127.0.0.1:${other.address().port}`);
    const outcome = await page.evaluate(url => new Promise(done => {
      const socket = new WebSocket(`${url}/_tidelock/ws`, 'tidelock.1');
      socket.onopen = () => done('open');
      socket.onerror = () => done('refused');
    }), host.url.replace('http', 'ws'));
    assert.equal(outcome, 'refused');
    await host.printed(/--origin/);
  });
});
