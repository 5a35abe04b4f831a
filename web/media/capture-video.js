/* SPDX-License-Identifier: MIT */
/* capture-video.js - a camera's or screen's frames, on their way to the worker. Where the browser makes a stream of them, that is
 * handed over and the page's thread sees no frame; elsewhere each frame of a hidden video element is posted. */

/** `transfer` goes with the message that carries `source`.
 * @typedef {{ source: import('../worker/messages.js').FrameSource, transfer: Transferable[], stop(): void }} Capture */

/** @param {MediaStreamTrack} track @returns {Capture} */
export function captureVideo(track) {
  return 'MediaStreamTrackProcessor' in globalThis ? captureStream(track) : captureElement(track);
}

/** @param {MediaStreamTrack} track @returns {Capture} */
function captureStream(track) {
  const { readable } = new MediaStreamTrackProcessor({ track });
  return { source: { stream: readable }, transfer: [readable], stop() {} }; // the worker cancels the stream
}

/** @param {MediaStreamTrack} track @returns {Capture} */
function captureElement(track) {
  const { port1, port2 } = new MessageChannel();
  const video = document.createElement('video');
  let over = false;
  video.muted = true;
  video.playsInline = true;
  video.srcObject = new MediaStream([track]);
  /** @param {number} now @param {VideoFrameCallbackMetadata} metadata */
  const onFrame = (now, metadata) => {
    if (over) return;
    const frame = new VideoFrame(video, { timestamp: Math.round((metadata.captureTime ?? now) * 1000) });
    port1.postMessage(frame, [frame]);
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  void video.play().catch(() => {});
  const stop = () => {
    over = true;
    video.srcObject = null;
    port1.close();
  };
  return { source: { port: port2 }, transfer: [port2], stop };
}
