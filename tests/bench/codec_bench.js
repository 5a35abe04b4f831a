// SPDX-License-Identifier: MIT
// codec_bench.js WIDTH HEIGHT FRAMES - as tests/bench/codec_bench.c, in WASM: one JSON line each.
import { sound, video } from '../web/codec.js';
import { loadModule } from '../web/modules.js';

const [width = 640, height = 360, frames = 300] = process.argv.slice(2).map(Number);
const ROUNDS = 3; // the best counts: other work on the machine only makes it slower, and so does the compiler at first

/** @template {Record<string, any>} T @param {T[]} rounds @param {Record<string, (...n: number[]) => number>} best @returns {T} */
function bestOf(rounds, best) {
  const picked = Object.entries(best).map(([name, pick]) => [name, pick(...rounds.map((r) => r[name]))]);
  return { ...rounds[0], ...Object.fromEntries(picked) };
}

const vpx = await loadModule('vpx'), engine = await loadModule('engine');
for (const codec of /** @type {const} */ (['vp8', 'vp9'])) {
  const rounds = Array.from({ length: ROUNDS }, () => video(vpx, codec, width, height, frames));
  console.log(JSON.stringify(bestOf(rounds, { encode_fps: Math.max, decode_fps: Math.max })));
}
const rounds = Array.from({ length: ROUNDS }, () => sound(engine, 5));
console.log(JSON.stringify(bestOf(rounds, { encode_us: Math.min, decode_us: Math.min })));
