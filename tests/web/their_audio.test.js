// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTheirAudio } from '../../web/worker/their-audio.js';

/** A port whose other end is the test. */
function fakePort() {
  /** @type {any[]} */
  const posted = [];
  return { posted, onmessage: /** @type {any} */ (null), postMessage: (/** @type {any} */ message) => posted.push(message) };
}

const packet = (/** @type {number} */ track) => /** @type {any} */ ({
  member: 7, track, seq: 1, media: { capturedUs: 0, durationUs: 20_000, level: 90, data: new Uint8Array(3) },
});

describe('sound of the others', () => {
  it('tells the engine how late each track is, and the playout how long to wait for its picture', () => {
    const port = fakePort(), told = /** @type {any[]} */ ([]);
    const audio = createTheirAudio(/** @type {any} */ (port), (...delay) => told.push(delay));
    port.onmessage({ data: [] }); // the worklet is there
    audio.take(packet(1), true);
    audio.take(packet(4), false);
    const [voice, screen] = port.posted.map((message) => message.source);
    port.onmessage({ data: [{ source: voice, stats: { ownUs: 30_000 } }, { source: screen, stats: { ownUs: 50_000 } }, { source: 99, stats: null }] });
    assert.deepEqual(told, [[7, 1, 30_000], [7, 4, 50_000]]);
    audio.hold({ type: 'sound', member: 7, track: 4, holdUs: 80_000 });
    assert.deepEqual(port.posted.at(-1), { type: 'hold', source: screen, holdUs: 80_000 });
    const before = port.posted.length;
    audio.hold({ type: 'sound', member: 8, track: 1, holdUs: 80_000 }); // nobody is heard there
    assert.equal(port.posted.length, before);
  });
});
