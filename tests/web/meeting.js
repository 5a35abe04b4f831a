// SPDX-License-Identifier: MIT
// meeting.js - for tests: engines of several pages and the real relay (as a module) in one process and in virtual time, with a
// fixed delay and, for datagrams and video runs, loss by a fixed pattern.
import { Client } from '../../web/engine/client.js';
import { loadModule } from './modules.js';

/** @typedef {import('../../web/engine/types.js').ClientEvent} ClientEvent */
/** @typedef {import('../../web/engine/types.js').Transport} Transport */
/** @typedef {{ client: Client, sid: number, link: number, transport: Transport, events: ClientEvent[], seen(type: string): any[] }} Page */

const DATAGRAM_BYTES = 1200;

class RelayModule {
  #x;
  #m;
  #r;
  /** @param {import('../../web/engine/loader.js').Engine} relay @param {number} now */
  constructor({ exports, memory }, now) {
    this.#x = exports;
    this.#m = memory;
    this.#r = exports.relay_new(now);
  }
  /** @param {number} sid @param {Transport} transport @param {number} now */
  open(sid, transport, now) {
    const kind = this.#m.constants[transport === 'websocket' ? 'RELAY_WEBSOCKET' : 'RELAY_WEBTRANSPORT'];
    this.#x.relay_on_open(this.#r, sid, kind, transport === 'websocket' ? 0 : DATAGRAM_BYTES, now);
  }
  /** @param {number} sid @param {number} now */
  closed(sid, now) {
    this.#x.relay_on_closed(this.#r, sid, now);
  }
  /** @param {'control' | 'datagram' | 'message'} channel @param {number} sid @param {Uint8Array} data @param {number} now */
  feed(channel, sid, data, now) {
    this.#m.begin();
    this.#x[`relay_on_${channel}`](this.#r, sid, this.#m.put(data), data.length, now);
  }
  /** @param {number} sid @param {number} run @param {Uint8Array} data @param {number} end @param {number} now */
  feedRun(sid, run, data, end, now) {
    this.#m.begin();
    this.#x.relay_on_run(this.#r, sid, run, this.#m.put(data), data.length, end, now);
  }
  /** @param {number} now */
  tick(now) {
    this.#x.relay_tick(this.#r, now);
  }
  /** The sessions that the relay closes. @param {number} now */
  closing(now) {
    const m = this.#m, struct = m.structs.relay_event, sids = [];
    for (let e; (e = this.#x.relay_poll(this.#r, now)); ) if (m.get(e, struct, 'type') === m.constants.RELAY_CLOSE) sids.push(m.get(e, struct, 'sid'));
    return sids;
  }
  /** @param {number} sid @param {number} now */
  *take(sid, now) {
    const m = this.#m, struct = m.structs.taken;
    for (let t; (t = this.#x.relay_take(this.#r, sid, now)); )
      yield { ...m.object(t, struct), data: m.copy(m.get(t, struct, 'data'), m.get(t, struct, 'len')) };
  }
}

export class Meeting {
  now = 1_000_000;
  /** @type {Page[]} */ pages = [];
  /** @type {{ at: number, run: () => void }[]} */ #wire = [];
  #relay;
  #constants;
  #delay;
  #lose;
  #sent = 0;
  /** What the relay was given and gave: every byte. @type {Uint8Array[]} */ seenByRelay = [];

  /** @param {import('../../web/engine/loader.js').Engine} relay @param {{ delayUs?: number, lose?: (n: number) => boolean }} path */
  constructor(relay, { delayUs = 20_000, lose = () => false }) {
    this.#relay = new RelayModule(relay, this.now);
    this.#constants = relay.memory.constants;
    this.#delay = delayUs;
    this.#lose = lose;
  }
  /** @param {{ delayUs?: number, lose?: (n: number) => boolean }} [path] `lose` is asked for each datagram by its number */
  static async start(path = {}) {
    return new Meeting(await loadModule('relay'), path);
  }

  /** @param {string} name @param {Transport} transport @param {object} [config] */
  async join(name, transport, config = {}) {
    const salt = new Uint8Array(16).fill(this.pages.length + 1), secret = new Uint8Array(32).fill(7);
    const client = new Client(await loadModule('engine'),
      { meeting: 'room', name, program: 'test', secret, salt, seed: this.pages.length, decodes: ['opus', 'vp9', 'vp8'], ...config }, this.now);
    /** @type {ClientEvent[]} */
    const events = [];
    /** @type {Page} */
    const page = { client, sid: this.pages.length + 1, link: 0, transport, events, seen: (type) => events.filter((e) => e.type === type) };
    this.pages.push(page);
    this.#drain(page);
    return page;
  }

  /** @param {() => void} run @param {boolean} [lossy] */
  #later(run, lossy = false) {
    if (!lossy || !this.#lose(this.#sent++)) this.#wire.push({ at: this.now + this.#delay, run });
  }

  /** Moves what a page's engine wants to send. @param {Page} page */
  #drain(page) {
    for (let e; (e = page.client.poll(this.now)); ) {
      const { sid, transport } = page, relay = this.#relay, event = e;
      page.events.push(e);
      if ('data' in event && event.data && event.type.startsWith('send')) this.seenByRelay.push(event.data);
      if (e.type === 'dial' && !e.upgrade) this.#dial(page, transport === 'websocket' ? e.link + 1 : e.link);
      if (event.type === 'sendControl') this.#later(() => relay.feed(transport === 'websocket' ? 'message' : 'control', sid, event.data, this.now));
      if (event.type === 'sendDatagram')
        this.#later(() => relay.feed(transport === 'websocket' ? 'message' : 'datagram', sid, event.data, this.now), transport !== 'websocket');
      if (event.type === 'sendRun') {
        const end = { more: 0, end: 1, reset: 2 }[event.end];
        this.#later(() => (transport === 'websocket' ? relay.feed('message', sid, event.data, this.now) : relay.feedRun(sid, event.run, event.data, end, this.now)));
      }
    }
  }
  /** @param {Page} page @param {number} link */
  #dial(page, link) {
    page.link = link;
    this.#later(() => {
      this.#relay.open(page.sid, page.transport, this.now);
      page.client.onOpen(link, page.transport, page.transport === 'websocket' ? 0 : DATAGRAM_BYTES, this.now);
    });
  }
  /** Moves what the relay has for a page. @param {Page} page */
  #take(page) {
    const { RELAY_CONTROL, RELAY_DATAGRAM } = this.#constants, { client, link } = page;
    for (const { channel, run, data, runReset } of this.#relay.take(page.sid, this.now)) {
      this.seenByRelay.push(data);
      if (page.transport === 'websocket') this.#later(() => client.onMessage(link, data, this.now));
      else if (channel === RELAY_CONTROL) this.#later(() => client.onControl(link, data, this.now));
      else if (channel === RELAY_DATAGRAM) this.#later(() => client.onDatagram(link, data, this.now), true);
      else this.#later(() => client.onRun(link, run, data, runReset ? 'reset' : 'more', this.now));
    }
  }

  /** Lets `us` pass in steps of a millisecond. @param {number} us @param {(now: number) => void} [each] */
  run(us, each = () => {}) {
    for (const end = this.now + us; this.now < end; this.now += 1000) {
      const due = this.#wire.filter((w) => w.at <= this.now);
      this.#wire = this.#wire.filter((w) => w.at > this.now);
      for (const w of due) w.run();
      each(this.now);
      this.#relay.tick(this.now);
      for (const page of this.pages) {
        if (page.client.deadline() <= this.now) page.client.tick(this.now);
        this.#drain(page);
        if (page.link) this.#take(page);
      }
      for (const sid of this.#relay.closing(this.now)) this.#later(() => this.#closed(sid));
    }
  }
  /** @param {number} sid */
  #closed(sid) {
    const page = this.pages.find((p) => p.sid === sid);
    this.#relay.closed(sid, this.now);
    page?.client.onClosed(page.link, this.now);
  }
}
