/* SPDX-License-Identifier: MIT */
/* assets.js - where the page's own files are. The build puts the hashed names in; every address is relative to this script, so the
 * page works at the root of a host, under a path, and at /m/MEETING. */

/** @typedef {'engine' | 'vpx' | 'worker' | 'playout' | 'capture'} AssetName */
/** @type {Record<AssetName, string>} */
const names = typeof __ASSETS__ === 'undefined' ? { engine: '', vpx: '', worker: '', playout: '', capture: '' } : __ASSETS__;

/** The folder that index.html is in. */
export const pageRoot = new URL('../', import.meta.url).href;

/** The address of an asset, or '' when this build has none. @param {AssetName} name */
export const assetUrl = (name) => (names[name] ? new URL(names[name], pageRoot).href : '');
