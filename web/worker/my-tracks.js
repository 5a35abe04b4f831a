/* SPDX-License-Identifier: MIT */
/* my-tracks.js - what I publish: one source per kind, announced to the engine, and what the engine asks of its encoders. */
import { createMyAudio } from './my-audio.js';
import { createMyVideo } from './my-video.js';

/** @import { LayerSpec, TrackKind } from '../engine/types.js' */
/** @typedef {import('../engine/client.js').Client} Client */
/** @typedef {ReturnType<typeof createMyVideo>} MyVideo */
/** @typedef {ReturnType<typeof createMyAudio>} MyAudio */
/** @typedef {{ mute(on: boolean): void, stop(): void }} Source */

/** Track ids are ours to choose: one per kind. @type {Record<TrackKind, number>} */
const IDS = { mic: 1, camera: 2, screen: 3, screenAudio: 4 };
const PACKET_US = 20_000;

/** @param {import('../engine/loader.js').Engine} engine @param {string} vpxUrl @param {(act: (c: Client, now: number) => void) => void} feed
 *  @param {(error: unknown) => void} fail */
export function createMyTracks(engine, vpxUrl, feed, fail) {
  /** @type {Map<TrackKind, { source: Source, video: MyVideo | null, audio: MyAudio | null, layers: LayerSpec[] }>} */
  const tracks = new Map();
  /** Kept from before a source is there: muted is a wish, not a property of the device. @type {Set<TrackKind>} */
  const muted = new Set();
  /** What the engine asked of each track, by `track/spatial`. @type {Map<string, import('../engine/types.js').EncoderEvent>} */
  const orders = new Map();
  /** @type {Map<number, string>} */
  const codecs = new Map();
  let level = 0;

  /** @param {TrackKind} kind @param {LayerSpec[]} layers */
  function publish(kind, layers) {
    feed((c, now) => void c.publish({ id: IDS[kind], kind, muted: muted.has(kind), layers }, now));
  }

  /** @param {Extract<import('./messages.js').ToWorker, { type: 'capture' }>} m */
  function beginAudio({ kind, source }) {
    const audio = createMyAudio({
      engine, music: kind === 'screenAudio', source,
      send: (p) => feed((c, now) => void c.send({ track: IDS[kind], codec: 'opus', durationUs: PACKET_US, ...p }, now)),
      level: (l) => { if (kind === 'mic') level = Math.max(level, l); },
    });
    audio.mute(muted.has(kind));
    tracks.set(kind, { source: audio, video: null, audio, layers: [] });
    publish(kind, []);
  }

  /** @param {Extract<import('./messages.js').ToWorker, { type: 'capture' }> & { kind: 'camera' | 'screen' }} m */
  function beginVideo({ kind, source, width, height, fps }) {
    const track = IDS[kind];
    /** @type {LayerSpec[]} */
    let layers = [];
    const video = createMyVideo({
      kind, source, width, height, fps, vpxUrl, fail,
      publish(next) {
        layers = next;
        const known = tracks.get(kind);
        if (known) known.layers = next;
        publish(kind, next);
      },
      send(spatial, f) {
        codecs.set(track, f.codec);
        feed((c, now) => void c.send({ track, codec: f.codec, spatial, temporal: f.temporal, key: f.key, widthPx: f.width, heightPx: f.height, capturedUs: f.timestamp, data: f.data }, now));
      },
    });
    video.mute(muted.has(kind));
    tracks.set(kind, { source: video, video, audio: null, layers });
    for (const order of orders.values()) if (order.track === track) video.order(order.spatial, { ...order, keyWanted: true });
  }

  /** @param {TrackKind} kind */
  function end(kind) {
    const known = tracks.get(kind);
    if (!known) return;
    known.source.stop();
    tracks.delete(kind);
    for (const key of [...orders.keys()]) if (key.startsWith(`${IDS[kind]}/`)) orders.delete(key);
    if (kind === 'mic') level = 0;
    feed((c, now) => void c.unpublish(IDS[kind], now));
  }

  return {
    /** @param {Extract<import('./messages.js').ToWorker, { type: 'capture' }>} m */
    begin(m) {
      tracks.get(m.kind)?.source.stop(); // another device for the same track: the track itself goes on
      if (m.kind === 'camera' || m.kind === 'screen') beginVideo({ ...m, kind: m.kind });
      else beginAudio(m);
    },
    end,
    /** @param {TrackKind} kind @param {boolean} on */
    mute(kind, on) {
      if (on) muted.add(kind);
      else muted.delete(kind);
      const known = tracks.get(kind);
      known?.source.mute(on);
      if (known) publish(kind, known.layers);
    },
    /** @param {import('../engine/types.js').EncoderEvent} e */
    order(e) {
      orders.set(`${e.track}/${e.spatial}`, { ...e, keyWanted: false });
      for (const [kind, { video, audio }] of tracks) {
        if (IDS[kind] !== e.track) continue;
        video?.order(e.spatial, e);
        if (e.targetBps) audio?.adapt(e.targetBps, 5);
      }
    },
    /** The loudest of my microphone since the last call. */
    takeLevel() {
      const taken = level;
      level = 0;
      return taken;
    },
    list: () => [...tracks.keys()].map((kind) => ({ member: 0, track: IDS[kind], kind })),
    /** @param {number} track */
    codecOf: (track) => codecs.get(track) ?? '',
    stop() {
      for (const { source } of tracks.values()) source.stop();
      tracks.clear();
    },
  };
}
