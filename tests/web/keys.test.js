// SPDX-License-Identifier: MIT
// What the engine seals, libsodium.js opens with an SFrame of its own, and the other way round.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Keyring, Sealer } from '../../web/engine/keys.js';
import { loadModule } from './modules.js';
import { keysOf, open, seal } from './sframe.js';

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i * 7), SALT = Uint8Array.from({ length: 16 }, (_, i) => 255 - i);
const METADATA = new TextEncoder().encode('parley/1 chat');
/** Lengths about the block sizes of ChaCha20 and its SIMD code, and one large frame. */
const LENGTHS = [0, 1, 15, 16, 17, 63, 64, 65, 255, 256, 257, 511, 512, 1000, 1200, 65537];
const text = (/** @type {number} */ length) => Buffer.from(Uint8Array.from({ length }, (_, i) => (i * 31) ^ (i >> 8)));

describe('sealing', async () => {
  const engine = await loadModule('engine');

  it('is opened by libsodium.js', () => {
    for (const generation of [0, 5, 8, 300]) {
      const sealer = new Sealer(engine, SECRET, SALT, generation), keys = keysOf(SECRET, SALT, generation);
      for (let counter = 0; counter < 300; counter++) {
        const plain = text(LENGTHS[counter % LENGTHS.length]), got = open(keys, sealer.seal(plain, METADATA), METADATA);
        assert.deepEqual([got.kid, got.counter], [generation, counter]);
        assert.ok(got.plain.equals(plain), `${plain.length} bytes`);
      }
      sealer.close();
    }
  });

  it('opens what libsodium.js sealed', () => {
    const keyring = new Keyring(engine);
    for (const generation of [0, 300]) {
      keyring.add(SECRET, SALT, generation);
      const keys = keysOf(SECRET, SALT, generation);
      for (const [i, counter] of [0, 1, 7, 8, 255, 256, 65536, 2 ** 32, 2 ** 40 + 1].entries()) {
        const plain = text(LENGTHS[i]), got = keyring.open(seal(keys, counter, plain, METADATA), METADATA);
        assert.ok(got instanceof Uint8Array && Buffer.from(got).equals(plain), `counter ${counter}: ${got}`);
      }
    }
    keyring.close();
  });

  it('refuses other secrets, altered bytes, other metadata, and the same object twice', () => {
    const keyring = new Keyring(engine), keys = keysOf(SECRET, SALT, 0), plain = text(100);
    keyring.add(SECRET, SALT);
    const sealed = seal(keys, 9, plain, METADATA);
    assert.equal(keyring.open(seal(keysOf(SALT, SALT, 0), 9, plain, METADATA), METADATA), 'auth');
    assert.equal(keyring.open(seal(keysOf(SECRET, SALT, 1), 9, plain, METADATA), METADATA), 'no-key');
    assert.equal(keyring.open(sealed, METADATA.subarray(1)), 'auth');
    for (let i = 2; i < sealed.length; i++) {
      const altered = Uint8Array.from(sealed);
      altered[i] ^= 1;
      assert.equal(keyring.open(altered, METADATA), 'auth', `byte ${i}`);
    }
    assert.ok(keyring.open(sealed, METADATA) instanceof Uint8Array);
    assert.equal(keyring.open(sealed, METADATA), 'replay');
    keyring.close();
  });

  it('uses a counter once', () => {
    const sealer = new Sealer(engine, SECRET, SALT), seen = new Set();
    for (let i = 0; i < 1000; i++) seen.add(Buffer.from(sealer.seal(text(1), METADATA)).toString('hex'));
    assert.equal(seen.size, 1000);
    sealer.close();
  });
});
