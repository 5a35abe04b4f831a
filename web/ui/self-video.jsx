/* SPDX-License-Identifier: MIT */
/* self-video.jsx - a local stream on a video element; always muted, nobody wants to hear themselves. */
import { useEffect, useRef } from 'preact/hooks';

/** @param {{ stream: import('@preact/signals').Signal<MediaStream | null>, label: string, mirror?: boolean, fit?: 'cover' | 'contain' }} props */
export function SelfVideo({ stream, label, mirror, fit = 'cover' }) {
  const ref = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const source = stream.value;
  useEffect(() => {
    if (ref.current) ref.current.srcObject = source;
  }, [source]);
  return <video ref={ref} muted autoplay playsInline aria-label={label} class={`absolute inset-0 size-full ${fit === 'cover' ? 'object-cover' : 'object-contain'} ${mirror ? 'mirror' : ''}`} />;
}
