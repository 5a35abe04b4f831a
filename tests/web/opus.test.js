// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPUS_FRAMES, OpusDecoder, OpusEncoder } from '../../web/engine/opus.js';
import { loadModule, purity, tone } from './modules.js';

const engine = await loadModule('engine');

/** @param {number} n @param {number} [amplitude] */
const part = (n, amplitude) => tone(440, n * OPUS_FRAMES, OPUS_FRAMES, amplitude);

describe('opus', () => {
  it('carries a tone', () => {
    const encoder = new OpusEncoder(engine), decoder = new OpusDecoder(engine);
    for (let n = 0; n < 25; n++) {
      const { data, level, dtx } = encoder.encode(part(n));
      assert.ok(data.length > 20 && data.length < 200 && !dtx, `${data.length} bytes`);
      assert.ok(level >= 117 && level <= 119, `level ${level}`); // half of full scale, a sine: -9 dBov
      const pcm = decoder.decode(data);
      assert.equal(pcm?.length, OPUS_FRAMES);
      if (n > 5) assert.ok(purity(pcm, 440) > 0.98, `packet ${n}: ${purity(pcm, 440)}`);
    }
    encoder.close();
    decoder.close();
  });

  it('keeps its bitrate, also a changed one', () => {
    const encoder = new OpusEncoder(engine, { bps: 24000 });
    /** @param {number} from */
    const kbps = (from) => {
      let bytes = 0;
      for (let n = from; n < from + 50; n++) bytes += encoder.encode(part(n, 0.3 + 0.2 * Math.sin(n))).data.length;
      return (bytes * 8) / 1000;
    };
    const low = kbps(0);
    encoder.adapt(64000, 0);
    const high = kbps(50);
    assert.ok(low > 15 && low < 32, `${low} kbit/s`);
    assert.ok(high > 40 && high < 80, `${high} kbit/s`);
    encoder.close();
  });

  it('sends next to nothing in silence', () => {
    const encoder = new OpusEncoder(engine);
    let dtx = 0;
    for (let n = 0; n < 100; n++) if (encoder.encode(new Float32Array(OPUS_FRAMES)).dtx) dtx++;
    assert.ok(dtx > 70, `${dtx} of 100`);
    assert.equal(encoder.encode(new Float32Array(OPUS_FRAMES)).level, 0);
    encoder.close();
  });

  it('recovers a lost packet from the next one, and conceals without', () => {
    const encoder = new OpusEncoder(engine, { lossPercent: 20 }), decoder = new OpusDecoder(engine);
    const packets = Array.from({ length: 20 }, (_, n) => encoder.encode(part(n)).data);
    for (const data of packets.slice(0, 15)) decoder.decode(data);
    const recovered = decoder.decodeFec(packets[16], OPUS_FRAMES);
    assert.ok(recovered && purity(recovered, 440) > 0.9);
    decoder.decode(packets[16]);
    const concealed = decoder.conceal(OPUS_FRAMES);
    assert.ok(concealed && purity(concealed, 440) > 0.8);
    encoder.close();
    decoder.close();
  });

  it('answers nonsense with null', () => {
    const decoder = new OpusDecoder(engine);
    assert.equal(decoder.decode(new Uint8Array(0)), null);
    assert.equal(decoder.decode(new Uint8Array([255, 255, 255])), null);
    decoder.close();
  });
});

it('engine.wasm imports nothing', () => {
  assert.deepEqual(WebAssembly.Module.imports(engine.module), []);
});
