/* SPDX-License-Identifier: MIT */
/* invite.js - a meeting's address: which meeting, and the secret that opens it.
 *
 *   /m/MEETING#SECRET       where the server answers such paths (parleyd does)
 *   /?m=MEETING#SECRET      anywhere, also under a path
 *
 * The secret stands behind the #, which no browser sends to any server. */

/** @typedef {{ meeting: string, secret: Uint8Array | null }} Invite `secret` is null when the link has none or a broken one. */

export const SECRET_BYTES = 32;
const SECRET_MIN_BYTES = 16;
const SECRET_MAX_BYTES = 64; // CLIENT_SECRET_MAX
const MEETING_MAX_BYTES = 64; // WIRE_MEETING_MAX
const MEETING_PATTERN = /^[a-z0-9][a-z0-9-]*$/;

/** @param {Uint8Array} bytes */
export function toBase64url(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Gives null when `text` is no base64url. @param {string} text @returns {Uint8Array<ArrayBuffer> | null} */
export function fromBase64url(text) {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) return null;
  return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
}

/** @param {string} fragment with or without the # */
function secretOf(fragment) {
  const bytes = fromBase64url(fragment.replace(/^#/, ''));
  return bytes && bytes.length >= SECRET_MIN_BYTES && bytes.length <= SECRET_MAX_BYTES ? bytes : null;
}

/** @param {string} name */
export const isMeeting = (name) => name.length <= MEETING_MAX_BYTES && MEETING_PATTERN.test(name);

/** What an address invites to, or null when it names no meeting. @param {string | URL} address @returns {Invite | null} */
export function parseInvite(address) {
  if (!URL.canParse(String(address))) return null;
  const url = new URL(address);
  const meeting = (url.searchParams.get('m') ?? /\/m\/([^/]+)\/?$/.exec(url.pathname)?.[1] ?? '').toLowerCase();
  return isMeeting(meeting) ? { meeting, secret: secretOf(url.hash) } : null;
}

/** @param {string} pageRoot address of the page's folder, ending in / @param {Invite} invite
 *  @param {boolean} paths the server answers /m/MEETING */
export function formatInvite(pageRoot, { meeting, secret }, paths) {
  const fragment = secret ? `#${toBase64url(secret)}` : '';
  return paths ? `${pageRoot}m/${meeting}${fragment}` : `${pageRoot}?m=${meeting}${fragment}`;
}

const LETTERS = 'abcdefghijkmnpqrstuvwxyz'; // no l and o: they look like digits

/** A new meeting, `abc-defg-hij`, and its secret. @param {(bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>} fillRandom */
export function newInvite(fillRandom = (bytes) => crypto.getRandomValues(bytes)) {
  const letters = [...fillRandom(new Uint8Array(10))].map((b) => LETTERS[b % LETTERS.length]).join('');
  const meeting = `${letters.slice(0, 3)}-${letters.slice(3, 7)}-${letters.slice(7)}`;
  return { meeting, secret: fillRandom(new Uint8Array(SECRET_BYTES)) };
}
