/* SPDX-License-Identifier: MIT */
/* my-audio.js - my microphone, or my screen's sound: pieces of any length in, packets of 20 ms out. */
import { OPUS_FRAMES, OPUS_RATE_HZ, OpusEncoder } from '../engine/opus.js';
import { levelOf } from '../state/level.js';
import { createCaptureClock, nowUs } from './clock.js';
import { readFrames } from './frames.js';

/** @typedef {{ channels: Float32Array[], timestamp: number }} Piece */

const MUSIC_BPS = 96_000;

/** @param {AudioData | Piece} from @param {number} channels @returns {Piece} */
function pieceOf(from, channels) {
  if (!('copyTo' in from)) return from;
  const out = Array.from({ length: channels }, (_, c) => {
    const samples = new Float32Array(from.numberOfFrames);
    from.copyTo(samples, { planeIndex: Math.min(c, from.numberOfChannels - 1), format: 'f32-planar' });
    return samples;
  });
  const piece = { channels: out, timestamp: from.timestamp };
  from.close();
  return piece;
}

/** @param {{ engine: import('../engine/loader.js').Engine, music: boolean, source: import('./messages.js').FrameSource,
 *   send(packet: { data: Uint8Array, level: number, capturedUs: number }): void, level(level: number): void }} options
 *  `level` hears every piece, sent or not */
export function createMyAudio({ engine, music, source, send, level }) {
  const channels = music ? 2 : 1;
  const encoder = new OpusEncoder(engine, music ? { channels, music, bps: MUSIC_BPS, dtx: false } : {});
  const clock = createCaptureClock({ skipBacklog: true });
  const packet = new Float32Array(OPUS_FRAMES * channels); // interleaved
  let filled = 0; // frames
  let capturedUs = 0;
  let muted = false;

  function flush() {
    filled = 0;
    const { data, level: loudness, dtx } = encoder.encode(packet);
    if (!dtx) send({ data, level: loudness, capturedUs });
  }

  /** @param {Piece} piece */
  function add({ channels: from, timestamp }) {
    const at = clock.captured(timestamp, nowUs());
    if (at < 0) return;
    const frames = from[0].length;
    for (let i = 0; i < frames; i++) {
      if (filled === 0) capturedUs = at + Math.round((i * 1e6) / OPUS_RATE_HZ);
      for (let c = 0; c < channels; c++) packet[filled * channels + c] = from[Math.min(c, from.length - 1)][i];
      if (++filled === OPUS_FRAMES) flush();
    }
  }

  const stopReading = readFrames(source, (/** @type {AudioData | Piece} */ raw) => {
    const piece = pieceOf(raw, channels);
    level(muted ? 0 : levelOf(piece.channels[0]));
    if (muted) filled = 0;
    else add(piece);
  });
  return {
    /** @param {boolean} on */
    mute(on) { muted = on; },
    /** @param {number} bps @param {number} lossPercent */
    adapt: (bps, lossPercent) => encoder.adapt(bps, lossPercent),
    stop() {
      stopReading();
      encoder.close();
    },
  };
}
