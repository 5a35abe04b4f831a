/* SPDX-License-Identifier: MIT */
/* One picture of somebody else: decoded in order, shown when due, key frames asked for. Fake decoder, canvas and time. */
import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';

let now = 1000; // ms
Object.defineProperty(performance, 'now', { value: () => now });
/** @type {any} */
let decoder;
class FakeDecoder {
  static isConfigSupported = async () => ({ supported: true });
  state = 'unconfigured';
  decoded = [];
  constructor(callbacks) {
    this.callbacks = callbacks;
    decoder = this;
  }
  configure() { this.state = 'configured'; }
  decode(chunk) { this.decoded.push(chunk.timestamp); }
  close() { this.state = 'closed'; }
  put(timestamp) { this.callbacks.output({ timestamp, displayWidth: 320, displayHeight: 180, close() {} }); }
}
Object.assign(globalThis, { VideoDecoder: FakeDecoder, EncodedVideoChunk: class { constructor(init) { Object.assign(this, init); } } });
const { createTheirVideo } = await import('../../web/worker/their-video.js');

const settle = () => new Promise((done) => setImmediate(done));
const frame = (n, key, due) => ({ type: 'video', member: 2, track: 2, spatial: 0, seq: n, due, media: { codec: 'vp9', key, capturedUs: n, rotation: 0, data: new Uint8Array(1) } });
let drawn, shown, asked;
const canvas = () => ({ width: 0, height: 0, getContext: () => ({ setTransform() {}, rotate() {}, drawImage: (f) => drawn.push(f.timestamp) }) });
const open = () => createTheirVideo({ vpxUrl: '', needKeyFrame: () => asked++, shown: (w, h) => shown.push(`${w}x${h}`) });

beforeEach(() => {
  [drawn, shown, asked, now] = [[], [], 0, 1000];
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout'] });
});

test('begins with a key frame and asks for one until it comes', async () => {
  const video = open();
  video.take(frame(1, false, 0));
  assert.equal(asked, 1);
  video.take(frame(2, true, 0));
  video.take(frame(3, false, 0));
  await settle();
  assert.deepEqual(decoder.decoded, [2, 3], 'what came while the decoder opened is not lost');
});

test('shows a frame when it is due, and of several due ones the newest', async () => {
  const video = open();
  video.setCanvas(/** @type {any} */ (canvas()));
  [[1, 1_000_000], [2, 1_030_000], [3, 1_060_000]].forEach(([n, due]) => video.take(frame(n, n === 1, due)));
  await settle();
  for (const n of [1, 2, 3]) decoder.put(n);
  assert.deepEqual([drawn, shown], [[1], ['320x180']]);
  now = 1031;
  mock.timers.tick(31);
  assert.deepEqual(drawn, [1, 2]);
  video.take(frame(4, false, 1_061_000));
  decoder.put(4);
  now = 1100;
  mock.timers.tick(70);
  assert.deepEqual(drawn, [1, 2, 4], 'frame 3 was overtaken');
});

test('a decoder that fails is replaced, from a key frame on', async () => {
  const video = open();
  video.take(frame(1, true, 0));
  await settle();
  const broken = decoder;
  broken.callbacks.error(new Error('bad bytes'));
  assert.equal(asked, 1);
  video.take(frame(2, false, 0));
  video.take(frame(3, true, 0));
  await settle();
  assert.notEqual(decoder, broken);
  assert.deepEqual(decoder.decoded, [3]);
});
