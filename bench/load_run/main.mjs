// main.mjs: thousands of pages with a running task each, for minutes: the host's memory stays, no delta is lost or
// doubled; then all reconnect at once, some stop reading, and all leave. Ends with "N passed, N failed".

import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { startHost } from './host.mjs';
import { Page } from './page.mjs';

const { values: options } = parseArgs({
  options: { minutes: { type: 'string', default: '10' }, pages: { type: 'string', default: '5000' } },
});
const MINUTES = Number(options.minutes), PAGES = Number(options.pages);

const MOST_DELTAS = 10_000;            // a second, of all pages: what two cores carry that others use, too
const BEAT = Math.max(0.1, PAGES / MOST_DELTAS);   // s between two counts of a page
const WARM_UP = 20 * BEAT + 2;         // s: the host keeps the last 16 states of a tab for those who come back
const SLOW_PAGES = 200;
const POUR = 0.02;                     // s between two texts of 8 KB
const SLOW_TIME = MINUTES < 1 ? 6 : 15;   // s without reading: more than what the kernel holds
const TAB_TTL = 5;                     // s, of the app
const STORM_LIMIT = 5;                 // s
const FLAT = 0.02;
const SLOW_KB = 100;
const TICKS = 0.02;                    // of the pages, so many have an event at each look
const RETURN = 0.15;                   // of what the pages had, at most this is still held when all have left
const PATIENCE = 20;                   // s, for what should come soon

let passed = 0, failed = 0;
function check(good, text) {
  if (good) passed++;
  else failed++;
  console.log(`${good ? 'ok     ' : 'FAILED '} ${text}`);
}

const log = {
  count: 0,
  first: [],
  wrong(text) {
    this.count++;
    if (this.first.length < 5) this.first.push(text);
  },
  // Whether all was right since it was last asked.
  isClean() {
    for (const text of this.first) console.log(`        ${text}`);
    const clean = this.count === 0;
    Object.assign(this, { count: 0, first: [] });
    return clean;
  },
};

const mb = kb => `${(kb / 1024).toFixed(1)} MB`;
const now = () => performance.now() / 1000;
const sum = (pages, what) => pages.reduce((total, page) => total + page[what], 0);
const median = list => [...list].sort((a, b) => a - b)[list.length >> 1];

async function until(condition, seconds = PATIENCE) {
  for (const end = now() + seconds; now() < end; await sleep(20)) if (condition()) return true;
  return false;
}

// Some at a time, as people come.
async function open(host, n, from = 0) {
  const pages = [];
  while (pages.length < n) {
    const some = Array.from({ length: Math.min(100, n - pages.length) }, (_, i) => new Page(host.port, from + pages.length + i, log));
    await Promise.all(some.map(page => page.connect()));
    pages.push(...some);
  }
  return pages;
}

// ---- the parts of a run ----

async function steady(host, pages) {
  for (let i = 0; i < pages.length; i++) {
    pages[i].start('Load.beat');
    pages[i].tick();   // what a first event costs is not what this measures
    if (i % 100 === 99) await sleep(BEAT * 1e5 / pages.length);   // spread over one beat
  }
  await sleep(WARM_UP * 1000);
  const rss = [], began = now(), cpu = host.cpuSeconds(), before = sum(pages, 'messages');
  const step = Math.min(1, MINUTES * 60 / 20);
  for (let next = began + 60; now() < began + MINUTES * 60; await sleep(step * 1000)) {
    rss.push(host.rssKb());
    for (const page of pages) if (Math.random() < TICKS) page.tick();
    if (now() < next) continue;
    next += 60;
    console.log(`        ${Math.round((now() - began) / 60)} min: ${mb(rss.at(-1))}, ${sum(pages, 'messages') - before} deltas, ${log.count} wrong`);
  }
  const seconds = now() - began, deltas = sum(pages, 'messages') - before;
  const low = Math.min(...rss), high = Math.max(...rss);
  console.log(`        ${Math.round(deltas / seconds)} deltas a second, ${Math.round((host.cpuSeconds() - cpu) / seconds * 100)} % of a core`);
  check(deltas > 0.5 * pages.length * seconds / BEAT, `${deltas} deltas in ${Math.round(seconds)} s, of ${Math.round(pages.length * seconds / BEAT)} due`);
  await settled(pages);
  check(log.isClean(), 'none was lost, none came twice');
  check(high - low <= FLAT * low, `memory stays: ${mb(low)} to ${mb(high)}, ${((high / low - 1) * 100).toFixed(2)} %, at most ${FLAT * 100} %`);
  return median(rss);
}

// Each event is done, and has happened once.
async function settled(pages) {
  const all = await until(() => pages.every(page => page.isSettled()));
  const asked = sum(pages, 'asked');
  check(all, `${asked} events are done, ${sum(pages, 'ticks')} have happened`);
}

// All have an event under way when the network goes.
async function storm(pages) {
  for (const page of pages) page.tick();
  for (const page of pages) page.drop();
  await sleep(300);
  const began = now();
  const firsts = await Promise.allSettled(pages.map(page => page.connect()));
  const took = now() - began;
  const resumed = firsts.filter(({ value }) => value === 'resume').length;
  check(resumed === pages.length && took < STORM_LIMIT,
    `${resumed} of ${pages.length} pages resume in ${took.toFixed(2)} s when all come back at once, at most ${STORM_LIMIT} s`);
  const counters = pages.map(page => page.counter);
  await until(() => pages.every((page, i) => page.counter > counters[i]));
  check(pages.every((page, i) => page.counter > counters[i]), 'all of their tasks go on');
  await settled(pages);
  check(log.isClean(), 'with the right state');
}

async function slow(host, from) {
  const pages = await open(host, SLOW_PAGES, from);
  for (const page of pages) page.start('Load.pour');
  await until(() => pages.every(page => page.counter > 40));
  await sleep(500);
  const before = host.rssKb();
  for (const page of pages) page.stopReading();
  const counters = pages.map(page => page.counter);
  let most = 0;
  for (const end = now() + SLOW_TIME; now() < end; await sleep(500)) most = Math.max(most, host.rssKb());
  const each = (most - before) / SLOW_PAGES;
  check(each < SLOW_KB, `a page that does not read costs ${each.toFixed(1)} KB of the host's memory, at most ${SLOW_KB} KB`);
  for (const page of pages) Object.assign(page, { messages: 0, longest: 0, skipped: 0 });
  for (const page of pages) page.readOn();
  const missed = page => page.longest > 0.2 * SLOW_TIME / POUR;   // the kernel held the rest
  const all = await until(() => pages.every(missed));
  await sleep(1000);
  const got = pages.map(page => page.longest), atOnce = pages.every(page => page.longest > 0.9 * page.skipped);
  console.log(`        commits since: ${median(pages.map((page, i) => page.counter - counters[i]))}; messages: ${median(pages.map(page => page.messages))}`);
  check(all && atOnce, `what it missed comes in one message: ${median(got)} commits, ${Math.min(...got)} at least`);
  check(log.isClean(), 'with the right state');
  return { pages, most };
}

async function leave(host, pages, start, held) {
  for (const page of pages) page.drop();
  await sleep((TAB_TTL + 1) * 1000);
  const goal = start + RETURN * (held - start);
  await until(() => host.rssKb() < goal, 5);
  const rss = host.rssKb();
  check(rss < goal, `memory comes back when all have left: ${mb(rss)}; ${mb(start)} at the start, ${mb(held)} at most`);
  log.isClean();
}

const host = await startHost({ LOAD_BEAT: String(BEAT), LOAD_POUR: String(POUR) });
try {
  const start = host.rssKb(), began = now();
  const pages = await open(host, PAGES);
  console.log(`        ${PAGES} pages in ${(now() - began).toFixed(1)} s, each counts ${Math.round(10 / BEAT) / 10} times a second; ${mb(host.rssKb())}`);
  const held = await steady(host, pages);
  await storm(pages);
  const slowOnes = await slow(host, PAGES);
  await leave(host, [...pages, ...slowOnes.pages], start, Math.max(held, slowOnes.most));
} catch (error) {
  check(false, error.stack);
}
const code = await host.stop();
check(code === 0, `the host ends with exit code ${code}`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
