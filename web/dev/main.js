/* SPDX-License-Identifier: MIT */
/* main.js of the development build - with `?fake=SCENE` the views stand before a test double instead of devices and an engine, so
 * that every state of the page can be looked at and tested without a call. Without it: the page itself. */
import { effect } from '@preact/signals';
import { h, render } from 'preact';
import { start } from '../start.js';
import { createStore } from '../state/store.js';
import { App } from '../ui/app.jsx';
import { listenForShortcuts } from '../ui/shortcuts.js';
import { paintPerson, paintScreen, streamOf } from './pictures.js';
import { scenes } from './scenes.js';

/** @param {string} name @param {URLSearchParams} query */
function showScene(name, query) {
  const store = createStore({ language: query.get('language') === 'ko' ? 'ko' : 'en', theme: query.get('theme') === 'dark' ? 'dark' : 'light' });
  effect(() => { document.documentElement.lang = store.language.value; });
  effect(() => { document.documentElement.dataset.theme = store.theme.value; });
  document.title = `Parley: ${name}`;
  /** @type {Record<string, unknown>} */
  const nothing = new Proxy({}, { get: () => () => {} });
  const actions = /** @type {import('../state/store.js').Actions} */ (/** @type {unknown} */ ({
    ...nothing,
    newMeeting() {}, openInvite: () => false, join() {}, leave: () => store.dispatch({ type: 'left' }), home() {}, reconnect() {}, toggleScreen() {}, holdToTalk() {},
    choose() {}, retryDevice() {}, dismissProblem() {}, testSound() {}, watchStats() {}, setShortcuts() {}, copyLink() { store.dispatch({ type: 'toast', key: 'linkCopied' }); },
    toggleMic() { store.mic.value = { ...store.mic.value, on: !store.mic.value.on }; },
    toggleCamera() { store.camera.value = { ...store.camera.value, on: !store.camera.value.on, live: !store.camera.value.live }; },
    setName: (/** @type {string} */ value) => store.dispatch({ type: 'named', name: value }),
    setLanguage: (/** @type {import('../state/store.js').Language} */ value) => { store.language.value = value; },
    setTheme: (/** @type {import('../state/store.js').Theme} */ value) => { store.theme.value = value; },
    openPanel: (/** @type {import('../state/meeting.js').PanelName} */ panel) => store.dispatch({ type: 'panel', panel }),
    say: (/** @type {string} */ text) => { store.dispatch({ type: 'said', text, atMs: Date.now() }); return true; },
    canvasOf: (/** @type {number} */ member, /** @type {number} */ track) => (track === 3 ? paintScreen() : paintPerson(member)),
    setWants(/** @type {unknown} */ wants) { Object.assign(globalThis, { fakeWants: wants }); },
  }));
  store.cameraStream.value = streamOf(paintPerson(0));
  scenes[name]?.(store);
  listenForShortcuts(document, store, actions);
  render(h(App, { store, actions }), /** @type {HTMLElement} */ (document.getElementById('app')));
  Object.assign(globalThis, { fakeStore: store });
}

const query = new URLSearchParams(location.search);
const scene = query.get('fake');
if (scene) showScene(scene, query);
else start();
