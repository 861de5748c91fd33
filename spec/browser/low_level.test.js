// The second demo: a task of its own fetches a line and writes it by the tab's token.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import net from 'node:net';
import { describe, it } from 'node:test';
import { DEMO } from './support/host.js';
import { openApp, openPage, reaches, record, shows, until } from './support/page.js';

const RESULT = '#result';
const fetchData = page => page.getByRole('button', { name: 'Fetch Data' }).click();

// A server that answers when it is told to; gives its address, and a function for the next request's answer.
async function slowServer(t) {
  const waiting = [];
  const server = createServer((request, response) => waiting.push(response));
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const next = async () => {
    await until(() => waiting.length > 0, 'a request arrives');
    return waiting.shift();
  };
  t.after(() => { server.closeAllConnections(); server.close(); });
  return { url: `http://127.0.0.1:${server.address().port}/line.txt`, next };
}

async function closedPort() {
  const server = net.createServer();
  await new Promise(done => server.listen(0, '127.0.0.1', done));
  const { port } = server.address();
  await new Promise(done => server.close(done));
  return port;
}

describe('low level', { concurrency: 3 }, () => {
  it('shows that it loads, then the line of the app itself', async t => {
    const { page } = await openApp(t, DEMO);
    await shows(page, RESULT, 'Nothing fetched yet.');
    const seen = await record(page, RESULT);
    await fetchData(page);
    await shows(page, RESULT, /^The tide waits for no one/);
    const texts = (await seen()).map(({ text }) => text);
    assert.equal(texts.length, 3);
    assert.equal(texts[1], 'loading …');
  });

  it('stays alive while it loads, in this tab and in others', async t => {
    const server = await slowServer(t);
    const { host, context, page } = await openApp(t, DEMO, { host: { env: { TEXT_URL: server.url } } });
    const other = await openPage(context, host.url);
    await fetchData(page);
    await shows(page, RESULT, 'loading …');
    assert.ok(await page.getByRole('button', { name: 'Fetch Data' }).isDisabled());
    await page.getByRole('button', { name: 'Start' }).click();
    await reaches(page, '#my-task h2', 2);
    await shows(other, RESULT, 'Nothing fetched yet.');
    (await server.next()).end('Slack water.\nA second line.\n');
    await shows(page, RESULT, 'Slack water.');
    assert.ok(await page.getByRole('button', { name: 'Fetch Data' }).isEnabled());
    await shows(other, RESULT, 'Nothing fetched yet.');
  });

  it('tells what went wrong, and can be tried again', async t => {
    const { page } = await openApp(t, DEMO, { host: { env: { TEXT_URL: `http://127.0.0.1:${await closedPort()}/` } } });
    for (let i = 0; i < 2; i++) {
      await fetchData(page);
      await page.locator(`${RESULT} .error`, { hasText: /refused/i }).waitFor();
      await page.getByRole('button', { name: 'Fetch Data' }).isEnabled();
    }
  });

  it('an answer that is none of success is a problem, too', async t => {
    const server = await slowServer(t);
    const { page } = await openApp(t, DEMO, { host: { env: { TEXT_URL: server.url } } });
    await fetchData(page);
    await shows(page, RESULT, 'loading …');
    (await server.next()).writeHead(503).end('<b>busy</b>');
    await shows(page, `${RESULT} .error`, 'the answer was 503');
  });

  it('ends although its tab is gone', async t => {
    const server = await slowServer(t);
    const { host, page } = await openApp(t, DEMO, { host: { env: { TEXT_URL: server.url } } });
    await fetchData(page);
    await shows(page, RESULT, 'loading …');
    await page.close();
    (await server.next()).end('Too late.\n');
    await host.stop();
  });
});
