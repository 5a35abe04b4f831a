/* SPDX-License-Identifier: MIT */
/* devices.js - cameras, microphones and speakers of this machine: which there are, and tracks from them. */

/** @typedef {{ id: string, label: string }} Device */
/** @typedef {'camera' | 'mic'} InputKind */

const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };
const MIC = { channelCount: { ideal: 1 }, sampleRate: { ideal: 48_000 }, echoCancellation: true, noiseSuppression: true, autoGainControl: true };

/** Camera and microphone exist only on secure addresses. */
export const hasMediaDevices = () => !!navigator.mediaDevices?.getUserMedia;

/** @param {string} id */
const device = (id) => (id ? { deviceId: { ideal: id } } : {});

/** Throws what getUserMedia throws. @param {{ camera?: string, mic?: string }} wanted device ids; '' is the browser's choice, absent is none
 *  @returns {Promise<{ camera?: MediaStreamTrack, mic?: MediaStreamTrack }>} */
export async function openDevices({ camera, mic }) {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: camera === undefined ? false : { ...CAMERA, ...device(camera) },
    audio: mic === undefined ? false : { ...MIC, ...device(mic) },
  });
  return { camera: stream.getVideoTracks()[0], mic: stream.getAudioTracks()[0] };
}

/** @returns {Promise<{ camera: Device[], mic: Device[], speaker: Device[] }>} labels are empty until a permission was given */
export async function listDevices() {
  const all = hasMediaDevices() ? await navigator.mediaDevices.enumerateDevices() : [];
  /** @param {MediaDeviceKind} kind */
  const of = (kind) => all.filter((d) => d.kind === kind && d.deviceId).map((d) => ({ id: d.deviceId, label: d.label }));
  return { camera: of('videoinput'), mic: of('audioinput'), speaker: of('audiooutput') };
}

/** @param {() => void} onChange */
export function watchDevices(onChange) {
  navigator.mediaDevices?.addEventListener('devicechange', onChange);
}
