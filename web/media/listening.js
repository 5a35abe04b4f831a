/* SPDX-License-Identifier: MIT */
/* listening.js - the speaker: an AudioContext whose only source is the engine's mixer. */
import { assetUrl } from '../assets.js';

const RATE_HZ = 48_000; // what the mixer makes

/** `port` is the worker's way to the mixer. @param {WebAssembly.Module} wasm @param {string} speaker device id, '' for the default */
export async function createListening(wasm, speaker) {
  const context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: 'interactive' });
  await context.audioWorklet.addModule(assetUrl('playout'));
  const node = new AudioWorkletNode(context, 'parley-playout', { numberOfInputs: 0, outputChannelCount: [2], processorOptions: { wasm } });
  node.connect(context.destination);
  const { port1, port2 } = new MessageChannel();
  node.port.postMessage(port1, [port1]);

  /** @param {string} id */
  const setSpeaker = async (id) => {
    if ('setSinkId' in context) await /** @type {any} */ (context).setSinkId(id).catch(() => {}); // unplugged meanwhile: the default stays
  };
  if (speaker) await setSpeaker(speaker);

  // A browser that wants to see a gesture first gets one soon; one that stopped the sound (another call, a sleep) gets it back.
  const resume = () => { if (context.state !== 'running' && context.state !== 'closed') void context.resume(); };
  addEventListener('pointerdown', resume);
  addEventListener('keydown', resume);
  document.addEventListener('visibilitychange', resume);
  resume();
  const close = async () => {
    removeEventListener('pointerdown', resume);
    removeEventListener('keydown', resume);
    document.removeEventListener('visibilitychange', resume);
    if (context.state !== 'closed') await context.close();
  };
  return { port: port2, context, node, setSpeaker, close };
}
