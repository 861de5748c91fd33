// Ten thousand things to do: a selection, actions on it, undo, edits by keyboard, and what the browser keeps.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages, openApp, openPage, shows, until } from './support/page.js';
import { assertNothingSticksOut } from './support/look.js';

const APP = 'app/todo/main.lua';
const STATUS = 'p[role=status]';
const button = (page, name) => page.getByRole('toolbar').getByRole('button', { name, exact: true });
const filter = page => page.getByLabel('Filter');
const focused = (page, wanted) => until(() => page.evaluate(id => document.activeElement.id === id, wanted), `${wanted} has the focus`);

describe('the things to do', { concurrency: 2 }, () => {
  it('are selected by thousands, done and undone, and the page is sent what it shows', async t => {
    const { page } = await openApp(t, APP);
    await shows(page, STATUS, '7500 found, 0 selected');
    await button(page, 'Select all').click();
    await shows(page, STATUS, '7500 found, 7500 selected');
    assert.equal(await page.locator('#rows input:checked').count(), 50);
    await button(page, 'Done').click();
    await shows(page, 'header p', '0 open of 10000');
    await button(page, 'Undo').click();
    await shows(page, 'header p', '7500 open of 10000');
    assert.equal(await page.title(), '7500 to do');
    const sizes = ['init', 'patch'].flatMap(kind => messages(page, 'received', kind)).map(message => JSON.stringify(message).length);
    assert.ok(Math.max(...sizes) < 20_000, `of ten thousand rows fifty are sent: ${sizes}`);
  });

  it('are selected one by one, with the keyboard, and removed', async t => {
    const { page } = await openApp(t, APP);
    await filter(page).fill('paint the keel');
    await shows(page, STATUS, '82 found, 0 selected');
    await page.getByLabel(/^Select Paint/).nth(1).press('Space');
    await shows(page, STATUS, '82 found, 1 selected');
    await button(page, 'Remove').click();
    await shows(page, STATUS, '81 found, 0 selected');
    await page.getByText('1 removed').waitFor();
    assert.equal(await button(page, 'Undo').getAttribute('title'), '1 removed');
    assert.equal(await page.locator('#rows input:checked').count(), 0);
  });

  it('are edited in place: Enter saves, Escape does not, and the focus comes back', async t => {
    const { page } = await openApp(t, APP);
    await filter(page).fill('paint the keel');
    await shows(page, STATUS, '82 found, 0 selected');
    const edit = page.locator('#rows li:first-child').getByRole('button', { name: /^Edit/ });
    const id = await edit.getAttribute('id');
    await edit.press('Enter');
    await focused(page, 'title');
    await page.keyboard.type(' and more');
    await page.keyboard.press('Escape');
    await focused(page, id);
    await page.locator(`#${id}`).press('Enter');
    await focused(page, 'title');
    await page.keyboard.press('End');
    await page.keyboard.type(' twice');
    await page.keyboard.press('Enter');
    await focused(page, id);
    await shows(page, '#rows li:first-child .title', /^Paint the keel, round \d+ twice/);
  });

  it('are as they were left, and what was being written is there, in a new tab', async t => {
    const { host, context, page } = await openApp(t, APP);
    await filter(page).fill('keel');
    await page.getByLabel('Order').selectOption('By title');
    await page.getByLabel('New', { exact: true }).pressSequentially('Call the har');
    await until(() => page.evaluate(() => localStorage.getItem('Todo.draft') === 'Call the har'), 'the draft is kept');
    await page.close();
    const later = await openPage(context, host.url);
    assert.equal(await later.getByLabel('New', { exact: true }).inputValue(), 'Call the har');
    assert.equal(await filter(later).inputValue(), 'keel');
    await shows(later, STATUS, '576 found, 0 selected');
    await later.getByLabel('New', { exact: true }).press('Enter');
    await shows(later, 'header p', '7501 open of 10001');
    await until(async () => await later.getByLabel('New', { exact: true }).inputValue() === '', 'the field is empty');
  });

  it('fit a narrow page, also while one is edited', async t => {
    const { page } = await openApp(t, APP, { viewport: { width: 390, height: 800 } });
    await assertNothingSticksOut(page);
    await page.getByRole('button', { name: /^Edit/ }).first().click();
    await page.locator('#title').waitFor();
    await assertNothingSticksOut(page);
  });
});
