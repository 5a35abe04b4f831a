/* SPDX-License-Identifier: MIT */
/* audio-playout.worklet.js - what is heard: the engine's mixer, in the audio thread. Packets come straight from the worker over a
 * port (web/worker/messages.js, ToPlayout); ten times a second the port says how late each source is heard. */
import { instantiate } from '../engine/loader.js';
import { PlayoutMixer } from '../engine/playout.js';

const REPORT_INTERVAL_US = 100_000;
const CHANNELS = 2;

class Playout extends AudioWorkletProcessor {
  /** @param {{ processorOptions: { wasm: WebAssembly.Module } }} options */
  constructor({ processorOptions }) {
    super();
    this.mixer = new PlayoutMixer(instantiate(processorOptions.wasm), CHANNELS);
    /** @type {Set<number>} */
    this.sources = new Set();
    this.now = 0;
    this.reportAt = 0;
    /** @type {MessagePort | null} */
    this.worker = null;
    this.port.onmessage = ({ data }) => this.connect(data);
  }

  /** @param {MessagePort} port */
  connect(port) {
    this.worker = port;
    port.onmessage = ({ data }) => this.take(data);
    port.postMessage([]); // from now on packets are welcome: what waited for us would look like a late network
  }

  /** There is no performance.now() here. @returns {number} microseconds that never go back */
  clock() {
    this.now = Math.max(this.now, Date.now() * 1000);
    return this.now;
  }

  /** @param {import('../worker/messages.js').ToPlayout} message */
  take(message) {
    const now = this.clock();
    if (message.type === 'remove') {
      if (this.sources.delete(message.source)) this.mixer.remove(message.source);
      return;
    }
    if (message.type === 'hold') return this.mixer.hold(message.source, message.holdUs);
    if (!this.sources.has(message.source) && this.mixer.add(message.source)) this.sources.add(message.source);
    this.mixer.put(message.source, message, now);
  }

  /** @param {Float32Array[][]} _inputs @param {Float32Array[][]} outputs */
  process(_inputs, [output]) {
    const now = this.clock();
    const mixed = this.mixer.pull(output[0].length, now);
    output.forEach((channel, c) => channel.set(mixed[Math.min(c, mixed.length - 1)]));
    if (now >= this.reportAt) this.report(now);
    return true;
  }

  /** @param {number} now */
  report(now) {
    this.reportAt = now + REPORT_INTERVAL_US;
    const stats = [...this.sources].map((source) => ({ source, stats: this.mixer.stats(source) }));
    if (stats.length) this.worker?.postMessage(stats);
  }
}

registerProcessor('parley-playout', Playout);
