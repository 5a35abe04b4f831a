// SPDX-License-Identifier: MIT
// loader.js - one way to a running module for page worker, AudioWorklet and node. Modules import nothing.
import { Memory } from './memory.js';

/** A running module: its functions, and the memory they work in. `module` can be posted to a worker or handed to an AudioWorklet in
 * `processorOptions`, and instantiated there.
 * @typedef {{ exports: any, memory: Memory, module: WebAssembly.Module }} Engine */

/** @param {Response | Promise<Response> | BufferSource} source @returns {Promise<WebAssembly.Module>} */
export async function compile(source) {
  const got = await source;
  return got instanceof Response ? WebAssembly.compileStreaming(got) : WebAssembly.compile(got);
}

/** Synchronous, for the constructor of an AudioWorkletProcessor. @param {WebAssembly.Module} module @returns {Engine} */
export function instantiate(module) {
  const exports = /** @type {any} */ (new WebAssembly.Instance(module, {}).exports);
  exports._initialize();
  return { exports, memory: new Memory(exports), module };
}

/** @param {Response | Promise<Response> | BufferSource} source @returns {Promise<Engine>} */
export const load = async (source) => instantiate(await compile(source));
