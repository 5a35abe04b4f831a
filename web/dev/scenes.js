/* SPDX-License-Identifier: MIT */
/* scenes.js - each state of the page, reached the way the page reaches it: by events. */

/** @typedef {import('../state/store.js').Store} Store */
/** @import { Problem } from '../state/problems.js' */

const people = ['Mina Park', 'Jonas Weber', 'Aiko Sato', 'Tom Okafor', '김서연', 'Élodie Martin', 'Ravi Narayan', 'Sam', 'Lucía Fernández', 'Oleksandr Kovalenko-Petrenko', 'Noor', 'Wei Zhang'];

/** @param {Store} store */
function devices(store) {
  store.devices.value = {
    camera: [{ id: 'c1', label: 'HD Webcam C920' }, { id: 'c2', label: 'Integrated Camera' }],
    mic: [{ id: 'm1', label: 'USB Headset, Microphone' }],
    speaker: [{ id: 's1', label: 'USB Headset, Headphones' }, { id: 's2', label: 'Built-in Speakers' }],
  };
  store.chosen.value = { camera: 'c1', mic: 'm1', speaker: 's1' };
  store.camera.value = { on: true, live: true, problem: null };
  store.mic.value = { on: true, live: true, problem: null };
  store.micLevel.value = 96;
}

/** @param {Store} store */
function prejoin(store) {
  devices(store);
  store.dispatch({ type: 'named', name: 'Kim Lindqvist' });
  store.dispatch({ type: 'invited', meeting: 'qbx-hfwz-kem', hasSecret: true });
  store.inviteUrl.value = 'https://meet.example/m/qbx-hfwz-kem#o3eTJm0mS1q7wq2tq0H0Yd9mT5sVQf5nVJb1cE7c0xA';
}

/** @param {Store} store @param {number} others */
function meeting(store, others) {
  prejoin(store);
  store.dispatch({ type: 'joining' });
  store.dispatch({ type: 'link', state: 'live', code: '', text: '', retryAtMs: 0, transport: 'webtransport' });
  store.dispatch({ type: 'joined', member: 1, resumed: false });
  people.slice(0, others).forEach((name, i) => member(store, i + 2, name, i % 4 !== 3, i % 3 !== 2));
  store.dispatch({ type: 'settled' });
}

/** @param {Store} store @param {number} id @param {string} name @param {boolean} camera @param {boolean} mic */
function member(store, id, name, camera, mic) {
  store.dispatch({ type: 'member', info: { id, name, role: id === 2 ? 'host' : 'member', away: false } });
  store.dispatch({ type: 'track', member: id, track: { id: 1, kind: 'mic', muted: !mic } });
  store.dispatch({ type: 'track', member: id, track: { id: 2, kind: 'camera', muted: !camera } });
  store.dispatch({ type: 'keys', member: id, ok: true });
  store.pictures.value = new Map([...store.pictures.value, [`${id}/2`, { width: 640, height: 360 }]]);
}

/** @param {Store} store */
function share(store) {
  store.dispatch({ type: 'track', member: 3, track: { id: 3, kind: 'screen', muted: false } });
  store.pictures.value = new Map([...store.pictures.value, ['3/3', { width: 1280, height: 720 }]]);
}

/** @param {Store} store */
function chatLines(store) {
  const atMs = Date.UTC(2026, 4, 4, 9, 30);
  store.dispatch({ type: 'chat', member: 2, text: 'Shall we start with the numbers?', atMs });
  store.dispatch({ type: 'said', text: 'Yes. I share my screen in a minute.', atMs: atMs + 20_000 });
  store.dispatch({ type: 'chat', member: 6, text: '네, 좋아요. 화면 공유 부탁드립니다. 자료는 https://example.org/a-rather-long-address/that-has-to-wrap-somewhere 에 있어요.', atMs: atMs + 60_000 });
}

/** @param {Store} store @param {'camera' | 'mic'} what @param {Problem} problem */
function problem(store, what, problem) {
  store[what].value = { on: false, live: false, problem };
}

/** @param {Store} store */
function statistics(store) {
  const link = {
    rttUs: 23_400, sendTargetBps: 2_400_000, sendBps: 1_180_000, receiveBps: 2_930_000, objectsIn: 18_233, objectsOut: 9120, droppedOut: 4, lostIn: 12, authFailed: 0, replayed: 0,
    malformed: 0, reconnects: 1, transport: /** @type {const} */ ('webtransport'),
  };
  const zero = { bps: 31_200, fpsX10: 0, lost: 2, late: 1, dropped: 0, freezes: 0, keyFrames: 0, requests: 0, jitterUs: 3200, targetUs: 38_000, transitUs: 21_000, frozenMs: 0, widthPx: 0, heightPx: 0 };
  const video = { ...zero, bps: 742_000, fpsX10: 298, keyFrames: 3, widthPx: 640, heightPx: 360, freezes: 1, frozenMs: 420 };
  store.stats.value = {
    link,
    tracks: [
      { ...zero, member: 0, track: 1, kind: 'mic', codec: 'Opus' }, { ...video, member: 0, track: 2, kind: 'camera', codec: 'VP9' },
      { ...zero, member: 2, track: 1, kind: 'mic', codec: 'Opus' }, { ...video, member: 2, track: 2, kind: 'camera', codec: 'VP9' },
    ],
  };
}

/** @param {Store} store @param {string} code @param {string} text */
function refuse(store, code, text) {
  prejoin(store);
  store.dispatch({ type: 'joining' });
  store.dispatch({ type: 'link', state: 'refused', code, text, retryAtMs: 0, transport: '' });
}

/** @type {Record<string, (store: Store) => void>} */
export const scenes = {
  home() {},
  prejoin,
  'prejoin-denied'(s) { prejoin(s); problem(s, 'camera', 'denied'); problem(s, 'mic', 'denied'); s.devices.value = { camera: [], mic: [], speaker: [] }; s.micLevel.value = 0; },
  'prejoin-busy'(s) { prejoin(s); problem(s, 'camera', 'busy'); problem(s, 'mic', 'missing'); s.micLevel.value = 0; },
  'prejoin-nokey'(s) { prejoin(s); s.dispatch({ type: 'invited', meeting: 'qbx-hfwz-kem', hasSecret: false }); },
  connecting(s) { prejoin(s); s.dispatch({ type: 'joining' }); },
  alone(s) { meeting(s, 0); },
  pair(s) { meeting(s, 1); s.speaking.value = new Set([2]); },
  grid(s) { meeting(s, 5); s.speaking.value = new Set([3]); },
  crowd(s) { meeting(s, 12); s.speaking.value = new Set([4]); s.camera.value = { on: false, live: false, problem: null }; },
  share(s) { meeting(s, 4); share(s); s.speaking.value = new Set([3]); },
  chat(s) { meeting(s, 5); s.dispatch({ type: 'panel', panel: 'chat' }); chatLines(s); },
  unread(s) { meeting(s, 5); chatLines(s); s.mic.value = { on: false, live: true, problem: null }; s.dispatch({ type: 'toast', key: 'toastJoined', name: 'Ravi Narayan' }); },
  people(s) { meeting(s, 6); s.dispatch({ type: 'panel', panel: 'people' }); },
  stats(s) { meeting(s, 3); statistics(s); s.dispatch({ type: 'panel', panel: 'stats' }); },
  settings(s) { meeting(s, 3); s.dispatch({ type: 'panel', panel: 'settings' }); },
  reconnecting(s) {
    meeting(s, 3);
    s.dispatch({ type: 'link', state: 'retrying', code: '', text: '', retryAtMs: Date.now() + 1000, transport: '' });
    s.dispatch({ type: 'member', info: { id: 3, name: people[1], role: 'member', away: true } });
  },
  offline(s) { meeting(s, 2); s.online.value = false; s.dispatch({ type: 'link', state: 'retrying', code: '', text: '', retryAtMs: 0, transport: '' }); },
  mismatch(s) { meeting(s, 2); for (const member of [2, 3]) s.dispatch({ type: 'keys', member, ok: false }); s.pictures.value = new Map(); },
  unplugged(s) { meeting(s, 3); problem(s, 'camera', 'unplugged'); problem(s, 'mic', 'unplugged'); },
  left(s) { meeting(s, 2); s.dispatch({ type: 'left' }); },
  'error-full'(s) { refuse(s, 'full', 'This meeting has reached its limit of 1000 members.'); },
  'error-replaced'(s) { meeting(s, 2); s.dispatch({ type: 'link', state: 'refused', code: 'replaced', text: '', retryAtMs: 0, transport: '' }); },
  'error-engine'(s) { prejoin(s); s.dispatch({ type: 'failed', code: 'engine', text: 'engine: 404' }); },
};
