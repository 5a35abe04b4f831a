// SPDX-License-Identifier: MIT
// vpx.js - VP8 and VP9 in WASM, for browsers whose WebCodecs lacks them. Lives in its own module (vpx.wasm), loaded when needed.
/** @import { Engine } from './loader.js' */

/** Pictures are I420. @typedef {{ widthPx: number, heightPx: number, y: Uint8Array, u: Uint8Array, v: Uint8Array, yStride: number, uStride: number,
 *   vStride: number }} I420 */
/** @typedef {{ codec: 'vp8' | 'vp9', widthPx: number, heightPx: number, fps: number, bps: number, temporal?: 1 | 2 | 3, speed?: number,
 *   screen?: boolean }} VpxConfig defaults: 3 temporal layers (L1T3), speed 8 (VP9) or 12 (VP8) */
/** @typedef {{ data: Uint8Array, key: boolean, temporal: number }} VpxPacket */

export class VpxEncoder {
  #x;
  #m;
  #e;
  #config;
  /** @param {Engine} vpx the instantiated vpx.wasm @param {VpxConfig} config */
  constructor({ exports, memory }, config) {
    const { codec, widthPx, heightPx, fps, bps, temporal = 3, speed = codec === 'vp9' ? 8 : 12, screen = false } = config;
    this.#x = exports;
    this.#m = memory;
    this.#config = { widthPx, heightPx };
    const struct = memory.structs.vpx_enc_config, { VPX_KIND_VP8, VPX_KIND_VP9 } = memory.constants;
    memory.begin();
    const at = memory.putStructs(struct);
    memory.set(at, struct, { kind: codec === 'vp9' ? VPX_KIND_VP9 : VPX_KIND_VP8, widthPx, heightPx, fps, bps, temporal, speed, screen });
    this.#e = exports.vpx_enc_new(at);
    if (!this.#e) throw new RangeError('libvpx refused the configuration');
  }
  close() {
    this.#x.vpx_enc_del(this.#e);
    this.#e = 0;
  }
  /** The encoder's own picture to fill before encode(); borrowed until the next call. @returns {I420} */
  picture() {
    return picture(this.#m, this.#x.vpx_enc_picture(this.#e));
  }
  /** Copies a packed I420 picture (planes without padding) of the configured size in. @param {Uint8Array} i420 */
  fill(i420) {
    const { widthPx, heightPx } = this.#config, chroma = ((widthPx + 1) >> 1) * ((heightPx + 1) >> 1);
    const { y, u, v, yStride, uStride, vStride } = this.picture();
    copyPlane(y, yStride, i420, 0, widthPx, heightPx);
    copyPlane(u, uStride, i420, widthPx * heightPx, (widthPx + 1) >> 1, (heightPx + 1) >> 1);
    copyPlane(v, vStride, i420, widthPx * heightPx + chroma, (widthPx + 1) >> 1, (heightPx + 1) >> 1);
  }
  /** Encodes what picture() holds; null when the encoder dropped it to keep its bitrate. @param {number} timestampUs @param {boolean} [keyFrame]
   * @returns {VpxPacket | null} */
  encode(timestampUs, keyFrame = false) {
    const m = this.#m, struct = m.structs.vpx_packet, p = this.#x.vpx_enc_encode(this.#e, timestampUs, keyFrame ? 1 : 0);
    if (!p) return null;
    return { data: m.copy(m.get(p, struct, 'data'), m.get(p, struct, 'len')), key: m.get(p, struct, 'key'), temporal: m.get(p, struct, 'temporal') };
  }
  /** @param {number} bps */
  setBitrate(bps) {
    this.#x.vpx_enc_set_bitrate(this.#e, bps);
  }
}

export class VpxDecoder {
  #x;
  #m;
  #d;
  /** @param {Engine} vpx @param {'vp8' | 'vp9'} codec */
  constructor({ exports, memory }, codec) {
    this.#x = exports;
    this.#m = memory;
    this.#d = exports.vpx_dec_new(memory.constants[codec === 'vp9' ? 'VPX_KIND_VP9' : 'VPX_KIND_VP8']);
    if (!this.#d) throw new RangeError('the codec is out of memory');
  }
  close() {
    this.#x.vpx_dec_del(this.#d);
    this.#d = 0;
  }
  /** The picture, borrowed until the next call, or null when the bytes could not be decoded: ask for a key frame then.
   * @param {Uint8Array} data one frame @returns {I420 | null} */
  decode(data) {
    this.#m.begin();
    const p = this.#x.vpx_dec_decode(this.#d, this.#m.put(data), data.length);
    return p ? picture(this.#m, p) : null;
  }
}

/** @param {import('./memory.js').Memory} m @param {number} at @returns {I420} */
function picture(m, at) {
  const struct = m.structs.vpx_picture;
  const { widthPx, heightPx, yStride, uStride, vStride } = m.object(at, struct), half = (heightPx + 1) >> 1;
  return {
    widthPx, heightPx, yStride, uStride, vStride, y: m.bytes(m.get(at, struct, 'y'), yStride * heightPx),
    u: m.bytes(m.get(at, struct, 'u'), uStride * half), v: m.bytes(m.get(at, struct, 'v'), vStride * half),
  };
}

/** @param {Uint8Array} to @param {number} stride @param {Uint8Array} from @param {number} at @param {number} width @param {number} height */
function copyPlane(to, stride, from, at, width, height) {
  for (let row = 0; row < height; row++) to.set(from.subarray(at + row * width, at + (row + 1) * width), row * stride);
}
