/* SPDX-License-Identifier: MIT */
/* layout.js - how tiles share a rectangle: the grid in which they are largest. */

/** @typedef {{ columns: number, rows: number, width: number, height: number }} Grid size of one tile, px */

// A tile may be cropped from 16:9 to the smaller of these before it becomes smaller itself; a phone held upright crops more.
const ASPECT_MAX = 16 / 9;
const ASPECT_MIN_WIDE = 4 / 3;
const ASPECT_MIN_TALL = 3 / 4;

/** @param {number} width @param {number} height @param {number} aspectMin */
function fitAspect(width, height, aspectMin) {
  const aspect = width / height;
  if (aspect > ASPECT_MAX) return { width: height * ASPECT_MAX, height };
  if (aspect < aspectMin) return { width, height: width / aspectMin };
  return { width, height };
}

/** @param {number} count @param {number} width @param {number} height @param {number} gap all in px @returns {Grid} */
export function gridOf(count, width, height, gap) {
  const aspectMin = width > height ? ASPECT_MIN_WIDE : ASPECT_MIN_TALL;
  let best = { columns: 1, rows: Math.max(1, count), width: 0, height: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const size = fitAspect((width - gap * (columns - 1)) / columns, (height - gap * (rows - 1)) / rows, aspectMin);
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
