// SPDX-License-Identifier: MIT
// Makes the seeds of the codec harnesses with the modules in build/wasm: node tests/fuzz/codec_seeds.mjs
import { mkdirSync, writeFileSync } from 'node:fs';
import { OpusEncoder, OPUS_FRAMES } from '../../web/engine/opus.js';
import { VpxEncoder } from '../../web/engine/vpx.js';
import { loadModule, scene, tone } from '../web/modules.js';

const here = new URL('.', import.meta.url).pathname;
const prefixed = (data, ...before) => Buffer.concat([Buffer.from([...before, data.length >> 8, data.length & 255]), data]);

function seed(target, name, ...parts) {
  mkdirSync(`${here}seeds/${target}`, { recursive: true });
  writeFileSync(`${here}seeds/${target}/${name}`, Buffer.concat(parts));
}

const vpx = await loadModule('vpx');
for (const [kind, codec] of ['vp9', 'vp8'].entries())
  for (const [widthPx, heightPx] of [[64, 36], [33, 17]]) {
    const encoder = new VpxEncoder(vpx, { codec, widthPx, heightPx, fps: 30, bps: 60000 }), frames = [];
    for (let n = 0; frames.length < 5; n++) {
      encoder.fill(scene(widthPx, heightPx, n));
      const frame = encoder.encode(n * 33333, n === 0 || frames.length === 3);
      if (frame) frames.push(prefixed(Buffer.from(frame.data)));
    }
    seed('vpx', `${codec}_${widthPx}`, Buffer.from([kind]), ...frames);
    encoder.close();
  }

const engine = await loadModule('engine');
for (const [name, config, fate] of [['voice', { dtx: false }, 8], ['lost', { lossPercent: 20 }, 9], ['stereo', { channels: 2, bps: 64000, music: true, dtx: false }, 8], ['silence', {}, 26]]) {
  const encoder = new OpusEncoder(engine, config), { channels = 1 } = config, packets = [];
  for (let n = 0; n < 8; n++) {
    const mono = tone(300, n * OPUS_FRAMES, OPUS_FRAMES, name === 'silence' ? 0 : 0.4);
    const pcm = Float32Array.from({ length: OPUS_FRAMES * channels }, (_, i) => mono[Math.floor(i / channels)]);
    packets.push(prefixed(Buffer.from(encoder.encode(pcm).data), fate));
  }
  seed('opus', name, Buffer.from([channels - 1]), ...packets);
  encoder.close();
}
