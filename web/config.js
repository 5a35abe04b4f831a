/* SPDX-License-Identifier: MIT */
/* config.js - where the relay is. /config.json beside the page says it:
 *
 *   { "webtransport": "https://127.0.0.1:4433/wt",   address of each transport; relative to the page where it has no scheme,
 *     "websocket": "wss://relay.example:4433/ws",    "" where it is not to be tried. Default: wt and ws beside the page
 *     "certificate_hashes": ["base64 of SHA-256"],   of the relay's own certificate; absent or empty: an authority vouches for it
 *     "paths": true }                                the server answers /m/MEETING with the page
 *
 * On a static host it is enough to say { "relay": "https://relay.example:4433" }: that relay's own /config.json is asked for the rest,
 * so that a relay with a certificate of its own may be meant too.
 *
 * A page without config.json (or one that cannot be read) meets the relay that served it. */
import { pageRoot } from './assets.js';

/** @typedef {{ relay: import('./worker/messages.js').RelayAddress, paths: boolean }} Config */

/** @param {unknown} base64 */
function hashOf(base64) {
  try {
    const bytes = Uint8Array.from(atob(String(base64)), (c) => c.charCodeAt(0));
    return bytes.length === 32 ? [bytes] : [];
  } catch {
    return [];
  }
}

/** @param {unknown} value @param {string} fallback @param {string} root @param {'http' | 'ws'} scheme */
function address(value, fallback, root, scheme) {
  if (value === '') return '';
  const given = typeof value === 'string' ? value : fallback;
  if (!URL.canParse(given, root)) return '';
  const url = new URL(given, root);
  if (scheme === 'ws') url.protocol = url.protocol.replace(/^http/, 'ws');
  return scheme === 'http' && url.protocol !== 'https:' ? '' : url.href; // WebTransport is always over TLS
}

/** @param {any} json @param {string} root @returns {Config} */
export function configOf(json, root) {
  const hashes = Array.isArray(json?.certificate_hashes) ? json.certificate_hashes : [];
  return {
    relay: {
      webtransport: address(json?.webtransport, 'wt', root, 'http'),
      websocket: address(json?.websocket, 'ws', root, 'ws'),
      certificateHashes: hashes.flatMap(hashOf),
    },
    paths: json?.paths === true,
  };
}

/** Throws when there is none. @returns {Promise<Config>} */
export async function fetchConfig() {
  const json = await fetchJson(new URL('config.json', pageRoot));
  if (!URL.canParse(json?.relay)) return configOf(json, pageRoot);
  const root = new URL('/', json.relay).href;
  const theirs = await fetchJson(new URL('config.json', root)).catch(() => ({})); // asked of another origin: it may not answer
  return { ...configOf({ ...theirs, ...json }, root), paths: json.paths === true };
}

/** @param {URL} url @returns {Promise<any>} */
async function fetchJson(url) {
  const response = await fetch(url, { cache: 'no-store' });
  if (!response.ok) throw new Error(`${url.pathname}: ${response.status}`);
  return response.json();
}

/** Asked for before every call: a relay's own certificate changes within days. */
export const loadConfig = () => fetchConfig().catch(() => configOf({}, pageRoot));
