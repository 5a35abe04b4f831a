/* SPDX-License-Identifier: MIT */
/* Two relays that are one system: pages on both meet, and pages of a relay that is gone go on at the other, whose certificate they know
 * from the first. */
import { startNats } from '../lib/nats.js';
import { startRelay } from '../lib/relay.js';
import { expect, test as base } from '../lib/test.js';

const ALICE = { name: 'Alice', camera: 'person.mjpeg', mic: 'tone.wav' };
const BOB = { name: 'Bob', camera: 'other.mjpeg', mic: 'speech.wav' };

/** @typedef {Awaited<ReturnType<typeof startRelay>>} Relay */

const test = base.extend(/** @type {any} */ ({
  /** Two of two threads each, told of each other. */
  // eslint-disable-next-line no-empty-pattern
  pair: async ({}, use) => {
    const nats = await startNats();
    const options = ['--nats', nats.url, '--public-address', '127.0.0.1:{port}', '--threads', '2', '--hold-ms', '10000'];
    const pair = [await startRelay(options), await startRelay(options)];
    for (const relay of pair) await expect.poll(relay.log, { message: 'the relays find each other' }).toMatch(/relay_up\S* .*address=\S+\/certhash\//);
    await use(pair);
    for (const relay of pair) await relay.close();
    await nats.close();
  },
}));

/** @param {import('../lib/test.js').Person} one @param {import('../lib/test.js').Person} other */
async function meet(one, other) {
  await one.sees(other.name);
  await other.sees(one.name);
  expect((await other.hears(20)).db).toBeGreaterThan(-40);
}

test('pages on two relays see and hear each other', async ({ pair: [here, there], invite }) => {
  const [alice, bob] = [await invite(ALICE), await invite(BOB)];
  const url = here.meeting();
  await alice.join(url);
  await bob.join(url.replace(here.url, there.url));
  await meet(alice, bob);
  await bob.page.getByRole('button', { name: 'Leave' }).click();
  await expect(alice.tile('Bob')).toHaveCount(0);
});

/** @param {Relay} relay @param {number} people who have come back to their seats there */
async function haveCome(relay, people) {
  const began = Date.now();
  const back = () => relay.log().match(/joined .*resumed=1 transport=webtransport/g)?.length ?? 0;
  await expect.poll(back, { message: 'they come here', timeout: 10_000, intervals: [50] }).toBe(people);
  return Date.now() - began;
}

for (const [how, signal] of /** @type {const} */ ([['stops in order', 'SIGTERM'], ['is killed', 'SIGKILL']]))
  test(`pages of a relay that ${how} go on at the other, as the same people`, async ({ pair: [here, there], invite }) => {
    const [alice, bob] = [await invite(ALICE), await invite(BOB)];
    const url = here.meeting();
    await alice.join(url);
    await bob.join(url);
    await meet(alice, bob);
    const news = [await alice.news(), await bob.news()];
    const stopped = here.stop(signal);
    console.log(`both are at the other relay after ${await haveCome(there, 2)} ms`);
    await stopped;
    await meet(alice, bob);
    await expect(bob.tile('Alice')).toHaveCount(1);
    for (const said of news) expect(await said()).toEqual([]);
  });

test('the page of a relay that is killed goes on where the others are, as the same person', async ({ pair: [here, there], invite }) => {
  const [alice, bob] = [await invite(ALICE), await invite(BOB)];
  const url = here.meeting();
  await alice.join(url);
  await bob.join(url.replace(here.url, there.url));
  await meet(alice, bob);
  const news = [await alice.news(), await bob.news()];
  await here.stop('SIGKILL');
  console.log(`Alice is at the other relay after ${await haveCome(there, 1)} ms`);
  await meet(alice, bob);
  await expect(bob.tile('Alice')).toHaveCount(1);
  for (const said of news) expect(await said()).toEqual([]);
});
