// SPDX-License-Identifier: MIT
// codec.js - for tests: what tests/bench/codec_bench.c does, on the WASM modules.
import { OPUS_FRAMES, OpusDecoder, OpusEncoder } from '../../web/engine/opus.js';
import { VpxDecoder, VpxEncoder } from '../../web/engine/vpx.js';
import { scene } from './modules.js';

const FPS = 30, BITS_PER_PIXEL_FRAME = 0.1, OPUS_PACKETS = 500, FNV_START = 2166136261;

/** @param {number} hash @param {Uint8Array} data */
function fnv(hash, data) {
  for (let i = 0; i < data.length; i++) hash = Math.imul(hash ^ data[i], 16777619);
  return hash;
}
/** @param {number} hash */
const hex = (hash) => (hash >>> 0).toString(16).padStart(8, '0');

/** @param {import('../../web/engine/loader.js').Engine} vpx @param {'vp8' | 'vp9'} codec @param {number} width @param {number} height
 * @param {number} frames */
export function video(vpx, codec, width, height, frames) {
  const bps = Math.trunc(width * height * FPS * BITS_PER_PIXEL_FRAME);
  const encoder = new VpxEncoder(vpx, { codec, widthPx: width, heightPx: height, fps: FPS, bps }), decoder = new VpxDecoder(vpx, codec);
  const packets = [];
  let encodeMs = 0, decodeMs = 0, stream = FNV_START, pictures = FNV_START;
  for (let n = 0; n < frames; n++) {
    encoder.fill(scene(width, height, n));
    const start = performance.now(), p = encoder.encode(Math.trunc((n * 1e6) / FPS), n === 0);
    encodeMs += performance.now() - start;
    if (p) packets.push(p.data);
  }
  for (const data of packets) {
    const start = performance.now(), p = decoder.decode(data);
    decodeMs += performance.now() - start;
    stream = fnv(stream, data);
    for (let row = 0; p && row < height; row++) pictures = fnv(pictures, p.y.subarray(row * p.yStride, row * p.yStride + width));
  }
  encoder.close();
  decoder.close();
  const bytes = packets.reduce((sum, p) => sum + p.length, 0), rate = (/** @type {number} */ n) => Number(n.toFixed(1));
  return {
    codec, width, height, frames: packets.length, encode_fps: rate((1000 * frames) / encodeMs), decode_fps: rate((1000 * packets.length) / decodeMs), bytes,
    stream: hex(stream), pictures: hex(pictures),
  };
}

/** A tone that swells and fades, with a little noise. @param {number} at */
function voice(at) {
  const tone = Math.sin((at % 48000) * 0.05) * Math.sin((at % 4800) * 0.0013);
  return 0.3 * tone + 0.0002 * ((((at % 100) * 79) % 100) - 50);
}

/** @param {import('../../web/engine/loader.js').Engine} engine @param {number} complexity */
export function sound(engine, complexity) {
  const encoder = new OpusEncoder(engine, { complexity, dtx: false }), decoder = new OpusDecoder(engine), pcm = new Float32Array(OPUS_FRAMES);
  let encodeMs = 0, decodeMs = 0;
  for (let n = 0; n < OPUS_PACKETS; n++) {
    for (let i = 0, at = n * OPUS_FRAMES; i < OPUS_FRAMES; i++, at++)
      pcm[i] = voice(at);
    const start = performance.now(), { data } = encoder.encode(pcm), middle = performance.now();
    decoder.decode(data);
    encodeMs += middle - start;
    decodeMs += performance.now() - middle;
  }
  encoder.close();
  decoder.close();
  const us = (/** @type {number} */ ms) => Number(((1000 * ms) / OPUS_PACKETS).toFixed(1));
  return { codec: 'opus', complexity, encode_us: us(encodeMs), decode_us: us(decodeMs) };
}
