/* SPDX-License-Identifier: MIT */
/* video-encoder.js - WebCodecs' encoder. Drops a frame rather than queue it: late is worse than missing. */

/** @typedef {{ codec: 'vp8' | 'vp9', width: number, height: number, fps: number, bps: number, temporal: number, screen: boolean }} VideoSettings */
/** @typedef {{ codec: 'vp8' | 'vp9', key: boolean, temporal: number, timestamp: number, data: Uint8Array, width: number, height: number }} EncodedFrame */
/** @typedef {{ encode(frame: VideoFrame, keyFrame: boolean): boolean, setBitrate(bps: number): void, close(): void }} VideoEncoderShell
 *   encode() closes the frame and tells whether it was taken */

const QUEUE_MAX = 2;
const VP9_STRINGS = /** @type {const} */ ([[512 * 288, 'vp09.00.20.08'], [1280 * 768, 'vp09.00.31.08'], [Infinity, 'vp09.00.50.08']]);

/** @param {VideoSettings} s @returns {VideoEncoderConfig} */
export function encoderConfig({ codec, width, height, fps, bps, temporal, screen }) {
  return {
    codec: codec === 'vp8' ? 'vp8' : VP9_STRINGS.find(([pixels]) => width * height <= pixels)?.[1] ?? VP9_STRINGS[2][1],
    width, height, framerate: fps, bitrate: bps, latencyMode: 'realtime', bitrateMode: 'constant', scalabilityMode: `L1T${temporal}`,
    contentHint: screen ? 'detail' : 'motion',
  };
}

/** @param {VideoSettings} settings @param {(frame: EncodedFrame) => void} emit @param {(error: unknown) => void} fail @returns {VideoEncoderShell} */
export function createVideoEncoder(settings, emit, fail) {
  const { codec, width, height } = settings;
  const encoder = new VideoEncoder({
    error: fail,
    output(chunk, metadata) {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      const temporal = /** @type {any} */ (metadata)?.svc?.temporalLayerId ?? 0;
      emit({ codec, key: chunk.type === 'key', temporal, timestamp: chunk.timestamp, data, width, height });
    },
  });
  encoder.configure(encoderConfig(settings));
  return {
    encode(frame, keyFrame) {
      const take = encoder.state === 'configured' && (keyFrame || encoder.encodeQueueSize < QUEUE_MAX);
      if (take) encoder.encode(frame, { keyFrame });
      frame.close();
      return take;
    },
    setBitrate: (bps) => { if (encoder.state === 'configured') encoder.configure(encoderConfig({ ...settings, bps })); },
    close: () => { if (encoder.state !== 'closed') encoder.close(); },
  };
}
