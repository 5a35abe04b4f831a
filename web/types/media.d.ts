// SPDX-License-Identifier: MIT
// Browser APIs that the compiler's own library does not know yet.
declare class MediaStreamTrackProcessor {
  constructor(init: { track: MediaStreamTrack; maxBufferSize?: number });
  readonly readable: ReadableStream<VideoFrame | AudioData>;
}
