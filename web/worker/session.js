/* SPDX-License-Identifier: MIT */
/* session.js - the engine's shell. Every input goes through feed(): run it, drain what the engine wants done, set the timer.
 * It routes; transports, sources and pictures do the work. */
import { Client } from '../engine/client.js';
import { instantiate } from '../engine/loader.js';
import { decodableCodecs } from '../media/codecs.js';
import { nowUs } from './clock.js';
import { createLinks } from './links.js';
import { createMyTracks } from './my-tracks.js';
import { createTheirAudio } from './their-audio.js';
import { createTheirVideo } from './their-video.js';

/** @import { ClientEvent, LinkState, TrackKind, TrackSpec } from '../engine/types.js' */
/** @import { FromWorker, NamedTrackStats, StartConfig, ToWorker } from './messages.js' */

const SALT_BYTES = 16;
const LEVELS_INTERVAL_MS = 100;
const STATS_INTERVAL_MS = 1000;
const SLEEP_MS = 5000; // a second that lasts longer than this was a sleep
const TIMER_MAX_MS = 60_000;
const PROGRAM = 'parley-page/0.1';

/** @param {StartConfig} config @param {(message: FromWorker) => void} post */
export function createSession(config, post) {
  const engine = instantiate(config.wasm);
  /** @type {Client | null} */
  let client = null;
  /** What was asked before the engine was there. @type {((c: Client, now: number) => void)[]} */
  let waiting = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  /** @type {LinkState} */
  let state = 'idle';
  let draining = false;
  let over = false;
  /** What others publish, by `member/track`. @type {Map<string, { member: number, spec: TrackSpec }>} */
  const theirs = new Map();
  /** @type {Map<string, ReturnType<typeof createTheirVideo>>} */
  const pictures = new Map();

  /** @param {(c: Client, now: number) => void} act */
  function feed(act) {
    if (over) return;
    if (!client) return void waiting.push(act);
    try {
      act(client, nowUs());
      if (!draining) drain(client); // else: called from an event; the loop that runs takes what it caused
    } catch (error) {
      fail(error);
    }
  }

  /** @param {Client} c */
  function drain(c) {
    draining = true;
    for (let e = c.poll(nowUs()); e && !over; e = c.poll(nowUs())) onEvent(e);
    draining = false;
    if (!over) setTimer(c);
  }

  /** @param {Client} c */
  function setTimer(c) {
    clearTimeout(timer);
    const waitMs = (c.deadline() - nowUs()) / 1000;
    timer = setTimeout(() => feed((client, now) => client.tick(now)), Math.max(0, Math.min(TIMER_MAX_MS, Math.ceil(waitMs))));
  }

  const links = createLinks(config.relay, feed);
  const audio = createTheirAudio(config.playout, (member, track, ownUs) => feed((c, now) => c.onPlayout(member, track, ownUs, now)));
  const mine = createMyTracks(engine, config.vpxUrl, feed, (error) => console.warn('encoder:', error));

  /** @param {ClientEvent} e */
  function onEvent(e) {
    switch (e.type) {
      case 'dial': return links.dial(e);
      case 'hangup': return links.hangUp(e.link);
      case 'sendControl': return links.get(e.link)?.sendControl(/** @type {Uint8Array<ArrayBuffer>} */ (e.data));
      case 'sendDatagram': return links.get(e.link)?.sendDatagram(/** @type {Uint8Array<ArrayBuffer>} */ (e.data));
      case 'sendRun': return links.get(e.link)?.sendRun(e);
      case 'link': return onLink(e);
      case 'joined': return onJoined(e);
      case 'member': return post({ type: 'member', info: e.info });
      case 'gone': return onGone(e.member);
      case 'track': return onTrack(e.member, e.track);
      case 'trackGone': return onTrackGone(e.member, e.track);
      case 'chat': return post({ type: 'chat', member: e.member, text: e.text, atMs: Date.now() });
      case 'keys': return post({ type: 'keys', member: e.member, ok: e.ok });
      case 'notice': return post({ type: 'notice', code: e.code, text: e.text });
      case 'left': return end();
      case 'audio': return audio.take(e, theirs.get(`${e.member}/${e.track}`)?.spec.kind !== 'screenAudio');
      case 'video': return pictureOf(e.member, e.track).take(e);
      case 'encoder': return mine.order(e);
      case 'sound': return audio.hold(e);
    }
  }

  /** @param {Extract<ClientEvent, { type: 'link' }>} e */
  function onLink(e) {
    state = e.state;
    if (state === 'live') links.settled();
    const retryAtMs = Number.isFinite(e.retryAt) ? Date.now() + (e.retryAt - nowUs()) / 1000 : 0;
    post({ type: 'link', state: e.state, code: e.code, text: e.text, retryAtMs, transport: client?.stats(nowUs()).transport ?? '' });
  }

  /** @param {Extract<ClientEvent, { type: 'joined' }>} e */
  function onJoined(e) {
    post({ type: 'joined', member: e.member, resumed: e.resumed });
    setTimeout(() => post({ type: 'settled' }), STATS_INTERVAL_MS);
  }

  /** @param {number} member @param {TrackSpec} spec */
  function onTrack(member, spec) {
    theirs.set(`${member}/${spec.id}`, { member, spec });
    post({ type: 'track', member, track: { id: spec.id, kind: spec.kind, muted: spec.muted } });
  }

  /** @param {number} member @param {number} track */
  function onTrackGone(member, track) {
    theirs.delete(`${member}/${track}`);
    forget(member, track);
    audio.remove(member, track);
    post({ type: 'trackGone', member, track });
  }

  /** @param {number} member */
  function onGone(member) {
    for (const { member: owner, spec } of [...theirs.values()]) if (owner === member) onTrackGone(member, spec.id);
    audio.removeMember(member);
    post({ type: 'gone', member });
  }

  /** @param {number} member @param {number} track */
  function pictureOf(member, track) {
    const key = `${member}/${track}`;
    const known = pictures.get(key) ?? createTheirVideo({
      vpxUrl: config.vpxUrl,
      needKeyFrame: () => feed((c, now) => c.needKeyFrame(member, track, now)),
      shown: (width, height) => post({ type: 'picture', member, track, width, height }),
    });
    pictures.set(key, known);
    return known;
  }

  /** @param {number} member @param {number} track */
  function forget(member, track) {
    pictures.get(`${member}/${track}`)?.stop();
    pictures.delete(`${member}/${track}`);
  }

  // ---- what the page is told regularly ----

  const levelsTimer = setInterval(() => {
    if (state === 'live') post({ type: 'levels', levels: [[0, mine.takeLevel()], ...audio.takeLevels()] });
  }, LEVELS_INTERVAL_MS);

  let lastMs = Date.now();
  const sleepTimer = setInterval(() => {
    if (Date.now() - lastMs > SLEEP_MS) feed((c, now) => c.reconnect(now));
    lastMs = Date.now();
  }, 1000);

  /** @type {ReturnType<typeof setInterval> | undefined} */
  let statsTimer;
  /** @param {boolean} on */
  function watchStats(on) {
    clearInterval(statsTimer);
    if (!on) return;
    sendStats();
    statsTimer = setInterval(sendStats, STATS_INTERVAL_MS);
  }

  function sendStats() {
    if (!client) return;
    const all = [...mine.list(), ...[...theirs.values()].map(({ member, spec }) => ({ member, track: spec.id, kind: spec.kind }))];
    post({ type: 'stats', link: client.stats(nowUs()), tracks: all.flatMap(namedStats) });
  }

  /** Of sound, the playout knows best how it is heard. @param {{ member: number, track: number, kind: TrackKind }} of @returns {NamedTrackStats[]} */
  function namedStats({ member, track, kind }) {
    const stats = client?.trackStats(member, track);
    if (!stats) return [];
    const heard = audio.statsOf(member, track);
    const codec = kind === 'mic' || kind === 'screenAudio' ? 'Opus' : (member === 0 ? mine.codecOf(track) : pictures.get(`${member}/${track}`)?.codecName() ?? '').toUpperCase();
    return [{ ...stats, ...(heard ? { jitterUs: heard.jitterUs, targetUs: heard.delayUs } : {}), member, track, kind, codec }];
  }

  // ---- beginning and end ----

  async function begin() {
    const decodes = await decodableCodecs(config.vpxUrl);
    const random = crypto.getRandomValues(new Uint8Array(SALT_BYTES + 8));
    client = new Client(engine, {
      meeting: config.meeting, name: config.name, program: PROGRAM, secret: config.secret, salt: random.subarray(0, SALT_BYTES),
      seed: new DataView(random.buffer).getBigUint64(SALT_BYTES), decodes,
    }, nowUs());
    for (const act of waiting.splice(0)) feed(act);
    drain(client);
  }
  begin().catch(fail);

  /** @param {unknown} error */
  function fail(error) {
    if (over) return;
    stop();
    post({ type: 'failed', code: 'engine', text: String(/** @type {Error} */ (error)?.message ?? error) });
  }

  function stop() {
    over = true;
    clearTimeout(timer);
    clearInterval(levelsTimer);
    clearInterval(sleepTimer);
    clearInterval(statsTimer);
    mine.stop();
    for (const picture of pictures.values()) picture.stop();
    links.closeAll();
  }

  function end() {
    stop();
    post({ type: 'left' });
  }

  /** @param {ToWorker} m */
  function take(m) {
    switch (m.type) {
      case 'relay': return links.setRelay(m.relay);
      case 'leave': return feed((c, now) => c.leave(now));
      case 'reconnect': return feed((c, now) => c.reconnect(now));
      case 'name': return feed((c, now) => void c.setName(m.name, now));
      case 'capture': return mine.begin(m);
      case 'uncapture': return mine.end(m.kind);
      case 'mute': return mine.mute(m.kind, m.muted);
      case 'canvas': return theirs.has(`${m.member}/${m.track}`) ? pictureOf(m.member, m.track).setCanvas(m.canvas) : undefined; // else it has ended
      case 'wants': return feed((c, now) => void c.subscribe(m.wants, now));
      case 'chat': return feed((c, now) => void c.chat(m.text, now));
      case 'watchStats': return watchStats(m.on);
      case 'start': return undefined;
    }
  }
  return { take };
}
