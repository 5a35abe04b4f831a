/* SPDX-License-Identifier: MIT */
/* A device goes during the call, and another one comes. */
import { expect, test } from '../lib/test.js';

const ALICE = { name: 'Alice', camera: 'person.mjpeg', mic: 'tone.wav' };
const BOB = { name: 'Bob', camera: 'other.mjpeg', mic: 'speech.wav' };

/** In the page: unplug('videoinput') ends the tracks of the fake device and takes it off the list, as pulling a cable does; plug() brings it back. */
function cables() {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices), list = devices.enumerateDevices.bind(devices);
  /** @type {Set<string>} */
  const gone = new Set();
  /** @type {MediaStreamTrack[]} */
  const tracks = [];
  devices.getUserMedia = async (wanted) => {
    if ((wanted?.video && gone.has('videoinput')) || (wanted?.audio && gone.has('audioinput'))) throw new DOMException('none', 'NotFoundError');
    const stream = await open(wanted);
    tracks.push(...stream.getTracks());
    return stream;
  };
  devices.enumerateDevices = async () => (await list()).filter(({ kind }) => !gone.has(kind));
  const changed = () => devices.dispatchEvent(new Event('devicechange'));
  Object.assign(globalThis, {
    unplug(/** @type {'videoinput' | 'audioinput'} */ kind) {
      gone.add(kind);
      for (const track of tracks.filter((t) => t.kind === (kind === 'videoinput' ? 'video' : 'audio') && t.readyState === 'live')) {
        track.stop();
        track.dispatchEvent(new Event('ended')); // stop() alone says nothing: the page is meant to have asked for it
      }
      changed();
    },
    plug(/** @type {string} */ kind) {
      gone.delete(kind);
      changed();
    },
  });
}

test('an unplugged camera or microphone is a sentence, and the call goes on', async ({ relay, invite }) => {
  const [alice, bob] = [await invite(ALICE), await invite(BOB)];
  await alice.context.addInitScript(cables);
  const url = relay.meeting();
  await alice.join(url);
  await bob.join(url);
  await bob.sees('Alice');
  await alice.sees('Bob');

  await alice.page.evaluate(() => /** @type {any} */ (globalThis).unplug('videoinput'));
  await expect(alice.page.getByText('The camera was unplugged. The others no longer see you; the call goes on.')).toBeVisible();
  await expect(bob.tile('Alice').locator('canvas')).toBeHidden();
  expect((await bob.hears(20)).db, 'heard without a camera').toBeGreaterThan(-40);
  await alice.sees('Bob');

  await alice.page.evaluate(() => /** @type {any} */ (globalThis).unplug('audioinput'));
  await expect(alice.page.getByText('The microphone was unplugged. The others no longer hear you; the call goes on.')).toBeVisible();
  await expect(bob.tile('Alice').getByText('Muted')).toBeAttached();
  await bob.page.waitForTimeout(1000);
  expect((await bob.hears(20)).db, 'nothing is left of it').toBeLessThan(-70);
  await alice.sees('Bob');

  await alice.page.evaluate(() => {
    /** @type {any} */ (globalThis).plug('videoinput');
    /** @type {any} */ (globalThis).plug('audioinput');
  });
  await bob.sees('Alice');
  await expect.poll(async () => (await bob.hears(10)).db, { message: 'heard again' }).toBeGreaterThan(-40);
});
