/* SPDX-License-Identifier: MIT */
/* Which transports are opened when, and what the engine hears of them: fake sockets, fake time. */
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

/** @type {any[]} */
let sessions = [];
/** @type {any[]} */
let sockets = [];

class FakeWebTransport {
  constructor(url, options) {
    Object.assign(this, { url, options, ready: new Promise(() => {}), closed: new Promise((done) => { this.end = done; }), close: () => { this.gone = true; } });
    sessions.push(this);
  }
}
class FakeWebSocket {
  static OPEN = 1;
  readyState = 1;
  sent = [];
  constructor(url) {
    this.url = url;
    sockets.push(this);
  }
  send(data) { this.sent.push(data); }
  close() { this.gone = true; }
}
Object.assign(globalThis, { WebTransport: FakeWebTransport, WebSocket: FakeWebSocket });
const { createLinks } = await import('../../web/worker/links.js');

const relay = { webtransport: 'https://r.example/wt', websocket: 'wss://r.example/ws', certificateHashes: [new Uint8Array(32)] };
/** @type {any[]} */
let heard = [];
const client = new Proxy({}, { get: (_, name) => (...args) => heard.push([name, ...args.slice(0, -1)]) });
const links = (to = relay) => createLinks(to, (act) => act(/** @type {any} */ (client), 0));
const dial = (link, upgrade = false, to = '') => ({ type: /** @type {const} */ ('dial'), link, upgrade, relay: to });

beforeEach(() => {
  [sessions, sockets, heard] = [[], [], []];
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
});

test('WebTransport at once, WebSocket a quarter of a second later', () => {
  links().dial(dial(7));
  mock.timers.tick(1);
  assert.deepEqual([sessions.length, sockets.length], [1, 0]);
  assert.equal(sessions[0].options.serverCertificateHashes.length, 1);
  mock.timers.tick(248);
  assert.equal(sockets.length, 0);
  mock.timers.tick(1);
  assert.equal(sockets.length, 1);
});

test('once welcomed, the other is not even tried', () => {
  const l = links();
  l.dial(dial(7));
  mock.timers.tick(1);
  l.settled();
  mock.timers.tick(1000);
  assert.equal(sockets.length, 0);
});

test('a move up from WebSocket tries WebTransport alone', () => {
  links().dial(dial(7, true));
  mock.timers.tick(1000);
  assert.deepEqual([sessions.length, sockets.length], [1, 0]);
});

test('another relay is dialled at the address that the engine names', () => {
  links().dial(dial(7, false, 'other.example:4443'));
  mock.timers.tick(1000);
  assert.deepEqual([sessions[0].url, sockets[0].url], ['https://other.example:4443/wt', 'wss://other.example:4443/ws']);
  assert.equal(sessions[0].options.serverCertificateHashes, undefined); // those of the page's own relay are not its
});

test('a relay that made its certificates itself is known by the hashes in its address', () => {
  const [now, next] = [Buffer.alloc(32, 0xfb), Buffer.alloc(32, 7)];
  links().dial(dial(7, false, `[2001:db8::1]:4443/certhash/${now.toString('base64url')}/certhash/${next.toString('base64url')}`));
  mock.timers.tick(250);
  assert.deepEqual([sessions[0].url, sockets[0].url], ['https://[2001:db8::1]:4443/wt', 'wss://[2001:db8::1]:4443/ws']);
  assert.deepEqual(sessions[0].options.serverCertificateHashes.map((h) => Buffer.from(h.value)), [now, next]);
});

test('without an address for WebTransport, WebSocket begins at once and the first link counts as closed', () => {
  links({ ...relay, webtransport: '' }).dial(dial(7));
  mock.timers.tick(1);
  assert.deepEqual([sessions.length, sockets.length, heard], [0, 1, [['onClosed', 7]]]);
});

test('a socket speaks for its own link, and falls silent when hung up', () => {
  const l = links({ ...relay, webtransport: '' });
  l.dial(dial(7));
  mock.timers.tick(1);
  heard = [];
  sockets[0].onopen();
  sockets[0].onmessage({ data: new ArrayBuffer(2) });
  assert.deepEqual(heard.map((h) => h.slice(0, 2)), [['onOpen', 8], ['onMessage', 8]]);
  l.get(8)?.sendControl(new Uint8Array([1]));
  assert.equal(sockets[0].sent.length, 1);
  l.hangUp(8);
  sockets[0].onmessage({ data: new ArrayBuffer(2) });
  sockets[0].onclose();
  assert.equal(heard.length, 2);
  assert.ok(sockets[0].gone);
});

test('a session that ends is told once', async () => {
  links().dial(dial(7));
  mock.timers.tick(1);
  sessions[0].end();
  await Promise.resolve();
  assert.deepEqual(heard, [['onClosed', 7]]);
});
