/* SPDX-License-Identifier: MIT */
/* their-video.js - one picture of somebody else: decodes in order, shows each frame when it is due, on the tile's canvas. */
import { openVideoDecoder } from '../media/codecs.js';
import { nowUs } from './clock.js';

/** @typedef {import('../engine/types.js').VideoEvent} VideoEvent */
/** @typedef {import('../media/video-decoder.js').VideoDecoderShell} VideoDecoderShell */

const PENDING_MAX = 60; // frames between decoder and screen
const FAILURES_MAX = 5; // in a row, before a browser's decoder is given up on

/** @param {{ vpxUrl: string, needKeyFrame(): void, shown(width: number, height: number): void }} options `shown` at every new size */
export function createTheirVideo({ vpxUrl, needKeyFrame, shown }) {
  /** @type {OffscreenCanvas | null} */
  let canvas = null;
  /** @type {OffscreenCanvasRenderingContext2D | null} */
  let brush = null;
  /** @type {VideoDecoderShell | null} */
  let decoder = null;
  let codec = '';
  let generation = 0;
  let failures = 0;
  let waitingForKey = true;
  /** What came while the decoder was being opened. @type {VideoEvent[]} */
  let early = [];
  /** @type {Map<number, { due: number, rotation: number, hidden: boolean }>} */
  const plans = new Map();
  /** @type {{ frame: VideoFrame, due: number, rotation: number }[]} */
  let pending = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  let size = '';

  /** @param {VideoEvent} e */
  async function open(e) {
    const mine = ++generation;
    codec = e.media.codec;
    decoder?.close();
    decoder = null;
    early = [e];
    try {
      const opened = await openVideoDecoder(/** @type {'vp8' | 'vp9' | 'av1'} */ (codec), vpxUrl, (frame) => (mine === generation ? decoded(frame) : frame.close()), () => mine === generation && failed());
      if (mine !== generation) return opened.close();
      decoder = opened;
      for (const waiting of early.splice(0)) give(waiting);
    } catch {
      failed();
    }
  }

  function failed() {
    early = [];
    generation++;
    decoder?.close();
    decoder = null;
    waitingForKey = true;
    if (++failures <= FAILURES_MAX) needKeyFrame();
  }

  /** @param {VideoEvent} e */
  function give(e) {
    if (plans.size > PENDING_MAX) plans.clear();
    plans.set(e.media.capturedUs, { due: e.due, rotation: e.media.rotation, hidden: e.hidden });
    decoder?.decode({ key: e.media.key, timestamp: e.media.capturedUs, data: e.media.data });
  }

  /** @param {VideoFrame} frame */
  function decoded(frame) {
    failures = 0;
    const plan = plans.get(frame.timestamp) ?? { due: 0, rotation: 0, hidden: false };
    plans.delete(frame.timestamp);
    if (plan.hidden) return frame.close();
    pending.push({ frame, due: plan.due, rotation: plan.rotation });
    if (pending.length > PENDING_MAX) pending.shift()?.frame.close();
    show();
  }

  /** Draws the newest frame that is due and sets the timer for the next. */
  function show() {
    const now = nowUs();
    const last = pending.findLastIndex((p) => p.due <= now);
    pending.splice(0, last + 1).forEach((p, i) => (i === last ? draw(p.frame, p.rotation) : p.frame.close()));
    clearTimeout(timer);
    if (pending.length) timer = setTimeout(show, Math.max(0, (pending[0].due - now) / 1000));
  }

  /** @param {VideoFrame} frame @param {number} rotation degrees clockwise */
  function draw(frame, rotation) {
    const { displayWidth: w, displayHeight: h } = frame;
    const turned = rotation % 180 !== 0;
    const [width, height] = turned ? [h, w] : [w, h];
    if (canvas && brush) {
      if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
      brush.setTransform(1, 0, 0, 1, width / 2, height / 2);
      brush.rotate((rotation * Math.PI) / 180);
      brush.drawImage(frame, -w / 2, -h / 2, w, h);
    }
    frame.close();
    if (size === `${width}x${height}`) return;
    size = `${width}x${height}`;
    shown(width, height);
  }

  return {
    /** @param {VideoEvent} e */
    take(e) {
      if (waitingForKey && !e.media.key) return needKeyFrame();
      waitingForKey = false;
      if (codec !== e.media.codec || (!decoder && early.length === 0)) void open(e);
      else if (decoder) give(e);
      else early.push(e);
    },
    /** @param {OffscreenCanvas} next */
    setCanvas(next) {
      canvas = next;
      brush = next.getContext('2d', { alpha: false });
      size = '';
    },
    codecName: () => codec,
    stop() {
      generation++;
      clearTimeout(timer);
      decoder?.close();
      for (const p of pending) p.frame.close();
      pending = [];
    },
  };
}
