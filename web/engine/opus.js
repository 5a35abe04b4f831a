// SPDX-License-Identifier: MIT
// opus.js - Opus in the engine module. For listening use playout.js, which owns decoders; the bare one here knows of no time.
/** @import { Engine } from './loader.js' */

/** @typedef {{ bps?: number, channels?: 1 | 2, complexity?: number, fec?: boolean, dtx?: boolean, lossPercent?: number, music?: boolean }} OpusConfig
 *   defaults: 32000 bit/s, 1 channel, complexity 5, FEC and DTX on, 5 % expected loss, voice */
/** `level` is 0 silence .. 127 full scale; `dtx`: silence that need not be sent.
 * @typedef {{ data: Uint8Array, level: number, dtx: boolean }} OpusPacket */

export const OPUS_RATE_HZ = 48000;
export const OPUS_FRAMES = 960; // 20 ms

export class OpusEncoder {
  #x;
  #m;
  #e;
  #channels;
  /** @param {Engine} engine @param {OpusConfig} [config] */
  constructor({ exports, memory }, { bps = 32000, channels = 1, complexity = 5, fec = true, dtx = true, lossPercent = 5, music = false } = {}) {
    this.#x = exports;
    this.#m = memory;
    this.#channels = channels;
    const struct = memory.structs.opus_enc_config;
    memory.begin();
    const at = memory.putStructs(struct);
    memory.set(at, struct, { bps, channels, complexity, fec, dtx, lossPercent, music });
    this.#e = exports.opus_enc_new(at);
    if (!this.#e) throw new RangeError('Opus refused the configuration');
  }
  close() {
    this.#x.opus_enc_del(this.#e);
    this.#e = 0;
  }
  /** 20 ms of sound, interleaved when stereo. @param {Float32Array} pcm 960 samples per channel @returns {OpusPacket} */
  encode(pcm) {
    if (pcm.length !== OPUS_FRAMES * this.#channels) throw new RangeError('Opus takes 20 ms at a time');
    const m = this.#m, struct = m.structs.opus_packet;
    m.begin();
    const at = m.room(pcm.byteLength);
    m.floats(at, pcm.length).set(pcm);
    const p = this.#x.opus_enc_encode(this.#e, at);
    return { data: m.copy(m.get(p, struct, 'data'), m.get(p, struct, 'len')), level: m.get(p, struct, 'level'), dtx: m.get(p, struct, 'dtx') };
  }
  /** What the path can take now. @param {number} bps @param {number} lossPercent */
  adapt(bps, lossPercent) {
    this.#x.opus_enc_adapt(this.#e, bps, lossPercent);
  }
}

/** Sound comes out as copies. null: the packet could not be decoded, or holds no FEC data. */
export class OpusDecoder {
  #x;
  #m;
  #d;
  #channels;
  /** @param {Engine} engine @param {1 | 2} [channels] */
  constructor({ exports, memory }, channels = 1) {
    this.#x = exports;
    this.#m = memory;
    this.#channels = channels;
    this.#d = exports.opus_dec_new(channels);
    if (!this.#d) throw new RangeError('the engine is out of memory');
  }
  close() {
    this.#x.opus_dec_del(this.#d);
    this.#d = 0;
  }
  /** @param {Uint8Array} data @returns {Float32Array | null} */
  decode(data) {
    return this.#with(OPUS_FRAMES * 6, (out) => this.#x.opus_dec_decode(this.#d, this.#m.put(data), data.length, out, OPUS_FRAMES * 6));
  }
  /** The `samples` before this packet. @param {Uint8Array} data @param {number} samples @returns {Float32Array | null} */
  decodeFec(data, samples) {
    return this.#with(samples, (out) => this.#x.opus_dec_decode_fec(this.#d, this.#m.put(data), data.length, out, samples));
  }
  /** @param {number} samples @returns {Float32Array | null} */
  conceal(samples) {
    return this.#with(samples, (out) => this.#x.opus_dec_conceal(this.#d, out, samples));
  }
  /** @param {number} room @param {(out: number) => number} call */
  #with(room, call) {
    this.#m.begin();
    const out = this.#m.room(room * this.#channels * 4), got = call(out);
    return got > 0 ? this.#m.floats(out, got * this.#channels).slice() : null;
  }
}
