/* SPDX-License-Identifier: MIT */
/* sources.js - my camera, microphone and screen: between the devices and the store. Whatever goes wrong becomes a problem in the
 * store and a call without that source; nothing here throws. */
import { hasMediaDevices, listDevices, openDevices, watchDevices } from './media/devices.js';
import { openScreen } from './media/screen.js';
import { problemOf } from './state/problems.js';

/** @typedef {import('./state/store.js').Store} Store */
/** @typedef {import('./state/store.js').Source} Source */
/** @typedef {import('./engine/types.js').TrackKind} TrackKind */
/** @typedef {'camera' | 'mic'} Input */

/** @param {Store} store @param {(kind: TrackKind, track: MediaStreamTrack | null) => void} onTrack a source began, was replaced or ended */
export function createSources(store, onTrack) {
  /** @type {Record<TrackKind, MediaStreamTrack | null>} */
  const tracks = { camera: null, mic: null, screen: null, screenAudio: null };

  /** What was on when its device went: it comes back on with the next one. @type {Record<Input, boolean>} */
  const wished = { camera: true, mic: true };

  /** @param {Input | 'screen'} what @param {Partial<Source>} change */
  const set = (what, change) => { store[what].value = { ...store[what].value, ...change }; };

  /** @param {TrackKind} kind @param {MediaStreamTrack | null} track */
  function put(kind, track) {
    const old = tracks[kind];
    tracks[kind] = track;
    if (kind === 'camera') store.cameraStream.value = track && new MediaStream([track]);
    onTrack(kind, track);
    if (old && old !== track) old.stop();
  }

  /** @param {Input} what @param {MediaStreamTrack | undefined} track */
  function started(what, track) {
    if (!track) return;
    if (!store[what].value.on && what === 'camera') return track.stop(); // switched off while it was starting
    track.addEventListener('ended', () => {
      if (tracks[what] !== track) return;
      wished[what] = store[what].value.on;
      put(what, null);
      set(what, { on: false, live: false, problem: 'unplugged' });
    });
    put(what, track);
    set(what, { live: true, problem: null });
    store.chosen.value = { ...store.chosen.value, [what]: track.getSettings().deviceId ?? '' };
  }

  /** @param {Input} what @param {unknown} error */
  function failed(what, error) {
    put(what, null);
    set(what, { on: false, live: false, problem: problemOf(error) });
  }

  /** @param {Input[]} kinds */
  async function open(kinds) {
    const wanted = Object.fromEntries(kinds.map((what) => [what, store.chosen.value[what]]));
    try {
      const got = await openDevices(wanted);
      for (const what of kinds) started(what, got[what]);
    } catch (error) {
      if (kinds.length === 1) failed(kinds[0], error);
      else await Promise.all(kinds.map((what) => open([what]))); // one of them stands in the way of the other
    }
    await refresh();
  }

  async function refresh() {
    store.devices.value = await listDevices();
  }

  /** @param {Input} what */
  async function start(what) {
    if (!hasMediaDevices()) return set(what, { on: false, live: false, problem: 'insecure' });
    set(what, { on: true, problem: null });
    await open([what]);
  }

  async function onDeviceChange() {
    await refresh();
    for (const what of /** @type {const} */ (['camera', 'mic'])) {
      const { problem } = store[what].value;
      if (wished[what] && (problem === 'missing' || problem === 'unplugged') && store.devices.value[what].length) await start(what);
    }
  }
  watchDevices(onDeviceChange);

  return {
    /** Asks for both at once, so that the browser asks the person once. @param {{ camera: boolean, mic: boolean }} wanted */
    async begin(wanted) {
      if (!hasMediaDevices()) {
        for (const what of /** @type {const} */ (['camera', 'mic'])) set(what, { on: false, live: false, problem: 'insecure' });
        return;
      }
      set('camera', { on: wanted.camera, problem: null });
      set('mic', { on: wanted.mic, problem: null });
      await open(wanted.camera ? ['camera', 'mic'] : ['mic']);
    },
    start,
    /** The camera is let go, light and all. */
    stopCamera() {
      set('camera', { on: false, live: false, problem: null });
      put('camera', null);
    },
    /** The microphone stays open while muted: unmuting must not cost the first word. @param {boolean} on */
    setMic(on) {
      if (on && !tracks.mic) void start('mic');
      else set('mic', { on, problem: null });
    },
    /** @param {Input} what @param {string} id */
    async choose(what, id) {
      store.chosen.value = { ...store.chosen.value, [what]: id };
      if (tracks[what] || store[what].value.problem) await start(what);
    },
    async startScreen() {
      try {
        const { stream, video, audio } = await openScreen();
        video.addEventListener('ended', () => { if (tracks.screen === video) this.stopScreen(); });
        store.screenStream.value = stream;
        put('screen', video);
        if (audio) put('screenAudio', audio);
        set('screen', { on: true, live: true, problem: null });
      } catch (error) {
        const problem = problemOf(error);
        const changedTheirMind = problem === 'denied' && !/system/i.test(/** @type {Error} */ (error).message);
        set('screen', { on: false, live: false, problem: changedTheirMind ? null : problem });
      }
    },
    stopScreen() {
      put('screen', null);
      put('screenAudio', null);
      store.screenStream.value = null;
      set('screen', { on: false, live: false, problem: null });
    },
    /** Lets go of everything. */
    end() {
      this.stopScreen();
      this.stopCamera();
      put('mic', null);
      set('mic', { live: false });
    },
    tracks,
  };
}
