/* SPDX-License-Identifier: MIT */
/* call.js - one call: the page's side of the engine's worker. Hands it sources and canvases, takes its events to the store. */
import { batch } from '@preact/signals';
import { assetUrl } from './assets.js';
import { fetchConfig, loadConfig } from './config.js';
import { captureAudio } from './media/capture-audio.js';
import { captureVideo } from './media/capture-video.js';
import { createListening } from './media/listening.js';
import { createSpeakerMeter, sameSet } from './state/level.js';

/** @import { TrackKind, Want } from './engine/types.js' */
/** @import { FromWorker, ToWorker } from './worker/messages.js' */
/** @typedef {import('./state/store.js').Store} Store */

/** Compiles the engine once; the worker and the worklet instantiate it. @type {Promise<WebAssembly.Module> | null} */
let engine = null;

export function loadEngine() {
  const url = assetUrl('engine');
  engine ??= url ? fetch(url).then((response) => compileResponse(response)) : Promise.reject(new Error('this build has no engine'));
  engine.catch(() => { engine = null; });
  return engine;
}

const newWorker = () => new Worker(assetUrl('worker'), { type: 'module', name: 'parley-engine' });

/** The engine's thread for the next call, started while the person looks at the preview. @type {Worker | null} */
let spare = null;

export function warmUp() {
  loadEngine().catch(() => {}); // a call reports it
  if (spare || !assetUrl('worker')) return;
  spare = newWorker();
  spare.onerror = () => { spare = null; }; // the call starts one of its own, and reports
}

function takeWorker() {
  const worker = spare ?? newWorker();
  worker.onerror = null;
  spare = null;
  return worker;
}

/** Streams where the host names the type rightly. @param {Response} response */
async function compileResponse(response) {
  if (!response.ok) throw new Error(`engine: ${response.status}`);
  const typed = response.headers.get('content-type')?.startsWith('application/wasm');
  return typed ? WebAssembly.compileStreaming(response) : WebAssembly.compile(await response.arrayBuffer());
}

/** Steps of joining on the browser's timeline, for measurements and its profiler. @param {string} step */
const mark = (step) => performance.mark(`parley:${step}`);

/** @param {Store} store @param {{ meeting: string, secret: Uint8Array, name: string, speaker: string }} who */
export function createCall(store, { meeting, secret, name, speaker }) {
  mark('join');
  const worker = takeWorker();
  const meter = createSpeakerMeter();
  /** @type {Map<string, HTMLCanvasElement>} */
  const canvases = new Map();
  /** @type {Map<TrackKind, { stop(): void }>} */
  const captures = new Map();
  const listening = createListening(loadEngine(), speaker, (error) => onMessage({ type: 'failed', code: 'engine', text: String(error) }));
  let over = false;

  /** @param {ToWorker} message @param {Transferable[]} [transfer] */
  const post = (message, transfer = []) => worker.postMessage(message, transfer);

  /** @param {FromWorker} e */
  function onMessage(e) {
    if (e.type === 'levels') {
      const speaking = meter.update(e.levels, performance.now());
      if (!sameSet(speaking, store.speaking.value)) store.speaking.value = speaking;
      store.micLevel.value = e.levels.find(([member]) => member === 0)?.[1] ?? 0;
    } else if (e.type === 'picture') {
      mark('picture');
      store.pictures.value = new Map(store.pictures.value).set(`${e.member}/${e.track}`, { width: e.width, height: e.height });
    } else if (e.type === 'stats') {
      store.stats.value = { link: e.link, tracks: e.tracks };
    } else {
      if (e.type === 'link') mark(e.state);
      if (e.type === 'trackGone') forgetPicture(e.member, e.track);
      if (e.type === 'gone') for (const key of [...canvases.keys()]) if (key.startsWith(`${e.member}/`)) forgetPicture(e.member, Number(key.split('/')[1]));
      if (e.type === 'link' && e.state === 'retrying') renewAddress();
      store.dispatch(e);
      if (e.type === 'left' || e.type === 'failed') end();
    }
  }
  worker.addEventListener('message', ({ data }) => batch(() => /** @type {FromWorker[]} */ (data).forEach(onMessage)));
  worker.addEventListener('error', (e) => onMessage({ type: 'failed', code: 'engine', text: e.message ?? '' }));

  /** A relay that was started again may have another certificate. */
  function renewAddress() {
    fetchConfig().then(({ relay }) => { if (!over) post({ type: 'relay', relay }); }, () => {}); // not there yet: the old one stays
  }

  /** @param {number} member @param {number} track */
  function forgetPicture(member, track) {
    const key = `${member}/${track}`;
    canvases.delete(key); // the worker forgot its own side when it said so
    const pictures = new Map(store.pictures.value);
    if (pictures.delete(key)) store.pictures.value = pictures;
  }

  async function begin() {
    try {
      const [wasm, config] = await Promise.all([loadEngine(), loadConfig()]);
      mark('start');
      if (!over) post({ type: 'start', config: { wasm, vpxUrl: assetUrl('vpx'), relay: config.relay, meeting, secret, name, playout: listening.port } }, [listening.port]);
    } catch (error) {
      if (!over) onMessage({ type: 'failed', code: 'engine', text: String(/** @type {Error} */ (error).message ?? error) });
    }
  }
  void begin();

  function end() {
    if (over) return;
    over = true;
    for (const capture of captures.values()) capture.stop();
    void listening.close();
    worker.terminate();
    store.speaking.value = new Set();
    store.pictures.value = new Map();
    store.stats.value = null;
  }

  return {
    /** A source of mine began, was replaced, or ended. @param {TrackKind} kind @param {MediaStreamTrack | null} track */
    setTrack(kind, track) {
      captures.get(kind)?.stop();
      captures.delete(kind);
      if (!track) return post({ type: 'uncapture', kind });
      const frames = track.kind === 'audio' ? captureAudio(track) : captureVideo(track);
      captures.set(kind, frames);
      const { width = 0, height = 0, frameRate = 30 } = track.getSettings();
      post({ type: 'capture', kind, source: frames.source, width, height, fps: Math.round(frameRate) }, frames.transfer);
    },
    /** @param {TrackKind} kind @param {boolean} muted */
    mute: (kind, muted) => post({ type: 'mute', kind, muted }),
    /** The element on which the worker draws this track. @param {number} member @param {number} track */
    canvasOf(member, track) {
      const key = `${member}/${track}`;
      let canvas = canvases.get(key);
      if (!canvas) {
        canvas = document.createElement('canvas');
        canvases.set(key, canvas);
        const offscreen = canvas.transferControlToOffscreen();
        post({ type: 'canvas', member, track, canvas: offscreen }, [offscreen]);
      }
      return canvas;
    },
    /** @param {Want[]} wants */
    setWants: (wants) => post({ type: 'wants', wants }),
    /** @param {string} text */
    say: (text) => post({ type: 'chat', text }),
    /** @param {string} newName */
    setName: (newName) => post({ type: 'name', name: newName }),
    reconnect: () => post({ type: 'reconnect' }),
    leave: () => post({ type: 'leave' }),
    /** @param {boolean} on */
    watchStats: (on) => post({ type: 'watchStats', on }),
    /** @param {string} id */
    setSpeaker: (id) => void listening.setSpeaker(id),
    end,
  };
}
