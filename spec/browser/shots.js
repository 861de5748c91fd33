// shots.js: pictures of the example apps and of the overlay of dev mode, to be looked at: light and dark, at phone and desk width.
// `node spec/browser/shots.js [folder]`; docs/images/background-tasks.png, which the
// README shows, is made anew by `node spec/browser/shots.js --readme`.

import { mkdirSync } from 'node:fs';
import { DEMO, ROOT, startHost } from './support/host.js';
import { launch } from './support/browser.js';

const README = { path: `${ROOT}docs/images/background-tasks.png`, clip: { x: 0, y: 24, width: 1280, height: 624 } };

async function shot(browser, url, { colorScheme, width, path, clip }) {
  const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole('button', { name: 'Fetch Data' }).click();
  await page.getByText('The tide waits').waitFor();
  await page.getByRole('button', { name: 'Start' }).click();
  await page.waitForFunction(() => /^7/.test(document.querySelector('h2').textContent));
  await page.screenshot({ path, clip });
  await context.close();
}

async function shots(browser, url, folder) {
  mkdirSync(folder, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [390, 1280]) {
      await shot(browser, url, { colorScheme, width, path: `${folder}/background-tasks-${colorScheme}-${width}.png` });
    }
  }
}

// The overlay of dev mode, with two errors.
async function overlayShots(browser, url, folder) {
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [390, 1280]) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 1000 } });
      const page = await context.newPage();
      await page.goto(url);
      await page.getByRole('button', { name: 'Fail', exact: true }).evaluate(button => {
        button.click();
        button.click();
      });
      await page.locator('.tl-overlay').waitFor();
      await page.getByRole('button', { name: 'Fail later', includeHidden: true }).evaluate(button => button.click());
      await page.getByText('2 errors').waitFor();
      await page.screenshot({ path: `${folder}/overlay-${colorScheme}-${width}.png` });
      await context.close();
    }
  }
}

// The other apps, each where it has the most to show.
const moments = {
  async chat_stream(page) {
    for (const question of ['Which knots?', 'How does a tide come about?']) {
      await page.getByRole('button', { name: 'Ask', exact: true }).waitFor();
      await page.getByLabel('Question').fill(question);
      await page.keyboard.press('Enter');
      await page.getByText('Stop', { exact: true }).waitFor();
    }
    await page.getByText('spring tide').waitFor();
  },
  async filter(page) {
    await page.getByLabel('Filter').fill('moreau');
    await page.getByText('400 people').waitFor();
    await page.getByRole('button', { name: 'Edit' }).nth(2).click();
    await page.getByRole('button', { name: 'Save' }).waitFor();
  },
  async form(page) {
    await page.getByRole('button', { name: 'Register' }).click();
    await page.getByText('How old are you?').waitFor();
  },
  async jobs(page) {
    for (const name of ['Import', 'Fetch', 'Harbour', 'Lighthouse', 'Survey', 'Start the batch']) await page.getByRole('button', { name, exact: true }).click();
    await page.getByText(/^[12]\d of 40/).waitFor();
  },
  async shop(page) {
    await page.getByRole('button', { name: 'Add Lantern' }).click();
    await page.getByRole('link', { name: 'Cart (1)' }).click();
    await page.getByRole('button', { name: /^Order/ }).click();
    await page.getByText('Four or five digits').waitFor();
  },
  async tasks(page) {
    await page.getByRole('button', { name: 'Start all' }).click();
    await page.getByText('the disk is full').waitFor();
  },
  async todo(page) {
    await page.getByLabel('Filter').fill('keel');
    await page.getByText('576 found').waitFor();
    await page.getByLabel(/^Select/).nth(1).check();
    await page.getByRole('button', { name: /^Edit/ }).nth(2).click();
    await page.getByRole('button', { name: 'Save' }).waitFor();
  },
};

async function appShots(browser, folder) {
  for (const [app, show] of Object.entries(moments)) {
    const { url } = await startHost({ after: end => ends.push(end) }, `app/${app}/main.lua`);
    for (const colorScheme of ['light', 'dark']) {
      for (const width of [390, 1280]) {
        const context = await browser.newContext({ colorScheme, viewport: { width, height: 900 } });
        const page = await context.newPage();
        await page.goto(url);
        await show(page);
        await page.screenshot({ path: `${folder}/${app}-${colorScheme}-${width}.png` });
        await context.close();
      }
    }
  }
}

const ends = [];
const host = await startHost({ after: end => ends.push(end) }, DEMO);
const failing = await startHost({ after: end => ends.push(end) }, 'spec/browser/apps/effects.lua', { dev: true });
const browser = await launch();
try {
  const [where = 'shots'] = process.argv.slice(2);
  if (where === '--readme') await shot(browser, host.url, { colorScheme: 'light', width: 1280, ...README });
  else {
    await shots(browser, host.url, where);
    await overlayShots(browser, failing.url, where);
    await appShots(browser, where);
  }
} finally {
  await browser.close();
  for (const end of ends) await end();
}
