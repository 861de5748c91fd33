// host.js: hosts of the specs of the protocol: spec/wire/apps/wire.lua unless another is named, with the limits that a test wants.

import { after, before } from 'node:test';
import { startHost as start } from '../support/host.js';

export { BINARY, ROOT } from '../support/host.js';
export const APP = 'spec/wire/apps/wire.lua';

const LIFE_TIME = 120_000;   // ms, of a test file's process

setTimeout(() => process.exit(1), LIFE_TIME).unref();

// t: the test, at whose end the host is stopped. config: limits, by their names in tl.config; args, env: as support/host.js has them.
export function startHost(t, { app = APP, config = {}, args, env } = {}) {
  const settings = Object.entries(config).map(([name, value]) => `${name}=${value}`).join(' ');
  return start(t, app, { args, env: { SPEC_CONFIG: settings, ...env } });
}

// One host for the tests of a group, each of which has tabs of its own. Gives a function that gives it.
export function sharedHost(options) {
  const ends = [];
  let host;
  before(async () => { host = await startHost({ after: end => ends.push(end) }, options); });
  after(() => Promise.all(ends.map(end => end())));
  return () => host;
}
