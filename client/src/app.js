// app.js: one page's client: makes the parts and passes on what they have for one another.

import { createBanner } from './banner.js';
import { createClock } from './clock.js';
import { createEffects } from './effects.js';
import { createAttach } from './elements.js';
import { evaluate } from './eval.js';
import { createNav } from './nav.js';
import { reportErrors } from './overlay.js';
import { createRenderer } from './render.js';
import { Session } from './session.js';
import { Socket } from './socket.js';
import { followStorage, hasKept, keepToken, readStorage, readToken } from './storage.js';
import { toast } from './toast.js';
import { createTriggers } from './triggers.js';
import { shown } from './values.js';

export class App {
  // page: the data block; functions: name -> what the app's own script has registered
  constructor(page, root, functions) {
    Object.assign(this, { page, root, functions, answers: new Map(), settled: false });
    this.store = { state: page.state, clock: createClock(() => this.draw()) };
    this.instance = randomId();
    this.setBanner = createBanner();
    this.session = new Session(this.sessionHost(), page.state);
    this.socket = createSocket(this.session);
    this.session.attach(this.socket);
    this.nav = createNav({ show: next => this.show(next), moved: (...paths) => this.moved(...paths) }, { ...page });
    this.runEffect = createEffects({ ...this.nav, call: (...called) => this.call(...called), stored: page.stored });
    this.triggers = createTriggers({
      send: (handler, args, answered) => this.submit({ event: { handler, args } }, answered),
      isLive: () => this.session.live,
      runEffect: effect => this.runEffect(effect),
    });
    this.paint = createRenderer(root, this.store, createAttach(this.triggers));
  }

  start() {
    this.root.tabIndex = -1;
    if (hasKept(this.page.stored)) document.documentElement.setAttribute('data-tl-pending', '');
    this.draw();
    this.nav.start();
    this.setBanner('down');
    this.socket.connect();
    this.followPage();
    followStorage(this.page.stored, (handler, value) => this.submit({ event: { handler, args: [value] } }));
  }

  sessionHost() {
    return {
      identity: () => ({
        token: readToken(), instance: this.instance, path: location.pathname + location.search,
        storage: readStorage(this.page.stored),
      }),
      keepToken,
      onState: state => this.adopt(state),
      onAnswers: (ids, failed) => ids.forEach(id => this.answer(id, failed.has(id))),
      onEffects: effects => effects.forEach(this.runEffect),
      onErrors: errors => reportErrors(errors, this.page.dev),
      onStatus: status => this.showStatus(status),
      onReload: () => location.reload(),
    };
  }

  adopt(state) {
    if (state.tl && state.tl.now !== this.store.state.tl?.now) this.store.clock.set(state.tl.now);
    this.store.state = state;
    this.draw();
  }

  draw() {
    this.paint(this.page.tree);
    const title = shown(evaluate(this.page.title, { store: this.store }));
    if (title !== this.title) document.title = this.title = title;
  }

  show(next) {
    Object.assign(this.page, next);
    this.draw();
    this.root.focus({ preventScroll: true });   // so that a screen reader begins with the new page
  }

  // What was done on the page before goes out before the move.
  moved(path, before) {
    this.triggers.flush();
    this.session.submit({ nav: { path } }, before);
  }

  // Gives whether there was room for it; `answered(failed)` is called when the host has done it.
  submit(message, answered) {
    const id = this.session.submit(message);
    if (id === null) toast('No connection: too much is waiting, this was not kept', { kind: 'warning' });
    else if (answered) this.answers.set(id, answered);
    return id !== null;
  }

  answer(id, failed) {
    this.answers.get(id)?.(failed);
    this.answers.delete(id);
  }

  // What a function of the app's own returns, or promises, goes to the host with the event, if there is one.
  async call(name, args, event) {
    if (!this.functions.has(name)) return console.error(`tidelock: nothing is registered as ${name}`);
    try {
      const result = await this.functions.get(name)(...args);
      if (event) this.submit({ event: { handler: event.handler, args: [...event.args, plain(result)] } });
    } catch (error) {
      console.error(`tidelock: the function ${name} failed`, error);
    }
  }

  showStatus(status) {
    this.setBanner(status);
    if (status !== 'live' || this.settled) return;
    this.settled = true;   // the state is the tab's own from here on, and the page has its real height
    document.documentElement.removeAttribute('data-tl-pending');
    this.triggers.start();
    this.nav.restore();
  }

  followPage() {
    const hurry = () => { if (!this.session.ended && !document.hidden) this.socket.hurry(); };
    window.addEventListener('online', hurry);
    document.addEventListener('visibilitychange', hurry);
    window.addEventListener('pagehide', () => {
      this.triggers.flush();
      this.session.leave();
    });
    window.addEventListener('pageshow', event => { if (event.persisted) this.session.comeBack(); });
  }
}

function createSocket(session) {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:';
  return new Socket(`${scheme}//${location.host}/_tidelock/ws`, {
    onOpen: () => session.onOpen(),
    onMessage: text => session.onMessage(text),
    onDown: code => session.onDown(code),
  });
}

// As it would arrive; raises for what no JSON has.
function plain(value) {
  return JSON.parse(JSON.stringify(value ?? null));
}

function randomId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, byte => byte.toString(16).padStart(2, '0')).join('');
}
