// SPDX-License-Identifier: MIT
// client.js - core/session/client.h for the worker: a whole participant without I/O.
//
// The contract is that of client.h: give one input, drain poll() until it returns null, sleep until deadline(). Methods that can
// fail return 0 or a negative number; errName() names it.
/** @import { Engine } from './loader.js' */
/** @import { ClientConfig, ClientEvent, ClientStats, Codec, LinkState, Media, MediaIn, Role, RunEnd, TrackKind, TrackSpec, TrackStats, Transport,
 *   Want } from './types.js' */

/** @type {Record<string, Transport>} */
const TRANSPORTS = { TRANSPORT_WEBTRANSPORT: 'webtransport', TRANSPORT_WEBSOCKET: 'websocket' };
/** @type {Record<string, TrackKind>} */
const KINDS = { TRACK_MIC: 'mic', TRACK_CAMERA: 'camera', TRACK_SCREEN: 'screen', TRACK_SCREEN_AUDIO: 'screenAudio' };
/** @type {Record<string, Codec>} */
const CODECS = { CODEC_OPUS: 'opus', CODEC_VP8: 'vp8', CODEC_VP9: 'vp9', CODEC_AV1: 'av1' };
/** @type {Record<string, RunEnd>} */
const ENDS = { RUN_MORE: 'more', RUN_END: 'end', RUN_RESET: 'reset' };
/** @type {Record<string, Role>} */
const ROLES = { ROLE_MEMBER: 'member', ROLE_HOST: 'host', ROLE_VIEWER: 'viewer' };
/** @type {Record<string, LinkState>} */
const STATES = {
  LINK_IDLE: 'idle', LINK_DIALING: 'dialing', LINK_JOINING: 'joining', LINK_LIVE: 'live', LINK_RETRYING: 'retrying',
  LINK_REFUSED: 'refused', LINK_LEAVING: 'leaving', LINK_LEFT: 'left',
};

/** A C enum both ways. @template {string} T */
class Names {
  /** @type {Map<number, T>} */ #name = new Map();
  /** @type {Map<T, number>} */ #number = new Map();
  /** @param {Record<string, number>} constants @param {Record<string, T>} names */
  constructor(constants, names) {
    for (const c in names) {
      this.#name.set(constants[c], names[c]);
      this.#number.set(names[c], constants[c]);
    }
  }
  /** @param {number} number @returns {T} */
  name(number) {
    return /** @type {T} */ (this.#name.get(number) ?? '');
  }
  /** @param {T} name */
  number(name) {
    const number = this.#number.get(name);
    if (number === undefined) throw new TypeError(`unknown name: ${name}`);
    return number;
  }
}

export class Client {
  #x;
  #m;
  #c = 0;
  #s;
  #transports;
  #kinds;
  #codecs;
  #ends;
  #roles;
  #states;
  /** @type {Map<number, (e: number) => ClientEvent>} */ #events = new Map();

  /** Gives a client that wants to dial. @param {Engine} engine @param {ClientConfig} config @param {number} now */
  constructor({ exports, memory }, config, now) {
    this.#x = exports;
    this.#m = memory;
    this.#s = memory.structs;
    const { constants } = memory;
    this.#transports = new Names(constants, TRANSPORTS);
    this.#kinds = new Names(constants, KINDS);
    this.#codecs = new Names(constants, CODECS);
    this.#ends = new Names(constants, ENDS);
    this.#roles = new Names(constants, ROLES);
    this.#states = new Names(constants, STATES);
    this.#mapEvents(constants);
    this.#c = exports.client_new(this.#putConfig(config), now);
    if (!this.#c) throw new RangeError('the engine refused the configuration of this client');
  }
  /** Wipes keys and frees; the object is dead. */
  close() {
    this.#x.client_del(this.#c);
    this.#c = 0;
  }

  /** @param {ClientConfig} config */
  #putConfig({ meeting, name = '', token = '', program = '', secret, salt, seed = 0, decodes = [] }) {
    const m = this.#m, struct = this.#s.client_config;
    m.begin();
    const at = m.putStructs(struct);
    const strings = [meeting, name, token, program].map((text) => m.putString(text));
    const mask = decodes.reduce((bits, codec) => bits | (1 << this.#codecs.number(codec)), 0);
    m.set(at, struct, { meeting: strings[0], name: strings[1], token: strings[2], program: strings[3] });
    m.set(at, struct, { secret, secretLen: secret.length, salt, seed, decodes: mask });
    return at;
  }

  // ---- the connection ----

  /** @param {number} link @param {Transport} transport @param {number} datagramBytes 0 for WebSocket @param {number} now */
  onOpen(link, transport, datagramBytes, now) {
    this.#x.client_on_open(this.#c, link, this.#transports.number(transport), datagramBytes, now);
  }
  /** @param {number} link @param {number} now */
  onClosed(link, now) {
    this.#x.client_on_closed(this.#c, link, now);
  }
  /** @param {number} link @param {Uint8Array} data @param {number} now */
  onControl(link, data, now) {
    this.#m.begin();
    this.#x.client_on_control(this.#c, link, this.#m.put(data), data.length, now);
  }
  /** @param {number} link @param {Uint8Array} data @param {number} now */
  onDatagram(link, data, now) {
    this.#m.begin();
    this.#x.client_on_datagram(this.#c, link, this.#m.put(data), data.length, now);
  }
  /** @param {number} link @param {number} run @param {Uint8Array} data @param {RunEnd} end @param {number} now */
  onRun(link, run, data, end, now) {
    this.#m.begin();
    this.#x.client_on_run(this.#c, link, run, this.#m.put(data), data.length, this.#ends.number(end), now);
  }
  /** @param {number} link @param {Uint8Array} data @param {number} now */
  onMessage(link, data, now) {
    this.#m.begin();
    this.#x.client_on_message(this.#c, link, this.#m.put(data), data.length, now);
  }
  /** @param {number} now */
  reconnect(now) {
    this.#x.client_reconnect(this.#c, now);
  }
  /** @param {number} now */
  leave(now) {
    this.#x.client_leave(this.#c, now);
  }

  // ---- my tracks ----

  /** @param {TrackSpec} spec @param {number} now @returns {number} */
  publish({ id, kind, muted, layers }, now) {
    const m = this.#m, struct = this.#s.track_spec, layer = this.#s.layer_spec;
    if (layers.length > m.constants.WIRE_LAYERS_MAX) return m.constants.ERR_LIMIT;
    m.begin();
    const at = m.putStructs(struct);
    m.set(at, struct, { id, kind: this.#kinds.number(kind), muted, layers: layers.length });
    layers.forEach((spec, i) => m.set(m.get(at, struct, 'layer') + i * layer.size, layer, { ...spec }));
    return this.#x.client_publish(this.#c, at, now);
  }
  /** @param {number} track @param {number} now @returns {number} */
  unpublish(track, now) {
    return this.#x.client_unpublish(this.#c, track, now);
  }
  /** @param {string} name @param {number} now @returns {number} */
  setName(name, now) {
    this.#m.begin();
    return this.#x.client_set_name(this.#c, this.#m.putString(name), now);
  }
  /** Seals and sends one frame or audio packet. @param {Media} media @param {number} now @returns {number} */
  send({ codec, data, ...rest }, now) {
    const m = this.#m, struct = this.#s.media;
    m.begin();
    const at = m.putStructs(struct);
    m.set(at, struct, { ...rest, codec: this.#codecs.number(codec), data: m.put(data), len: data.length });
    return this.#x.client_send(this.#c, at, now);
  }

  // ---- the others ----

  /** Replaces what is wanted to be seen. @param {Want[]} wants @param {number} now @returns {number} */
  subscribe(wants, now) {
    const m = this.#m, struct = this.#s.want;
    m.begin();
    const at = m.putStructs(struct, wants.length);
    wants.forEach((want, i) => m.set(at + i * struct.size, struct, { ...want }));
    return this.#x.client_subscribe(this.#c, at, wants.length, now);
  }
  /** @param {number} member @param {number} track @param {number} now */
  needKeyFrame(member, track, now) {
    this.#x.client_need_key_frame(this.#c, member, track, now);
  }
  /** @param {number} member @param {number} track @param {number} ownUs of PlayoutStats @param {number} now */
  onPlayout(member, track, ownUs, now) {
    this.#x.client_on_playout(this.#c, member, track, ownUs, now);
  }
  /** @param {string} text @param {number} now @returns {number} */
  chat(text, now) {
    const data = new TextEncoder().encode(text);
    this.#m.begin();
    return this.#x.client_chat(this.#c, this.#m.put(data), data.length, now);
  }

  // ---- time and output ----

  /** @param {number} now */
  tick(now) {
    this.#x.client_tick(this.#c, now);
  }
  /** When to call tick(); Infinity when only input can change anything. @returns {number} */
  deadline() {
    return this.#x.client_deadline(this.#c);
  }
  /** The next output, or null. @param {number} now @returns {ClientEvent | null} */
  poll(now) {
    const e = this.#x.client_poll(this.#c, now);
    if (!e) return null;
    const make = this.#events.get(this.#m.get(e, this.#s.client_event, 'type'));
    return make ? make(e) : this.poll(now);
  }

  /** @param {Record<string, number>} k */
  #mapEvents(k) {
    const m = this.#m;
    /** @param {number} e @param {string} name */
    const get = (e, name) => m.get(e, this.#s.client_event, name);
    /** @param {number} e */
    const data = (e) => m.copy(get(e, 'data'), get(e, 'len'));
    /** @param {number} e */
    const why = (e) => ({ code: m.utf8(get(e, 'code')), text: m.utf8(get(e, 'text')) });
    /** @param {number} e */
    const whose = (e) => ({ member: get(e, 'member'), track: get(e, 'track') });
    this.#events
      .set(k.CLIENT_DIAL, (e) => ({ type: 'dial', link: get(e, 'link'), upgrade: get(e, 'upgrade'), relay: m.utf8(get(e, 'text')) }))
      .set(k.CLIENT_HANGUP, (e) => ({ type: 'hangup', link: get(e, 'link') }))
      .set(k.CLIENT_SEND_CONTROL, (e) => ({ type: 'sendControl', link: get(e, 'link'), data: data(e) }))
      .set(k.CLIENT_SEND_DATAGRAM, (e) => ({ type: 'sendDatagram', link: get(e, 'link'), data: data(e) }))
      .set(k.CLIENT_SEND_RUN, (e) => ({
        type: 'sendRun', link: get(e, 'link'), run: get(e, 'run'), begin: get(e, 'runBegin'), end: this.#ends.name(get(e, 'runEnd')),
        priority: get(e, 'priority'), data: data(e),
      }))
      .set(k.CLIENT_LINK, (e) => ({ type: 'link', state: this.#states.name(get(e, 'state')), ...why(e), retryAt: get(e, 'retryAt') }))
      .set(k.CLIENT_JOINED, (e) => ({ type: 'joined', member: get(e, 'member'), resumed: get(e, 'resumed') }))
      .set(k.CLIENT_MEMBER, (e) => ({ type: 'member', info: this.#memberInfo(get(e, 'info')) }))
      .set(k.CLIENT_GONE, (e) => ({ type: 'gone', member: get(e, 'member') }))
      .set(k.CLIENT_TRACK, (e) => ({ type: 'track', member: get(e, 'member'), track: this.#trackSpec(get(e, 'trackInfo')) }))
      .set(k.CLIENT_TRACK_GONE, (e) => ({ type: 'trackGone', ...whose(e) }))
      .set(k.CLIENT_CHAT, (e) => ({ type: 'chat', member: get(e, 'member'), text: new TextDecoder().decode(data(e)), at: get(e, 'at') }))
      .set(k.CLIENT_KEYS, (e) => ({ type: 'keys', member: get(e, 'member'), ok: get(e, 'ok') }))
      .set(k.CLIENT_NOTICE, (e) => ({ type: 'notice', ...why(e) }))
      .set(k.CLIENT_LEFT, () => ({ type: 'left' }))
      .set(k.CLIENT_AUDIO, (e) => ({ type: 'audio', ...whose(e), seq: get(e, 'seq'), media: this.#media(get(e, 'media')) }))
      .set(k.CLIENT_VIDEO, (e) => ({
        type: 'video', ...whose(e), spatial: get(e, 'spatial'), seq: get(e, 'seq'), media: this.#media(get(e, 'media')), due: get(e, 'due'), hidden: get(e, 'hidden'),
      }))
      .set(k.CLIENT_ENCODER, (e) => ({
        type: 'encoder', track: get(e, 'track'), spatial: get(e, 'spatial'), wanted: get(e, 'wanted'), targetBps: get(e, 'targetBps'),
        keyWanted: get(e, 'keyWanted'),
      }))
      .set(k.CLIENT_SOUND, (e) => ({ type: 'sound', ...whose(e), holdUs: get(e, 'holdUs') }));
  }
  /** @param {number} at */
  #memberInfo(at) {
    const m = this.#m, s = this.#s.member_info;
    return {
      id: m.get(at, s, 'id'), role: this.#roles.name(m.get(at, s, 'role')), away: m.get(at, s, 'away'), name: m.utf8(m.get(at, s, 'name')),
    };
  }
  /** @param {number} at @returns {TrackSpec} */
  #trackSpec(at) {
    const m = this.#m, s = this.#s.track_spec, layer = this.#s.layer_spec;
    const count = m.get(at, s, 'layers'), first = m.get(at, s, 'layer');
    return {
      id: m.get(at, s, 'id'), kind: this.#kinds.name(m.get(at, s, 'kind')), muted: m.get(at, s, 'muted'),
      layers: Array.from({ length: count }, (_, i) => m.object(first + i * layer.size, layer)),
    };
  }
  /** @param {number} at @returns {MediaIn} */
  #media(at) {
    const m = this.#m, s = this.#s.media, { codec, len, ...rest } = m.object(at, s);
    return { ...rest, codec: this.#codecs.name(codec), data: m.copy(m.get(at, s, 'data'), len) };
  }

  // ---- numbers for people ----

  /** @param {number} now @returns {ClientStats} */
  stats(now) {
    const m = this.#m, struct = this.#s.client_stats;
    m.begin();
    const at = m.putStructs(struct);
    this.#x.client_stats(this.#c, at, now);
    const stats = m.object(at, struct);
    return { ...stats, transport: this.#transports.name(stats.transport) };
  }
  /** null when there is no such track. Member 0 is myself. @param {number} member @param {number} track @returns {TrackStats | null} */
  trackStats(member, track) {
    const m = this.#m, struct = this.#s.track_stats;
    m.begin();
    const at = m.putStructs(struct);
    return this.#x.client_track_stats(this.#c, member, track, at) === 0 ? m.object(at, struct) : null;
  }
  /** A short English name for a negative result. @param {number} err */
  errName(err) {
    return this.#m.ascii(this.#x.err_name(err));
  }
}
