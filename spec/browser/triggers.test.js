// The options of triggers in a browser: key, prevent_default, stop_propagation, temporal; and what is said of errors that the app
// has answered.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages, openApp, openWired, shows, until } from './support/page.js';

const APP = 'spec/browser/apps/triggers.lua';
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const lines = (page, expected) => shows(page, '#lines', expected);

describe('a trigger', { concurrency: 4 }, () => {
  // holds: option.key
  it('with a key fires for it alone, and keeps the browser from typing it alone', async t => {
    const { page } = await openApp(t, APP);
    await page.focus('#keys');
    for (const key of ['b', 'Enter', 'A', 'Escape', 'a', 'Shift+Enter', 'c']) await page.keyboard.press(key);
    await lines(page, 'enter:Enter letter:a enter:Enter');
    assert.equal(await page.inputValue('#keys'), 'bAc');
    assert.equal(messages(page, 'sent', 'event').length, 3);
  });

  it('with a key does not take the Enter that ends a composition', async t => {
    const { page } = await openApp(t, APP);
    await page.focus('#keys');
    for (const isComposing of [true, false]) {
      await page.evaluate(composing => document.querySelector('#keys').dispatchEvent(
        new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, isComposing: composing })), isComposing);
    }
    await lines(page, 'enter:Enter');
  });

  // holds: option.stop_propagation
  it('with stop_propagation is not heard around it, without it is, inner first', async t => {
    const { page } = await openApp(t, APP);
    await click(page, 'Inner');
    await click(page, 'Through');
    await lines(page, 'inner through outer');
  });

  // holds: option.prevent_default
  it('with prevent_default keeps the browser from its own: a link, a checkbox, a form', async t => {
    const { page } = await openApp(t, APP);
    await page.getByRole('link', { name: 'Stay' }).click();
    await lines(page, 'stay');
    assert.equal(new URL(page.url()).pathname, '/');
    await page.click('#box');
    await lines(page, 'stay box');
    assert.equal(await page.isChecked('#box'), false);
    await page.focus('#field');
    await page.keyboard.press('Enter');   // neither the form's key nor its submit
    await lines(page, 'stay box field:Enter');
    assert.equal(messages(page, 'sent', 'event').length, 3);
  });

  // holds: option.temporal
  it('with temporal is dropped without a connection, and only then', async t => {
    const { page, wire } = await openWired(t, APP);
    await click(page, 'Temporal');
    await lines(page, 'temporal');
    wire.cut();
    await page.locator('.tl-banner.tl-shown').waitFor();
    await click(page, 'Temporal');
    await click(page, 'Kept');
    await click(page, 'Temporal');
    await wire.mend();
    await lines(page, 'temporal kept');
    await click(page, 'Temporal');
    await lines(page, 'temporal kept temporal');
  });
});

describe('an error', { concurrency: 3 }, () => {
  const toasts = page => page.locator('.tl-toast > span').allTextContents();

  it('that the app has answered gets no words of the page besides', async t => {
    const { page } = await openApp(t, APP, { excuse: /by a toast|by an event|tidelock: / });
    await click(page, 'Fail, toast');
    await until(async () => (await toasts(page)).length > 0);
    await click(page, 'Fail, event');
    await lines(page, 'answered');
    assert.deepEqual(await toasts(page), ['The app is sorry']);
    const told = messages(page, 'received', 'errors').flatMap(({ errors }) => errors);
    assert.deepEqual(told.map(({ answered }) => answered), [true, true]);
  });

  it('that it has not gets them', async t => {
    const { page } = await openApp(t, APP, { excuse: /not at all|tidelock: / });
    await click(page, 'Fail');
    await until(async () => (await toasts(page)).length === 1);
    const [{ errors: [error] }] = messages(page, 'received', 'errors');
    assert.equal(error.answered, undefined);
    assert.match((await toasts(page))[0], new RegExp(error.ref));
  });
});
