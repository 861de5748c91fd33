// The registration: errors beside the fields, and a register that takes its time.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages, openApp, openPage, shows, until } from './support/page.js';
import { assertNothingSticksOut } from './support/look.js';

const APP = 'app/form/main.lua';
const register = page => page.getByRole('button', { name: 'Register', exact: true });
const field = (page, name) => page.getByLabel(name, { exact: true });
const focused = (page, wanted) => until(() => page.evaluate(id => document.activeElement.id === id, wanted), `${wanted} has the focus`);

async function fill(page, name) {
  await field(page, 'Name').fill(name);
  await field(page, 'E-mail').fill('eve@example.org');
  await field(page, 'Password').fill('correct horse');
  await field(page, 'Password, again').fill('correct horse');
  await field(page, 'Age').fill('30');
  await field(page, 'Country').selectOption('Norway');
  await field(page, 'I agree to the terms').check();
}

describe('the form', { concurrency: 2 }, () => {
  it('shows the error of a field when it is left, and follows what is typed then', async t => {
    const { page } = await openApp(t, APP);
    await field(page, 'Name').pressSequentially('a');
    await page.keyboard.press('Tab');
    await shows(page, '#name-note', 'Three characters or more');
    assert.equal(await field(page, 'Name').getAttribute('aria-invalid'), 'true');
    assert.equal(await page.locator('.error').count(), 1);
    await field(page, 'Name').press('End');
    await page.keyboard.type('nn');
    await shows(page, '#name-note', 'Three letters or digits, or more');
    assert.equal(await field(page, 'Name').inputValue(), 'ann');
    assert.equal(await page.locator('.error').count(), 0);
  });

  it('shows all errors when it is submitted, and leads to the first', async t => {
    const { page } = await openApp(t, APP);
    await field(page, 'Name').fill('eve');
    await page.keyboard.press('Enter');
    await shows(page, '#email-note', 'An address, such as ada@example.org');
    await focused(page, 'email');
    assert.equal(await page.locator('.error').count(), 5);
  });

  it('is sent once, with its controls disabled meanwhile, and welcomes', async t => {
    const { page } = await openApp(t, APP);
    await fill(page, 'eve');
    await register(page).dblclick();
    await page.getByRole('button', { name: 'Registering …' }).waitFor();
    assert.ok(await page.getByRole('button', { name: 'Registering …' }).isDisabled());
    assert.ok(await field(page, 'Name').isDisabled());
    await shows(page, 'h2', 'Welcome, eve');
    assert.equal(messages(page, 'received', 'errors').length, 0);
    await page.getByRole('button', { name: 'Register somebody else' }).click();
    await register(page).waitFor();
    assert.equal(await field(page, 'Name').inputValue(), '');
    assert.equal(await field(page, 'Password').inputValue(), '');
  });

  it('tells that a name is taken, which another tab took', async t => {
    const { host, context, page } = await openApp(t, APP);
    await fill(page, 'eve');
    await register(page).click();
    await shows(page, 'h2', 'Welcome, eve');
    const other = await openPage(context, host.url);
    await fill(other, 'Eve');
    await register(other).click();
    await shows(other, '#name-note', 'This name is taken');
    await focused(other, 'name');
    await other.keyboard.press('End');
    await other.keyboard.type('2');
    await shows(other, '#name-note', 'Three letters or digits, or more');
    await other.keyboard.press('Enter');
    await shows(other, 'h2', 'Welcome, Eve2');
  });

  it('fits a narrow page, and no error moves the fields below it', async t => {
    const { page } = await openApp(t, APP, { viewport: { width: 390, height: 800 } });
    const top = () => field(page, 'I agree to the terms').evaluate(dom => dom.getBoundingClientRect().top + scrollY);
    await assertNothingSticksOut(page);
    const before = await top();
    await register(page).click();
    await shows(page, '#age-note', 'How old are you?');
    assert.equal(await top(), before);
    await assertNothingSticksOut(page);
  });
});
