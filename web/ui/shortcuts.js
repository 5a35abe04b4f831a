/* SPDX-License-Identifier: MIT */
/* shortcuts.js - single keys during a call. They can be switched off (WCAG 2.1.4) and never act while somebody types. */

/** @typedef {import('../state/store.js').TextKey} TextKey */
/** @typedef {import('../state/store.js').Actions} Actions */
/** @typedef {{ key: string, label: TextKey, keyText?: TextKey, act?: (a: Actions, panel: import('../state/meeting.js').PanelName) => void }} Shortcut */

/** @type {Shortcut[]} */
export const shortcutTable = [
  { key: 'm', label: 'muteMic', act: (a) => a.toggleMic() },
  { key: 'v', label: 'stopCamera', act: (a) => a.toggleCamera() },
  { key: 's', label: 'shareScreen', act: (a) => a.toggleScreen() },
  { key: 'c', label: 'chat', act: (a, panel) => a.openPanel(panel === 'chat' ? null : 'chat') },
  { key: 'p', label: 'people', act: (a, panel) => a.openPanel(panel === 'people' ? null : 'people') },
  { key: 'i', label: 'statistics', act: (a, panel) => a.openPanel(panel === 'stats' ? null : 'stats') },
  { key: 'l', label: 'copyLink', act: (a) => a.copyLink() },
  { key: ' ', label: 'shortcutTalk', keyText: 'keySpace' },
];

/** @param {EventTarget | null} target */
const typing = (target) => target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
/** @param {EventTarget | null} target */
const pressable = (target) => target instanceof HTMLElement && target.closest('button, a, summary') !== null;

/** Listens on `root` until the returned function is called.
 * @param {EventTarget} root @param {import('../state/store.js').Store} store @param {Actions} actions */
export function listenForShortcuts(root, store, actions) {
  /** @param {Event} event */
  const onKey = (event) => {
    const e = /** @type {KeyboardEvent} */ (event);
    if (store.page.value !== 'meeting' || !store.shortcuts.value || typing(e.target) || e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    if (e.key === ' ' && !pressable(e.target)) {
      e.preventDefault();
      if (!e.repeat) actions.holdToTalk(e.type === 'keydown');
    } else if (e.type === 'keydown' && !e.repeat) {
      shortcutTable.find((s) => s.key === e.key.toLowerCase())?.act?.(actions, store.meeting.value.panel);
    }
  };
  root.addEventListener('keydown', onKey);
  root.addEventListener('keyup', onKey);
  return () => {
    root.removeEventListener('keydown', onKey);
    root.removeEventListener('keyup', onKey);
  };
}
