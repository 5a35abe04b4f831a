/* SPDX-License-Identifier: MIT */
/* messages.js - every message between the page and the engine's worker. Types only: the one contract of the two sides.
 * Times called ...Ms are Date.now() milliseconds; ...Us are microseconds of performance.timeOrigin + performance.now(). */

/** @typedef {'idle' | 'dialing' | 'joining' | 'live' | 'retrying' | 'refused' | 'leaving' | 'left'} LinkState */
/** @typedef {'mic' | 'camera' | 'screen' | 'screenAudio'} TrackKind */
/** @typedef {{ id: number, kind: TrackKind, muted: boolean, width: number, height: number }} TrackInfo */
/** @typedef {{ member: number, track: number, widthPx: number, priority: number }} Want */

/** @typedef {{
 *   webtransport: string, websocket: string, certificateHashes: Uint8Array<ArrayBuffer>[],
 * }} RelayAddress an empty address is not tried */

/** Where a worker's frames come from: a stream of VideoFrame or AudioData, or a port that sends them one by one.
 * @typedef {{ stream?: ReadableStream<any>, port?: MessagePort }} FrameSource */

/** @typedef {{
 *   wasm: WebAssembly.Module, codecUrl: string, relay: RelayAddress, meeting: string, secret: Uint8Array, name: string, playout: MessagePort,
 * }} StartConfig */

/** Page to worker.
 * @typedef {{ type: 'start', config: StartConfig }
 *  | { type: 'leave' }
 *  | { type: 'reconnect' }
 *  | { type: 'name', name: string }
 *  | { type: 'capture', kind: TrackKind, source: FrameSource, width: number, height: number, fps: number }
 *  | { type: 'uncapture', kind: TrackKind }
 *  | { type: 'mute', kind: TrackKind, muted: boolean }
 *  | { type: 'canvas', member: number, track: number, canvas: OffscreenCanvas }
 *  | { type: 'uncanvas', member: number, track: number }
 *  | { type: 'wants', wants: Want[] }
 *  | { type: 'chat', text: string }
 *  | { type: 'watchStats', on: boolean }} ToWorker */

/** @typedef {{ rttUs: number, sendTargetBps: number, sendBps: number, receiveBps: number, objectsIn: number, objectsOut: number,
 *   droppedOut: number, lostIn: number, authFailed: number, replayed: number, malformed: number, reconnects: number, transport: number,
 * }} LinkStats */
/** @typedef {{ member: number, track: number, kind: TrackKind, bps: number, fpsX10: number, lost: number, late: number, dropped: number, freezes: number,
 *   keyFrames: number, jitterUs: number, targetUs: number, transitUs: number, frozenMs: number, width: number, height: number, codec: string,
 * }} TrackStats member 0 is myself */

/** Worker to page.
 * @typedef {{ type: 'link', state: LinkState, code: string, text: string, retryAtMs: number, transport: number }
 *  | { type: 'joined', member: number, role: number, resumed: boolean }
 *  | { type: 'member', id: number, name: string, role: number, away: boolean }
 *  | { type: 'gone', member: number }
 *  | { type: 'track', member: number, track: TrackInfo }
 *  | { type: 'trackGone', member: number, track: number }
 *  | { type: 'chat', member: number, text: string, atMs: number }
 *  | { type: 'keys', member: number, ok: boolean }
 *  | { type: 'notice', code: string, text: string }
 *  | { type: 'levels', levels: [member: number, level: number][] }
 *  | { type: 'picture', member: number, track: number, width: number, height: number }
 *  | { type: 'stats', link: LinkStats, tracks: TrackStats[] }
 *  | { type: 'left' }
 *  | { type: 'failed', code: string, text: string }} FromWorker */

export {};
