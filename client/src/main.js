// main.js: starts the client: reads the page's data block, draws it, connects, and joins the parts.

import { applyAttributes } from './attributes.js';
import { createBanner } from './banner.js';
import { Control } from './controls.js';
import { createEffects } from './effects.js';
import { evaluate } from './eval.js';
import { createNav } from './nav.js';
import { reportErrors } from './overlay.js';
import { createRenderer } from './render.js';
import { Session } from './session.js';
import { Socket } from './socket.js';
import { keepToken, readStorage, readToken } from './storage.js';
import { prepareToasts, toast } from './toast.js';
import { createTriggers } from './triggers.js';
import { shown } from './values.js';

const registered = new Map();
window.tidelock = { register: (name, fn) => registered.set(name, fn) };

// A tab that has a token has a state, and it is not the default one that the page came with: until
// the host has said what it is, style.css keeps the page illegible, without moving anything.
if (readToken()) document.documentElement.setAttribute('data-tl-pending', '');

function boot() {
  const page = JSON.parse(document.getElementById('tl-page').textContent);
  const root = document.getElementById('tl-root');
  prepareToasts();
  start(page, root);
}

function start(page, root) {
  const instance = randomId();
  const store = { state: page.state };
  const answers = new Map();
  const setBanner = createBanner();

  const session = new Session({
    identity: () => ({
      token: readToken(), instance, path: location.pathname + location.search, storage: readStorage(),
    }),
    keepToken,
    onState(state) {
      store.state = state;
      draw();
    },
    onAnswers(ids, failed) {
      for (const id of ids) {
        answers.get(id)?.(failed.has(id));
        answers.delete(id);
      }
    },
    onEffects: list => list.forEach(runEffect),
    onErrors: list => reportErrors(list, page.dev),
    onStatus(status) {
      setBanner(status);
      if (status === 'live') settle();
    },
    onReload: () => location.reload(),
  }, page.state);

  function submit(message, answered) {
    const id = session.submit(message);
    if (id === null) toast('No connection: too much is waiting, this was not kept', { kind: 'warning' });
    else if (answered) answers.set(id, answered);
    return id !== null;
  }

  const nav = createNav({
    show(next) {
      Object.assign(page, next);
      draw();
      root.focus({ preventScroll: true });   // so that a screen reader begins with the new page
    },
    moved: path => submit({ nav: { path } }),
  });

  const runEffect = createEffects({
    go: nav.go,
    call(name, args) {
      if (registered.has(name)) registered.get(name)(...args);
      else console.warn(`tidelock: nothing is registered as ${name}`);
    },
  });

  const triggers = createTriggers({
    send: (handler, args, answered) => submit({ event: { handler, args } }, answered),
    isLive: () => session.live,
    runEffect,
  });

  const paint = createRenderer(root, store, createAttach(triggers));

  function draw() {
    paint(page.tree);
    const title = shown(evaluate(page.title, { store }));
    if (title && document.title !== title) document.title = title;
  }

  // Once: the state is the tab's own now, and the page has its real height.
  let settle = () => {
    settle = () => {};
    document.documentElement.removeAttribute('data-tl-pending');
    nav.restore();
  };

  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new Socket(`${scheme}//${location.host}/_tidelock/ws`, {
    onOpen: () => session.onOpen(),
    onMessage: text => session.onMessage(text),
    onDown: code => session.onDown(code),
  });
  session.attach(socket);

  root.tabIndex = -1;
  draw();
  nav.start();
  setBanner('down');
  socket.connect();
  followPage(session, socket, triggers);
}

// What draws an element's own side: its attributes now, its listeners once.
function createAttach(triggers) {
  const records = new WeakMap();
  return function attach(dom, [, attrs], env) {
    let record = records.get(dom);
    const isNew = !record;
    if (isNew) records.set(dom, (record = { dom, on: attrs.on ?? {}, last: {}, control: null }));
    record.env = env;
    const live = applyAttributes(dom, attrs, env, record.last);
    if (Object.keys(live).length) (record.control ??= new Control(dom)).update(live);
    if (!isNew) return;
    if (attrs.autofocus) dom.focus();
    triggers.listen(dom, record);
  };
}

function followPage(session, socket, triggers) {
  const hurry = () => { if (!session.ended && !document.hidden) socket.hurry(); };
  window.addEventListener('online', hurry);
  document.addEventListener('visibilitychange', hurry);
  window.addEventListener('pagehide', () => {
    triggers.flush();
    session.leave();
  });
  window.addEventListener('pageshow', event => { if (event.persisted) session.comeBack(); });
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}

if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', boot);
else boot();
