// The shop: routes, titles, a cart that all tabs of a browser share, signing in, an order.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openApp, openContext, openPage, shows, until } from './support/page.js';
import { assertNothingSticksOut } from './support/look.js';

const APP = 'app/shop/main.lua';
const CART = 'nav a:nth-child(2)';
const add = (page, name) => page.getByRole('button', { name: `Add ${name}` }).click();
const titled = (page, wanted) => until(async () => await page.title() === wanted, `the title is ${wanted}`);

async function signIn(page, name) {
  await page.getByLabel('Name', { exact: true }).fill(name);
  await page.getByLabel('Password').fill('tide');
  await page.keyboard.press('Enter');
}

describe('the shop', { concurrency: 2 }, () => {
  it('has a page for each thing, with its title, and goes back', async t => {
    const { host, page } = await openApp(t, APP, { excuse: /404 \(Not Found\)/ });
    await page.getByRole('link', { name: 'Lantern' }).click();
    await shows(page, 'h1', 'Lantern');
    await titled(page, 'Lantern – Shop');
    assert.equal(new URL(page.url()).pathname, '/thing/lantern');
    await page.getByRole('button', { name: 'Add to the cart' }).click();
    await page.getByText('Lantern is in the cart').waitFor();
    await shows(page, CART, 'Cart (1)');
    await page.goBack();
    await shows(page, 'h1', 'For your boat');
    const answer = await page.goto(`${host.url}/nowhere`);
    assert.equal(answer.status(), 404);
    await shows(page, 'h1', 'Nothing here');
  });

  it('shows one cart in all tabs of a browser, and another in another', async t => {
    const { host, context, page } = await openApp(t, APP);
    const second = await openPage(context, `${host.url}/cart`);
    const stranger = await openPage(await openContext(t), host.url);
    await add(page, 'Compass');
    await shows(second, CART, 'Cart (1)');
    await second.getByLabel('How many: Compass').fill('3');
    await second.keyboard.press('Tab');
    await shows(page, CART, 'Cart (3)');
    await shows(second, '#total', '147.00 €');
    await titled(second, 'Cart (3) – Shop');
    await shows(stranger, CART, 'Cart (0)');
  });

  it('takes an order: errors at the fields, then signing in, and back with nothing lost', async t => {
    const { context, host, page } = await openApp(t, APP);
    await add(page, 'Rope');
    await page.getByRole('link', { name: 'Cart' }).click();
    await page.getByRole('button', { name: 'Order for 28.50 €' }).click();
    await shows(page, '#street-problem', 'A street and a number');
    await until(() => page.evaluate(() => document.activeElement.id === 'street'), 'the first wrong field has the focus');
    await page.keyboard.type('Quay 7');
    await shows(page, '#street-problem', '');
    await page.getByLabel('Postcode').fill('1234');
    await page.getByLabel('Town').fill('Mull');
    await page.keyboard.press('Enter');
    await shows(page, 'h1', 'Sign in');
    await signIn(page, 'Ann');
    await shows(page, 'h1', 'Cart');
    assert.equal(await page.getByLabel('Street and number').inputValue(), 'Quay 7');
    const other = await openPage(context, host.url);
    await shows(other, 'nav a:nth-child(3)', 'Ann');
    await page.getByRole('button', { name: 'Order for 28.50 €' }).click();
    await shows(page, 'h1', 'Ann');
    await page.getByText('Order 1').waitFor();
    await shows(other, CART, 'Cart (0)');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await shows(other, 'nav a:nth-child(3)', 'Sign in');
  });

  it('fits a narrow page', async t => {
    const { page } = await openApp(t, APP, { viewport: { width: 390, height: 800 } });
    await assertNothingSticksOut(page);
    await add(page, 'Chart');
    await page.getByRole('link', { name: 'Cart' }).click();
    await page.getByRole('button', { name: /^Order/ }).click();
    await shows(page, '#town-problem', 'Where do you live?');
    await assertNothingSticksOut(page);
  });
});
