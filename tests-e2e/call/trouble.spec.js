/* SPDX-License-Identifier: MIT */
/* What goes wrong in real life: blocked UDP, a relay that restarts, the wrong link, no camera. */
import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { startRelay } from '../lib/relay.js';
import { expect, test } from '../lib/test.js';

const ALICE = { name: 'Alice', camera: 'person.mjpeg', mic: 'tone.wav' };
const BOB = { name: 'Bob', camera: 'other.mjpeg', mic: 'speech.wav' };

/** A socket that takes every packet and answers none: a network that drops UDP. @param {number} port */
async function swallowUdp(port) {
  const sockets = [createSocket('udp4'), createSocket({ type: 'udp6', ipv6Only: true })];
  const hosts = ['127.0.0.1', '::1'];
  await Promise.all(sockets.map((s, i) => new Promise((done) => s.once('error', () => done(undefined)).bind(port, hosts[i], () => done(undefined)))));
  return () => sockets.forEach((s) => { try { s.close(); } catch { /* never bound */ } });
}

test('where UDP is dropped the call goes over WebSocket', async ({ invite }) => {
  const relay = await startRelay(['--no-udp']);
  const letGo = await swallowUdp(relay.port);
  try {
    const [alice, bob] = [await invite(ALICE), await invite(BOB)];
    const url = relay.meeting();
    await alice.join(url);
    await bob.join(url);
    await alice.sees('Bob');
    await bob.sees('Alice');
    expect((await bob.hears(20)).share).toBeGreaterThan(0.7);
    await alice.page.getByRole('button', { name: 'More' }).click();
    await alice.page.getByText('Statistics', { exact: true }).click();
    await expect(alice.page.getByText('WebSocket (TCP)')).toBeVisible();
  } finally {
    letGo();
    await relay.close();
  }
});

for (const [how, signal] of /** @type {const} */ ([['stops in order', 'SIGTERM'], ['is killed', 'SIGKILL']]))
  test(`a relay that ${how} and starts again brings both back as the same people`, async ({ invite }) => {
    test.slow();
    const relay = await startRelay();
    try {
      const [alice, bob] = [await invite(ALICE), await invite(BOB)];
      const url = relay.meeting();
      await alice.join(url);
      await bob.join(url);
      await bob.sees('Alice');
      const news = [await alice.news(), await bob.news()];
      await relay.stop(signal);
      await relay.start();
      await expect.poll(async () => {
        const first = await bob.counters(bob.canvas('Alice'), 1000);
        return first.length;
      }, { message: "Alice's picture moves again", timeout: 30_000 }).toBeGreaterThan(8);
      await alice.sees('Bob');
      expect((await bob.hears(20)).db).toBeGreaterThan(-40);
      await expect(bob.tile('Alice')).toHaveCount(1);
      for (const said of news) expect(await said()).toEqual([]);
      expect(relay.log().match(/joined .*resumed=1/g)?.length, 'both have their seats').toBeGreaterThanOrEqual(2);
    } finally {
      await relay.close();
    }
  });

test('another secret: nobody is seen or heard, and both are told why', async ({ relay, invite }) => {
  const [alice, bob] = [await invite(ALICE), await invite(BOB)];
  const url = relay.meeting();
  await alice.join(url);
  await bob.join(url.replace(/#.*/, `#${randomBytes(32).toString('base64url')}`));
  await expect(bob.page.getByText('Your key differs from that of the others').first()).toBeVisible();
  await bob.page.waitForTimeout(2000);
  await expect(bob.tile('Alice').locator('canvas')).toBeHidden();
  expect((await bob.hears(10)).db).toBeLessThan(-70);
});

test('a link without its key is refused before the call, in words', async ({ relay, invite }) => {
  const alice = await invite(ALICE);
  await alice.page.goto(relay.meeting().replace(/#.*/, ''));
  await expect(alice.page.getByText('This link has no key')).toBeVisible();
  await expect(alice.page.getByRole('button', { name: 'Join now' })).toBeDisabled();
});

test('without permission for devices one is told, joins, sees and hears', async ({ relay, invite }) => {
  const alice = await invite(ALICE);
  const bob = await invite({ ...BOB, devices: 'denied' });
  const url = relay.meeting();
  await alice.join(url);
  await bob.page.goto(url);
  await expect(bob.page.getByText('The browser does not allow the camera').first()).toBeVisible();
  await bob.join(url);
  await bob.sees('Alice');
  expect((await bob.hears(20)).db).toBeGreaterThan(-40);
  await expect(alice.tile('Bob')).toBeVisible();
});
