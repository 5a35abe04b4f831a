/* SPDX-License-Identifier: MIT */
/* start.js - puts the parts together: store, sources, call and views, the address bar, and what the browser tells the page. */
import { effect } from '@preact/signals';
import { h, render } from 'preact';
import { pageRoot } from './assets.js';
import { createCall, warmUp } from './call.js';
import { loadConfig } from './config.js';
import { meterLevel } from './media/level-meter.js';
import { canShareScreen } from './media/screen.js';
import { playTestSound } from './media/test-sound.js';
import { keepAwake } from './media/wake-lock.js';
import { createSources } from './sources.js';
import { formatInvite, newInvite, parseInvite } from './state/invite.js';
import { loadPreferences, savePreferences } from './state/preferences.js';
import { createStore } from './state/store.js';
import { App } from './ui/app.jsx';
import { listenForShortcuts } from './ui/shortcuts.js';

/** @typedef {import('./state/store.js').Store} Store */
/** @typedef {import('./state/store.js').Actions} Actions */
/** @typedef {import('./state/invite.js').Invite} Invite */

const CHAT_MAX_BYTES = 4000; // WIRE_CHAT_MAX, less what the message itself takes

const storage = () => { try { return globalThis.localStorage; } catch { return undefined; } };

/** What no call can do without. Codecs and transports have stand-ins. */
const canCall = () => 'AudioWorkletNode' in globalThis && 'transferControlToOffscreen' in HTMLCanvasElement.prototype && 'WebAssembly' in globalThis;

export function start() {
  const preferences = loadPreferences(storage());
  const store = createStore({ languages: navigator.languages, ...preferences });
  store.chosen.value = { camera: preferences.camera ?? '', mic: preferences.mic ?? '', speaker: preferences.speaker ?? '' };
  store.shortcuts.value = preferences.shortcuts ?? true;
  store.canShare.value = canShareScreen();
  const page = createPage(store);
  followPreferences(store);
  followBrowser(store, page);
  listenForShortcuts(document, store, page.actions);
  render(h(App, { store, actions: page.actions }), /** @type {HTMLElement} */ (document.getElementById('app')));
  page.route();
}

/** @param {Store} store */
function createPage(store) {
  /** @type {Invite | null} */
  let invite = null;
  /** @type {ReturnType<typeof createCall> | null} */
  let call = null;
  let stopMeter = () => {};
  let letSleep = () => {};
  let talking = false;

  const sources = createSources(store, (kind, track) => {
    call?.setTrack(kind, track);
    if (kind === 'mic') meter(track);
  });

  /** Before the call the page measures my microphone itself. @param {MediaStreamTrack | null} track */
  function meter(track) {
    stopMeter();
    stopMeter = track && !call ? meterLevel(track, (level) => { store.micLevel.value = store.mic.value.on ? level : 0; }) : () => {};
    if (!track) store.micLevel.value = 0;
  }

  /** @param {Invite} next */
  function open(next) {
    endCall();
    invite = next;
    store.inviteUrl.value = formatInvite(pageRoot, next, false);
    store.dispatch({ type: 'invited', meeting: next.meeting, hasSecret: next.secret !== null });
    void loadConfig().then(({ paths }) => { if (invite === next) showAddress(next, paths); });
    warmUp();
    const { cameraOn = true, micOn = true } = loadPreferences(storage());
    void sources.begin({ camera: cameraOn, mic: micOn });
  }

  /** The address bar shows what may be copied: the short form where the server answers it. @param {Invite} of @param {boolean} paths */
  function showAddress(of, paths) {
    store.inviteUrl.value = formatInvite(pageRoot, of, paths);
    if (paths) history.replaceState(null, '', store.inviteUrl.value);
  }

  function endCall() {
    call?.end();
    call = null;
    letSleep();
  }

  /** Reads the address bar. */
  function route() {
    const next = parseInvite(location.href);
    if (next) return open(next);
    endCall();
    sources.end();
    store.dispatch({ type: 'home' });
  }

  /** @param {string} address */
  function visit(address) {
    history.pushState(null, '', address);
    route();
  }

  function join() {
    if (!invite?.secret) return;
    endCall();
    stopMeter();
    if (!canCall()) return store.dispatch({ type: 'failed', code: 'browser', text: '' });
    store.dispatch({ type: 'joining' });
    const name = store.meeting.value.name.trim() || store.t('guest');
    call = createCall(store, { meeting: invite.meeting, secret: invite.secret, name, speaker: store.chosen.value.speaker });
    for (const [kind, track] of Object.entries(sources.tracks)) if (track) call.setTrack(/** @type {import('./engine/types.js').TrackKind} */ (kind), track);
    call.mute('mic', !store.mic.value.on);
    letSleep = keepAwake();
  }

  /** @param {boolean} on */
  function setMic(on) {
    sources.setMic(on);
    call?.mute('mic', !on);
  }

  /** @type {Actions} */
  const actions = {
    newMeeting: () => visit(formatInvite(pageRoot, newInvite(), false)),
    openInvite(address) {
      const next = parseInvite(address);
      if (next) visit(formatInvite(pageRoot, next, false));
      return next !== null;
    },
    join,
    leave() {
      call?.leave();
      sources.stopScreen();
    },
    home: () => visit(pageRoot),
    reload: () => location.reload(),
    reconnect: () => call?.reconnect(),
    toggleMic() {
      setMic(!store.mic.value.on);
      savePreferences(storage(), { micOn: store.mic.value.on });
    },
    toggleCamera() {
      if (store.camera.value.on) sources.stopCamera();
      else void sources.start('camera');
      savePreferences(storage(), { cameraOn: store.camera.value.on });
    },
    toggleScreen() {
      if (store.screen.value.live) sources.stopScreen();
      else void sources.startScreen();
    },
    holdToTalk(down) {
      if (down === talking || (down && store.mic.value.on)) return;
      talking = down;
      setMic(down);
    },
    choose(what, id) {
      savePreferences(storage(), { [what]: id });
      if (what !== 'speaker') return void sources.choose(what, id);
      store.chosen.value = { ...store.chosen.value, speaker: id };
      call?.setSpeaker(id);
    },
    retryDevice: (what) => void sources.start(what),
    dismissProblem(what) { store[what].value = { ...store[what].value, problem: null }; },
    testSound: () => void playTestSound(store.chosen.value.speaker),
    watchStats: (on) => call?.watchStats(on),
    setName(name) {
      store.dispatch({ type: 'named', name });
      savePreferences(storage(), { name });
    },
    setLanguage(language) {
      store.language.value = language;
      savePreferences(storage(), { language });
    },
    setTheme(theme) {
      store.theme.value = theme;
      savePreferences(storage(), { theme });
    },
    setShortcuts(on) {
      store.shortcuts.value = on;
      savePreferences(storage(), { shortcuts: on });
    },
    copyLink() {
      const copied = navigator.clipboard?.writeText(store.inviteUrl.value) ?? Promise.reject(new Error('no clipboard'));
      copied.then(() => store.dispatch({ type: 'toast', key: 'linkCopied' }), () => store.dispatch({ type: 'toast', key: 'linkNotCopied' }));
    },
    say(text) {
      if (new TextEncoder().encode(text).length > CHAT_MAX_BYTES) return false;
      call?.say(text);
      store.dispatch({ type: 'said', text, atMs: Date.now() });
      return true;
    },
    openPanel: (panel) => store.dispatch({ type: 'panel', panel }),
    canvasOf: (member, track) => call?.canvasOf(member, track) ?? document.createElement('canvas'),
    setWants: (wants) => call?.setWants(wants),
  };
  return { actions, route, leaveNow: () => call?.leave() };
}

/** @param {Store} store */
function followPreferences(store) {
  effect(() => { document.documentElement.lang = store.language.value; });
  effect(() => {
    if (store.theme.value === 'system') delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = store.theme.value;
  });
  effect(() => {
    const { page, meeting } = store.meeting.value;
    document.title = page === 'home' ? 'Parley' : `${meeting} · Parley`;
  });
}

/** Networks come and go, pages are hidden and closed. (Sleep is noticed in the worker, whose timers are not slowed in the background.) @param {Store} store @param {ReturnType<typeof createPage>} page */
function followBrowser(store, page) {
  const reconnect = () => { if (store.page.value === 'meeting') page.actions.reconnect(); };
  const setOnline = () => {
    store.online.value = navigator.onLine;
    if (navigator.onLine) reconnect();
  };
  addEventListener('online', setOnline);
  addEventListener('offline', setOnline);
  addEventListener('popstate', page.route);
  addEventListener('hashchange', page.route);
  addEventListener('pagehide', page.leaveNow);
}
