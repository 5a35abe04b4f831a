/* SPDX-License-Identifier: MIT */
/* my-video.js - my camera or screen: frames in, one encoder per layer that somebody wants, encoded frames out. */
import { layersOf } from '../media/ladder.js';
import { openVideoEncoder } from '../media/codecs.js';
import { createCaptureClock, nowUs } from './clock.js';
import { readFrames } from './frames.js';

/** @typedef {import('../engine/types.js').LayerSpec} LayerSpec */
/** @typedef {import('../media/video-encoder.js').EncodedFrame} EncodedFrame */
/** @typedef {import('../media/video-encoder.js').VideoEncoderShell} VideoEncoderShell */
/** What the engine asked of a layer. @typedef {{ wanted: boolean, targetBps: number, keyWanted: boolean }} Order */
/** @typedef {{ spec: LayerSpec, order: Order, encoder: VideoEncoderShell | null, opening: boolean, bps: number, retryAt: number }} Rung */

const BPS_DEFAULT = 300_000;
const RETRY_US = 3_000_000; // after an encoder failed
const BPS_CHANGE = 0.08; // an encoder is told of a new rate when it differs by this share

/** @param {{ kind: 'camera' | 'screen', source: import('./messages.js').FrameSource, width: number, height: number, fps: number, vpxUrl: string,
 *   publish(layers: LayerSpec[]): void, send(spatial: number, frame: EncodedFrame): void, fail(error: unknown): void }} options */
export function createMyVideo({ kind, source, width, height, fps, vpxUrl, publish, send, fail }) {
  const clock = createCaptureClock({ skipBacklog: source.port !== undefined });
  /** @type {Rung[]} */
  let rungs = [];
  let size = '';
  let muted = false;
  let over = false;

  /** @param {number} w @param {number} h */
  function resize(w, h) {
    if (`${w}x${h}` === size || !w || !h) return;
    size = `${w}x${h}`;
    const before = rungs;
    rungs = layersOf(kind, w, h, fps || 30).map((spec, i) => ({ spec, order: before[i]?.order ?? { wanted: false, targetBps: 0, keyWanted: true }, encoder: null, opening: false, bps: 0, retryAt: 0 }));
    for (const rung of before) rung.encoder?.close();
    publish(rungs.map((rung) => rung.spec));
  }
  resize(width, height);

  /** @param {Rung} rung */
  async function open(rung) {
    const { widthPx, heightPx, temporal, spatial } = rung.spec;
    rung.opening = true;
    rung.bps = rung.order.targetBps || BPS_DEFAULT;
    try {
      const settings = { width: widthPx, height: heightPx, fps: rung.spec.fps, bps: rung.bps, temporal, screen: kind === 'screen' };
      const encoder = await openVideoEncoder(settings, vpxUrl, (frame) => { if (!over) send(spatial, frame); }, (error) => failed(rung, error));
      if (over || !rungs.includes(rung)) encoder.close();
      else rung.encoder = encoder;
      rung.order.keyWanted = true;
    } catch (error) {
      failed(rung, error);
    }
    rung.opening = false;
  }

  /** @param {Rung} rung @param {unknown} error */
  function failed(rung, error) {
    rung.encoder = null;
    rung.retryAt = nowUs() + RETRY_US;
    fail(error);
  }

  /** @param {Rung} rung @param {VideoFrame} frame */
  function encode(rung, frame) {
    if (!rung.order.wanted) return;
    if (!rung.encoder) return void (rung.opening || nowUs() < rung.retryAt || open(rung));
    const { targetBps } = rung.order;
    if (targetBps && Math.abs(targetBps - rung.bps) > rung.bps * BPS_CHANGE) {
      rung.bps = targetBps;
      rung.encoder.setBitrate(targetBps);
    }
    if (rung.encoder.encode(frame.clone(), rung.order.keyWanted)) rung.order.keyWanted = false;
  }

  /** @param {VideoFrame} raw */
  function onFrame(raw) {
    const captured = clock.captured(raw.timestamp, nowUs());
    resize(raw.displayWidth, raw.displayHeight);
    if (captured >= 0 && !muted && rungs.some((rung) => rung.order.wanted)) {
      const frame = new VideoFrame(raw, { timestamp: captured });
      for (const rung of rungs) encode(rung, frame);
      frame.close();
    }
    raw.close();
  }
  const stopReading = readFrames(source, onFrame);

  return {
    /** @param {number} spatial @param {Order} order */
    order(spatial, order) {
      const rung = rungs.find((r) => r.spec.spatial === spatial);
      if (!rung) return;
      const again = order.wanted && !rung.order.wanted; // an encoder that rested is kept: opening one takes 50 ms and more
      rung.order = { ...order, keyWanted: order.keyWanted || rung.order.keyWanted || again };
    },
    /** @param {boolean} on */
    mute(on) {
      muted = on;
      for (const rung of rungs) rung.order.keyWanted = true;
    },
    layers: () => rungs.map((rung) => rung.spec),
    stop() {
      over = true;
      stopReading();
      for (const rung of rungs) rung.encoder?.close();
      rungs = [];
    },
  };
}
