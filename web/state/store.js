/* SPDX-License-Identifier: MIT */
/* store.js - the signals that views read. The meeting changes only through dispatch(); devices and preferences are signals of their own. */
import { computed, signal } from '@preact/signals';
import { initialMeeting, reduceMeeting } from './meeting.js';
import { chooseLanguage, text } from './texts.js';

/** @typedef {import('./meeting.js').MeetingEvent} MeetingEvent */
/** @typedef {import('./texts.js').Language} Language */
/** @typedef {import('./texts.js').TextKey} TextKey */
/** @typedef {import('./problems.js').Problem} Problem */
/** @typedef {'system' | 'light' | 'dark'} Theme */
/** @typedef {{ id: string, label: string }} Device */
/** `on`: the person wants it; `live`: it runs. @typedef {{ on: boolean, live: boolean, problem: Problem | null }} Source */
/** @typedef {{ link: import('../engine/types.js').ClientStats, tracks: import('../worker/messages.js').NamedTrackStats[] }} Stats */

const OFF = /** @type {Source} */ ({ on: false, live: false, problem: null });

/** @param {{ languages?: readonly string[], language?: Language, theme?: Theme, name?: string }} [start] */
export function createStore(start = {}) {
  const meeting = signal({ ...initialMeeting(), name: start.name ?? '' });
  const language = signal(start.language ?? chooseLanguage(start.languages ?? []));
  return {
    meeting,
    /** @param {MeetingEvent} event */
    dispatch: (event) => { meeting.value = reduceMeeting(meeting.value, event); },
    page: computed(() => meeting.value.page),
    language,
    theme: signal(/** @type {Theme} */ (start.theme ?? 'system')),
    shortcuts: signal(true),
    online: signal(true),
    /** The text for `key` in the chosen language; views that call it are drawn again when the language changes.
     * @param {TextKey} key @param {Record<string, string | number>} [values] */
    t: (key, values) => text(language.value, key, values),

    camera: signal(OFF),
    mic: signal(OFF),
    screen: signal(OFF),
    /** This browser can share a screen; phones mostly cannot. */
    canShare: signal(true),
    devices: signal({ camera: /** @type {Device[]} */ ([]), mic: /** @type {Device[]} */ ([]), speaker: /** @type {Device[]} */ ([]) }),
    chosen: signal({ camera: '', mic: '', speaker: '' }),
    /** My camera as a stream for the self view, and my screen. */
    cameraStream: signal(/** @type {MediaStream | null} */ (null)),
    screenStream: signal(/** @type {MediaStream | null} */ (null)),
    /** My microphone, 0 silence .. 127 full scale. */
    micLevel: signal(0),
    /** Members that are heard now, myself as 0. */
    speaking: signal(/** @type {ReadonlySet<number>} */ (new Set())),
    /** Size of the picture last drawn, by `member/track`; absent before the first. */
    pictures: signal(/** @type {ReadonlyMap<string, { width: number, height: number }>} */ (new Map())),
    stats: signal(/** @type {Stats | null} */ (null)),
    inviteUrl: signal(''),
  };
}

/** @typedef {ReturnType<typeof createStore>} Store */

/** What the views may ask for; main.js binds it to devices and the engine, the test double to nothing.
 * @typedef {{
 *   newMeeting(): void, openInvite(address: string): boolean, join(): void, leave(): void, home(): void, reload(): void, reconnect(): void,
 *   toggleMic(): void, toggleCamera(): void, toggleScreen(): void, holdToTalk(down: boolean): void,
 *   choose(what: 'camera' | 'mic' | 'speaker', id: string): void, retryDevice(what: 'camera' | 'mic'): void,
 *   dismissProblem(what: 'camera' | 'mic' | 'screen'): void, testSound(): void, watchStats(on: boolean): void,
 *   setName(name: string): void, setLanguage(language: Language): void, setTheme(theme: Theme): void, setShortcuts(on: boolean): void,
 *   copyLink(): void, say(text: string): boolean, openPanel(panel: import('./meeting.js').PanelName): void,
 *   canvasOf(member: number, track: number): HTMLCanvasElement, setWants(wants: import('../engine/types.js').Want[]): void,
 * }} Actions */
