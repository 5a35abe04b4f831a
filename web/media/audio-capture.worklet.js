/* SPDX-License-Identifier: MIT */
/* audio-capture.worklet.js - posts what a microphone hears, 10 ms at a time, to the port it is given: { channels, timestamp }. */

const PIECE_FRAMES = 480;

class Capture extends AudioWorkletProcessor {
  constructor() {
    super();
    /** @type {MessagePort | null} */
    this.to = null;
    /** @type {Float32Array[]} */
    this.piece = [];
    this.filled = 0;
    this.port.onmessage = ({ data }) => { this.to = data; };
  }

  /** @param {Float32Array[][]} inputs */
  process([channels]) {
    for (let i = 0; channels.length > 0 && i < channels[0].length; i++) this.add(channels, i);
    return true;
  }

  /** @param {Float32Array[]} channels @param {number} i */
  add(channels, i) {
    if (this.filled === 0) this.piece = channels.map(() => new Float32Array(PIECE_FRAMES));
    this.piece.forEach((samples, c) => { samples[this.filled] = channels[Math.min(c, channels.length - 1)][i]; });
    if (++this.filled < PIECE_FRAMES) return;
    this.filled = 0;
    this.to?.postMessage({ channels: this.piece, timestamp: Math.round((currentFrame / sampleRate) * 1e6) }, this.piece.map((s) => s.buffer));
  }
}

registerProcessor('parley-capture', Capture);
