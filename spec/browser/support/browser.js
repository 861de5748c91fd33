// browser.js: the Chromium that the specs and the pictures use.

import { createRequire } from 'node:module';

const { chromium } = createRequire(new URL('../../../client/package.json', import.meta.url))('playwright-core');

const ARGS = [
  '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export const launch = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS });
