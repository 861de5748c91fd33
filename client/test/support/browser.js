// browser.js: a Chromium for the tests, and pages of it that watch for what must never happen.

import { chromium } from 'playwright-core';

const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });

// A page with its own storage; `page.problems` collects exceptions and violations of the
// policy. `before` runs in the page ahead of its own scripts.
export async function openPage(browser, url, options = {}, before = () => {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.problems = [];
  page.console = [];
  page.on('pageerror', error => page.problems.push(String(error)));
  page.on('console', message => {
    page.console.push(message.text());
    if (/Content Security Policy/i.test(message.text())) page.problems.push(message.text());
  });
  await page.addInitScript(before);
  await page.goto(url);
  return page;
}
