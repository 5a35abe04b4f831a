/* SPDX-License-Identifier: MIT */
/* screen.js - a screen, window or tab, with the tab's sound where the browser gives it. */

export const canShareScreen = () => !!navigator.mediaDevices?.getDisplayMedia;

/** Throws what getDisplayMedia throws. @returns {Promise<{ stream: MediaStream, video: MediaStreamTrack, audio: MediaStreamTrack | undefined }>} */
export async function openScreen() {
  const options = { video: { frameRate: { ideal: 15, max: 30 } }, audio: { echoCancellation: false, noiseSuppression: false, autoGainControl: false, suppressLocalAudioPlayback: false }, systemAudio: 'include' };
  const stream = await navigator.mediaDevices.getDisplayMedia(/** @type {DisplayMediaStreamOptions} */ (options));
  const [video] = stream.getVideoTracks();
  video.contentHint = 'detail';
  return { stream, video, audio: stream.getAudioTracks()[0] };
}
