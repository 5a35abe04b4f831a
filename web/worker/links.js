/* SPDX-License-Identifier: MIT */
/* links.js - opens and closes transports as the engine asks, and carries bytes between them and the engine. */
import { fromBase64url } from '../state/invite.js';
import { openWebsocket } from './websocket.js';
import { openWebtransport } from './webtransport.js';

/** The page gives WebTransport this start over WebSocket. */
const HEAD_START_MS = 250;

/** @typedef {import('./webtransport.js').TransportShell} TransportShell */
/** @typedef {import('../engine/client.js').Client} Client */

/** @param {import('./messages.js').RelayAddress} relay @param {(act: (client: Client, now: number) => void) => void} feed runs `act` on the
 *  engine and then drains it */
export function createLinks(relay, feed) {
  /** @type {Map<number, TransportShell>} */
  const open = new Map();
  /** Links that wait for their start. @type {Map<number, ReturnType<typeof setTimeout>>} */
  const waiting = new Map();

  /** @param {number} link */
  const events = (link) => ({
    /** @param {import('../engine/types.js').Transport} kind @param {number} bytes */
    open: (kind, bytes) => feed((c, now) => c.onOpen(link, kind, bytes, now)),
    closed: () => {
      open.delete(link);
      feed((c, now) => c.onClosed(link, now));
    },
    /** @param {Uint8Array} data */
    control: (data) => feed((c, now) => c.onControl(link, data, now)),
    /** @param {Uint8Array} data */
    datagram: (data) => feed((c, now) => c.onDatagram(link, data, now)),
    /** @param {number} run @param {Uint8Array} data @param {import('../engine/types.js').RunEnd} end */
    run: (run, data, end) => feed((c, now) => c.onRun(link, run, data, end, now)),
    /** @param {Uint8Array} data */
    message: (data) => feed((c, now) => c.onMessage(link, data, now)),
  });

  /** A transport that cannot even be tried counts as closed. @param {number} link @param {() => TransportShell} openIt */
  function begin(link, openIt) {
    waiting.delete(link);
    try {
      open.set(link, openIt());
    } catch {
      feed((c, now) => c.onClosed(link, now));
    }
  }

  /** @param {number} link */
  function hangUp(link) {
    clearTimeout(waiting.get(link));
    waiting.delete(link);
    open.get(link)?.close();
    open.delete(link);
  }

  /** By what another relay is reached. @param {string} address HOST:PORT, then /certhash/HASH for each certificate of its own
   *  @returns {import('./messages.js').RelayAddress} */
  function elsewhere(address) {
    const [authority, ...hashes] = address.split('/certhash/');
    return { ...relay, webtransport: `https://${authority}/wt`, websocket: `wss://${authority}/ws`, certificateHashes: hashes.flatMap((hash) => fromBase64url(hash) ?? []) };
  }

  return {
    /** For the next dial. @param {import('./messages.js').RelayAddress} next */
    setRelay(next) { relay = next; },
    /** @param {import('../engine/types.js').DialEvent} e */
    dial({ link, upgrade, relay: address }) {
      const to = address ? elsewhere(address) : relay;
      const quic = to.webtransport !== '' && 'WebTransport' in globalThis;
      const later = (/** @type {number} */ n, /** @type {number} */ ms, /** @type {() => TransportShell} */ openIt) => waiting.set(n, setTimeout(() => begin(n, openIt), ms));
      if (quic) later(link, 0, () => openWebtransport(to.webtransport, to.certificateHashes, events(link)));
      else later(link, 0, () => { throw new Error('not here'); });
      if (!upgrade && to.websocket !== '') later(link + 1, quic ? HEAD_START_MS : 0, () => openWebsocket(to.websocket, events(link + 1)));
    },
    /** One has been welcomed: what still waits for its start is not needed. */
    settled() {
      for (const link of [...waiting.keys()]) hangUp(link);
    },
    hangUp,
    /** @param {number} link */
    get: (link) => open.get(link),
    closeAll() {
      for (const link of [...waiting.keys(), ...open.keys()]) hangUp(link);
    },
  };
}
