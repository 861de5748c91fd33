// mock-host.js: a host for the browser tests: serves pages and speaks the protocol, with handlers
// written in JavaScript. A handler gets (state, args) and gives { patch, effects, errors }.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { WebSocketServer } from 'ws';
import { evaluate, select, isDynamic } from '../../src/eval.js';
import { applyPatch } from '../../src/patch.js';
import { isMap, isNil, shown } from '../../src/values.js';

const DIST = new URL('../../dist/', import.meta.url);

export class MockHost {
  constructor({ pages, state, handlers = {}, dev = false, drawn = true, stored }) {
    Object.assign(this, { pages, defaults: state, state, handlers, dev, drawn, stored });
    this.version = 1;
    this.received = [];
    this.lastEvent = 0;
    this.answering = true;
    this.refusing = false;
    this.sockets = new Set();
  }

  async listen() {
    this.server = createServer((request, response) => this.serve(request, response));
    this.wss = new WebSocketServer({ noServer: true, handleProtocols: () => 'tidelock.1' });
    this.server.on('upgrade', (request, socket, head) => {
      if (this.refusing) return socket.destroy();
      return this.wss.handleUpgrade(request, socket, head, ws => this.accept(ws));
    });
    await new Promise(done => this.server.listen(0, '127.0.0.1', done));
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  close() {
    for (const ws of this.wss.clients) ws.terminate();
    this.server.closeAllConnections();
    this.server.close();
  }

  async serve(request, response) {
    const url = new URL(request.url, this.url);
    response.setHeader('Content-Security-Policy', "default-src 'self'");
    if (url.pathname === '/_tidelock/page') return this.servePage(url.searchParams.get('path'), response);
    if (url.pathname.startsWith('/_tidelock/')) return serveFile(url.pathname.slice(11), response);
    const page = this.pages[url.pathname];
    response.statusCode = page ? 200 : 404;
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    return response.end(page ? this.document(page) : '<p>nothing here</p>');
  }

  servePage(path, response) {
    const page = this.pages[new URL(path, this.url).pathname];
    response.statusCode = page ? 200 : 404;
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify(page ?? null));
  }

  document(page) {
    const data = JSON.stringify({ ...page, state: this.defaults, dev: this.dev, stored: this.stored }).replaceAll('<', '\\u003c');
    const body = this.drawn ? html(page.tree, { store: { state: this.defaults }, frame: null }) : '';
    return `<!doctype html><html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>${page.title}</title>
<link rel="icon" href="/_tidelock/none"><link rel="stylesheet" href="/_tidelock/client.css">
<script src="/_tidelock/client.js"></script></head>
<body><div id="tl-root">${body}</div><script type="application/json" id="tl-page">${data}</script></body></html>`;
  }

  accept(ws) {
    this.ws = ws;
    ws.on('message', text => this.receive(ws, JSON.parse(text)));
  }

  receive(ws, message) {
    this.received.push(message);
    if (message.hello) this.greet(ws, message.hello);
    else if (message.event) this.handle(message.event.id, message.event);
    else if (message.nav) this.handle(message.nav.id, { handler: 'nav', args: [message.nav.path] });
  }

  greet(ws, hello) {
    if (this.instance !== hello.instance) this.lastEvent = 0;
    this.instance = hello.instance;
    const common = { token: 'ABC', version: this.version, last_event: this.lastEvent };
    const { state, version } = this;
    const reply = hello.token === 'ABC' && hello.version === version
      ? { resume: { ...common, from: version } }
      : { init: { ...common, route: '/', state } };
    ws.send(JSON.stringify(reply));
  }

  handle(id, { handler, args }) {
    if (!this.answering || id <= this.lastEvent) return;
    this.lastEvent = id;
    const { patch, ...rest } = this.handlers[handler]?.(this.state, args) ?? {};
    this.push(patch, { done: [id], ...rest });
  }

  push(patch, rest = {}) {
    if (!patch) return this.say({ from: this.version, version: this.version, ...rest });
    this.state = applyPatch(this.state, patch);
    this.say({ version: ++this.version, patch, ...rest });
  }

  say(message) {
    this.ws.send(JSON.stringify(message));
  }

  messages(kind) {
    return this.received.filter(message => message[kind]).map(message => message[kind]);
  }
}

const TYPES = { js: 'text/javascript', css: 'text/css' };

async function serveFile(name, response) {
  const body = await readFile(new URL(name, DIST)).catch(() => null);
  response.statusCode = body ? 200 : 404;
  response.setHeader('Content-Type', `${TYPES[name.split('.').pop()] ?? 'text/plain'}; charset=utf-8`);
  response.end(body);
}

const escape = text => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
const VOID = new Set(['input', 'br', 'hr', 'img']);

function html(node, env) {
  if (isDynamic(node)) return dynamicHtml(node, env);
  if (!Array.isArray(node)) return escape(shown(node));
  const [tag, attrs, children] = node;
  const text = Object.keys(attrs).map(name => attributeHtml(name, attrs[name], env)).join('');
  if (VOID.has(tag)) return `<${tag}${text}>`;
  return `<${tag}${text}>${children.map(child => html(child, env)).join('')}</${tag}>`;
}

function dynamicHtml(node, env) {
  if (node.$ === 'frag') return node.children.map(child => html(child, env)).join('');
  if (node.$ === 'cond' || node.$ === 'match') return html(select(node, env), env);
  if (node.$ !== 'foreach') return escape(shown(evaluate(node, env)));
  const list = evaluate(node.in, env) ?? [];
  const entries = isMap(list) ? Object.entries(list) : list.map((value, i) => [i + 1, value]);
  return entries.map(([pos, value]) =>
    html(node.body, { ...env, frame: { as: node.as, value, pos, up: env.frame } })).join('');
}

function attributeHtml(name, node, env) {
  if (name === 'on' || name === 'style' || (isMap(node) && node.$ === 'class')) return '';
  const value = evaluate(node, env);
  if (isNil(value) || value === false) return '';
  return value === true ? ` ${name}` : ` ${name}="${escape(shown(value))}"`;
}
