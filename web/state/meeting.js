/* SPDX-License-Identifier: MIT */
/* meeting.js - what is known of the meeting, as a pure function: state and event in, state out. Events are the worker's messages
 * (web/worker/messages.js) and what the person does. Nothing here touches a browser API. */

/** @import { LinkState, Role, Transport } from '../engine/types.js' */
/** @import { FromWorker, TrackInfo } from '../worker/messages.js' */

/** @typedef {'home' | 'prejoin' | 'meeting' | 'left' | 'error'} Page */
/** @typedef {{ id: number, name: string, role: Role, away: boolean, keys: 'unknown' | 'ok' | 'bad', tracks: KnownTrack[] }} Member */
/** @typedef {TrackInfo & { begun: number }} KnownTrack `begun` differs from one life of a track to the next */
/** @typedef {{ id: number, member: number, name: string, text: string, atMs: number, mine: boolean }} ChatLine */
/** @typedef {{ state: LinkState, code: string, text: string, retryAtMs: number, transport: Transport | '', wasLive: boolean }} Link */
/** @typedef {'chat' | 'people' | 'stats' | 'settings' | null} PanelName */
/** @typedef {{ id: number, key: string, name?: string }} Toast `key` names a text */
/** @typedef {{
 *   page: Page, meeting: string, hasSecret: boolean, encrypted: boolean, me: number, name: string,
 *   link: Link, members: Member[], chat: ChatLine[], unread: number, panel: PanelName, toasts: Toast[], nextId: number,
 *   pinned: string, settled: boolean, failure: { code: string, text: string } | null,
 * }} Meeting */

/** @typedef {FromWorker
 *  | { type: 'invited', meeting: string, hasSecret: boolean }
 *  | { type: 'home' }
 *  | { type: 'named', name: string }
 *  | { type: 'joining' }
 *  | { type: 'said', text: string, atMs: number }
 *  | { type: 'panel', panel: PanelName }
 *  | { type: 'pin', key: string }
 *  | { type: 'toast', key: string, name?: string }
 *  | { type: 'toastGone', id: number }} MeetingEvent */

const CHAT_LINES_MAX = 500;
const TOASTS_MAX = 3;

/** @type {Link} */
const NO_LINK = { state: 'idle', code: '', text: '', retryAtMs: 0, transport: '', wasLive: false };

/** @returns {Meeting} */
export const initialMeeting = () => ({
  page: 'home', meeting: '', hasSecret: false, encrypted: true, me: 0, name: '', link: NO_LINK, members: [], chat: [],
  unread: 0, panel: null, toasts: [], nextId: 1, pinned: '', settled: false, failure: null,
});

/** @param {Meeting} s @param {string} key @param {string} [name] @returns {Meeting} */
function toast(s, key, name) {
  return { ...s, nextId: s.nextId + 1, toasts: [...s.toasts, { id: s.nextId, key, name }].slice(-TOASTS_MAX) };
}

/** @param {Meeting} s @param {number} id @param {(m: Member) => Member} change @returns {Meeting} */
const changeMember = (s, id, change) => ({ ...s, members: s.members.map((m) => (m.id === id ? change(m) : m)) });

/** While I come or come back, others only seem to. @param {Meeting} s */
const isNews = (s) => s.settled && s.link.state === 'live';

/** @param {Meeting} s @param {Omit<ChatLine, 'id'>} line @returns {Meeting} */
function addLine(s, line) {
  const unread = line.mine || s.panel === 'chat' ? 0 : s.unread + 1;
  return { ...s, nextId: s.nextId + 1, unread, chat: [...s.chat, { ...line, id: s.nextId }].slice(-CHAT_LINES_MAX) };
}

/** @param {Meeting} s @param {Extract<FromWorker, { type: 'link' }>} e @returns {Meeting} */
function onLink(s, e) {
  const link = { ...e, wasLive: s.link.wasLive || e.state === 'live' };
  if (e.state === 'refused') return { ...s, link, page: 'error', failure: { code: e.code, text: e.text } };
  return { ...s, link };
}

/** @param {Meeting} s @param {Extract<FromWorker, { type: 'member' }>} e @returns {Meeting} */
function onMember(s, { info }) {
  const known = s.members.some((m) => m.id === info.id);
  if (known) return changeMember(s, info.id, (m) => ({ ...m, ...info }));
  const next = { ...s, members: [...s.members, { ...info, keys: /** @type {const} */ ('unknown'), tracks: [] }] };
  return isNews(s) ? toast(next, 'toastJoined', info.name) : next;
}

/** @param {Meeting} s @param {number} id @returns {Meeting} */
function onGone(s, id) {
  const gone = s.members.find((m) => m.id === id);
  const next = { ...s, members: s.members.filter((m) => m.id !== id) };
  return gone && isNews(s) ? toast(next, 'toastLeft', gone.name) : next;
}

/** @param {Meeting} s @param {Extract<FromWorker, { type: 'track' }>} e @returns {Meeting} */
function onTrack(s, e) {
  const next = { ...s, nextId: s.nextId + 1 };
  return changeMember(next, e.member, (m) => {
    const begun = m.tracks.find((t) => t.id === e.track.id)?.begun ?? s.nextId;
    return { ...m, tracks: [...m.tracks.filter((t) => t.id !== e.track.id), { ...e.track, begun }].sort((a, b) => a.id - b.id) };
  });
}

/** @param {Meeting} s @param {Extract<FromWorker, { type: 'chat' }>} e */
function onChat(s, e) {
  const name = s.members.find((m) => m.id === e.member)?.name ?? '';
  return addLine(s, { member: e.member, name, text: e.text, atMs: e.atMs, mine: false });
}

/** The engine tells of everybody who came or went meanwhile, and of nobody who stayed: the room is kept, resumed or not.
 *  Who was there before me is no news: see 'settled'. @param {Meeting} s
 *  @param {Extract<FromWorker, { type: 'joined' }>} e @returns {Meeting} */
function onJoined(s, e) {
  return { ...s, page: 'meeting', me: e.member, settled: false };
}

/** @param {Meeting} s @param {MeetingEvent} e @returns {Meeting} */
export function reduceMeeting(s, e) {
  switch (e.type) {
    case 'invited': return { ...initialMeeting(), name: s.name, page: 'prejoin', meeting: e.meeting, hasSecret: e.hasSecret };
    case 'home': return { ...initialMeeting(), name: s.name };
    case 'named': return { ...s, name: e.name };
    case 'joining': return { ...s, page: 'meeting', failure: null, link: { ...NO_LINK, state: 'dialing' } };
    case 'link': return onLink(s, e);
    case 'joined': return onJoined(s, e);
    case 'member': return onMember(s, e);
    case 'gone': return onGone(s, e.member);
    case 'track': return onTrack(s, e);
    case 'settled': return { ...s, settled: true };
    case 'trackGone': return changeMember(s, e.member, (m) => ({ ...m, tracks: m.tracks.filter((t) => t.id !== e.track) }));
    case 'keys': return changeMember(s, e.member, (m) => ({ ...m, keys: e.ok ? 'ok' : 'bad' }));
    case 'chat': return onChat(s, e);
    case 'said': return addLine(s, { member: s.me, name: s.name, text: e.text, atMs: e.atMs, mine: true });
    case 'panel': return { ...s, panel: e.panel, unread: e.panel === 'chat' ? 0 : s.unread };
    case 'pin': return { ...s, pinned: s.pinned === e.key ? '' : e.key };
    case 'notice': return e.text ? toast(s, 'serverSays', e.text) : s;
    case 'toast': return toast(s, e.key, e.name);
    case 'toastGone': return { ...s, toasts: s.toasts.filter((t) => t.id !== e.id) };
    case 'left': return { ...s, page: s.page === 'error' ? 'error' : 'left', members: [], panel: null, toasts: [] };
    case 'failed': return { ...s, page: 'error', failure: { code: e.code, text: e.text } };
    default: return s;
  }
}

/** @param {Member} m @param {TrackInfo['kind']} kind */
export const trackOf = (m, kind) => m.tracks.find((t) => t.kind === kind);

/** Everybody here is sealed with another secret than mine. @param {Meeting} s */
export const secretMismatch = (s) => s.members.length > 0 && s.members.some((m) => m.keys === 'bad') && !s.members.some((m) => m.keys === 'ok');

/** @typedef {'ok' | 'connecting' | 'reconnecting' | 'offline'} Connection */
/** @param {Link} link @param {boolean} online @returns {Connection} */
export function connectionOf(link, online) {
  if (link.state === 'live') return online ? 'ok' : 'offline';
  if (!online) return 'offline';
  return link.wasLive ? 'reconnecting' : 'connecting';
}
