/* SPDX-License-Identifier: MIT */
/* listening.js - the speaker: an AudioContext whose only source is the engine's mixer. */
import { assetUrl } from '../assets.js';

const RATE_HZ = 48_000; // what the mixer makes

/** `port` is the worker's way to the mixer; what is sent before the mixer is there waits in it.
 * @param {Promise<WebAssembly.Module>} engine @param {string} speaker device id, '' for the default @param {(error: unknown) => void} fail */
export function createListening(engine, speaker, fail) {
  const context = new AudioContext({ sampleRate: RATE_HZ, latencyHint: 'interactive' });
  const { port1, port2 } = new MessageChannel();

  async function connect() {
    const [wasm] = await Promise.all([engine, context.audioWorklet.addModule(assetUrl('playout'))]);
    const node = new AudioWorkletNode(context, 'parley-playout', { numberOfInputs: 0, outputChannelCount: [2], processorOptions: { wasm } });
    node.onprocessorerror = fail;
    node.connect(context.destination);
    node.port.postMessage(port1, [port1]);
    if (speaker) await setSpeaker(speaker);
  }
  connect().catch((error) => { if (context.state !== 'closed') fail(error); });

  /** @param {string} id */
  async function setSpeaker(id) {
    if ('setSinkId' in context) await /** @type {any} */ (context).setSinkId(id).catch(() => {}); // unplugged meanwhile: the default stays
  }

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
  return { port: port2, setSpeaker, close };
}
