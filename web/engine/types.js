// SPDX-License-Identifier: MIT
// types.js - the shapes that cross between the engine and the page. Names and meanings are those of core/session/client.h.
//
// Times are microseconds on one clock of the caller's (performance.now() * 1000), Infinity is "nothing scheduled". Bytes in
// events are copies: they may be kept and transferred.

/** @typedef {'webtransport' | 'websocket'} Transport */
/** @typedef {'mic' | 'camera' | 'screen' | 'screenAudio'} TrackKind */
/** @typedef {'opus' | 'vp8' | 'vp9' | 'av1'} Codec */
/** @typedef {'more' | 'end' | 'reset'} RunEnd */
/** @typedef {'member' | 'host' | 'viewer'} Role */
/** @typedef {'idle' | 'dialing' | 'joining' | 'live' | 'retrying' | 'refused' | 'leaving' | 'left'} LinkState */

/** `secret` is the group secret of the link's fragment, 1 to 64 bytes; `salt` is 16 fresh random bytes for every Client.
 * @typedef {{ meeting: string, name?: string, token?: string, program?: string, secret: Uint8Array, salt: Uint8Array,
 *   seed?: number | bigint, decodes?: Codec[] }} ClientConfig */

/** @typedef {{ spatial: number, widthPx: number, heightPx: number, fps: number, maxBps: number, temporal: number }} LayerSpec */
/** @typedef {{ id: number, kind: TrackKind, muted: boolean, layers: LayerSpec[] }} TrackSpec */
/** @typedef {{ member: number, track: number, widthPx: number, priority?: number }} Want */

/** One encoded frame or audio packet on its way out: `spatial`, `temporal`, `key`, sizes and `rotation` are for video,
 * `durationUs` (20000) and `level` (0 silence .. 127 full scale) for audio.
 * @typedef {{ track: number, codec: Codec, spatial?: number, temporal?: number, key?: boolean, widthPx?: number, heightPx?: number,
 *   rotation?: number, durationUs?: number, level?: number, capturedUs: number, data: Uint8Array }} Media */
/** The same on its way in: every field is there.
 * @typedef {Required<Media>} MediaIn */

/** @typedef {{ id: number, role: Role, away: boolean, name: string }} MemberInfo */

/** @typedef {{ type: 'dial', link: number, upgrade: boolean, relay: string }} DialEvent open WebTransport as `link` and, unless `upgrade`, WebSocket
 *   250 ms later as `link + 1` */
/** @typedef {{ type: 'hangup', link: number }} HangupEvent */
/** @typedef {{ type: 'sendControl', link: number, data: Uint8Array }} SendControlEvent */
/** @typedef {{ type: 'sendDatagram', link: number, data: Uint8Array }} SendDatagramEvent */
/** @typedef {{ type: 'sendRun', link: number, run: number, begin: boolean, end: RunEnd, priority: number, data: Uint8Array }} SendRunEvent */
/** @typedef {{ type: 'link', state: LinkState, code: string, text: string, retryAt: number }} LinkEvent */
/** @typedef {{ type: 'joined', member: number, resumed: boolean }} JoinedEvent */
/** @typedef {{ type: 'member', info: MemberInfo }} MemberEvent */
/** @typedef {{ type: 'gone', member: number }} GoneEvent */
/** @typedef {{ type: 'track', member: number, track: TrackSpec }} TrackEvent */
/** @typedef {{ type: 'trackGone', member: number, track: number }} TrackGoneEvent */
/** @typedef {{ type: 'chat', member: number, text: string, at: number }} ChatEvent */
/** @typedef {{ type: 'keys', member: number, ok: boolean }} KeysEvent */
/** @typedef {{ type: 'notice', code: string, text: string }} NoticeEvent */
/** @typedef {{ type: 'left' }} LeftEvent */
/** @typedef {{ type: 'audio', member: number, track: number, seq: number, media: MediaIn }} AudioEvent */
/** @typedef {{ type: 'video', member: number, track: number, spatial: number, seq: number, media: MediaIn, due: number, hidden: boolean }} VideoEvent */
/** @typedef {{ type: 'encoder', track: number, spatial: number, wanted: boolean, targetBps: number, keyWanted: boolean }} EncoderEvent */
/** @typedef {{ type: 'sound', member: number, track: number, holdUs: number }} SoundEvent play this track so much later than by itself */
/** @typedef {DialEvent | HangupEvent | SendControlEvent | SendDatagramEvent | SendRunEvent | LinkEvent | JoinedEvent | MemberEvent | GoneEvent
 *   | TrackEvent | TrackGoneEvent | ChatEvent | KeysEvent | NoticeEvent | LeftEvent | AudioEvent | VideoEvent | EncoderEvent | SoundEvent} ClientEvent */

/** @typedef {{ rttUs: number, sendTargetBps: number, sendBps: number, receiveBps: number, objectsIn: number, objectsOut: number,
 *   droppedOut: number, lostIn: number, authFailed: number, replayed: number, malformed: number, reconnects: number,
 *   transport: Transport | '' }} ClientStats */
/** @typedef {{ bps: number, fpsX10: number, lost: number, late: number, dropped: number, freezes: number, keyFrames: number,
 *   requests: number, jitterUs: number, targetUs: number, transitUs: number, frozenMs: number, widthPx: number, heightPx: number }} TrackStats */

export {};
