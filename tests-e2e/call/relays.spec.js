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
  /** Of each relay. */
  threads: ['2', { option: true }],
  /** Two, each told of the other. */
  pair: async ({ threads }, use) => {
    const nats = await startNats();
    const options = ['--nats', nats.url, '--public-address', '127.0.0.1:{port}', '--threads', threads, '--hold-ms', '10000'];
    const pair = [await startRelay(options), await startRelay(options)];
    for (const relay of pair) await expect.poll(relay.log, { message: 'the relays find each other' }).toMatch(/relay_up\S* .*address=\S+\/certhash\//);
    await use(pair);
    for (const relay of pair) await relay.close();
    await nats.close();
  },
}));

/** Notes what the page says in passing. @param {import('../lib/test.js').Person} person */
async function listenToNews(person) {
  await person.page.evaluate(() => {
    const said = /** @type {any} */ (globalThis).said = /** @type {string[]} */ ([]);
    new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach((n) => said.push(n.textContent ?? ''))))
      .observe(document.body, { childList: true, subtree: true });
  });
  return () => person.page.evaluate(() => /** @type {any} */ (globalThis).said.filter((text) => /^\S+ (left|joined)$/.test(text)));
}

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

test('pages of a relay that stops in order go on at the other, as the same people', async ({ pair: [here, there], invite }) => {
  const [alice, bob] = [await invite(ALICE), await invite(BOB)];
  const url = here.meeting();
  await alice.join(url);
  await bob.join(url);
  await meet(alice, bob);
  const news = [await listenToNews(alice), await listenToNews(bob)];
  const stopped = here.stop('SIGTERM');
  console.log(`both are at the other relay after ${await haveCome(there, 2)} ms`);
  await stopped;
  await meet(alice, bob);
  await expect(bob.tile('Alice')).toHaveCount(1);
  for (const said of news) expect(await said()).toEqual([]);
});

/* Who vouches for a seat when its relay died is a thread with somebody of the meeting: she has to come to that one, or comes back as another. */
test.describe('with one thread', () => {
  test.use(/** @type {any} */ ({ threads: '1' }));
  test('the page of a relay that is killed goes on where the others are, as the same person', async ({ pair: [here, there], invite }) => {
    const [alice, bob] = [await invite(ALICE), await invite(BOB)];
    const url = here.meeting();
    await alice.join(url);
    await bob.join(url.replace(here.url, there.url));
    await meet(alice, bob);
    const news = await listenToNews(bob);
    await here.stop('SIGKILL');
    console.log(`Alice is at the other relay after ${await haveCome(there, 1)} ms`);
    await meet(alice, bob);
    await expect(bob.tile('Alice')).toHaveCount(1);
    expect(await news()).toEqual([]);
  });
});
