/* SPDX-License-Identifier: MIT */
/* capture-audio.js - a microphone's sound, on its way to the worker: a stream of AudioData where the browser makes one, else
 * pieces from an AudioWorklet, which also brings every rate to 48 kHz. */
import { assetUrl } from '../assets.js';

/** @typedef {import('./capture-video.js').Capture} Capture */

const RATE_HZ = 48_000;
const BUFFERED_MAX = 30; // pieces of 10 ms: more means that the worker stands still

/** @param {MediaStreamTrack} track @returns {Capture} */
export function captureAudio(track) {
  const rate = track.getSettings().sampleRate ?? RATE_HZ;
  return 'MediaStreamTrackProcessor' in globalThis && rate === RATE_HZ ? captureStream(track) : captureWorklet(track);
}

/** @param {MediaStreamTrack} track @returns {Capture} */
function captureStream(track) {
  const { readable } = new MediaStreamTrackProcessor({ track, maxBufferSize: BUFFERED_MAX });
  return { source: { stream: readable }, transfer: [readable], stop() {} };
}

/** @param {MediaStreamTrack} track @returns {Capture} */
function captureWorklet(track) {
  const { port1, port2 } = new MessageChannel();
  const context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: 'interactive' });
  const connect = async () => {
    await context.audioWorklet.addModule(assetUrl('capture'));
    const node = new AudioWorkletNode(context, 'parley-capture', { numberOfOutputs: 0, processorOptions: {} });
    node.port.postMessage(port1, [port1]);
    context.createMediaStreamSource(new MediaStream([track])).connect(node);
    await context.resume();
  };
  connect().catch(() => port1.close());
  return { source: { port: port2 }, transfer: [port2], stop: () => void context.close() };
}
