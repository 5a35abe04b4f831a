// SPDX-License-Identifier: MIT
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Client } from '../../web/engine/client.js';
import { loadModule } from './modules.js';
import { Meeting } from './meeting.js';

const SECRET = new Uint8Array(32).fill(7), SALT = new Uint8Array(16).fill(9);
const config = { meeting: 'room', name: 'Ada Löve 🌍', secret: SECRET, salt: SALT, seed: 1 };
/** Bytes that would be found if they travelled in the clear. */
const MARK = Uint8Array.from({ length: 24 }, (_, i) => 200 + ((i * 37) % 50));

/** @param {Uint8Array} hay @param {Uint8Array} needle */
const holds = (hay, needle) => Buffer.from(hay).includes(Buffer.from(needle));

describe('client', async () => {
  const engine = await loadModule('engine');

  it('dials, and greets with its name', () => {
    const client = new Client(engine, config, 0);
    const dial = client.poll(0);
    assert.deepEqual(dial?.type === 'link' ? client.poll(0) : dial, { type: 'dial', link: 1, upgrade: false, relay: '' });
    client.onOpen(2, 'websocket', 0, 10_000);
    const events = [];
    for (let e; (e = client.poll(10_000)); ) events.push(e);
    const hello = events.find((e) => e.type === 'sendControl');
    assert.ok(hello?.type === 'sendControl' && hello.link === 2 && hello.data[0] === 1);
    assert.ok(holds(hello.data, new TextEncoder().encode(config.name)) && holds(hello.data, SALT) && !holds(hello.data, SECRET));
    client.close();
  });

  it('refuses a meeting without a secret', () => {
    assert.throws(() => new Client(engine, { ...config, secret: new Uint8Array(0) }, 0), RangeError);
  });

  it('says when to wake it', () => {
    const client = new Client(engine, config, 5_000_000);
    while (client.poll(5_000_000));
    const at = client.deadline();
    assert.ok(at > 5_000_000 && at < 20_000_000, `${at}`);
    client.close();
  });

  it('names errors', () => {
    const client = new Client(engine, config, 0);
    const send = () => client.errName(client.send({ track: 1, codec: 'opus', capturedUs: 0, data: MARK }, 0));
    assert.equal(send(), 'unknown');
    client.publish({ id: 1, kind: 'mic', muted: false, layers: [] }, 0);
    assert.equal(send(), 'state');
    client.close();
  });

  it('does not grow without end', () => {
    const before = engine.exports.memory.buffer.byteLength;
    for (let i = 0; i < 200; i++) {
      const client = new Client(engine, config, 0);
      while (client.poll(0));
      client.close();
    }
    assert.ok(engine.exports.memory.buffer.byteLength - before < 8 << 20);
  });
});

for (const transport of /** @type {const} */ (['websocket', 'webtransport']))
  describe(`a call over ${transport}`, () => {
    it('carries voice, pictures and chat, sealed', async () => {
      const meeting = await Meeting.start();
      const ada = await meeting.join('Ada', transport), bob = await meeting.join('Bob', transport);
      meeting.run(500_000);
      assert.equal(ada.seen('joined').length, 1);
      const [{ member: adaId }] = ada.seen('joined');
      assert.ok(bob.seen('member').some((e) => e.info.name === 'Ada' && e.info.id === adaId));

      const layer = { spatial: 0, widthPx: 320, heightPx: 180, fps: 30, maxBps: 500_000, temporal: 1 };
      assert.equal(ada.client.publish({ id: 1, kind: 'mic', muted: false, layers: [] }, meeting.now), 0);
      assert.equal(ada.client.publish({ id: 2, kind: 'camera', muted: false, layers: [layer] }, meeting.now), 0);
      meeting.run(200_000);
      const tracks = bob.seen('track').filter((e) => e.member === adaId).map((e) => e.track);
      assert.deepEqual(tracks.find((t) => t.id === 2)?.layers, [layer]);
      assert.equal(tracks.find((t) => t.id === 1)?.kind, 'mic');

      bob.client.subscribe([{ member: adaId, track: 2, widthPx: 320 }], meeting.now);
      meeting.run(300_000);
      const encoders = ada.seen('encoder').filter((e) => e.track === 2);
      assert.ok(encoders.at(-1)?.wanted && encoders.at(-1)?.targetBps > 0);

      let frame = 0, packet = 0;
      meeting.run(1_000_000, (now) => {
        if (now % 20_000 === 0) {
          const data = Uint8Array.from([packet++, ...MARK]);
          assert.equal(ada.client.send({ track: 1, codec: 'opus', durationUs: 20_000, level: 100, capturedUs: now, data }, now), 0);
        }
        if (now % 33_000 === 0) {
          const data = new Uint8Array(3000).fill(frame & 255);
          data.set(MARK, 100);
          const media = { spatial: 0, temporal: 0, key: frame === 0, widthPx: 320, heightPx: 180, rotation: 0, capturedUs: now, data };
          ada.client.send({ track: 2, codec: 'vp9', ...media }, now);
          frame++;
        }
      });
      assert.equal(ada.client.chat('héllo', meeting.now), 0);
      meeting.run(500_000);

      const audio = bob.seen('audio'), video = bob.seen('video');
      assert.equal(audio.length, packet);
      assert.ok(audio.every((e, i) => e.member === adaId && e.track === 1 && e.media.data[0] === i && e.media.codec === 'opus' && e.media.level === 100));
      assert.ok(video.length >= frame - 2, `${video.length} of ${frame} frames`);
      assert.ok(video[0].media.key && video[0].media.widthPx === 320 && video.every((e) => e.media.data.length === 3000));
      assert.ok(video.every((e) => e.due >= e.media.capturedUs && e.due < e.media.capturedUs + 400_000));
      assert.equal(bob.seen('chat').at(-1)?.text, 'héllo');

      assert.ok(meeting.seenByRelay.length > 100);
      assert.ok(!meeting.seenByRelay.some((bytes) => holds(bytes, MARK) || holds(bytes, SECRET)), 'the relay saw something in the clear');
      const stats = bob.client.stats(meeting.now);
      assert.equal(stats.transport, transport);
      assert.ok(stats.objectsIn >= audio.length && stats.authFailed === 0);
      assert.ok((bob.client.trackStats(adaId, 2)?.keyFrames ?? 0) >= 1);
      assert.equal(bob.client.trackStats(99, 1), null);
    });

    it('shows nothing to someone with another secret, and says so', async () => {
      const meeting = await Meeting.start();
      const ada = await meeting.join('Ada', transport), eve = await meeting.join('Eve', transport, { secret: new Uint8Array(32).fill(8) });
      meeting.run(500_000);
      ada.client.publish({ id: 1, kind: 'mic', muted: false, layers: [] }, meeting.now);
      meeting.run(1_000_000, (now) => {
        if (now % 20_000 === 0) ada.client.send({ track: 1, codec: 'opus', durationUs: 20_000, level: 9, capturedUs: now, data: MARK }, now);
      });
      assert.equal(eve.seen('audio').length, 0);
      assert.ok(eve.seen('keys').some((e) => !e.ok));
      assert.ok(eve.client.stats(meeting.now).authFailed > 10);
    });

    it('says goodbye', async () => {
      const meeting = await Meeting.start();
      const ada = await meeting.join('Ada', transport), bob = await meeting.join('Bob', transport);
      meeting.run(500_000);
      ada.client.leave(meeting.now);
      meeting.run(1_500_000);
      assert.equal(ada.events.at(-1)?.type, 'left');
      assert.equal(bob.seen('gone').length, 1);
    });
  });
