/* SPDX-License-Identifier: MIT */
/* vpx-codec.js - libvpx in WASM behind the same small objects as WebCodecs. The module is fetched when the first one is needed. */
import { load } from '../engine/loader.js';
import { VpxDecoder, VpxEncoder } from '../engine/vpx.js';

/** @typedef {import('../engine/loader.js').Engine} Engine */

/** @type {Promise<Engine> | null} */
let module = null;

/** @param {string} url @returns {Promise<Engine>} */
export function loadVpx(url) {
  if (!url) return Promise.reject(new Error('this build has no video codec module'));
  module ??= fetch(url).then(async (response) => load(await response.arrayBuffer()));
  module.catch(() => { module = null; });
  return module;
}

/** @param {Engine} vpx @param {import('./video-encoder.js').VideoSettings} settings @param {(frame: import('./video-encoder.js').EncodedFrame) => void} emit
 *  @param {(error: unknown) => void} fail @returns {import('./video-encoder.js').VideoEncoderShell} */
export function createVpxEncoder(vpx, settings, emit, fail) {
  const { codec, width, height, fps, bps, temporal, screen } = settings;
  const encoder = new VpxEncoder(vpx, { codec, widthPx: width, heightPx: height, fps, bps, temporal: /** @type {1 | 2 | 3} */ (temporal), screen });
  const scaler = new OffscreenCanvas(width, height);
  const brush = /** @type {OffscreenCanvasRenderingContext2D} */ (scaler.getContext('2d', { willReadFrequently: true, alpha: false }));
  const i420 = new Uint8Array(width * height + 2 * ((width + 1) >> 1) * ((height + 1) >> 1));
  return {
    encode(frame, keyFrame) {
      const { timestamp } = frame;
      try {
        brush.drawImage(frame, 0, 0, width, height);
        toI420(brush.getImageData(0, 0, width, height).data, width, height, i420);
        encoder.fill(i420);
        const packet = encoder.encode(timestamp, keyFrame);
        if (packet) emit({ codec, ...packet, timestamp, width, height });
      } catch (error) {
        fail(error);
      }
      frame.close();
      return true;
    },
    setBitrate: (next) => encoder.setBitrate(next),
    close: () => encoder.close(),
  };
}

/** BT.601, limited range. @param {Uint8ClampedArray} rgba @param {number} width @param {number} height @param {Uint8Array} out */
export function toI420(rgba, width, height, out) {
  const half = (width + 1) >> 1;
  const u = width * height;
  const v = u + half * ((height + 1) >> 1);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = (y * width + x) * 4;
      const [r, g, b] = [rgba[i], rgba[i + 1], rgba[i + 2]];
      out[y * width + x] = (66 * r + 129 * g + 25 * b + 4224) >> 8;
      if ((x | y) & 1) continue;
      const c = (y >> 1) * half + (x >> 1);
      out[u + c] = (-38 * r - 74 * g + 112 * b + 32896) >> 8;
      out[v + c] = (112 * r - 94 * g - 18 * b + 32896) >> 8;
    }
  }
}

/** @param {Engine} vpx @param {'vp8' | 'vp9'} codec @param {(frame: VideoFrame) => void} show @param {(error: unknown) => void} fail
 *  @returns {import('./video-decoder.js').VideoDecoderShell} */
export function createVpxDecoder(vpx, codec, show, fail) {
  const decoder = new VpxDecoder(vpx, codec);
  return {
    decode({ timestamp, data }) {
      const p = decoder.decode(data);
      if (p) show(frameOf(p, timestamp));
      else fail(new Error('the picture could not be decoded'));
    },
    close: () => decoder.close(),
  };
}

/** @param {import('../engine/vpx.js').I420} p @param {number} timestamp */
function frameOf(p, timestamp) {
  const planes = [p.y, p.u, p.v];
  const strides = [p.yStride, p.uStride, p.vStride];
  const bytes = new Uint8Array(planes.reduce((sum, plane) => sum + plane.length, 0));
  let offset = 0;
  const layout = planes.map((plane, i) => {
    bytes.set(plane, offset);
    const at = offset;
    offset += plane.length;
    return { offset: at, stride: strides[i] };
  });
  return new VideoFrame(bytes, { format: 'I420', codedWidth: p.widthPx, codedHeight: p.heightPx, timestamp, layout });
}
