/* SPDX-License-Identifier: MIT */
/* wake-lock.js - keeps the display on during a call. The browser lets go when the page is hidden; it is taken again when it is back. */

/** @returns {() => void} lets go for good */
export function keepAwake() {
  /** @type {WakeLockSentinel | null} */
  let lock = null;
  let over = false;
  const take = async () => {
    if (over || document.visibilityState !== 'visible') return;
    lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
    if (over) await lock?.release();
  };
  document.addEventListener('visibilitychange', take);
  void take();
  return () => {
    over = true;
    document.removeEventListener('visibilitychange', take);
    void lock?.release();
  };
}
