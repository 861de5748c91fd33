// Typing while the state changes and the host is slow: no letter is eaten, no caret moves, nothing flickers.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { messages, number, openApp, openWired, reaches, shows, until } from './support/page.js';

const TYPING = 'spec/browser/apps/typing.lua';
const LAG = 500;   // ms

const sent = (page, handler) => messages(page, 'sent', 'event').map(({ event }) => event).filter(event => event.handler === handler);

// Looks at a field at each frame from here on; the function that it gives reads what was seen: [value, caret, ...].
async function watch(page, id) {
  await page.evaluate(id_ => {
    const dom = document.getElementById(id_);
    const seen = window[`seen_${id_}`] = [];
    (function look() {
      const last = seen.at(-1);
      if (!last || last[0] !== dom.value || last[1] !== dom.selectionStart) seen.push([dom.value, dom.selectionStart]);
      requestAnimationFrame(look);
    })();
  }, id);
  return () => page.evaluate(id_ => window[`seen_${id_}`], id);
}

const caret = (page, id, at) => page.evaluate(([id_, at_]) => {
  const dom = document.getElementById(id_);
  dom.focus();
  dom.setSelectionRange(at_, at_);
}, [id, at]);

const place = (page, id) => page.evaluate(id_ => {
  const { value, selectionStart, selectionEnd } = document.getElementById(id_);
  return [value, selectionStart, selectionEnd];
}, id);

// Every value that was seen is the start of the typing, and no later one is shorter.
function assertGrows(seen, head, typed, tail) {
  let last = 0;
  for (const [value, at] of seen) {
    const n = value.length - head.length - tail.length;
    assert.equal(value, head + typed.slice(0, n) + tail);
    assert.equal(at, head.length + n, `the caret in ${JSON.stringify(value)}`);
    assert.ok(n >= last, `${JSON.stringify(value)} after ${last} letters`);
    last = n;
  }
}

describe('who types', { concurrency: 2 }, () => {
  it('in the middle of a bound text is not disturbed by a host that is half a second late', async t => {
    const { page, wire } = await openWired(t, TYPING);
    await reaches(page, '#ticks', 3);
    wire.lag = LAG;
    await caret(page, 'text', 5);
    const seen = await watch(page, 'text');
    const before = await number(page, '#ticks');
    const typed = ' wide, wild and wonderful';
    await page.keyboard.type(typed, { delay: 25 });
    await reaches(page, '#ticks', before + 5);
    await shows(page, '#held', /^Hello wide, wild and wonderful world\|/);
    assert.deepEqual(await place(page, 'text'), [`Hello${typed} world`, 5 + typed.length, 5 + typed.length]);
    assertGrows(await seen(), 'Hello', typed, ' world');
    const events = sent(page, 'Desk.set_text');
    assert.equal(events.at(-1).args[0], `Hello${typed} world`);
    assert.ok(events.length < typed.length, `one event is under way at a time: ${events.length}`);
  });

  it('in a text area: with line ends, deleting and selecting', async t => {
    const { page, wire } = await openWired(t, TYPING);
    await reaches(page, '#ticks', 3);
    wire.lag = LAG;
    await caret(page, 'notes', 3);
    await page.keyboard.type(' and\nmore', { delay: 15 });
    for (let i = 0; i < 4; i++) await page.keyboard.press('Backspace');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('Delete');
    await page.keyboard.type('X');
    assert.deepEqual(await place(page, 'notes'), ['one andX\ntwo', 8, 8]);
    await page.evaluate(() => document.getElementById('notes').setSelectionRange(4, 7));
    await shows(page, '#held', /^[^|]*\|12\|/);
    await until(async () => sent(page, 'Desk.set_notes').at(-1).args[0] === 'one andX\ntwo');
    assert.deepEqual(await place(page, 'notes'), ['one andX\ntwo', 4, 7]);
  });

  it('while a handler rewrites what is typed sees it when the typing rests, with the caret in its place', async t => {
    const { page } = await openApp(t, TYPING);
    await caret(page, 'loud', 1);
    const seen = await watch(page, 'loud');
    await page.keyboard.type('xyz', { delay: 30 });
    await until(async () => (await place(page, 'loud'))[0] === 'AXYZBC');
    assert.deepEqual(await place(page, 'loud'), ['AXYZBC', 4, 4]);
    for (const [value, at] of await seen()) assert.equal(at, value.length - 2, value);
  });

  it('a number is not corrected on the way to it', async t => {
    const { page } = await openApp(t, TYPING);
    await page.focus('#age');
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Backspace');
    await page.keyboard.type('40', { delay: 60 });
    await shows(page, '#held', /\|40\|/);
    assert.equal(await page.inputValue('#age'), '40');

    await caret(page, 'plain', 0);
    await page.keyboard.press('Control+A');
    await page.keyboard.type('-05', { delay: 60 });
    await shows(page, '#held', /\|-5\|/);
    assert.equal(await page.inputValue('#plain'), '-05');
    await page.keyboard.press('Tab');
    await until(async () => await page.inputValue('#plain') === '-5', 'it is written as it is when it is left');

    await page.focus('#amount');
    await page.keyboard.type('1e2', { delay: 60 });
    await shows(page, '#held', /\|-5\|100\|/);
    assert.equal(await page.inputValue('#amount'), '1e2');
    await page.keyboard.press('Control+A');
    await page.keyboard.press('Backspace');
    await shows(page, '#held', /\|-5\|\|/);
    assert.equal(await page.locator('.tl-toast').count(), 0);
  });

  it('a number that may not be missing comes back when its field is left empty', async t => {
    const { page } = await openApp(t, TYPING);
    await page.fill('#age', '');
    await until(async () => await number(page, '#ticks') > 5);
    assert.equal(await page.inputValue('#age'), '');
    await page.press('#age', 'Tab');
    await until(async () => await page.inputValue('#age') === '30');
    assert.equal(await page.locator('.tl-toast').count(), 0);
  });

  it('a field that was cleared before the answer came stays clear', async t => {
    const { page, wire } = await openWired(t, TYPING);
    wire.lag = LAG;
    await page.focus('#age');
    await page.keyboard.press('Control+A');
    await page.keyboard.type('4');
    await page.keyboard.press('Backspace');
    await shows(page, '#held', /\|4\|/);
    const before = await number(page, '#ticks');
    await reaches(page, '#ticks', before + 3);
    assert.equal(await page.inputValue('#age'), '');
    await page.keyboard.type('52');
    await shows(page, '#held', /\|52\|/);
    assert.equal(await page.inputValue('#age'), '52');
  });

  it('in a row of a list that changes is left alone', async t => {
    const { page, wire } = await openWired(t, TYPING);
    await reaches(page, '#ticks', 3);
    wire.lag = LAG;
    await caret(page, 'row2', 3);
    const seen = await watch(page, 'row2');
    await page.keyboard.type('-and-a-half-', { delay: 25 });
    await shows(page, '#held', /\|sec-and-a-half-ond$/);
    assertGrows(await seen(), 'sec', '-and-a-half-', 'ond');
  });

  it('while the connection is away keeps all of it, and the host gets the last', async t => {
    const { page, wire } = await openWired(t, TYPING);
    await reaches(page, '#ticks', 3);
    wire.cut();
    await caret(page, 'text', 11);
    const typed = ', are you there? '.repeat(9);
    await page.keyboard.type(typed);
    assert.equal(await page.inputValue('#text'), `Hello world${typed}`);
    await wire.mend();
    await shows(page, '#held', new RegExp(`^Hello world${typed.replaceAll('?', '\\?')}\\|`));
    assert.deepEqual(await place(page, 'text'), [`Hello world${typed}`, 11 + typed.length, 11 + typed.length]);
    assert.equal(await page.locator('.tl-toast').count(), 0);
  });

  it('composes a letter undisturbed', async t => {
    const { page, context } = await openApp(t, TYPING);
    const keys = await context.newCDPSession(page);
    await caret(page, 'loud', 3);
    for (const text of ['k', 'か', 'かn', 'かん']) {
      await keys.send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length });
      await shows(page, '#held', new RegExp(`\\|ABC${text.toUpperCase()}\\|`));
      assert.equal(await page.inputValue('#loud'), `abc${text}`);
    }
    await keys.send('Input.insertText', { text: '漢' });
    await until(async () => await page.inputValue('#loud') === 'ABC漢');
    assert.deepEqual(await place(page, 'loud'), ['ABC漢', 4, 4]);
  });
});

describe('who chooses', () => {
  it('in bound checks, buttons and lists', async t => {
    const { page, wire } = await openWired(t, TYPING);
    wire.lag = LAG;
    await page.check('#agreed');
    await page.selectOption('#colour', 'green');
    await page.check('#l');
    assert.deepEqual(await page.evaluate(() => ['agreed', 'l', 'm'].map(id => document.getElementById(id).checked)), [true, true, false]);
    await shows(page, '#held', /\|yes\|green\|l\|/);
    assert.deepEqual(await page.evaluate(() => ['agreed', 'l', 'm'].map(id => document.getElementById(id).checked)), [true, true, false]);
    assert.equal(await page.inputValue('#colour'), 'green');
  });
});
