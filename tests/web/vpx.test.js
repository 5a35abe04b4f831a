// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { VpxDecoder, VpxEncoder } from '../../web/engine/vpx.js';
import { loadModule, psnr, scene } from './modules.js';

const WIDTH = 320, HEIGHT = 180, FPS = 30;
const vpx = await loadModule('vpx');
const pictures = Array.from({ length: 60 }, (_, n) => scene(WIDTH, HEIGHT, n));

/** @param {'vp8' | 'vp9'} codec @param {number} bps */
const encoderOf = (codec, bps) => new VpxEncoder(vpx, { codec, widthPx: WIDTH, heightPx: HEIGHT, fps: FPS, bps });

/** Frame `n` of the scene. @param {VpxEncoder} encoder @param {number} n @param {boolean} [key] */
function encodeFrame(encoder, n, key = false) {
  encoder.fill(pictures[n % pictures.length]);
  return encoder.encode(Math.round((n * 1e6) / FPS), key);
}

/** The frames that were not dropped to keep the bitrate. @param {'vp8' | 'vp9'} codec @param {number} count @param {number} bps */
function encode(codec, count, bps) {
  const encoder = encoderOf(codec, bps), packets = [];
  for (let n = 0; n < count; n++) {
    const p = encodeFrame(encoder, n, n === 0);
    if (p) packets.push({ n, ...p });
  }
  encoder.close();
  return packets;
}

/** @param {VpxDecoder} decoder @param {Uint8Array} data */
const luma = (decoder, data) => Buffer.from(decoder.decode(data)?.y ?? []);

for (const codec of /** @type {const} */ (['vp8', 'vp9']))
  describe(codec, () => {
    it('decodes to what was encoded', () => {
      const decoder = new VpxDecoder(vpx, codec), packets = encode(codec, 30, 1000000);
      assert.ok(packets.length >= 28, `${packets.length} frames`);
      for (const { n, data } of packets) {
        const picture = decoder.decode(data);
        assert.ok(picture && picture.widthPx === WIDTH && picture.heightPx === HEIGHT);
        const quality = psnr(pictures[n], picture);
        assert.ok(quality > 26, `frame ${n}: ${quality} dB`);
      }
      decoder.close();
    });

    it('marks the key frame and the temporal layers 0 2 1 2', () => {
      const packets = encode(codec, 9, 2000000);
      assert.equal(packets.map((p) => (p.key ? 'k' : '') + p.temporal).join(' '), 'k0 2 1 2 0 2 1 2 0');
    });

    it('gives a key frame when asked, and begins its pattern anew', () => {
      const encoder = encoderOf(codec, 2000000), seen = [];
      for (let n = 0; n < 9; n++) {
        const p = encodeFrame(encoder, n, n === 6);
        seen.push(p ? (p.key ? 'k' : '') + p.temporal : '-');
      }
      assert.equal(seen.join(' '), 'k0 2 1 2 0 2 k0 2 1');
      encoder.close();
    });

    it('lets any frames of upper layers be dropped without harm to the others', () => {
      const packets = encode(codec, 60, 1500000), whole = new VpxDecoder(vpx, codec);
      const decoded = new Map(packets.map((p) => [p.n, luma(whole, p.data)]));
      whole.close();
      // All above layer 0; all above 1; all of 2 but some after the base; some of 1 and what depends upon it.
      /** @type {((p: { temporal: number }, i: number) => boolean)[]} */
      const keeps = [
        (p) => p.temporal === 0,
        (p) => p.temporal < 2,
        (p, i) => p.temporal < 2 || i % 8 === 1 || i % 8 === 7,
        (p, i) => p.temporal === 0 || i % 8 < 4 || i % 8 === 5,
      ];
      for (const keep of keeps) {
        const decoder = new VpxDecoder(vpx, codec);
        for (const p of packets.filter(keep)) assert.ok(decoded.get(p.n)?.equals(luma(decoder, p.data)), `${keep}: frame ${p.n}`);
        decoder.close();
      }
    });

    it('follows a change of bitrate', () => {
      const encoder = encoderOf(codec, 300000);
      let n = 0;
      const kbps = [300, 120, 450].map((target) => {
        encoder.setBitrate(target * 1000);
        let bytes = 0;
        for (const settled = n + 45, end = n + 105; n < end; n++) {
          const p = encodeFrame(encoder, n);
          if (p && n >= settled) bytes += p.data.length;
        }
        return (bytes * 8) / 2000;
      });
      encoder.close();
      for (const [i, target] of [300, 120, 450].entries())
        assert.ok(kbps[i] > target * 0.7 && kbps[i] < target * 1.3, `${kbps} kbit/s`);
    });

    it('answers nonsense with null and goes on at the next key frame', () => {
      const packets = encode(codec, 8, 1000000), decoder = new VpxDecoder(vpx, codec);
      assert.equal(decoder.decode(new Uint8Array(0)), null);
      let refused = 0;
      for (let seed = 1; seed < 300; seed++) {
        const { data } = packets[seed % packets.length];
        const broken = data.map((b, i) => ((i * seed) % 7 === 0 ? b ^ seed : b)).slice(0, (seed * 37) % data.length);
        if (!decoder.decode(broken)) refused++;
      }
      assert.ok(refused > 100, `${refused}`);
      const picture = decoder.decode(packets[0].data);
      assert.ok(picture && psnr(pictures[0], picture) > 26);
      decoder.close();
    });

    it('refuses a picture larger than its bound before it takes memory', () => {
      const key = encode(codec, 1, 1000000)[0].data, decoder = new VpxDecoder(vpx, codec);
      const before = vpx.exports.memory.buffer.byteLength;
      if (codec === 'vp8') key.set([0xff, 0x3f, 0xff, 0x3f], 6); // 16383 x 16383
      else key.fill(0xff, 5, 9);
      assert.equal(decoder.decode(key), null);
      assert.equal(vpx.exports.memory.buffer.byteLength, before);
      decoder.close();
    });
  });

it('vpx.wasm imports nothing', () => {
  assert.deepEqual(WebAssembly.Module.imports(vpx.module), []);
});
