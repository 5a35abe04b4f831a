/* SPDX-License-Identifier: MIT */
/* webtransport.js - one WebTransport session as a transport: control on a bidirectional stream, runs on unidirectional ones. */

/** What the session does with a transport of either kind.
 * @typedef {{
 *   sendControl(data: Uint8Array<ArrayBuffer>): void, sendDatagram(data: Uint8Array<ArrayBuffer>): void, sendRun(e: import('../engine/types.js').SendRunEvent): void, close(): void,
 * }} TransportShell */
/** What it hears; never called after close().
 * @typedef {{
 *   open(kind: import('../engine/types.js').Transport, datagramBytes: number): void, closed(): void, control(data: Uint8Array): void, datagram(data: Uint8Array): void,
 *   run(run: number, data: Uint8Array, end: import('../engine/types.js').RunEnd): void, message(data: Uint8Array): void,
 * }} TransportEvents */

/** Age at which a datagram that could not leave is dropped: later sound is not worth sending. */
const DATAGRAM_AGE_MS = 200;
/** Datagrams that may wait for this thread: a second of five voices. A browser's own default can be one. */
const DATAGRAMS_WAITING = 256;
const RESET_CODE = 1;
const NOTHING = new Uint8Array(0);

/** @param {string} url @param {Uint8Array<ArrayBuffer>[]} hashes of the relay's own certificate; none: an authority vouches for it
 *  @param {TransportEvents} on @returns {TransportShell} */
export function openWebtransport(url, hashes, on) {
  const serverCertificateHashes = hashes.map((value) => ({ algorithm: 'sha-256', value }));
  const session = new WebTransport(url, { congestionControl: 'low-latency', ...(hashes.length ? { serverCertificateHashes } : {}) });
  let over = false;
  /** @type {Map<number, ReturnType<typeof createRunWriter>>} */
  const runs = new Map();
  /** @type {WritableStreamDefaultWriter | null} */
  let control = null;
  /** @type {WritableStreamDefaultWriter | null} */
  let datagrams = null;

  const finish = () => {
    if (over) return;
    over = true;
    on.closed();
  };
  session.closed.then(finish, finish);

  async function begin() {
    await session.ready;
    const stream = await session.createBidirectionalStream();
    control = stream.writable.getWriter();
    datagrams = datagramWriter(session);
    if (over) return;
    on.open('webtransport', session.datagrams.maxDatagramSize);
    const lost = () => {}; // `closed` tells it
    pump(stream.readable, (data) => on.control(data)).catch(lost);
    pump(session.datagrams.readable, (data) => on.datagram(data)).catch(lost);
    readRuns().catch(lost);
  }
  begin().catch(finish);

  /** @param {ReadableStream<Uint8Array>} readable @param {(data: Uint8Array) => void} take */
  async function pump(readable, take) {
    const reader = readable.getReader();
    for (let r = await reader.read(); !r.done && !over; r = await reader.read()) take(r.value);
  }

  async function readRuns() {
    const reader = session.incomingUnidirectionalStreams.getReader();
    let next = 1;
    for (let r = await reader.read(); !r.done && !over; r = await reader.read()) void readRun(next++, r.value);
  }

  /** @param {number} run @param {ReadableStream<Uint8Array>} readable */
  async function readRun(run, readable) {
    /** @type {import('../engine/types.js').RunEnd} */
    let end = 'end';
    await pump(readable, (data) => on.run(run, data, 'more')).catch(() => { end = 'reset'; });
    if (!over) on.run(run, NOTHING, end);
  }

  return {
    sendControl: (data) => void control?.write(data).catch(() => {}),
    sendDatagram: (data) => void datagrams?.write(data).catch(() => {}),
    sendRun({ run, begin: first, end, priority, data }) {
      if (first) runs.set(run, createRunWriter(session, priority));
      runs.get(run)?.write(/** @type {Uint8Array<ArrayBuffer>} */ (data), end);
      if (end !== 'more') runs.delete(run);
    },
    close() {
      over = true;
      try { session.close({ closeCode: 0, reason: '' }); } catch { /* closed already */ }
    },
  };
}

/** @param {WebTransport} session */
function datagramWriter(session) {
  const datagrams = /** @type {any} */ (session.datagrams);
  datagrams.outgoingMaxAge = DATAGRAM_AGE_MS;
  datagrams.incomingHighWaterMark = DATAGRAMS_WAITING;
  datagrams.outgoingHighWaterMark = DATAGRAMS_WAITING;
  return /** @type {WritableStreamDefaultWriter} */ ((datagrams.createWritable?.() ?? datagrams.writable).getWriter());
}

/** A run: the stream opens asynchronously; what is written before waits for it, in order. @param {WebTransport} session @param {number} priority 0 first */
function createRunWriter(session, priority) {
  const opening = session.createUnidirectionalStream({ sendOrder: -priority }).then((stream) => stream.getWriter());
  /** Undefined once the stream is open. @type {Promise<void> | undefined} */
  let waiting = opening.then(() => { waiting = undefined; }, () => {});
  /** @type {WritableStreamDefaultWriter | null} */
  let writer = null;
  opening.then((w) => { writer = w; }, () => {});

  /** @param {WritableStreamDefaultWriter} w @param {Uint8Array<ArrayBuffer>} data @param {import('../engine/types.js').RunEnd} end */
  const put = (w, data, end) => {
    if (end === 'reset') return void w.abort(resetError()).catch(() => {});
    if (data.length) w.write(data).catch(() => {});
    if (end === 'end') w.close().catch(() => {});
  };
  return {
    /** @param {Uint8Array<ArrayBuffer>} data @param {import('../engine/types.js').RunEnd} end */
    write(data, end) {
      if (writer && !waiting) put(writer, data, end);
      else opening.then((w) => put(w, data, end), () => {});
    },
  };
}

const resetError = () => {
  try { return new WebTransportError('superseded', { streamErrorCode: RESET_CODE }); } catch { return undefined; }
};
