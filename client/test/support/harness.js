// harness.js: one browser for a test file, a mock host and a page for each test.

import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { launch, openPage } from './browser.js';
import { MockHost } from './mock-host.js';
import { el, on, v } from './trees.js';

let shared;
before(async () => { shared = await launch(); });
after(() => shared.close());

export const browser = () => shared;

// Runs fn(host, page) when the page has its state, and checks that nothing went wrong besides.
export async function withPage(options, fn) {
  const host = await new MockHost(options).listen();
  const page = await openPage(shared, `${host.url}/`);
  try {
    await until(() => host.messages('hello').length > 0);
    await hasState(page);
    await fn(host, page);
    assert.deepEqual(page.problems, []);
  } finally {
    await page.context().close();
    host.close();
  }
}

// The page has read the host's first answer (it keeps its token), and has drawn it.
async function hasState(page) {
  await page.waitForFunction(() => sessionStorage.length > 0);
  await page.evaluate(() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))));
}

export async function until(test, ms = 5000) {
  for (const end = Date.now() + ms; Date.now() < end;) {
    if (await test()) return;
    await pause(10);
  }
  assert.fail(`never true: ${test}`);
}

export const pause = ms => new Promise(done => setTimeout(done, ms));

export const page = (...children) => ({ '/': { route: '/', title: 'Test', tree: el('main', {}, ...children) } });

export const textIs = (p, selector, text) => p.waitForFunction(
  ([s, t]) => document.querySelector(s)?.textContent === t, [selector, text], { timeout: 5000 });

// Notes the kinds of all mutations from here on; gives a function that reads and clears them.
export async function watchMutations(p) {
  await p.evaluate(() => {
    window.changes = [];
    new MutationObserver(list => window.changes.push(...list.map(m => m.type)))
      .observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
  });
  return () => p.evaluate(() => window.changes.splice(0));
}

export const counter = {
  pages: page(
    el('h2', { style: { 'margin-top': '7px' } }, v('Job', 'counter'), ' / ', v('Job', 'max')),
    el('button', { on: on('click', 'Job.add', [5]) }, 'Add'),
  ),
  state: { Job: { counter: 0, max: 10 } },
  handlers: { 'Job.add': (state, [n]) => ({ patch: { Job: { counter: state.Job.counter + n } } }) },
};
