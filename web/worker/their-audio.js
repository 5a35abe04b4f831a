/* SPDX-License-Identifier: MIT */
/* their-audio.js - sound of the others: packets go to the playout worklet, how late and how loud they are heard comes back. */

/** @typedef {import('./messages.js').FromPlayout} FromPlayout */
/** @typedef {import('../engine/playout.js').PlayoutStats} PlayoutStats */

/** @param {MessagePort} port @param {(member: number, track: number, ownUs: number) => void} onDelay a track is heard this late by itself */
export function createTheirAudio(port, onDelay) {
  /** @type {Map<string, { source: number, member: number, track: number, stats: PlayoutStats | null }>} */
  const sources = new Map();
  /** @type {Map<number, number>} */
  const levels = new Map();
  let next = 1;
  let ready = false; // the worklet has spoken

  port.onmessage = ({ data }) => {
    ready = true;
    for (const { source, stats } of /** @type {FromPlayout} */ (data)) {
      const known = [...sources.values()].find((s) => s.source === source);
      if (!known) continue;
      known.stats = stats;
      if (stats) onDelay(known.member, known.track, stats.ownUs);
    }
  };

  /** @param {string} key */
  function remove(key) {
    const known = sources.get(key);
    if (known) port.postMessage({ type: 'remove', source: known.source });
    sources.delete(key);
  }

  return {
    /** @param {import('../engine/types.js').AudioEvent} e @param {boolean} voice */
    take({ member, track, seq, media }, voice) {
      const key = `${member}/${track}`;
      const known = sources.get(key) ?? { source: next++, member, track, stats: null };
      sources.set(key, known);
      const { capturedUs, durationUs, data } = media;
      if (ready) port.postMessage({ type: 'packet', source: known.source, seq, capturedUs, durationUs, data }, [data.buffer]);
      if (voice) levels.set(member, Math.max(levels.get(member) ?? 0, media.level));
    },
    /** Lip sync: this track waits for its picture. @param {import('../engine/types.js').SoundEvent} e */
    hold({ member, track, holdUs }) {
      const known = sources.get(`${member}/${track}`);
      if (known) port.postMessage({ type: 'hold', source: known.source, holdUs });
    },
    /** The loudest of each since the last call. @returns {[member: number, level: number][]} */
    takeLevels() {
      const taken = [...levels];
      levels.clear();
      return taken;
    },
    /** @param {number} member @param {number} track */
    statsOf: (member, track) => sources.get(`${member}/${track}`)?.stats ?? null,
    /** @param {number} member @param {number} track */
    remove: (member, track) => remove(`${member}/${track}`),
    /** @param {number} member */
    removeMember(member) {
      for (const [key, known] of sources) if (known.member === member) remove(key);
    },
  };
}
