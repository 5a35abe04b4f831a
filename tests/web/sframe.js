// SPDX-License-Identifier: MIT
// sframe.js - for tests: SFrame (RFC 9605) with our suite a second time, written from the RFC and docs/encryption.md alone, on
// libsodium.js and node's HKDF. Shares no line with the engine.
import { createHmac, hkdfSync } from 'node:crypto';
import sodium from 'libsodium-wrappers';

await sodium.ready;

const SUITE = 0xf001, KEY_BYTES = 32, NONCE_BYTES = 12;

/** @param {number} value @param {number} bytes @returns {Buffer} big-endian */
function number(value, bytes) {
  const out = Buffer.alloc(bytes);
  for (let i = bytes - 1, rest = BigInt(value); i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 255n);
  return out;
}

/** RFC 5869 section 2.3. @param {Buffer} prk @param {Buffer} info @param {number} length */
function expand(prk, info, length) {
  let block = Buffer.alloc(0), out = Buffer.alloc(0);
  for (let i = 1; out.length < length; i++) {
    block = createHmac('sha256', prk).update(block).update(info).update(Buffer.from([i])).digest();
    out = Buffer.concat([out, block]);
  }
  return out.subarray(0, length);
}

/** The sender's base key, then the key schedule of section 4.4.2. @param {Uint8Array} secret @param {Uint8Array} salt @param {number} kid */
export function keysOf(secret, salt, kid) {
  const base = Buffer.from(hkdfSync('sha256', secret, salt, 'parley/1 sframe base', 32));
  const prk = createHmac('sha256', Buffer.alloc(0)).update(base).digest();
  const info = Buffer.concat([number(kid, 8), number(SUITE, 2)]);
  return {
    kid,
    key: expand(prk, Buffer.concat([Buffer.from('SFrame 1.0 Secret key '), info]), KEY_BYTES),
    salt: expand(prk, Buffer.concat([Buffer.from('SFrame 1.0 Secret salt '), info]), NONCE_BYTES),
  };
}

/** Section 4.3: small values in the first byte, others in as few bytes as they need. @param {number} kid @param {number} counter */
function header(kid, counter) {
  const bytesOf = (/** @type {number} */ v) => Math.max(1, Math.ceil(v.toString(16).length / 2));
  const field = (/** @type {number} */ v) => (v < 8 ? { bits: v, tail: Buffer.alloc(0) } : { bits: 8 | (bytesOf(v) - 1), tail: number(v, bytesOf(v)) });
  const k = field(kid), c = field(counter);
  return Buffer.concat([Buffer.from([(k.bits << 4) | c.bits]), k.tail, c.tail]);
}

/** @param {{ salt: Buffer }} keys @param {number} counter */
const nonce = ({ salt }, counter) => salt.map((b, i) => b ^ number(counter, NONCE_BYTES)[i]);

/** @param {ReturnType<typeof keysOf>} keys @param {number} counter @param {Uint8Array} plain @param {Uint8Array} metadata */
export function seal(keys, counter, plain, metadata) {
  const head = header(keys.kid, counter), aad = Buffer.concat([head, metadata]);
  return Buffer.concat([head, sodium.crypto_aead_chacha20poly1305_ietf_encrypt(plain, aad, null, nonce(keys, counter), keys.key)]);
}

/** Throws when the tag does not match. @param {ReturnType<typeof keysOf>} keys @param {Uint8Array} sealed @param {Uint8Array} metadata */
export function open(keys, sealed, metadata) {
  let at = 1;
  const field = (/** @type {number} */ bits) => {
    if (bits < 8) return bits;
    const from = at;
    at += (bits & 7) + 1;
    return Number(`0x${Buffer.from(sealed.subarray(from, at)).toString('hex')}`);
  };
  const kid = field(sealed[0] >> 4), counter = field(sealed[0] & 15);
  const aad = Buffer.concat([sealed.subarray(0, at), metadata]);
  const plain = sodium.crypto_aead_chacha20poly1305_ietf_decrypt(null, sealed.subarray(at), aad, nonce(keys, counter), keys.key);
  return { kid, counter, plain: Buffer.from(plain) };
}
