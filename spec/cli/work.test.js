// tl.work when the host ends: what a thread runs without end does not keep it.

import assert from 'node:assert/strict';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { Socket, until } from '../wire/client.js';
import { start } from './command.js';

it('a thread that runs Lua without end is stopped with the host', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'tidelock-'));
  t.after(() => rm(folder, { recursive: true }));
  const begun = join(folder, 'begun');
  const command = start({ env: { BEGUN: begun } }, 'run', 'spec/cli/apps/endless.lua', '--port', '0');
  const [, url] = await command.printed(/ready at (http:\/\/\S+)\//);
  const socket = new Socket(url, { origin: url });
  await socket.opened;
  socket.say({ hello: { token: null, version: null, instance: '0123456789abcdef', path: '/', storage: { cookie: {}, local: {}, session: {} } } });
  await until(() => access(begun).then(() => true, () => false), 'the thread has begun');
  const before = Date.now();
  assert.equal(await command.stop(), 0);
  assert.ok(Date.now() - before < 5000, 'it ended at once');
  socket.destroy();
});
