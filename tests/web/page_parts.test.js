/* SPDX-License-Identifier: MIT */
/* The page's small pure parts: layout, stage, texts, level, ladder, clock, problems, config. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from '../../web/config.js';
import { layersOf } from '../../web/media/ladder.js';
import { gridCapacity, gridOf } from '../../web/state/layout.js';
import { createSpeakerMeter, levelOf, sameSet } from '../../web/state/level.js';
import { initialMeeting, reduceMeeting } from '../../web/state/meeting.js';
import { problemOf } from '../../web/state/problems.js';
import { loadPreferences, savePreferences } from '../../web/state/preferences.js';
import { stageOf } from '../../web/state/stage.js';
import { chooseLanguage, problemText, refusalText, text, textTable } from '../../web/state/texts.js';
import { createCaptureClock } from '../../web/worker/clock.js';

test('a grid is as large as the room allows and never larger', () => {
  const rooms = [[1280, 700], [360, 600], [344, 560], [1920, 1000], [800, 800]];
  for (const [width, height] of rooms) {
    for (let count = 1; count <= 25; count++) {
      const g = gridOf(count, width, height, 10);
      assert.ok(g.columns * g.rows >= count);
      assert.ok(g.columns * g.width + (g.columns - 1) * 10 <= width && g.rows * g.height + (g.rows - 1) * 10 <= height, `${count} in ${width}x${height}`);
      assert.ok(g.width > 0 && g.width / g.height < 1.8 && g.width / g.height > 0.74);
    }
  }
  assert.deepEqual([gridOf(4, 1280, 720, 10).columns, gridOf(2, 360, 640, 10).columns, gridOf(6, 1280, 720, 10).columns], [2, 1, 3]);
  assert.equal(gridCapacity(360, 600, 10, 150), 2 * 6);
});

const room = (...events) => events.reduce(reduceMeeting, initialMeeting());
const come = (id) => [{ type: 'member', info: { id, name: `m${id}`, role: 'member', away: false } }, { type: 'track', member: id, track: { id: 2, kind: 'camera', muted: false } }];
const self = { name: 'me', camera: true, mic: true, screen: false };

test('alone, a pair, a grid, a screen', () => {
  assert.deepEqual(stageOf(room(), self, 9).main.map((t) => t.key), ['0/camera']);
  const pair = stageOf(room(...come(2)), self, 9);
  assert.deepEqual([pair.mode, pair.main[0].key, pair.floating?.key], ['pair', '2/camera', '0/camera']);
  assert.deepEqual(stageOf(room(...come(2), ...come(3)), self, 9).main.map((t) => t.key), ['2/camera', '3/camera', '0/camera']);
  const shared = stageOf(room(...come(2), ...come(3), { type: 'track', member: 3, track: { id: 3, kind: 'screen', muted: false } }), self, 9);
  assert.deepEqual([shared.mode, shared.main[0].key, shared.strip.map((t) => t.key)], ['focus', '3/screen', ['2/camera', '3/camera', '0/camera']]);
});

test('a pinned tile is large until it is gone', () => {
  const events = [...come(2), ...come(3), { type: 'pin', key: '3/camera' }];
  assert.equal(stageOf(room(...events), self, 9).main[0].key, '3/camera');
  assert.equal(stageOf(room(...events, { type: 'gone', member: 3 }), self, 9).mode, 'pair');
});

test('too many for the room: I stay in sight and the rest is counted', () => {
  const stage = stageOf(room(...[2, 3, 4, 5, 6, 7].flatMap(come)), self, 4);
  assert.deepEqual(stage.main.map((t) => t.key), ['2/camera', '3/camera', '4/camera', '0/camera']);
  assert.equal(stage.more, 3);
});

test('every text is there in both languages with the same places to fill in', () => {
  const places = (/** @type {string} */ s) => (s.match(/\{\w+\}/g) ?? []).sort().join();
  for (const [key, [en, ko]] of Object.entries(textTable)) {
    assert.ok(en && ko, key);
    assert.equal(places(en), places(ko), key);
  }
  assert.equal(text('ko', 'toastJoined', { name: 'Ann' }), 'Ann 님이 참가했습니다');
  assert.equal(text('en', 'peopleCount', { count: 3 }), '3 in the meeting');
});

test('the language is the first one wished that there is', () => {
  assert.deepEqual([['ko-KR'], ['fr', 'ko'], ['en-GB', 'ko'], ['fr'], []].map(chooseLanguage), ['ko', 'ko', 'en', 'en', 'en']);
});

test('every problem and every refusal has a sentence', () => {
  for (const what of /** @type {const} */ (['camera', 'mic', 'screen'])) {
    for (const p of /** @type {const} */ (['denied', 'missing', 'busy', 'unplugged', 'insecure', 'unsupported', 'failed'])) assert.ok(text('en', problemText(what, p)).length > 20);
  }
  for (const code of ['version', 'full', 'busy', 'banned', 'token', 'meeting', 'rate', 'protocol', 'replaced', 'draining']) assert.notEqual(refusalText(code), 'refusedOther', code);
  assert.equal(refusalText('never-heard-of'), 'refusedOther');
  assert.equal(refusalText(''), 'refusedOther');
  const named = (/** @type {string} */ name) => Object.assign(new Error(), { name });
  assert.deepEqual(['NotAllowedError', 'NotFoundError', 'NotReadableError', 'Surprise'].map((n) => problemOf(named(n))), ['denied', 'missing', 'busy', 'failed']);
});

test('level on the wire scale', () => {
  assert.equal(levelOf(new Float32Array(480)), 0);
  assert.equal(levelOf(new Float32Array(480).fill(1)), 127);
  assert.equal(levelOf(new Float32Array(480).fill(0.1)), 107);
});

test('who speaks is told at once and for a moment after', () => {
  const meter = createSpeakerMeter();
  const steps = [[0, [[2, 100], [3, 40]], [2]], [100, [[2, 0], [3, 90]], [2, 3]], [450, [], [3]], [600, [], []]];
  for (const [now, levels, expected] of steps) assert.deepEqual([...meter.update(levels, now)], expected, `at ${now}`);
  assert.ok(sameSet(new Set([1, 2]), new Set([2, 1])) && !sameSet(new Set([1]), new Set([2])));
});

test('layers are never larger than the source, even, smallest first', () => {
  const sizes = (kind, w, h) => layersOf(kind, w, h, 30).map((l) => [l.spatial, l.widthPx, l.heightPx]);
  assert.deepEqual(sizes('camera', 1280, 720), [[0, 320, 180], [1, 640, 360], [2, 1280, 720]]);
  assert.deepEqual(sizes('camera', 640, 480), [[0, 320, 240], [1, 640, 480]]);
  assert.deepEqual(sizes('camera', 720, 1280), [[0, 180, 320], [1, 360, 640], [2, 720, 1280]]);
  assert.deepEqual(sizes('camera', 160, 120), [[0, 160, 120]]);
  assert.deepEqual(sizes('screen', 2560, 1440), [[0, 1920, 1080]]);
});

test('capture times follow the device, not the delays on the way', () => {
  const clock = createCaptureClock();
  const delays = [3000, 9000, 4000, 2500, 30_000, 3000];
  const captured = delays.map((delay, i) => clock.captured(i * 33_333, 1_000_000 + i * 33_333 + delay));
  assert.deepEqual(captured.slice(3).map((c, i) => c - captured[3] - i * 33_333), [0, 0, 0]);
  assert.ok(captured.every((c, i) => i === 0 || c > captured[i - 1]), 'time goes forward');
  assert.ok(Math.abs(clock.captured(7, 30_000_000) - 30_000_000) < 1000, 'another device begins anew');
});

test('what piled up before the first read is left out', () => {
  const clock = createCaptureClock({ skipBacklog: true });
  const backlog = [0, 1, 2, 3, 4].map((i) => clock.captured(i * 10_000, 5_000_000 + i * 100)); // 5 pieces, 50 ms old, at once
  const live = [5, 6, 7].map((i) => clock.captured(i * 10_000, 5_000_500 + (i - 4) * 10_000));
  assert.deepEqual(backlog, [-1, -1, -1, -1, -1]);
  assert.deepEqual(live, [5_010_500, 5_020_500, 5_030_500]);
  const starved = createCaptureClock({ skipBacklog: true });
  assert.ok(Array.from({ length: 1200 }, (_, i) => starved.captured(i, i * 2000)).some((at) => at > 0), 'but not for ever');
});

test('timestamps that go back are of another clock', () => {
  const clock = createCaptureClock({ skipBacklog: true });
  // piled up, counted from the page's origin, and read with a pause in between: 1 s in the future
  for (const [timestamp, now] of [[1_500_000, 500_000], [1_510_000, 506_000], [1_520_000, 507_000]]) clock.captured(timestamp, now);
  assert.equal(clock.captured(505_000, 508_000), -1);
  assert.equal(clock.captured(520_000, 522_000), 522_000);
  assert.equal(clock.captured(530_000, 530_000), 530_000);
});

test('preferences survive a storage that is broken', () => {
  assert.deepEqual(loadPreferences(undefined), {});
  const broken = /** @type {any} */ ({ getItem: () => '{', setItem() { throw new Error('full'); } });
  assert.deepEqual(loadPreferences(broken), {});
  savePreferences(broken, { name: 'x' });
});

test('config.json: defaults beside the page, addresses checked, hashes of the right size', () => {
  const root = 'https://meet.example/sub/';
  assert.deepEqual(configOf({}, root).relay, { webtransport: 'https://meet.example/sub/wt', websocket: 'wss://meet.example/sub/ws', certificateHashes: [] });
  assert.equal(configOf({}, 'http://localhost:8080/').relay.webtransport, '', 'no WebTransport without TLS');
  const own = configOf({ webtransport: 'https://127.0.0.1:4433/wt', websocket: 'ws://127.0.0.1:8080/ws', certificate_hashes: [btoa('x'.repeat(32)), 'AA==', '***', 7], paths: true }, 'http://localhost:8080/');
  assert.deepEqual([own.relay.webtransport, own.relay.websocket, own.relay.certificateHashes.length, own.paths], ['https://127.0.0.1:4433/wt', 'ws://127.0.0.1:8080/ws', 1, true]);
  for (const junk of [null, 3, [], 'x', { webtransport: 'http://no', websocket: 'http//[', certificate_hashes: {} }]) assert.ok(configOf(junk, root).relay);
});
