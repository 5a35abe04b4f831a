/* SPDX-License-Identifier: MIT */
/* Pages and headless clients in one meeting: the engine is one. */
import { headless } from '../lib/relay.js';
import { expect, test } from '../lib/test.js';

test('two pages, a headless streamer and a headless watcher see each other', async ({ relay, invite }) => {
  const [alice, bob] = [await invite({ name: 'Alice', camera: 'person.mjpeg', mic: 'tone.wav' }), await invite({ name: 'Bob', camera: 'other.mjpeg', mic: 'speech.wav' })];
  const url = relay.meeting();
  await alice.join(url);
  await bob.join(url);
  const card = headless('stream', url.replace(relay.url, relay.secureUrl), '--insecure', '--name', 'Card', '--size', '640x360', '--fps', '15');
  const watcher = headless('watch', url.replace(relay.url, relay.secureUrl), '--insecure', '--name', 'Watcher', '--width', '640');
  try {
    await alice.sees('Bob');
    await bob.sees('Alice');
    for (const person of [alice, bob]) {
      await expect(async () => {
        const delays = (await person.cardDelays(person.canvas('Card'), 3000)).sort((a, b) => a - b);
        const p50 = delays[delays.length >> 1];
        console.log(`glass to glass from headless to ${person.name}: p50 ${p50} ms, p95 ${delays[Math.floor((delays.length - 1) * 0.95)]} ms, ${delays.length} pictures`);
        expect(delays.length).toBeGreaterThan(5);
        expect(p50).toBeLessThan(1000);
      }).toPass({ timeout: 60_000 });
    }
  } finally {
    card.stop();
    watcher.stop();
  }
  const [, watched] = await Promise.all([card.done, watcher.done]);
  expect(watched.status).toBe(0);
  const { tracks } = watched.events.findLast((e) => e.event === 'summary');
  for (const name of ['Alice', 'Bob', 'Card'])
    expect(tracks.filter((t) => t.name === name && t.kind === 'camera' && t.frames > 10).length, `the watcher decodes ${name}`).toBe(1);
});
