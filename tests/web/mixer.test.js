// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { OPUS_FRAMES, OpusEncoder } from '../../web/engine/opus.js';
import { PlayoutMixer } from '../../web/engine/playout.js';
import { loadModule, purity, tone } from './modules.js';

const QUANTUM = 128;
const engine = await loadModule('engine');

/** A speaker of a tone whose packets reach the mixer by a script: `fate(n)` is how long packet n travels in ms, or null when lost.
 * @param {PlayoutMixer} mixer @param {number} source @param {number} hz @param {(n: number) => number | null} fate @param {number} [amplitude] */
function speaker(mixer, source, hz, fate, amplitude = 0.5) {
  const encoder = new OpusEncoder(engine, { lossPercent: 10, dtx: false });
  /** @type {{ at: number, packet: any }[]} */
  const wire = [];
  let n = 0;
  mixer.add(source);
  return (/** @type {number} */ now) => {
    for (; n * 20_000 <= now; n++) {
      const { data } = encoder.encode(tone(hz, n * OPUS_FRAMES, OPUS_FRAMES, amplitude)), travel = fate(n);
      if (travel !== null) wire.push({ at: n * 20_000 + travel * 1000, packet: { seq: n + 1, capturedUs: n * 20_000, durationUs: 20_000, data } });
    }
    for (const w of wire.filter((x) => x.at <= now)) mixer.put(source, w.packet, now);
    wire.splice(0, wire.length, ...wire.filter((x) => x.at > now));
  };
}

/** Pulls `seconds` in quanta of the AudioWorklet. @param {PlayoutMixer} mixer @param {((now: number) => void)[]} speakers @param {number} seconds
 * @param {number} [from] s */
function listen(mixer, speakers, seconds, from = 0) {
  const heard = new Float32Array(Math.floor((seconds * 48000) / QUANTUM) * QUANTUM);
  for (let i = 0; i < heard.length; i += QUANTUM) {
    const now = Math.round(from * 1e6 + (i * 1e6) / 48000);
    for (const speak of speakers) speak(now);
    heard.set(mixer.pull(QUANTUM, now)[0], i);
  }
  return heard;
}

describe('playout and mixer', () => {
  it('plays a tone through jitter without a gap', () => {
    const mixer = new PlayoutMixer(engine, 1), heard = listen(mixer, [speaker(mixer, 7, 440, (n) => 20 + ((n * 13) % 30))], 4);
    const steady = heard.subarray(2 * 48000), stats = mixer.stats(7);
    for (let i = 0; i + 4800 <= steady.length; i += 4800) assert.ok(purity(steady.subarray(i, i + 4800), 440) > 0.9, `at ${i / 48} ms`);
    assert.ok(stats && stats.packets > 190 && stats.lost === 0 && stats.concealedMs < 60, JSON.stringify(stats));
    assert.ok(stats.delayUs > 10_000 && stats.delayUs < 120_000, `${stats.delayUs} us`);
    assert.ok(stats.level >= 114 && stats.level <= 120, `${stats.level}`);
    mixer.close();
  });

  it('hides one lost packet in ten', () => {
    const mixer = new PlayoutMixer(engine, 1), heard = listen(mixer, [speaker(mixer, 1, 440, (n) => (n % 10 === 5 ? null : 20))], 4);
    assert.ok(purity(heard.subarray(96000), 440) > 0.85, `${purity(heard.subarray(96000), 440)}`);
    const stats = mixer.stats(1);
    assert.ok(stats && stats.lost >= 15 && stats.recoveredMs > 200, JSON.stringify(stats));
    mixer.close();
  });

  it('holds a sound for its picture, and says what it would be without', () => {
    const mixer = new PlayoutMixer(engine, 1), speakers = [speaker(mixer, 4, 440, () => 20)];
    listen(mixer, speakers, 2);
    const before = mixer.stats(4);
    mixer.hold(4, 100_000);
    listen(mixer, speakers, 4, 2);
    const held = mixer.stats(4);
    assert.ok(before && held && Math.abs(held.delayUs - before.delayUs - 100_000) < 20_000, `${before?.delayUs} to ${held?.delayUs} us`);
    assert.ok(Math.abs(held.ownUs - before.ownUs) < 10_000, `${before.ownUs} to ${held.ownUs} us`);
    mixer.close();
  });

  it('mixes speakers, each with its gain', () => {
    const mixer = new PlayoutMixer(engine, 1), speakers = [speaker(mixer, 1, 440, () => 20, 0.3), speaker(mixer, 2, 1000, () => 20, 0.3)];
    const both = listen(mixer, speakers, 2).subarray(48000);
    assert.ok(purity(both, 440) > 0.4 && purity(both, 1000) > 0.4);
    mixer.setGain(1, 0);
    const one = listen(mixer, speakers, 1, 2).subarray(9600);
    assert.ok(purity(one, 1000) > 0.9 && purity(one, 440) < 0.01);
    assert.ok(mixer.level(1) > 100, 'a silenced source keeps its level');
    mixer.remove(2);
    assert.ok(listen(mixer, speakers.slice(0, 1), 0.5, 3).every((x) => x === 0));
    assert.equal(mixer.stats(2), null);
    mixer.close();
  });

  it('turns a mix down rather than clip it', () => {
    const mixer = new PlayoutMixer(engine, 1);
    const heard = listen(mixer, [1, 2, 3, 4].map((i) => speaker(mixer, i, 300 * i, () => 20, 0.6)), 2);
    assert.ok(heard.every((x) => Math.abs(x) <= 0.981) && heard.some((x) => Math.abs(x) > 0.8));
    mixer.close();
  });

  it('keeps two channels apart', () => {
    const mixer = new PlayoutMixer(engine, 2), encoder = new OpusEncoder(engine, { channels: 2, bps: 96000, music: true, dtx: false });
    mixer.add(3);
    let left = new Float32Array(0), right = left;
    for (let n = 0; n < 50; n++) {
      const [l, r] = [tone(500, n * OPUS_FRAMES, OPUS_FRAMES), tone(1500, n * OPUS_FRAMES, OPUS_FRAMES)];
      const pcm = Float32Array.from({ length: 2 * OPUS_FRAMES }, (_, i) => (i & 1 ? r : l)[i >> 1]);
      mixer.put(3, { seq: n + 1, capturedUs: n * 20_000, durationUs: 20_000, data: encoder.encode(pcm).data }, n * 20_000);
      [left, right] = mixer.pull(960, n * 20_000).map((c) => c.slice());
    }
    assert.ok(purity(left, 500) > 0.9 && purity(left, 1500) < 0.05, `${purity(left, 500)}`);
    assert.ok(purity(right, 1500) > 0.9 && purity(right, 500) < 0.05, `${purity(right, 1500)}`);
    mixer.close();
  });

  it('has a bound, and answers nonsense with an error', () => {
    const mixer = new PlayoutMixer(engine, 1);
    let added = 0;
    while (mixer.add(added + 1)) added++;
    assert.equal(added, engine.memory.constants.MIXER_SOURCES);
    const packet = { seq: 1, capturedUs: 0, durationUs: 20_000, data: new Uint8Array([1, 2, 3]) };
    assert.equal(mixer.put(9999, packet, 0), engine.memory.constants.ERR_UNKNOWN);
    assert.ok(mixer.put(1, { ...packet, data: new Uint8Array(5000) }, 0) < 0);
    for (let n = 0; n < 50; n++) mixer.put(1, { ...packet, seq: n, capturedUs: n * 20_000, data: new Uint8Array(50).fill(n * 5) }, n * 20_000);
    assert.ok(listen(mixer, [], 0.2).every(Number.isFinite));
    mixer.close();
  });
});
