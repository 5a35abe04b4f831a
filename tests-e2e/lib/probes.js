/* SPDX-License-Identifier: MIT */
/* probes.js - what tests measure inside a page, put in before the page's own scripts: no hook of the page's is used. */

/** Runs in the page: everything that is connected to a speaker is also connected to an analyser. */
export function listenIn() {
  const connect = AudioNode.prototype.connect;
  /** @type {Set<AnalyserNode>} */
  const analysers = new Set();
  // @ts-ignore
  AudioNode.prototype.connect = function (target, ...rest) {
    if (target instanceof AudioDestinationNode) {
      const analyser = new AnalyserNode(this.context, { fftSize: 4096, smoothingTimeConstant: 0 });
      analysers.add(analyser);
      connect.call(this, analyser);
    }
    // @ts-ignore
    return connect.call(this, target, ...rest);
  };
  /** When the sound of a graph went from silence to loud, wall clock ms, for `ms`. @param {Set<AnalyserNode>} graphs @param {number} ms */
  const onsets = (graphs, ms) => new Promise((done) => {
    /** @type {number[]} */
    const found = [];
    const wave = new Float32Array(4096);
    const look = () => {
      for (const graph of graphs) {
        graph.getFloatTimeDomainData(wave);
        const first = wave.findIndex((x) => Math.abs(x) > 0.04);
        const at = performance.timeOrigin + performance.now() - ((wave.length - first) * 1000) / graph.context.sampleRate;
        if (first > wave.length / 4 && at - (found.at(-1) ?? 0) > 200) found.push(at);
      }
    };
    const timer = setInterval(look, 8);
    setTimeout(() => { clearInterval(timer); done(found); }, ms);
  });
  /** Of what is heard here. @param {number} ms */
  // @ts-ignore
  globalThis.heardOnsets = (ms) => onsets(analysers, ms);

  const getUserMedia = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  /** @type {MediaStream | undefined} */
  let microphone;
  if (getUserMedia) navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await getUserMedia(constraints);
    if (stream.getAudioTracks().length) microphone = new MediaStream(stream.getAudioTracks().map((track) => track.clone()));
    return stream;
  };
  /** Of what the microphone hears. @param {number} ms */
  // @ts-ignore
  globalThis.saidOnsets = async (ms) => {
    const context = new AudioContext({ sampleRate: 48_000 });
    const graph = new AnalyserNode(context, { fftSize: 4096 });
    if (microphone) connect.call(context.createMediaStreamSource(microphone), graph);
    const found = await onsets(new Set([graph]), ms);
    await context.close();
    return found;
  };
  /** Loudness (RMS, dBFS) and the share of the energy within 60 Hz of `hz`, of the loudest graph, over the last 85 ms. */
  // @ts-ignore
  globalThis.heard = (hz = 1000) => {
    let best = { db: -120, share: 0, state: 'none' };
    for (const analyser of analysers) {
      const wave = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(wave);
      const db = 10 * Math.log10(wave.reduce((sum, x) => sum + x * x, 0) / wave.length + 1e-12);
      const bins = new Float32Array(analyser.frequencyBinCount);
      analyser.getFloatFrequencyData(bins);
      const width = analyser.context.sampleRate / analyser.fftSize;
      let [all, near] = [1e-12, 0];
      bins.forEach((value, i) => {
        const power = 10 ** (value / 10);
        all += power;
        if (Math.abs(i * width - hz) <= 60) near += power;
      });
      if (db >= best.db) best = { db, share: near / all, state: analyser.context.state };
    }
    return best;
  };
}

/** Runs in the page: reads pictures as people see them. */
export function look() {
  const pad = document.createElement('canvas');
  const pen = /** @type {CanvasRenderingContext2D} */ (pad.getContext('2d', { willReadFrequently: true }));
  /** Part of an element's picture, in the units of a 640x360 picture, drawn at `width` x `height`; null while there is none.
   * @param {string} selector @param {[number, number, number, number]} part @param {number} width @param {number} height */
  const snap = (selector, [x, y, w, h], width, height) => {
    const source = /** @type {any} */ (document.querySelector(selector));
    const [sw, sh] = [source?.videoWidth ?? source?.width, source?.videoHeight ?? source?.height];
    if (!sw) return null;
    [pad.width, pad.height] = [width, height];
    try {
      pen.drawImage(source, x / 640 * sw, y / 360 * sh, w / 640 * sw, h / 360 * sh, 0, 0, width, height);
    } catch {
      return null; // not drawn yet
    }
    return pen.getImageData(0, 0, width, height).data;
  };
  /** The counter that tests-e2e/media.sh burnt in, or -1: nine blocks, of which the first is always white. @param {string} selector */
  const counter = (selector) => {
    const strip = snap(selector, [16, 320, 288, 16], 36, 2);
    if (!strip) return -1;
    const white = (/** @type {number} */ block) => strip[(block * 4 + 1) * 4 + 1] + strip[(block * 4 + 2) * 4 + 1] > 220;
    if (!white(0)) return -1;
    let n = 0;
    for (let block = 1; block <= 8; block++) n = n * 2 + (white(block) ? 1 : 0);
    return n;
  };
  /** The test card of cli/testcard.h on an element: its number and its time, or null. @param {string} selector */
  const card = (selector) => {
    const grid = snap(selector, [0, 0, 640, 120], 128, 24);
    if (!grid) return null;
    const bytes = [0, 1, 2, 3, 4, 5].map((i) => {
      let byte = 0;
      for (let bit = 0; bit < 8; bit++) {
        const [column, row] = [(i % 2) * 8 + bit, i >> 1];
        let sum = 0;
        for (let y = row * 8 + 2; y < row * 8 + 6; y++) for (let x = column * 8 + 2; x < column * 8 + 6; x++) sum += grid[(y * 128 + x) * 4 + 1];
        byte = byte * 2 + (sum / 16 >= 128 ? 1 : 0);
      }
      return byte;
    });
    let crc = 0;
    for (const byte of bytes.slice(0, 5)) {
      crc ^= byte;
      for (let i = 0; i < 8; i++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : (crc << 1) & 0xff;
    }
    return (crc ^ 0xff) === bytes[5] ? { counter: bytes[0] * 256 + bytes[1], timeMs: (bytes[2] * 256 + bytes[3]) * 256 + bytes[4] } : null;
  };
  const api = {
    /** How late each new picture of a test card is on the screen, for `ms`: milliseconds. @param {string} selector @param {number} ms */
    cardDelays(selector, ms) {
      return new Promise((done) => {
        /** @type {number[]} */
        const delays = [];
        let last = -1;
        const until = performance.now() + ms;
        const step = () => {
          const now = performance.timeOrigin + performance.now();
          const read = card(selector);
          if (read && read.counter !== last) delays.push((Math.round(now) - read.timeMs) & 0xffffff);
          if (read) last = read.counter;
          if (performance.now() < until) requestAnimationFrame(step);
          else done(delays);
        };
        step();
      });
    },
    /** Mean colour above the counter, and the counter; null without a picture. @param {string} selector */
    picture(selector) {
      const image = snap(selector, [0, 0, 640, 280], 64, 28);
      if (!image) return null;
      const mean = [0, 0, 0];
      image.forEach((value, i) => { if (i % 4 < 3) mean[i % 4] += value / (64 * 28); });
      return { red: mean[0], green: mean[1], blue: mean[2], counter: counter(selector) };
    },
    /** When each counter was first seen on an element, for `ms`: [[counter, wall clock ms], ...]. @param {string} selector @param {number} ms */
    counters(selector, ms) {
      return new Promise((done) => {
        /** @type {[number, number][]} */
        const seen = [];
        const until = performance.now() + ms;
        const step = () => {
          const n = counter(selector);
          if (n >= 0 && n !== seen.at(-1)?.[0]) seen.push([n, performance.timeOrigin + performance.now()]);
          if (performance.now() < until) requestAnimationFrame(step);
          else done(seen);
        };
        step();
      });
    },
  };
  // @ts-ignore
  globalThis.look = api;
}
