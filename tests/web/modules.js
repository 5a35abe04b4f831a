// SPDX-License-Identifier: MIT
// modules.js - for tests: the very .wasm files that ship, and sounds and pictures to feed them.
import { readFile } from 'node:fs/promises';
import { compile, instantiate } from '../../web/engine/loader.js';

const folder = process.env.PARLEY_WASM ?? new URL('../../build/wasm/', import.meta.url).pathname;

/** @param {'engine' | 'vpx'} name */
export const compileModule = async (name) => compile(await readFile(`${folder}/${name}.wasm`));
/** A fresh instance. @param {'engine' | 'vpx'} name */
export const loadModule = async (name) => instantiate(await compileModule(name));

/** Part of a tone. @param {number} hz @param {number} from @param {number} count @param {number} [amplitude] @returns {Float32Array} */
export function tone(hz, from, count, amplitude = 0.5) {
  return Float32Array.from({ length: count }, (_, i) => amplitude * Math.sin((2 * Math.PI * hz * (from + i)) / 48000));
}

/** Share of the power of `pcm` that lies at `hz` (Goertzel): 1 for a pure tone. @param {Float32Array} pcm @param {number} hz */
export function purity(pcm, hz) {
  const w = (2 * Math.PI * hz) / 48000;
  let re = 0, im = 0, power = 0;
  pcm.forEach((x, i) => {
    re += x * Math.cos(w * i);
    im += x * Math.sin(w * i);
    power += x * x;
  });
  return power ? (2 * (re * re + im * im)) / (pcm.length * power) : 0;
}

/** A packed I420 picture that moves and has detail: gradients with a little texture, and a disc on its way. The same integers as
 * tests/codec_scene.h draws in C. @param {number} width @param {number} height @param {number} n */
export function scene(width, height, n) {
  const chroma = [(width + 1) >> 1, (height + 1) >> 1], picture = new Uint8Array(width * height + 2 * chroma[0] * chroma[1]);
  const cx = (width >> 2) + ((n * 3) % (width >> 1)), cy = (height >> 1) + (n % 20), r = height >> 2;
  let at = 0;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const dx = x - cx, dy = y - cy;
      picture[at++] = dx * dx + dy * dy < r * r ? 96 + (((dx * 5) ^ (dy * 3)) & 63) : ((x + y) >> 3) + (((x * 7) ^ (y * 13)) & 7);
    }
  for (const centre of [cx, cy])
    for (let y = 0; y < chroma[1]; y++)
      for (let x = 0; x < chroma[0]; x++) picture[at++] = 128 + ((x + y - centre) >> 4);
  return picture;
}

/** dB between two pictures' luma. @param {Uint8Array} a packed @param {import('../../web/engine/vpx.js').I420} b */
export function psnr(a, { y, yStride, widthPx, heightPx }) {
  let sum = 0;
  for (let row = 0; row < heightPx; row++)
    for (let x = 0; x < widthPx; x++) sum += (a[row * widthPx + x] - y[row * yStride + x]) ** 2;
  return sum ? 10 * Math.log10((255 * 255 * widthPx * heightPx) / sum) : Infinity;
}
