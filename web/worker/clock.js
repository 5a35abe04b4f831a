/* SPDX-License-Identifier: MIT */
/* clock.js - the participant's one clock, and how device clocks are brought to it. */

/** Microseconds; the engine's `now` and `capturedUs`. */
export const nowUs = () => Math.round(performance.now() * 1000);

const WINDOW_US = 10_000_000;

/** Brings a device's timestamps to our clock. A frame can be late but never early: over the last seconds the smallest distance between
 * arrival and timestamp is the offset of the two clocks, plus a constant that only moves all frames alike. */
export function createCaptureClock() {
  let offset = Infinity;
  let next = Infinity; // the smallest of the window that is being filled
  let windowEnds = -Infinity;
  let last = -Infinity;
  return {
    /** @param {number} timestampUs of the device @param {number} now arrival @returns {number} capture time, always later than the last */
    captured(timestampUs, now) {
      const distance = now - timestampUs;
      if (Math.abs(distance - offset) > WINDOW_US) offset = next = Infinity; // another device, or its clock was set
      if (now >= windowEnds) {
        offset = Math.min(next, distance);
        next = Infinity;
        windowEnds = now + WINDOW_US;
      }
      next = Math.min(next, distance);
      offset = Math.min(offset, distance);
      last = Math.max(last + 1, Math.round(timestampUs + offset));
      return last;
    },
  };
}
