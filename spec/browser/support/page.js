// page.js: one Chromium for a test file, and pages of it that watch for what must never happen:
// exceptions, errors in the console, violations of the content security policy and of the protocol.

import assert from 'node:assert/strict';
import { after } from 'node:test';
import { launch } from './browser.js';
import { Witness } from '../../wire/witness.js';
import { startHost } from './host.js';
import { Wire } from './wire.js';

const PATIENCE = 10_000;   // ms, for what should come soon
const LOAD_TIME = 60_000;  // ms: a page of 10,000 rows, on a busy machine

let browser;   // of the file's tests; a promise, since the first of them may be several at a time
after(async () => (await browser)?.close());

// A browser's window with its own storage. `excuse`: what may stand in the console as an error. `witness`: whether all messages are
// held to the protocol, which takes time that grows with the state.
export async function openContext(t, { excuse, witness = true, ...options } = {}) {
  const context = await (await (browser ??= launch())).newContext(options);
  const problems = [];
  const note = text => { if (!excuse?.test(text)) problems.push(text); };
  context.setDefaultTimeout(PATIENCE);
  context.setDefaultNavigationTimeout(LOAD_TIME);
  const witnesses = [];
  context.on('page', page => { witnesses.push(watch(page, witness)); });
  context.on('weberror', error => note(String(error.error())));
  context.on('console', message => {
    const { url } = message.location();
    // The browser asks for an icon when it likes to, also when the host has ended.
    if (message.type() === 'error' && !url.endsWith('/favicon.ico')) note(`${message.text()} ${url}`);
  });
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', event =>
      console.error(`violates the policy: ${event.violatedDirective} ${event.blockedURI}`));
  });
  t.after(async () => {
    await context.close();
    assert.deepEqual(witnesses.flatMap(({ violations }) => violations), [], 'every message keeps to the protocol');
    assert.deepEqual(problems, [], 'the page has nothing to complain of');
  });
  return context;
}

// Opens an address in a context; gives the page when its state is the tab's own.
export async function openPage(context, url) {
  const page = await context.newPage();
  await page.goto(url);
  await isLive(page);
  return page;
}

// A host with an app, and a page of it.
export async function openApp(t, app, { path = '/', host: hostOptions, ...options } = {}) {
  const host = await startHost(t, app, hostOptions);
  const context = await openContext(t, options);
  return { host, context, page: await openPage(context, host.url + path) };
}

// The same with a wire between them.
export async function openWired(t, app, { host: hostOptions, ...options } = {}) {
  const wire = await new Wire().listen();
  t.after(() => wire.close());
  const host = await startHost(t, app, { origin: wire.url, ...hostOptions });
  wire.leadTo(host.port);
  const context = await openContext(t, { excuse: /WebSocket connection to|ERR_CONNECTION|ERR_EMPTY/, ...options });
  return { host, wire, context, page: await openPage(context, wire.url) };
}

// What each page's sockets carried: `sent` and `received`, lists of messages; and whether the host
// has answered the page that is loaded now.
const watched = new WeakMap();

const NO_WITNESS = { sent() {}, received() {}, violations: [] };

function watch(page, isWitnessed) {
  const notes = { sent: [], received: [], isLive: false, witness: isWitnessed ? new Witness() : NO_WITNESS };
  watched.set(page, notes);
  page.on('request', request => { if (request.isNavigationRequest()) notes.isLive = false; });
  page.on('websocket', socket => {
    socket.on('framesent', ({ payload }) => {
      const message = JSON.parse(payload);
      notes.sent.push(message);
      notes.witness.sent(socket, message);
    });
    socket.on('framereceived', ({ payload }) => {
      const message = JSON.parse(payload);
      notes.received.push(message);
      notes.witness.received(socket, message);
      if (message.init || message.resume) notes.isLive = true;
    });
  });
  return notes.witness;
}

// The frame is seen here before the page has read it; until then it has no token, or looks pending.
export async function isLive(page) {
  await until(() => watched.get(page).isLive, 'the host answers the page');
  await until(() => page.evaluate(() => sessionStorage.getItem('tidelock.token') !== null &&
    !document.documentElement.hasAttribute('data-tl-pending')), 'the page has its state');
}

// How often the page was told (or told) this: messages(page, 'received', 'resume').
export const messages = (page, way, kind) => watched.get(page)[way].filter(message => message[kind]);

export async function until(test, what = String(test), ms = PATIENCE) {
  for (const end = Date.now() + ms; Date.now() < end;) {
    if (await test()) return;
    await quietly(10);
  }
  assert.fail(`never true: ${what}`);
}

// Waits until the element shows this text, or a text that matches. Asks from here: a page in the
// background has slow timers and no animation frames.
export async function shows(page, selector, wanted) {
  const fits = text => (wanted instanceof RegExp ? wanted.test(text) : text === wanted);
  let text;
  for (const end = Date.now() + PATIENCE; Date.now() < end;) {
    text = await page.evaluate(selector_ => document.querySelector(selector_)?.textContent, selector);
    if (text !== undefined && fits(text)) return;
    await quietly(10);
  }
  assert.equal(text, String(wanted), `what ${selector} shows`);
}

export const number = async (page, selector) => parseInt(await page.textContent(selector), 10);

// Waits until the element shows this number, or has gone past it: a slow machine sees not every one.
export const reaches = (page, selector, n) =>
  until(async () => await number(page, selector) >= n, `${selector} reaches ${n}`);

// Notes what the element shows from here on. The function it gives reads the list of
// { at (ms), text }.
export async function record(page, selector) {
  const name = `record${Math.random()}`;
  await page.evaluate(([selector_, name_]) => {
    const dom = document.querySelector(selector_);
    const list = window[name_] = [];
    const note = () => {
      if (list.at(-1)?.text !== dom.textContent) list.push({ at: performance.now(), text: dom.textContent });
    };
    note();
    new MutationObserver(note).observe(dom, { subtree: true, childList: true, characterData: true });
  }, [selector, name]);
  return () => page.evaluate(name_ => window[name_], name);
}

export const token = page => page.evaluate(() => sessionStorage.getItem('tidelock.token'));

// For what must not happen: there is nothing to wait for but time.
export const quietly = ms => new Promise(done => setTimeout(done, ms));
