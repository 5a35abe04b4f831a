/* SPDX-License-Identifier: MIT */
/* preferences.js - what this browser remembers: name, language, appearance, devices. Never a meeting and never a secret. */

/** @typedef {{ name: string, language: import('./texts.js').Language, theme: import('./store.js').Theme, shortcuts: boolean,
 *   camera: string, mic: string, speaker: string, cameraOn: boolean, micOn: boolean }} Preferences */

const KEY = 'parley';

/** Storage may be forbidden, full or written by somebody else: then there are no preferences. @param {Storage | undefined} storage @returns {Partial<Preferences>} */
export function loadPreferences(storage) {
  try {
    const value = JSON.parse(storage?.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}

/** @param {Storage | undefined} storage @param {Partial<Preferences>} change */
export function savePreferences(storage, change) {
  try {
    storage?.setItem(KEY, JSON.stringify({ ...loadPreferences(storage), ...change }));
  } catch {
    // the page works without a memory
  }
}
