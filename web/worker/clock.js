/* SPDX-License-Identifier: MIT */
/* clock.js - the participant's one clock, and how device clocks are brought to it. */

/** Microseconds; the engine's `now` and `capturedUs`. */
export const nowUs = () => Math.round(performance.now() * 1000);

const WINDOW_US = 5_000_000;
const CLOCK_SET_US = 10_000_000; // a distance this far off: the device's clock was set
/** A reader that waited this long for a frame has read all that had piled up before it came. */
const FRESH_US = 4000;
const BACKLOG_MAX_US = 2_000_000;

/** Brings a device's timestamps to our clock. A frame can be late but never early: over the last seconds the smallest distance between
 * arrival and timestamp is the offset of the two clocks, plus a constant that only moves all frames alike.
 *
 * What piled up before the first read arrives in one go and late: with `skipBacklog` it is left out, or the first guess of the offset
 * would be wrong by its age and everybody would take the correction for a slow network.
 *
 * Timestamps that go back are those of another clock. Chromium counts the sound that piled up before its stream was transferred from the
 * page's time origin, and what follows from the worker's: a second later, or whatever the preview took. */
export function createCaptureClock({ skipBacklog = false } = {}) {
  let begun = NaN;
  let arrived = NaN;
  let fresh = !skipBacklog;
  let offset = Infinity;
  let next = Infinity; // the smallest of the window that is being filled
  let windowEnds = -Infinity;
  let last = -Infinity;
  let lastTimestamp = -Infinity;

  function forget() {
    begun = arrived = NaN;
    fresh = !skipBacklog;
    offset = next = Infinity;
    windowEnds = -Infinity;
  }

  return {
    /** @param {number} timestampUs of the device @param {number} now arrival @returns {number} capture time, always later than the last; -1: leave
     *  this one out */
    captured(timestampUs, now) {
      if (timestampUs < lastTimestamp) forget();
      lastTimestamp = timestampUs;
      if (Number.isNaN(begun)) begun = now;
      fresh ||= now - arrived >= FRESH_US || now - begun > BACKLOG_MAX_US;
      arrived = now;
      if (!fresh) return -1;
      const distance = now - timestampUs;
      if (Math.abs(distance - offset) > CLOCK_SET_US) offset = next = Infinity;
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
