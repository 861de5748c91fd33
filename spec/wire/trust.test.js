// Who asks: behind proxies that the host was told to trust, and what anybody can write into headers and cookies.

import assert from 'node:assert/strict';
import http from 'node:http';
import { describe, it } from 'node:test';
import { openPage } from './client.js';
import { sharedHost, startHost } from './host.js';

// The cookie that a page's answer sets; headers: also with lists, a line for each element.
const setCookie = (host, headers = {}) => new Promise((done, failed) => {
  http.get(host.url, { headers, agent: false }, answer => done(answer.resume().headers['set-cookie']?.[0])).on('error', failed);
});

async function clientIp(t, host, forwarded) {
  const headers = forwarded === undefined ? {} : { 'x-forwarded-for': forwarded };
  const page = await openPage(t, host, { path: '/quiet', headers });
  return (await page.call('Job.from_where')).Job.text;
}

const SECRET = 'abcdefghijklmnopqrstuvwxyz';

describe('a host without proxies', () => {
  const host = sharedHost();

  // holds: router.client_ip, router.client_ip.forged
  it('believes nobody who he is', async t => {
    for (const forwarded of [undefined, '1.2.3.4', '127.0.0.1, 1.2.3.4']) assert.equal(await clientIp(t, host(), forwarded), '127.0.0.1');
  });

  it('believes nobody that he came by https', async () => {
    assert.doesNotMatch(await setCookie(host(), { 'x-forwarded-proto': 'https' }), /Secure/);
  });

  // holds: http.cookie.forged
  it('takes no cookie for a session that it would not have set, and gives another', async t => {
    for (const value of ['', 'short', SECRET.slice(1), `${SECRET}a`, SECRET.toUpperCase(), `"${SECRET}"`, ` ${SECRET}`, `${SECRET.slice(1)}1`,
      `${SECRET.slice(1)}%`, `${SECRET.slice(1)}\u00e4`, `${SECRET.slice(1)}\t`, '.'.repeat(26), 'a'.repeat(4000)]) {
      const cookie = `a=b; tidelock_session=${value}; c=d`;
      assert.match(await setCookie(host(), { cookie }), /^tidelock_session=[a-z2-7]{26};/, value);
      const page = await openPage(t, host(), { path: '/quiet', headers: { cookie } });
      assert.equal((await page.call('Job.who_am_i')).Job.text, '', value);
    }
    for (const cookie of [`x_tidelock_session=${SECRET}`, `tidelock_session_=${SECRET}`, `Tidelock_Session=${SECRET}`, `a=tidelock_session=${SECRET}`,
      `tidelock_session = ${SECRET}`, ';;;', '=', 'tidelock_session']) {
      assert.match(await setCookie(host(), { cookie }), /^tidelock_session=/, cookie);
    }
  });

  it('finds the session behind a forged one', async t => {
    const cookie = `tidelock_session=forged;tidelock_session=${SECRET}`;
    assert.equal(await setCookie(host(), { cookie }), undefined);
    const page = await openPage(t, host(), { path: '/quiet', headers: { cookie } });
    assert.equal((await page.call('Job.who_am_i')).Job.text, SECRET);
  });
});

describe('a host behind proxies', () => {
  const host = sharedHost({ args: ['--trust-proxy', '127.0.0.1', '--trust-proxy', '10.1.0.0/16', '--trust-proxy', 'fd00::/9'] });

  // holds: router.client_ip.proxy, router.client_ip.forged
  it('knows the client by what trusted proxies wrote, and by nothing before it', async t => {
    for (const [forwarded, expected] of [
      [undefined, '127.0.0.1'],
      ['1.2.3.4', '1.2.3.4'],
      ['6.6.6.6, 1.2.3.4', '1.2.3.4'],
      ['6.6.6.6, 1.2.3.4,10.1.255.3 ', '1.2.3.4'],
      ['6.6.6.6, 10.2.0.1, 10.1.0.1', '10.2.0.1'],
      ['2001:DB8::1', '2001:db8::1'],
      ['[2001:db8::1]:443, fd7f::1', '2001:db8::1'],
      ['fd80::1, fd00::2', 'fd80::1'],
      ['::ffff:1.2.3.4', '1.2.3.4'],
      ['1.2.3.4:5678', '1.2.3.4'],
      ['1.2.3.4, unknown', '127.0.0.1'],
      ['1.2.3.4, _hidden, 10.1.0.1', '10.1.0.1'],
      ['1.2.3.4,', '127.0.0.1'],
      ['', '127.0.0.1'],
      [',,,', '127.0.0.1'],
      ['1.2.3', '127.0.0.1'],
      ['[1.2.3.4', '127.0.0.1'],
      [`1.2.3.4, ${'9'.repeat(3000)}`, '127.0.0.1'],
      [['6.6.6.6', '1.2.3.4, 10.1.0.1'], '1.2.3.4'],
      ['10.1.0.9, 10.1.0.1', '10.1.0.9'],
    ]) assert.equal(await clientIp(t, host(), forwarded), expected, String(forwarded));
  });

  // holds: http.cookie.secure
  it('keeps the session to https where the nearest proxy says so', async () => {
    for (const [proto, secure] of [['https', true], ['HTTPS', true], ['http', false], ['https, http', false], ['http, https', true], ['', false], ['x'.repeat(100), false]]) {
      assert.equal(/; Secure$/.test(await setCookie(host(), { 'x-forwarded-proto': proto })), secure, proto);
    }
    assert.doesNotMatch(await setCookie(host()), /Secure/);
  });
});

describe('a host whose pages are of https', () => {
  // holds: http.cookie.secure
  it('keeps the session to https, unless pages may also come by http or a proxy knows better', async t => {
    const one = ['--origin', 'https://one.example'], two = ['--origin', 'HTTPS://two.example'], plain = ['--origin', 'http://three.example'];
    for (const [args, headers, secure] of [[[...one, ...two], {}, true], [[...one, ...plain], {}, false], [one, { 'x-forwarded-proto': 'http' }, true],
      [[...one, '--trust-proxy', '127.0.0.0/8'], { 'x-forwarded-proto': 'http' }, false], [[...one, '--trust-proxy', '10.0.0.1'], { 'x-forwarded-proto': 'http' }, true]]) {
      const host = await startHost(t, { args });
      assert.equal(/; Secure$/.test(await setCookie(host, headers)), secure, args.join(' '));
    }
  });
});
