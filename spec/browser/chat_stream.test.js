// The chat: an answer that comes word by word from a server, and can be stopped.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages, openApp, openPage, shows, until } from './support/page.js';
import { assertNothingSticksOut } from './support/look.js';

const APP = 'app/chat_stream/main.lua';
const ask = (page, question) => page.getByLabel('Question').fill(question).then(() => page.keyboard.press('Enter'));
const answered = (page, n = 1) => page.locator(`article:nth-of-type(${n}) .answer:not([aria-busy])`).waitFor();
const answer = (page, n = 1) => page.locator(`article:nth-of-type(${n}) .answer`).textContent();
const focused = (page, wanted) => until(() => page.evaluate(id => document.activeElement.id === id, wanted), `${wanted} has the focus`);

describe('the chat', { concurrency: 2 }, () => {
  it('shows each word as it comes, and each frame carries that word alone', async t => {
    const { page } = await openApp(t, APP);
    await ask(page, 'What of the tide?');
    await shows(page, '.answer', /^The moon pulls/);
    const early = await answer(page);
    await until(async () => (await answer(page)).length > early.length, 'more comes');
    await answered(page);
    assert.match(await answer(page), /^The moon pulls at the water.*by then\.$/s);
    const frames = messages(page, 'received', 'patch').map(message => JSON.stringify(message));
    const words = (await answer(page)).split(/\s+/).length;
    assert.ok(frames.length >= words, `${frames.length} frames for ${words} words`);
    const late = frames.slice(20, -1);
    assert.ok(Math.max(...late.map(frame => frame.length)) < 200, late.at(-1));
  });

  it('lets the person write on, and stops when told to', async t => {
    const { page } = await openApp(t, APP, { host: { env: { MODEL_PACE: '100' } } });
    await ask(page, 'A tide, please');
    await focused(page, 'question');
    await until(async () => await page.getByLabel('Question').inputValue() === '', 'the field is empty');
    await shows(page, '.answer', /^The moon/);
    await page.keyboard.type('and a boat?', { delay: 30 });
    assert.equal(await page.getByLabel('Question').inputValue(), 'and a boat?');
    await page.getByRole('button', { name: 'Stop' }).click();
    await shows(page, 'article .help', 'Stopped.');
    const said = await answer(page);
    await new Promise(done => setTimeout(done, 400));
    assert.equal(await answer(page), said);
    assert.equal(await page.getByLabel('Question').inputValue(), 'and a boat?');
    await page.getByRole('button', { name: 'Ask', exact: true }).click();
    await answered(page, 2);
    assert.match(await answer(page, 2), /^A boat floats/);
  });

  it('tells that the model cannot be reached, and may be asked again', async t => {
    const { page } = await openApp(t, APP, { host: { env: { CHAT_URL: 'http://127.0.0.1:1/' } } });
    await ask(page, 'Hello?');
    await shows(page, '[role=alert]', /^The model cannot be reached/);
    await page.getByRole('button', { name: 'Ask again' }).click();
    await shows(page, '[role=alert]', /^The model cannot be reached/);
    assert.equal(messages(page, 'received', 'errors').length, 0);
  });

  it('answers two tabs at once, each its own', async t => {
    const { host, context, page } = await openApp(t, APP);
    const other = await openPage(context, host.url);
    await Promise.all([ask(page, 'A knot'), ask(other, 'A boat')]);
    await Promise.all([answered(page), answered(other)]);
    assert.match(await answer(page), /bowline/);
    assert.match(await answer(other), /keel/);
  });

  it('fits a narrow page', async t => {
    const { page } = await openApp(t, APP, { viewport: { width: 390, height: 800 } });
    await assertNothingSticksOut(page);
    await ask(page, `x${'y'.repeat(100)}`);
    await answered(page);
    await assertNothingSticksOut(page);
  });
});
