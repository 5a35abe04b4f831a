/* SPDX-License-Identifier: MIT */
/* level-meter.js - the level of a microphone before the call. Reads frames where the browser hands them out; elsewhere an analyser,
 * which hears nothing until the person has touched the page. */
import { levelOf } from '../state/level.js';

/** @param {MediaStreamTrack} track @param {(level: number) => void} report @returns {() => void} stops */
export function meterLevel(track, report) {
  return 'MediaStreamTrackProcessor' in globalThis ? meterFrames(track, report) : meterAnalyser(track, report);
}

/** @param {MediaStreamTrack} track @param {(level: number) => void} report */
function meterFrames(track, report) {
  const reader = new MediaStreamTrackProcessor({ track }).readable.getReader();
  let samples = new Float32Array(0);
  const pump = async () => {
    for (let r = await reader.read(); !r.done; r = await reader.read()) {
      const data = /** @type {AudioData} */ (r.value);
      if (samples.length !== data.numberOfFrames) samples = new Float32Array(data.numberOfFrames);
      data.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
      data.close();
      report(levelOf(samples));
    }
  };
  pump().catch(() => report(0));
  return () => void reader.cancel().catch(() => {});
}

const ANALYSER_INTERVAL_MS = 50;

/** @param {MediaStreamTrack} track @param {(level: number) => void} report */
function meterAnalyser(track, report) {
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  context.createMediaStreamSource(new MediaStream([track])).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const wake = () => void context.resume();
  addEventListener('pointerdown', wake);
  const timer = setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    report(levelOf(samples));
  }, ANALYSER_INTERVAL_MS);
  return () => {
    clearInterval(timer);
    removeEventListener('pointerdown', wake);
    void context.close();
  };
}
