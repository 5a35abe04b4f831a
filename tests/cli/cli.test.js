/* SPDX-License-Identifier: MIT */
/* The headless client against a real relay on loopback. The thresholds leave room for a busy machine; the relay's and the engine's own
 * thresholds are in tests/sim, in virtual time. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { callFor, OTHER_SECRET, parley, startRelay, workFolder } from './kit.js';

const SECONDS = 6;
/** @type {Awaited<ReturnType<typeof startRelay>>} */
let relay;

before(async () => { relay = await startRelay(); });
after(() => relay.stop());

for (const transport of ['ws', 'wt']) {
  test(`pictures and sound arrive over ${transport}`, async () => {
    const options = ['--transport', transport];
    const { watched, streamed, camera, microphone } = await callFor(SECONDS, relay.link(`both-${transport}`), { watch: options, stream: options });
    assert.equal(watched.status, 0, watched.complaints + watched.out);
    assert.equal(streamed.status, 0, streamed.complaints + streamed.out);
    assert.ok(camera.cards > 30, `cards: ${camera.cards}`);
    assert.ok(camera.no_cards <= camera.frames / 50, `no cards: ${camera.no_cards}`); // a coarse picture while the rate falls
    assert.equal(camera.undecodable, 0);
    assert.equal(camera.cards + camera.no_cards, camera.frames);
    assert.ok(camera.delay_p50_ms >= 0 && camera.delay_p50_ms < 1000, `delay: ${camera.delay_p50_ms}`);
    assert.ok(microphone.packets > 100, `packets: ${microphone.packets}`);
    assert.ok(microphone.beeps >= 1, `beeps: ${microphone.beeps}`);
    assert.equal(microphone.decode_errors, 0);
  });
}

test('a small rate gives a small picture that can still be read', async () => {
  const { camera } = await callFor(SECONDS, relay.link('small'), {
    watch: ['--transport', 'ws'], stream: ['--transport', 'ws', '--bitrate', '40000', '--audio', 'none'],
  });
  assert.ok(camera.cards > 10, `cards: ${camera.cards}`);
  assert.ok(camera.width_px < 640, `width: ${camera.width_px}`);
  assert.equal(camera.no_cards, 0);
});

test('a file is shown and heard', async () => {
  const file = join(workFolder(), 'clip.webm');
  const made = spawnSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc=size=320x180:rate=15:duration=2', '-f', 'lavfi', '-i',
    'aevalsrc=0.4*sin(880*PI*t)*sin(8*PI*t):duration=2', '-c:v', 'libvpx', '-c:a', 'libopus', file]);
  assert.equal(made.status, 0, String(made.stderr));
  const { camera, microphone } = await callFor(SECONDS, relay.link('file'), {
    watch: ['--transport', 'ws'], stream: ['--transport', 'ws', '--source', file, '--audio', file, '--codec', 'vp8', '--size', '320x180'],
  });
  assert.ok(camera.frames > 30, `frames: ${camera.frames}`);
  assert.equal(camera.width_px, 320);
  assert.equal(camera.cards, 0);
  assert.ok(microphone.packets > 100, `packets: ${microphone.packets}`);
});

test('with another secret nothing is seen or heard, and it is said', async () => {
  const { watched, camera, microphone } = await callFor(4, relay.link('secret'), {
    watchLink: relay.link('secret', OTHER_SECRET), watch: ['--transport', 'ws'], stream: ['--transport', 'ws'],
  });
  assert.ok(watched.events.some((e) => e.event === 'keys' && e.ok === false), watched.out);
  assert.equal(camera.frames, 0);
  assert.equal(microphone.packets, 0);
});

test('mistakes are told in a sentence and an exit status', async () => {
  /** @type {[string[], number, RegExp][]} */
  const rows = [
    [[], 64, /Usage/],
    [['dance'], 64, /no command/],
    [['watch'], 64, /which meeting/],
    [['watch', 'https://127.0.0.1/m/a'], 64, /no secret/],
    [['watch', 'https://127.0.0.1/m/a#short'], 64, /no secret/],
    [['watch', 'ftp://127.0.0.1/m/a#AAECAwQFBgcICQoLDA0ODw'], 64, /no link/],
    [['stream', relay.link('x'), '--size', '3'], 64, /WIDTHxHEIGHT/],
    [['stream', relay.link('x'), '--source', '/nowhere.webm'], 66, /cannot be opened/],
    [['watch', 'https://127.0.0.1:1/m/a#AAECAwQFBgcICQoLDA0ODw'], 69, /127\.0\.0\.1:1: /],
  ];
  for (const [options, status, complaint] of rows) {
    const done = await parley(...options).done;
    assert.equal(done.status, status, options.join(' '));
    assert.match(done.complaints, complaint);
  }
});

test('an interrupted client says goodbye', async () => {
  const watcher = parley('watch', relay.link('bye'), '--json', '--transport', 'ws', '--duration', '20');
  const streamer = parley('stream', relay.link('bye'), '--json', '--transport', 'ws');
  setTimeout(() => streamer.child.kill('SIGINT'), 2500);
  setTimeout(() => watcher.child.kill('SIGTERM'), 4500);
  const [watched, streamed] = await Promise.all([watcher.done, streamer.done]);
  assert.equal(streamed.status, 0);
  assert.equal(watched.status, 0);
  const gone = watched.events.find((e) => e.event === 'gone');
  assert.ok(gone, watched.out);
});
