// SPDX-License-Identifier: MIT
// playout.js - the listening side, for the AudioWorklet: one jitter buffer, decoder and time stretcher per source, and their mix.
//
// A source is one audio track of one member; `source` is any number of the caller's. Sound is 48 kHz. No TextDecoder is needed.
/** @import { Engine } from './loader.js' */

/** `delayUs`: how long after capture + smallest transit the sound is heard; `targetUs`: where that is going; `ownUs`: the delay without the hold
 * (for Client.onPlayout). Counts are of packets and milliseconds since the source was added; `waiting` packets are in the buffer now.
 * @typedef {{ targetUs: number, delayUs: number, ownUs: number, jitterUs: number, packets: number, lost: number, late: number, duplicates: number,
 *   restarts: number, decodeErrors: number, waiting: number, playedMs: number, concealedMs: number, recoveredMs: number, stretchedMs: number,
 *   shrunkMs: number, silentMs: number, skippedMs: number, level: number }} PlayoutStats */

export class PlayoutMixer {
  #x;
  #m;
  #p;
  /** @param {Engine} engine @param {number} [channels] of the mix, 1 or 2 */
  constructor({ exports, memory }, channels = 2) {
    this.#x = exports;
    this.#m = memory;
    this.channels = channels;
    this.#p = exports.mixer_new(channels);
    if (!this.#p) throw new RangeError('the engine is out of memory');
  }
  close() {
    this.#x.mixer_del(this.#p);
    this.#p = 0;
  }
  /** Adds a source, if it is not there yet; false when there is no room for more. @param {number} source */
  add(source) {
    return this.#x.mixer_add(this.#p, source) === 0;
  }
  /** @param {number} source */
  remove(source) {
    this.#x.mixer_remove(this.#p, source);
  }
  /** One packet of a CLIENT_AUDIO event: 0 or a negative error (late, full, unknown source).
   * @param {number} source @param {{ seq: number, capturedUs: number, durationUs: number, data: Uint8Array }} packet @param {number} now
   * @returns {number} */
  put(source, { seq, capturedUs, durationUs, data }, now) {
    this.#m.begin();
    return this.#x.mixer_put(this.#p, source, seq, capturedUs, durationUs, this.#m.put(data), data.length, now);
  }
  /** Mixes the next `frames` (at most 960) of all sources. The channels are borrowed: copy them before the next call.
   * @param {number} frames @param {number} now @returns {Float32Array[]} one array per channel */
  pull(frames, now) {
    const at = this.#x.mixer_pull(this.#p, frames, now);
    return Array.from({ length: this.channels }, (_, c) => this.#m.floats(at + c * frames * 4, frames));
  }
  /** @param {number} source @param {number} gain 1 is as recorded; 0 is silent, the buffer keeps running */
  setGain(source, gain) {
    this.#x.mixer_set_gain(this.#p, source, gain);
  }
  /** Loudness of what was last pulled, 0 silence .. 127 full scale. @param {number} source @returns {number} */
  level(source) {
    return this.#x.mixer_level(this.#p, source);
  }
  /** Plays this source this much later than it would by itself (lip sync). @param {number} source @param {number} us */
  hold(source, us) {
    this.#x.mixer_hold(this.#p, source, us);
  }
  /** null for an unknown source. @param {number} source @returns {PlayoutStats | null} */
  stats(source) {
    const m = this.#m, at = this.#x.mixer_stats(this.#p, source);
    return at ? m.object(at, m.structs.mixer_stats) : null;
  }
}
