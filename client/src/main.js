// main.js: the script's entry: the one global, the pending look, and the start with the page's
// data block when the document is there.

import { App } from './app.js';
import { readToken } from './storage.js';
import { prepareToasts } from './toast.js';

const functions = new Map();
window.tidelock = { register: (name, fn) => functions.set(name, fn) };

// A tab that has a token has a state, and it is not the default one that the page came with: until
// the host has said what it is, chrome.css keeps the page illegible, without moving anything.
if (readToken()) document.documentElement.setAttribute('data-tl-pending', '');

function boot() {
  prepareToasts();
  const page = JSON.parse(document.getElementById('tl-page').textContent);
  new App(page, document.getElementById('tl-root'), functions).start();
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', boot);
else boot();
