// gallery.js: pictures of the default style: `npm run gallery [folder]` writes PNGs of two realistic
// pages at phone and desk width, light and dark. To be looked at, not compared.

import { mkdirSync } from 'node:fs';
import { launch, openPage } from './browser.js';
import { MockHost } from './mock-host.js';
import { cond, each, el, item, on, op, v } from './trees.js';

const folder = process.argv[2] ?? 'gallery';

const nav = here => el('header', {}, el('nav', {},
  el('strong', {}, 'Harbour'),
  el('a', { href: '/', 'aria-current': here === '/' ? 'page' : null }, 'Jobs'),
  el('a', { href: '/kit', 'aria-current': here === '/kit' ? 'page' : null }, 'Settings'),
  el('a', { href: '/about' }, 'About')));

const jobs = el('main', {},
  nav('/'),
  el('h1', {}, 'Night import'),
  el('p', {}, 'Fetches the register, compares it with what is here, and files what changed. It goes on when you close this page.'),
  el('section', { class: 'card' },
    el('h3', {}, v('Job', 'counter'), ' / ', v('Job', 'max')),
    el('progress', { value: v('Job', 'counter'), max: v('Job', 'max') }),
    el('div', { class: 'row' },
      el('button', { class: 'primary', on: on('click', 'Job.toggle') }, cond(v('Job', 'running'), 'Stop', 'Start')),
      el('button', { on: on('click', 'Job.reset') }, 'Reset'),
      el('small', {}, op('format', '%.1f%% done', op('*', op('/', v('Job', 'counter'), v('Job', 'max')), 100))))),
  el('h2', {}, 'Tasks'),
  el('form', { class: 'row', on: on('submit', 'Job.add') },
    el('input', { name: 'title', placeholder: 'What is to be done?', 'aria-label': 'Title' }), el('button', {}, 'Add')),
  el('ul', {}, each(v('Job', 'items'), 1, 'id', el('li', {},
    el('input', { type: 'checkbox', checked: item(1, 'done'), 'aria-label': 'Done' }),
    cond(item(1, 'done'), el('s', {}, item(1, 'title')), item(1, 'title')),
    el('button', { 'aria-label': 'Remove', on: on('click', 'Job.drop', [item(1, 'id')]) }, '×')))),
  el('h2', {}, 'Last runs'),
  el('table', {},
    el('thead', {}, el('tr', {}, el('th', {}, 'Started'), el('th', {}, 'Rows'), el('th', {}, 'Result'))),
    el('tbody', {}, each(v('Job', 'runs'), 2, 'at', el('tr', {},
      el('td', {}, item(2, 'at')), el('td', {}, item(2, 'rows')), el('td', {}, item(2, 'result')))))));

const kit = el('main', {},
  nav('/kit'),
  el('h1', {}, 'Settings'),
  el('form', { on: on('submit', 'Job.save') },
    el('label', {}, 'Name', el('input', { name: 'name', value: v('Job', 'name') }), el('small', {}, 'Shown to others who look at this page.')),
    el('label', {}, 'Mail', el('input', { type: 'email', 'aria-invalid': true, value: 'ada@' }), el('small', { class: 'error' }, 'This is not a whole address.')),
    el('label', {}, 'Interval', el('select', {}, el('option', {}, 'Every hour'), el('option', {}, 'Every night'))),
    el('label', {}, 'Notes', el('textarea', { value: 'Skip holidays.\nCall Grace before a full run.' })),
    el('label', {}, el('input', { type: 'checkbox', checked: true }), 'Tell me when it is done'),
    el('fieldset', {}, el('legend', {}, 'On failure'),
      el('label', {}, el('input', { type: 'radio', name: 'r', checked: true }), 'Try again'),
      el('label', {}, el('input', { type: 'radio', name: 'r' }), 'Stop')),
    el('div', { class: 'row' }, el('button', {}, 'Save'), el('button', { type: 'button' }, 'Cancel'),
      el('button', { type: 'button', class: 'quiet' }, 'Defaults'), el('button', { type: 'button', class: 'danger' }, 'Delete'),
      el('button', { type: 'button', disabled: true }, 'Disabled'), el('button', { type: 'button', id: 'busy' }, 'Busy'))),
  el('h2', {}, 'Without wrappers'),
  el('input', { type: 'number', value: 10, 'aria-label': 'Max' }), el('button', {}, 'Start'), el('button', {}, 'Reset'),
  el('p', {}, 'Text with ', el('a', { href: '#' }, 'a link'), ', some ', el('code', {}, 'self.counter'), ' and ', el('kbd', {}, 'Enter'), '.'),
  el('div', { class: 'grid' }, ...['Rows', 'Errors', 'Minutes'].map((name, i) =>
    el('div', { class: 'card' }, el('small', {}, name), el('h2', {}, [1284, 0, 37][i])))),
  el('pre', {}, el('code', {}, 'function Job:toggle()\n  self.running = not self.running\nend')),
  el('blockquote', {}, 'A quiet page is one that can be trusted.'),
  el('details', {}, el('summary', {}, 'Details'), el('p', {}, 'More.')));

const state = { Job: {
  counter: 128, max: 480, running: true, name: 'Ada Lovelace',
  items: [{ id: 1, title: 'Check the register of ships', done: true }, { id: 2, title: 'Write to the harbour office about the berth that was promised for spring', done: false },
    { id: 3, title: 'Order charts', done: false }],
  runs: [{ at: '23 Nov, 02:00', rows: 1284, result: 'Done' }, { at: '22 Nov, 02:00', rows: 1190, result: 'Done' }, { at: '21 Nov, 02:00', rows: 311, result: 'Stopped' }],
} };

const host = await new MockHost({
  dev: true, state,
  pages: { '/': { route: '/', title: 'Jobs', tree: jobs }, '/kit': { route: '/kit', title: 'Kit', tree: kit } },
}).listen();
const browser = await launch();
mkdirSync(folder, { recursive: true });

for (const colorScheme of ['light', 'dark']) {
  for (const width of [390, 1280]) {
    const page = await openPage(browser, `${host.url}/`, { colorScheme, viewport: { width, height: 900 } });
    const shot = name => page.screenshot({ path: `${folder}/${name}-${width}-${colorScheme}.png` });
    await page.waitForTimeout(300);
    host.push(null, { effects: ['info', 'success', 'warning', 'error'].map(kind => ['toast', `A toast of the kind ${kind}`, { kind }]) });
    await page.waitForTimeout(300);
    await shot('jobs');
    host.push(null, { errors: [{ event: null, task: 'Job.work', name: 'ImmutableStateError', ref: 'a1b2',
      message: 'Job.counter is written outside of with_state', traceback: 'main.lua:23: in function Job.work\n  22 |   while true do\n> 23 |     self.counter = self.counter + 1\n  24 |     tl.sleep(1)' }] });
    await page.waitForTimeout(300);
    await shot('error');
    await page.goto(`${host.url}/kit`);
    await page.waitForTimeout(400);
    host.refusing = true;
    host.ws.terminate();
    await page.evaluate(() => document.getElementById('busy').setAttribute('aria-busy', 'true'));
    await page.focus('[name=name]');
    await page.waitForTimeout(1400);
    await page.screenshot({ path: `${folder}/kit-${width}-${colorScheme}.png`, fullPage: true });
    host.refusing = false;
    await page.context().close();
  }
}
await browser.close();
host.close();
