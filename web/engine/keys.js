// SPDX-License-Identifier: MIT
// keys.js - core/crypto/keys.h outside of a client: seals as one member, opens as another.
/** @import { Engine } from './loader.js' */

export class Sealer {
  #x;
  #m;
  #s;
  /** Derives the key of one sender. A salt is random and new for every sealer with generation 0.
   * @param {Engine} engine @param {Uint8Array} secret of the group @param {Uint8Array} salt 16 bytes @param {number} [generation] */
  constructor({ exports, memory }, secret, salt, generation = 0) {
    this.#x = exports;
    this.#m = memory;
    memory.begin();
    this.#s = exports.sealer_new(memory.put(secret), secret.length, memory.put(salt), generation);
    if (!this.#s) throw new RangeError('the engine is out of memory');
  }
  /** Wipes the key. */
  close() {
    this.#x.sealer_del(this.#s);
    this.#s = 0;
  }
  /** SFrame header, sealed text and tag, with the next counter. @param {Uint8Array} plain @param {Uint8Array} metadata authenticated beside it */
  seal(plain, metadata) {
    const m = this.#m, cap = plain.length + m.constants.SFRAME_OVERHEAD_MAX;
    m.begin();
    const out = m.room(cap);
    const len = this.#x.sealer_seal(this.#s, m.put(metadata), metadata.length, out, cap, m.put(plain), plain.length);
    if (len < 0) throw new RangeError(m.ascii(this.#x.err_name(len)));
    return m.copy(out, len);
  }
}

export class Keyring {
  #x;
  #m;
  #k;
  /** @param {Engine} engine */
  constructor({ exports, memory }) {
    this.#x = exports;
    this.#m = memory;
    this.#k = exports.keyring_new();
    if (!this.#k) throw new RangeError('the engine is out of memory');
  }
  /** Wipes the keys. */
  close() {
    this.#x.keyring_del(this.#k);
    this.#k = 0;
  }
  /** @param {Uint8Array} secret @param {Uint8Array} salt @param {number} [generation] */
  add(secret, salt, generation = 0) {
    this.#m.begin();
    this.#x.keyring_add(this.#k, this.#m.put(secret), secret.length, this.#m.put(salt), generation);
  }
  /** The text, or the name of the error: 'auth', 'replay', 'no-key', 'parse' ...
   * @param {Uint8Array} sealed @param {Uint8Array} metadata @returns {Uint8Array | string} */
  open(sealed, metadata) {
    const m = this.#m;
    m.begin();
    const out = m.room(sealed.length);
    const len = this.#x.keyring_open(this.#k, m.put(metadata), metadata.length, out, sealed.length, m.put(sealed), sealed.length);
    return len < 0 ? m.ascii(this.#x.err_name(len)) : m.copy(out, len);
  }
}
