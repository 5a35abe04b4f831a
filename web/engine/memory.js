// SPDX-License-Identifier: MIT
// memory.js - the one file that touches WASM memory: struct fields by name, strings, and room for the input of a call.
//
// Offsets, sizes and constants come from the table that the module itself carries (wasm-src/layout.h), so they cannot disagree
// with the code. Works where there is no TextDecoder (AudioWorklet) as long as no UTF-8 string is read or written.

/** @typedef {{ offset: number, kind: number, bytes: number }} Field */
/** @typedef {{ size: number, fields: Record<string, Field> }} Struct */
/** @typedef {number | boolean | bigint | Uint8Array} Value */

/** As enum layout_kind in wasm-src/layout.h. */
const CONSTANT = 0, SIZE = 1, BOOL = 2, U8 = 3, U32 = 4, I32 = 5, U64 = 6, I64 = 7, F32 = 8, F64 = 9, POINTER = 10, INLINE = 11;
/** INT64_MAX, "nothing scheduled". */
const NEVER = 0x7fffffffffffffffn;
const SCRATCH_BYTES = 16384;

/** @param {string} name */
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

export class Memory {
  #memory;
  #alloc;
  #free;
  #view = new DataView(new ArrayBuffer(0));
  #u8 = new Uint8Array(0);
  #scratch = { at: 0, used: 0, size: 0 };
  /** Blocks that became too small during a call; freed at the next. @type {number[]} */
  #outgrown = [];
  /** @type {Record<string, Struct>} */ structs = {};
  /** @type {Record<string, number>} */ constants = {};

  /** @param {any} exports of the module: memory, alloc, release, layout */
  constructor(exports) {
    this.#memory = /** @type {WebAssembly.Memory} */ (exports.memory);
    this.#alloc = /** @type {(bytes: number) => number} */ (exports.alloc);
    this.#free = /** @type {(at: number) => void} */ (exports.release);
    this.#readLayout(exports.layout());
  }

  /** Views die when memory grows, so they are asked for again at every use. */
  get view() {
    if (this.#view.buffer !== this.#memory.buffer) this.#view = new DataView(this.#memory.buffer);
    return this.#view;
  }
  get u8() {
    if (this.#u8.buffer !== this.#memory.buffer) this.#u8 = new Uint8Array(this.#memory.buffer);
    return this.#u8;
  }

  /** @param {number} at */
  #readLayout(at) {
    for (const view = this.view; view.getUint32(at, true); at += 16) {
      const name = this.ascii(view.getUint32(at, true));
      const kind = view.getUint32(at + 4, true), value = view.getInt32(at + 8, true), bytes = view.getUint32(at + 12, true);
      if (kind === CONSTANT) this.constants[name] = value;
      else if (kind === SIZE) this.structs[name] = { size: value, fields: {} };
      else this.#addField(name, { offset: value, kind, bytes });
    }
  }
  /** @param {string} name as "struct.field" @param {Field} field */
  #addField(name, field) {
    const dot = name.indexOf('.');
    this.structs[name.slice(0, dot)].fields[camel(name.slice(dot + 1))] = field;
  }

  // ---- reading ----

  /** A field of the struct at `at`: a number (64-bit times too; NEVER is Infinity), a boolean, or the address of an inline array or struct.
   * @param {number} at @param {Struct} struct @param {string} name @returns {any} */
  get(at, struct, name) {
    const { offset, kind } = struct.fields[name];
    const view = this.view, p = at + offset;
    switch (kind) {
      case BOOL: return view.getUint8(p) !== 0;
      case U8: return view.getUint8(p);
      case I32: return view.getInt32(p, true);
      case U64: return Number(view.getBigUint64(p, true));
      case I64: return this.#time(view.getBigInt64(p, true));
      case F32: return view.getFloat32(p, true);
      case F64: return view.getFloat64(p, true);
      case INLINE: return p;
      default: return view.getUint32(p, true);
    }
  }
  /** @param {bigint} v */
  #time(v) {
    return v === NEVER ? Infinity : Number(v);
  }
  /** All number and boolean fields of the struct at `at`. @param {number} at @param {Struct} struct @returns {any} */
  object(at, struct) {
    /** @type {Record<string, number | boolean>} */
    const out = {};
    for (const name in struct.fields)
      if (struct.fields[name].kind < POINTER) out[name] = this.get(at, struct, name);
    return out;
  }
  /** A copy. @param {number} at @param {number} len */
  copy(at, len) {
    return this.u8.slice(at, at + len);
  }
  /** Borrowed: good until the next call into the module. @param {number} at @param {number} len */
  bytes(at, len) {
    return this.u8.subarray(at, at + len);
  }
  /** Borrowed: good until the next call into the module. @param {number} at @param {number} count */
  floats(at, count) {
    return new Float32Array(this.#memory.buffer, at, count);
  }
  /** A zero-terminated string; '' for NULL. @param {number} at */
  ascii(at) {
    let text = '';
    for (const u8 = this.u8; at && u8[at]; at++) text += String.fromCharCode(u8[at]);
    return text;
  }
  /** @param {number} at */
  utf8(at) {
    if (!at) return '';
    return new TextDecoder().decode(this.copy(at, this.u8.indexOf(0, at) - at));
  }

  // ---- writing: begin(), then as many pieces as the call needs ----

  /** Takes back the room of the last call's input. */
  begin() {
    for (const at of this.#outgrown) this.#free(at);
    this.#outgrown.length = 0;
    this.#scratch.used = 0;
  }
  /** Room for `size` bytes, 16-aligned, not zeroed. @param {number} size */
  room(size) {
    const s = this.#scratch;
    if (s.used + size > s.size) this.#grow(size);
    const at = s.at + s.used;
    s.used += (size + 15) & ~15;
    return at;
  }
  /** @param {number} size */
  #grow(size) {
    const s = this.#scratch;
    if (s.at) this.#outgrown.push(s.at);
    s.size = Math.max(2 * s.size, size + 16, SCRATCH_BYTES);
    s.used = 0;
    s.at = this.#alloc(s.size);
    if (!s.at) throw new RangeError('the engine is out of memory');
  }
  /** @param {Uint8Array} data */
  put(data) {
    const at = this.room(data.length);
    this.u8.set(data, at);
    return at;
  }
  /** @param {string} text */
  putString(text) {
    const data = new TextEncoder().encode(text);
    const at = this.room(data.length + 1);
    this.u8.set(data, at);
    this.u8[at + data.length] = 0;
    return at;
  }
  /** Room for `count` structs in a row, all zero. @param {Struct} struct @param {number} [count] */
  putStructs(struct, count = 1) {
    const at = this.room(struct.size * count);
    this.u8.fill(0, at, at + struct.size * count);
    return at;
  }
  /** @param {number} at @param {Struct} struct @param {Record<string, Value | undefined>} values; undefined leaves the field as it is */
  set(at, struct, values) {
    for (const name in values) {
      const value = values[name];
      if (value !== undefined) this.#setField(at, struct.fields[name], value);
    }
  }
  /** @param {number} at @param {Field} field @param {Value} value */
  #setField(at, { offset, kind, bytes }, value) {
    const view = this.view, p = at + offset;
    switch (kind) {
      case BOOL: return view.setUint8(p, value ? 1 : 0);
      case U8: return view.setUint8(p, Number(value));
      case U64: return view.setBigUint64(p, BigInt(/** @type {number} */ (value)), true);
      case I64: return view.setBigInt64(p, value === Infinity ? NEVER : BigInt(Math.round(Number(value))), true);
      case F32: return view.setFloat32(p, Number(value), true);
      case F64: return view.setFloat64(p, Number(value), true);
      case INLINE: return this.u8.set(/** @type {Uint8Array} */ (value).subarray(0, bytes), p);
      default: return view.setUint32(p, Number(value), true);
    }
  }
}
