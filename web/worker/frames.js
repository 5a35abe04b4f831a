/* SPDX-License-Identifier: MIT */
/* frames.js - reads a source of frames, whichever way they come. */

/** The taker owns each frame. Gives a function that stops.
 * @param {import('./messages.js').FrameSource} source @param {(frame: any) => void} take */
export function readFrames({ stream, port }, take) {
  let over = false;
  /** @param {any} frame */
  const one = (frame) => {
    if (over) frame.close?.();
    else take(frame);
  };
  if (port) port.onmessage = ({ data }) => one(data);
  const reader = stream?.getReader();
  const pump = async () => {
    for (let r = await reader?.read(); r && !r.done; r = await reader?.read()) one(r.value);
  };
  pump().catch(() => {}); // the track ended
  return () => {
    over = true;
    port?.close();
    void reader?.cancel().catch(() => {});
  };
}
