// Controls: what they bring to the host, and how they follow the state.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages, openApp, quietly, shows, until } from './support/page.js';

const FORMS = 'spec/browser/apps/forms.lua';
const held = (page, text) => shows(page, '#held', text);
const click = (page, name) => page.getByRole('button', { name, exact: true }).click();
const values = page => page.evaluate(() => {
  const of = id => document.getElementById(id);
  return [of('name').value, of('age').value, of('agreed').checked, of('color').value,
    Array.from(of('tags').selectedOptions, option => option.value).join(), of('notes').value, of('level').value];
});
const DEFAULTS = ['Ada', '', false, 'green', 'b', 'first\nsecond', '3'];

describe('forms', { concurrency: 3 }, () => {
  // holds: trigger.kinds
  it('controls show the state and bring what was entered, each in its kind', async t => {
    const { page } = await openApp(t, FORMS);
    assert.deepEqual(await values(page), DEFAULTS);
    await held(page, 'Ada||no|green|b|12|3');
    await page.fill('#age', '37.5');
    await held(page, 'Ada|37.5|no|green|b|12|3');
    await page.check('#agreed');
    await page.selectOption('#color', 'blue');
    await page.selectOption('#tags', ['a', 'c']);
    await page.fill('#notes', 'one\n<two>');
    await page.press('#notes', 'Tab');
    await page.focus('#level');
    await page.keyboard.press('ArrowRight');
    await held(page, 'Ada|37.5|yes|blue|a,c|9|4');
    await page.fill('#age', '');
    await held(page, 'Ada||yes|blue|a,c|9|4');
    await page.fill('#age', '5');
    await held(page, 'Ada|5|yes|blue|a,c|9|4');
    await click(page, 'Defaults');
    await held(page, 'Ada||no|green|b|12|3');
    await until(async () => String(await values(page)) === String(DEFAULTS), 'the controls show the defaults again');
  });

  it('a value that the setter refuses is told, and the control goes back', async t => {
    const { host, page } = await openApp(t, FORMS);
    await page.fill('#size', '');
    await page.press('#size', 'Tab');
    await page.locator('.tl-toast.tl-error').waitFor();
    await until(async () => await page.inputValue('#size') === '4');
    assert.match(host.output, /VarTypeError: Form\.size: a number is expected/);
  });

  it('a control shows what the handler made of it, also when that is what the state was', async t => {
    const { page } = await openApp(t, FORMS);
    await page.fill('#name', 'grace');
    await page.press('#name', 'Enter');
    await held(page, /^GRACE/);
    await until(async () => await page.inputValue('#name') === 'GRACE');
    await page.fill('#name', 'Grace');
    await page.press('#name', 'Tab');
    await until(async () => await page.inputValue('#name') === 'GRACE');
  });

  // holds: trigger.submit
  it('a form brings its named fields, and the page stays', async t => {
    const { page } = await openApp(t, FORMS);
    await page.fill('[name=title]', 'Über "alles" <b>');
    await page.fill('[name=count]', '5');
    await page.check('[name=done]');
    await page.check('[name=size][value=m]');
    await page.selectOption('[name=many]', ['x', 'z']);
    await page.fill('[name=text]', 'two\nlines');
    await page.press('[name=title]', 'Enter');
    await shows(page, '#submitted', /./);
    assert.deepEqual(JSON.parse(await page.textContent('#submitted')),
      { title: 'Über "alles" <b>', count: 5, done: true, size: 'm', many: ['x', 'z'], text: 'two\nlines' });
    assert.equal(new URL(page.url()).search, '');
    await page.fill('[name=count]', '');
    await page.uncheck('[name=done]');
    await page.selectOption('[name=many]', []);
    await click(page, 'Send');
    await shows(page, '#submitted', /"done":false/);
    const { count, many } = JSON.parse(await page.textContent('#submitted'));
    assert.deepEqual([count ?? null, many], [null, []]);
  });

  // holds: option.key
  it('keys are told apart, and others are not sent', async t => {
    const { page } = await openApp(t, FORMS);
    await page.focus('#keys');
    await page.keyboard.type('ab');
    await page.keyboard.press('Escape');
    await page.keyboard.type('c');
    await page.keyboard.press('Enter');
    await shows(page, '#pressed', 'Escape,Enter');
    assert.equal(messages(page, 'sent', 'event').length, 2);
  });

  // holds: option.debounce
  it('a debounced trigger waits until the typing rests, but not until a later event', async t => {
    const { page } = await openApp(t, FORMS);
    // In one go: on a slow machine, typing by the browser's own events may rest for longer than the trigger waits.
    const type = (text, then) => page.evaluate(([text_, then_]) => {
      const search = document.getElementById('search');
      for (const letter of text_) {
        search.value += letter;
        search.dispatchEvent(new Event('input', { bubbles: true }));
      }
      [...document.querySelectorAll('button')].find(dom => dom.textContent === then_)?.click();
    }, [text, then]);
    await type('tide');
    await shows(page, '#searched', 'tide');
    await type('lock', 'Step');
    await shows(page, '#steps', '1');
    await shows(page, '#searched', 'tide,tidelock');
    await quietly(300);
    assert.deepEqual(messages(page, 'sent', 'event').map(({ event }) => event.handler),
      ['Form.search', 'Form.search', 'Form.step']);
  });

  it('a throttled trigger runs at once, and once more for all that came meanwhile', async t => {
    const { page } = await openApp(t, FORMS);
    await page.evaluate(() => {
      const step = [...document.querySelectorAll('button')].find(dom => dom.textContent === 'Step');
      for (let i = 0; i < 5; i++) step.click();
    });
    await shows(page, '#steps', '2');
    await quietly(500);
    await shows(page, '#steps', '2');
  });
});
