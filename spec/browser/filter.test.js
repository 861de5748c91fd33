// The filtered list: ten thousand rows on the host, a hundred of them in the page.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages, openApp, openWired, shows, until } from './support/page.js';
import { assertNothingSticksOut } from './support/look.js';

const APP = 'app/filter/main.lua';
const STATUS = '[role=status]';
const NAME = 'tbody tr:first-child td';
const filter = page => page.getByLabel('Filter');

describe('the filtered list', { concurrency: 2 }, () => {
  it('follows who types, and the page is sent the rows that it shows alone', async t => {
    const { page } = await openApp(t, APP);
    await shows(page, STATUS, '10000 people, 100 shown');
    await filter(page).pressSequentially('ada m. moreau');
    await shows(page, STATUS, '1 person, 1 shown');
    await shows(page, NAME, 'Ada M. Moreau');
    assert.equal(await filter(page).inputValue(), 'ada m. moreau');
    const [{ init }] = messages(page, 'received', 'init');
    assert.ok(JSON.stringify(init).length < 20_000, 'of ten thousand rows a hundred are sent');
    await filter(page).fill('');
    await shows(page, STATUS, '10000 people, 100 shown');
    assert.equal(await page.locator('tbody tr').count(), 100);
  });

  it('eats no letter when the host is far away', async t => {
    const { page, wire } = await openWired(t, APP);
    wire.lag = 300;
    await filter(page).pressSequentially('rescue', { delay: 20 });
    assert.equal(await filter(page).inputValue(), 'rescue');
    await shows(page, STATUS, '2000 people, 100 shown');
    assert.equal(await filter(page).inputValue(), 'rescue');
    assert.ok(messages(page, 'sent', 'event').length < 6, 'one keystroke is under way at a time');
  });

  it('sorts, and shows more', async t => {
    const { page } = await openApp(t, APP);
    await page.getByRole('button', { name: 'Joined' }).click();
    await page.waitForSelector('th[aria-sort=ascending]:nth-child(4)');
    await shows(page, 'tbody tr:first-child td:nth-child(4)', '1990');
    await page.getByRole('button', { name: 'More' }).click();
    await shows(page, STATUS, '10000 people, 200 shown');
    assert.equal(await page.locator('tbody tr').count(), 200);
  });

  it('edits a row by keyboard, and the focus comes back', async t => {
    const { page } = await openApp(t, APP);
    await filter(page).fill('moreau');
    await shows(page, STATUS, '400 people, 100 shown');
    const id = await page.locator('tbody tr:nth-child(2) button').getAttribute('id');
    const focused = wanted => until(() => page.evaluate(id_ => document.activeElement.id === id_, wanted), `${wanted} has the focus`);
    await page.locator(`#${id}`).press('Enter');
    await focused('name');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('Ada Ä. Moreau');
    await page.keyboard.press('Enter');
    await page.getByText('Saved Ada Ä. Moreau').waitFor();
    await focused(id);
    await filter(page).fill('ada ä');
    await shows(page, NAME, 'Ada Ä. Moreau');
  });

  it('fits a narrow page, also while a row is edited', async t => {
    const { page } = await openApp(t, APP, { viewport: { width: 390, height: 800 } });
    await assertNothingSticksOut(page);
    await page.getByRole('button', { name: 'Edit' }).first().click();
    await page.locator('#name').waitFor();
    await assertNothingSticksOut(page);
  });
});
