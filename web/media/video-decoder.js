/* SPDX-License-Identifier: MIT */
/* video-decoder.js - WebCodecs' decoder. */

/** @typedef {{ decode(frame: { key: boolean, timestamp: number, data: Uint8Array }): void, close(): void }} VideoDecoderShell */

/** @param {string} codec WebCodecs' name @param {(frame: VideoFrame) => void} show takes the frame @param {(error: unknown) => void} fail
 *  @returns {VideoDecoderShell} */
export function createVideoDecoder(codec, show, fail) {
  const decoder = new VideoDecoder({ output: show, error: fail });
  decoder.configure({ codec, optimizeForLatency: true });
  return {
    decode({ key, timestamp, data }) {
      if (decoder.state === 'configured') decoder.decode(new EncodedVideoChunk({ type: key ? 'key' : 'delta', timestamp, data: /** @type {Uint8Array<ArrayBuffer>} */ (data) }));
    },
    close: () => { if (decoder.state !== 'closed') decoder.close(); },
  };
}
