/* SPDX-License-Identifier: MIT */
/* ladder.js - the sizes in which a picture is offered. */

/** @typedef {import('../engine/types.js').LayerSpec} LayerSpec */

const TEMPORAL = 3; // L1T3

/** Widths of a landscape camera's layers, with what each can use at most. */
const CAMERA = [
  { width: 320, maxBps: 180_000 },
  { width: 640, maxBps: 700_000 },
  { width: 1280, maxBps: 2_000_000 },
];
const SCREEN_MAX_PX = 1920;
const SCREEN_MAX_BPS = 2_500_000;

/** Even numbers: chroma has half of the pixels. @param {number} px */
const even = (px) => Math.max(2, Math.round(px / 2) * 2);

/** @param {number} spatial @param {number} width @param {number} height @param {number} long longer side of the layer @param {number} fps @param {number} maxBps
 *  @returns {LayerSpec} */
function layer(spatial, width, height, long, fps, maxBps) {
  const scale = long / Math.max(width, height);
  return { spatial, widthPx: even(width * scale), heightPx: even(height * scale), fps, maxBps, temporal: TEMPORAL };
}

/** Smallest first; never larger than the source. @param {'camera' | 'screen'} kind @param {number} width @param {number} height @param {number} fps
 *  @returns {LayerSpec[]} */
export function layersOf(kind, width, height, fps) {
  const long = Math.max(width, height);
  if (kind === 'screen') return [layer(0, width, height, Math.min(long, SCREEN_MAX_PX), fps, SCREEN_MAX_BPS)];
  const steps = CAMERA.filter((step) => step.width <= long * 1.1);
  if (!steps.length) return [layer(0, width, height, long, fps, CAMERA[0].maxBps)];
  return steps.map((step, i) => layer(i, width, height, Math.min(step.width, long), fps, step.maxBps));
}
