/* SPDX-License-Identifier: MIT */
/* layout.js - how tiles share a rectangle: the grid in which they are largest. */

/** @typedef {{ columns: number, rows: number, width: number, height: number }} Grid size of one tile, px */

const ASPECT_MIN = 3 / 4; // a tile may be cropped from 16:9 to this before it becomes smaller
const ASPECT_MAX = 16 / 9;

/** @param {number} width @param {number} height */
function fitAspect(width, height) {
  const aspect = width / height;
  if (aspect > ASPECT_MAX) return { width: height * ASPECT_MAX, height };
  if (aspect < ASPECT_MIN) return { width, height: width / ASPECT_MIN };
  return { width, height };
}

/** @param {number} count @param {number} width @param {number} height @param {number} gap all in px @returns {Grid} */
export function gridOf(count, width, height, gap) {
  let best = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const size = fitAspect((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows);
    if (size.width * size.height > best.width * best.height) best = { columns, rows, ...size };
  }
  return { ...best, width: Math.floor(best.width), height: Math.floor(best.height) };
}

/** How many tiles fit so that none is narrower than `narrowest`. @param {number} width @param {number} height
 *  @param {number} gap @param {number} narrowest */
export function gridCapacity(width, height, gap, narrowest) {
  const columns = Math.max(1, Math.floor((width + gap) / (narrowest + gap)));
  const rows = Math.max(1, Math.floor((height + gap) / (narrowest / ASPECT_MAX + gap)));
  return columns * rows;
}
