// host.js: hosts of the specs in a browser.

import { startHost as start } from '../../support/host.js';

export { ROOT } from '../../support/host.js';
export const DEMO = 'app/background_tasks/main.lua';

// t: the test, at whose end the host is stopped. options: { port, dev, origin, env }.
export function startHost(t, app, { port, dev, origin, env } = {}) {
  return start(t, app, { port, args: [...dev ? ['--dev'] : [], ...origin ? ['--origin', origin] : []], env });
}
