/* SPDX-License-Identifier: MIT */
/* join.mjs - from pressing Join to the first picture of somebody else, and where the time goes, by the page's own marks (parley:...).
 * To a headless test card, and to another page. PARLEY_PROGRAMS=build/release, JOINS of each. */
import { addresses, load, person, spread, startRelay, streamer, wait } from './lib/pages.js';

const JOINS = Number(process.env.JOINS ?? 20);
const PREVIEW_MS = Number(process.env.PREVIEW_MS ?? 1500); // a person looks at the preview at least this long
const STEPS = ['start', 'dialing', 'joining', 'live', 'picture'];

const marksOf = (page) => page.evaluate(() => {
  const first = {};
  for (const { name, startTime } of performance.getEntriesByType('mark')) first[name.replace('parley:', '')] ??= startTime;
  return first;
});

async function oneJoin(browser, url) {
  const page = await browser.context.newPage();
  await page.goto(url);
  await page.getByLabel('Your name').fill('Joiner');
  await wait(PREVIEW_MS);
  await page.getByRole('button', { name: 'Join now' }).click();
  await page.waitForFunction(() => performance.getEntriesByName('parley:picture').length > 0, undefined, { polling: 50, timeout: 20_000 });
  const marks = await marksOf(page);
  await page.getByRole('button', { name: 'Leave' }).click();
  await wait(200);
  await page.close();
  return marks;
}

async function measure(title, url, browser) {
  const joins = [];
  for (let i = 0; i < JOINS; i++) joins.push(await oneJoin(browser, url));
  for (const step of STEPS) console.log(`${title}: ${step.padEnd(8)} ${spread(joins.map((m) => m[step] - m.join).filter(Number.isFinite))}`);
  console.log(`${title}: ${load()}`);
}

const relay = await startRelay();
const joiner = await person({ name: 'Joiner' });
await joiner.page.goto('about:blank');

const alone = addresses(relay);
const card = streamer(alone.link);
await wait(1500);
await measure('card to page', alone.page, joiner);
await card.stop();

if (process.env.ONLY !== 'card') {
  const { page: url } = addresses(relay);
  const bob = await person({ name: 'Bob', camera: 'other.mjpeg', mic: 'speech.wav' });
  await bob.join(url);
  await measure('page to page', url, joiner);
  await bob.go();
}
await joiner.go();
await relay.close();
