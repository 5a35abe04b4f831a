/* SPDX-License-Identifier: MIT */
/* level.js - how loud, on the wire's scale: 0 silence .. 127 full scale (127 + dBov). */

export const LEVEL_MAX = 127;
/** From here on somebody is taken to speak: -42 dBov. */
const SPEAKING_MIN = 85;
const SPEAKING_HOLD_MS = 400;

/** @param {Float32Array | readonly number[]} samples -1..1 */
export function levelOf(samples) {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  const dbov = 10 * Math.log10(sum / samples.length || 1e-30);
  return Math.max(0, Math.min(LEVEL_MAX, Math.round(LEVEL_MAX + dbov)));
}

/** Who speaks: loud now, or a moment ago. Keeps its own memory; give the time. */
export function createSpeakerMeter() {
  /** @type {Map<number, number>} */
  const heardAt = new Map();
  return {
    /** @param {readonly (readonly [member: number, level: number])[]} levels @param {number} nowMs @returns {Set<number>} */
    update(levels, nowMs) {
      for (const [member, level] of levels) if (level >= SPEAKING_MIN) heardAt.set(member, nowMs);
      for (const [member, at] of heardAt) if (nowMs - at > SPEAKING_HOLD_MS) heardAt.delete(member);
      return new Set(heardAt.keys());
    },
  };
}

/** @param {ReadonlySet<number>} a @param {ReadonlySet<number>} b */
export const sameSet = (a, b) => a.size === b.size && [...a].every((x) => b.has(x));
