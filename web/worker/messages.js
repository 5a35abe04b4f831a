/* SPDX-License-Identifier: MIT */
/* messages.js - every message between the page and the engine's worker. Types only: the one contract of the two sides.
 * Times called ...Ms are Date.now() milliseconds; ...Us are microseconds of performance.timeOrigin + performance.now(). */

/** @import { PlayoutStats } from '../engine/playout.js' */
/** @import { ClientStats, LinkState, MemberInfo, TrackKind, TrackStats, Transport, Want } from '../engine/types.js' */

/** @typedef {{ id: number, kind: TrackKind, muted: boolean }} TrackInfo */

/** @typedef {{
 *   webtransport: string, websocket: string, certificateHashes: Uint8Array<ArrayBuffer>[],
 * }} RelayAddress an empty address is not tried */

/** Where a worker's frames come from: a stream of VideoFrame or AudioData, or a port that sends them one by one.
 * @typedef {{ stream?: ReadableStream<any>, port?: MessagePort }} FrameSource */

/** @typedef {{
 *   wasm: WebAssembly.Module, vpxUrl: string, relay: RelayAddress, meeting: string, secret: Uint8Array, name: string, playout: MessagePort,
 * }} StartConfig */

/** Page to worker.
 * @typedef {{ type: 'start', config: StartConfig }
 *  | { type: 'relay', relay: RelayAddress }
 *  | { type: 'leave' }
 *  | { type: 'reconnect' }
 *  | { type: 'name', name: string }
 *  | { type: 'capture', kind: TrackKind, source: FrameSource, width: number, height: number, fps: number }
 *  | { type: 'uncapture', kind: TrackKind }
 *  | { type: 'mute', kind: TrackKind, muted: boolean }
 *  | { type: 'canvas', member: number, track: number, canvas: OffscreenCanvas }
 *  | { type: 'wants', wants: Want[] }
 *  | { type: 'chat', text: string }
 *  | { type: 'watchStats', on: boolean }} ToWorker */

/** member 0 is myself @typedef {TrackStats & { member: number, track: number, kind: TrackKind, codec: string }} NamedTrackStats */

/** Worker to page, as an array: what one drain of the engine caused is drawn at once.
 * @typedef {{ type: 'link', state: LinkState, code: string, text: string, retryAtMs: number, transport: Transport | '' }
 *  | { type: 'joined', member: number, resumed: boolean }
 *  | { type: 'member', info: MemberInfo }
 *  | { type: 'gone', member: number }
 *  | { type: 'track', member: number, track: TrackInfo }
 *  | { type: 'trackGone', member: number, track: number }
 *  | { type: 'chat', member: number, text: string, atMs: number }
 *  | { type: 'keys', member: number, ok: boolean }
 *  | { type: 'notice', code: string, text: string }
 *  | { type: 'settled' }
 *  | { type: 'levels', levels: [member: number, level: number][] }
 *  | { type: 'picture', member: number, track: number, width: number, height: number }
 *  | { type: 'stats', link: ClientStats, tracks: NamedTrackStats[] }
 *  | { type: 'left' }
 *  | { type: 'failed', code: string, text: string }} FromWorker */

/** Worker to the playout worklet. A source is one audio track of one member.
 * @typedef {{ type: 'packet', source: number, seq: number, capturedUs: number, durationUs: number, data: Uint8Array }
 *  | { type: 'hold', source: number, holdUs: number }
 *  | { type: 'remove', source: number }} ToPlayout */
/** Worklet to worker: empty once, when it is there, then ten times a second. @typedef {{ source: number, stats: PlayoutStats | null }[]} FromPlayout */

export {};
