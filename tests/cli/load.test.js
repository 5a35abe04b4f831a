/* SPDX-License-Identifier: MIT */
/* The load generator against a real relay on loopback, small: what it counts and how it judges. Times are not judged here, the machine may be busy. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { parley, startRelay } from './kit.js';

/** @type {Awaited<ReturnType<typeof startRelay>>} */
let relay;
before(async () => { relay = await startRelay(); });
after(() => relay.stop());

/** A load of `options`; its exit status, last line of JSON and complaints. */
async function load(...options) {
  const done = await parley('load', `https://127.0.0.1:${relay.port}`, '--json', '--settle', '0.5', ...options).done;
  return { ...done, result: done.events.find((e) => e.event === 'result') };
}

for (const transport of ['wt', 'ws', 'mixed']) {
  test(`three calls of two over ${transport}`, async () => {
    const { status, result, events, complaints } = await load('--preset', 'pairs', '--scale', '0.01', '--duration', '3',
      '--transport', transport, '--relay-pid', String(relay.pid), '--min-joined', '100', '--max-lost-sessions', '0');
    assert.equal(status, 0, complaints);
    assert.equal(result.shape, 'pairs');
    assert.deepEqual([result.people.count, result.people.live_at_begin, result.people.rooms], [6, 6, 3]);
    assert.deepEqual([result.people.failed, result.people.lost, result.media.malformed], [0, 0, 0]);
    assert.equal(result.people.join.count, 6);
    assert.equal(result.people.silent, 0);
    assert.ok(result.media.picture.objects > 6 * 30, `pictures: ${result.media.picture.objects}`);
    assert.ok(result.media.voice.objects >= result.media.voice.due * 0.9, `heard ${result.media.voice.objects} of ${result.media.voice.due}`);
    assert.ok(result.media.voice.objects > 3 * 50, `sounds: ${result.media.voice.objects}`);
    assert.ok(result.media.picture.delay.p50_ms > 0 && result.media.picture.delay.p50_ms < 500);
    assert.ok(result.rates.mbit_s > 0.5 && result.rates.packets_s > 100, JSON.stringify(result.rates));
    assert.ok(result.relay.memory_kb > 1000 && result.relay.switches_s > 0);
    assert.ok(result.generator.lag.count > 0);
    assert.ok(events.some((e) => e.event === 'progress' && e.people === 6));
  });
}

/* A machine that stops for 25 ms looks like a full path, and the relay then tries the larger layer again after 5 s: hence more than one try. */
test('a room with one publisher and simulcast: watchers get the layer that fits', async () => {
  let bytesEach = 0;
  for (const settle of ['0.5', '8', '16']) {
    const { result } = await load('--preset', 'livestream', '--scale', '0.002', '--duration', '3', '--settle', settle);
    assert.equal(result.people.live_at_begin, 7);
    bytesEach = (result.rates.mbit_s * 1e6) / 8 / (result.rates.objects_out_s || 1);
    if (bytesEach > 3000) break; // 5.9 kB at 1.42 Mbit/s; the smallest layer has 0.14 kB
  }
  assert.ok(bytesEach > 3000, `bytes of a picture: ${bytesEach}`);
});

test('bounds decide the exit status, in a sentence each', async () => {
  /** @type {[string[], number, RegExp][]} */
  const rows = [
    [['--max-p99-ms', '0'], 1, /99th percentile of the sound's delay is .* ms, above the bound of 0 ms/],
    [['--max-p99-ms', '60000', '--max-loss', '100', '--min-joined', '100', '--max-freezes', '1000000', '--max-join-ms', '60000'], 0, /^$/],
    [['--max-join-ms', '0'], 1, /time to join/],
    [['--max-silent', '0', '--both', '0', '--watchers', '2'], 1, /watchers that nothing reached is 2/],
  ];
  for (const [options, status, complaint] of rows) {
    const done = await load('--both', '2', '--duration', '1', ...options);
    assert.equal(done.status, status, done.complaints);
    assert.match(done.complaints, complaint);
  }
});

for (const transport of ['wt', 'ws']) {
  test(`readers that stop reading do not stop the others over ${transport}`, async () => {
    const { result } = await load('--preset', 'moq-fanout', '--watchers', '20', '--stalled', '50', '--duration', '6', '--transport', transport);
    const wanted = 10 * 60 * result.rates.seconds; // those who read
    assert.ok(result.media.picture.objects > wanted * 0.9, `${result.media.picture.objects} of ${wanted}`);
    assert.ok(result.media.picture.objects < wanted * 1.5, `${result.media.picture.objects} of ${wanted}`);
    assert.equal(result.media.picture.lost, 0);
  });
}

test('slow readers get less, people come and go', async () => {
  const { result } = await load('--publishers', '1', '--watchers', '10', '--layers', '320x180:100000,640x360:400000', '--slow', '50', '--slow-bps', '100000', '--churn', '2', '--duration', '5');
  assert.ok(result.people.joins >= 11 + 5, `joins: ${result.people.joins}`);
  assert.equal(result.people.lost, 0);
  assert.equal(result.people.failed, 0);
});

test('mistakes are told in a sentence and an exit status', async () => {
  /** @type {[string[], number, RegExp][]} */
  const rows = [
    [['load'], 64, /which relay/],
    [['load', `https://127.0.0.1:${relay.port}`], 64, /nobody to join/],
    [['load', `https://127.0.0.1:${relay.port}`, '--preset', 'party'], 64, /no preset "party"/],
    [['load', `https://127.0.0.1:${relay.port}`, '--both', '2', '--layers', '3x'], 64, /WIDTHxHEIGHT:BPS/],
    [['load', `https://127.0.0.1:${relay.port}`, '--both', '2', '--layers', '320x180:90000,'], 64, /WIDTHxHEIGHT:BPS/],
    [['load', `https://127.0.0.1:${relay.port}`, '--both', '2', '--layers', '1x1:9000,1x1:9000,1x1:9000,1x1:9000'], 64, /1 to 3/],
    [['load', `https://127.0.0.1:${relay.port}`, '--both', '2', '--fps', '0', '--audio-ms', '0'], 64, /nothing to send/],
    [['load', `https://127.0.0.1:${relay.port}`, '--rooms', '100000', '--both', '2', '--transport', 'ws'], 71, /ulimit -Hn/],
    [['load', 'ftp://127.0.0.1', '--both', '2'], 64, /no address of a relay/],
    [['load', 'https://127.0.0.1:1', '--both', '2'], 69, /127\.0\.0\.1:1: /],
  ];
  for (const [options, status, complaint] of rows) {
    const done = await parley(...options).done;
    assert.equal(done.status, status, `${options.join(' ')}: ${done.complaints}`);
    assert.match(done.complaints, complaint);
  }
});
