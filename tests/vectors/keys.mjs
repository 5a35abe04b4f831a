// SPDX-License-Identifier: MIT
// Makes keys.json with node's crypto, an implementation independent of ours: from group secret, salt and generation to sealed bytes.
//   node tests/vectors/keys.mjs > tests/vectors/keys.json
import { createCipheriv, createHmac, hkdfSync } from 'node:crypto';

const SUITE = 0xf001;
const bytes = (text) => Buffer.from(text, 'utf8');

function uint(value, length) {
  return Buffer.from(BigInt(value).toString(16).padStart(2 * length, '0'), 'hex');
}

/** The least bytes that hold `value`. */
function least(value) {
  const hex = BigInt(value).toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}

/** RFC 9605 section 4.3. */
function header(kid, ctr) {
  const part = (v) => (v < 8n ? [Number(v), Buffer.alloc(0)] : [8 | (least(v).length - 1), least(v)]);
  const [k, kidBytes] = part(kid);
  const [c, ctrBytes] = part(ctr);
  return Buffer.concat([Buffer.from([(k << 4) | c]), kidBytes, ctrBytes]);
}

function expand(secret, label, length) {
  return createHmac('sha256', secret).update(Buffer.concat([label, Buffer.from([1])])).digest().subarray(0, length);
}

function row({ secret, salt, kid, ctr, metadata, pt }) {
  const base = Buffer.from(hkdfSync('sha256', secret, salt, bytes('parley/1 sframe base'), 32));
  const sframeSecret = createHmac('sha256', Buffer.alloc(32)).update(base).digest();
  const tail = Buffer.concat([uint(kid, 8), uint(SUITE, 2)]);
  const keyLabel = Buffer.concat([bytes('SFrame 1.0 Secret key '), tail]);
  const saltLabel = Buffer.concat([bytes('SFrame 1.0 Secret salt '), tail]);
  const key = expand(sframeSecret, keyLabel, 32);
  const sframeSalt = expand(sframeSecret, saltLabel, 12);
  const nonce = Buffer.from(sframeSalt);
  uint(ctr, 12).forEach((b, i) => { nonce[i] ^= b; });
  const aad = Buffer.concat([header(kid, ctr), metadata]);
  const cipher = createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  cipher.setAAD(aad, { plaintextLength: pt.length });
  const ct = Buffer.concat([header(kid, ctr), cipher.update(pt), cipher.final(), cipher.getAuthTag()]);
  const values = {
    group_secret: secret, member_salt: salt, base_key: base, sframe_key_label: keyLabel, sframe_salt_label: saltLabel,
    sframe_secret: sframeSecret, sframe_key: key, sframe_salt: sframeSalt, metadata, nonce, aad, pt, ct,
  };
  const hex = Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.toString('hex')]));
  return { cipher_suite: SUITE, kid: Number(kid), ctr: Number(ctr), ...hex };
}

const counting = (length, first = 0) => Buffer.from(Array.from({ length }, (_, i) => (first + i) & 255));
const sframe = [
  row({ secret: counting(32), salt: counting(16, 100), kid: 0n, ctr: 0n, metadata: counting(32, 50), pt: bytes('hello') }),
  row({ secret: counting(32), salt: counting(16, 100), kid: 0n, ctr: 7n, metadata: bytes('parley/1 chat'), pt: bytes('') }),
  row({ secret: bytes('short'), salt: Buffer.alloc(16), kid: 3n, ctr: 4096n, metadata: bytes(''), pt: counting(200) }),
  row({ secret: counting(64, 9), salt: counting(16, 1), kid: 1000n, ctr: 2n ** 40n, metadata: counting(32), pt: counting(1200) }),
];
console.log(JSON.stringify({ sframe }, null, 1));
