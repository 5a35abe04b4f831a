/* SPDX-License-Identifier: MIT */
/* test-sound.js - two soft notes on the chosen speaker. */

/** @param {string} speaker device id, '' for the default */
export async function playTestSound(speaker) {
  const context = new AudioContext();
  if (speaker && 'setSinkId' in context) await /** @type {any} */ (context).setSinkId(speaker).catch(() => {});
  const last = [523.25, 659.25].map((hz, i) => note(context, hz, context.currentTime + i * 0.22)).pop();
  if (last) last.onended = () => void context.close();
}

/** @param {AudioContext} context @param {number} hz @param {number} at */
function note(context, hz, at) {
  const [tone, gain] = [context.createOscillator(), context.createGain()];
  tone.frequency.value = hz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.25, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
  tone.connect(gain).connect(context.destination);
  tone.start(at);
  tone.stop(at + 0.65);
  return tone;
}
