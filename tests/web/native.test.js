// SPDX-License-Identifier: MIT
// libvpx in WASM gives, bit for bit, the stream and the pictures of the native one (same version, other instruction set).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { it } from 'node:test';
import { video } from './codec.js';
import { loadModule } from './modules.js';

const WIDTH = 322, HEIGHT = 182, FRAMES = 40, ROUNDS = 1; // no multiple of a block
const program = ['dev', 'release', 'asan'].map((preset) => new URL(`../../build/${preset}/tests/codec_bench`, import.meta.url).pathname).find(existsSync);

it('encodes and decodes exactly as the native library', { skip: !program && 'no native build to compare with' }, async () => {
  const vpx = await loadModule('vpx');
  const lines = execFileSync(/** @type {string} */ (program), [WIDTH, HEIGHT, FRAMES, ROUNDS].map(String), { encoding: 'utf8' }).trim().split('\n');
  for (const native of lines.map((line) => JSON.parse(line)).filter(({ codec }) => codec !== 'opus')) {
    const { bytes, stream, pictures } = video(vpx, native.codec, WIDTH, HEIGHT, FRAMES);
    assert.deepEqual({ bytes, stream, pictures }, { bytes: native.bytes, stream: native.stream, pictures: native.pictures }, native.codec);
  }
});
