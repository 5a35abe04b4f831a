/* SPDX-License-Identifier: MIT */
/* page_delay.mjs - how late a page shows and plays: glass to glass and mouth to ear, from the headless test card to a page and between two
 * pages, second by second from the start; and what pages and relay cost. PARLEY_PROGRAMS=build/release, TURNS of SECONDS each.
 *
 * Pictures count from capture until a display's refresh first finds them on the tile. Sound counts until it leaves the page's audio graph. */
import { addresses, costOf, cpuOver, load, percentile, person, renderers, spread, startRelay, streamer, wait } from './lib/pages.js';

const SECONDS = Number(process.env.SECONDS ?? 12);
const TURNS = Number(process.env.TURNS ?? 1);
const ONLY = process.env.ONLY ?? '';

const late = (heard) => heard.map((at) => at % 1000).filter((age) => age < 600);

async function bySecond(page, selector) {
  const seconds = [];
  for (let s = 0; s < SECONDS; s++) seconds.push(await page.evaluate((at) => globalThis.look.cardDelays(at, 1000), selector));
  return seconds;
}

async function cardToPage(relay) {
  const { page: url, link } = addresses(relay);
  const card = streamer(link);
  const alice = await person({});
  await wait(1000);
  await alice.join(url);
  const [seconds, heard] = await Promise.all([bySecond(alice.page, alice.canvas('Card')), alice.page.evaluate((ms) => globalThis.heardOnsets(ms), SECONDS * 1000)]);
  console.log(`card to page: median by second ${seconds.map((s) => (s.length ? percentile(s, 50) : '-')).join(' ')}; ${load()}`);
  console.log(`card to page: glass to glass ${spread(seconds.slice(3).flat())}`);
  console.log(`card to page: mouth to ear   ${spread(late(heard).slice(3))}`);
  await alice.go();
  await card.stop();
}

/** Pairs each event there with the latest one here before it. */
const pair = (there, here, most) => there.map((at) => at - (here.findLast((t) => t <= at) ?? -Infinity)).filter((d) => d < most);

async function pageToPage(relay) {
  const { page: url } = addresses(relay);
  const [alice, bob] = [await person({}), await person({ name: 'Bob', camera: 'other.mjpeg', mic: 'speech.wav' })];
  await alice.join(url);
  await bob.join(url);
  await bob.sees('Alice');
  const ms = SECONDS * 1000;
  const [shown, seen, said, heard] = await Promise.all([
    alice.counters('article video', ms), bob.counters(bob.canvas('Alice'), ms),
    alice.page.evaluate((t) => globalThis.saidOnsets(t), ms), bob.page.evaluate((t) => globalThis.heardOnsets(t), ms)]);
  const delays = seen.map(([n, at]) => ({ at, d: at - (shown.findLast(([m, t]) => m === n && t <= at)?.[1] ?? NaN) })).filter(({ d }) => d < 4000);
  const seconds = Array.from({ length: SECONDS }, (_, s) => delays.filter(({ at }) => Math.floor((at - seen[0][1]) / 1000) === s).map(({ d }) => d));
  console.log(`page to page: median by second ${seconds.map((s) => (s.length ? percentile(s, 50).toFixed(0) : '-')).join(' ')}; ${load()}`);
  console.log(`page to page: own view to glass ${spread(seconds.slice(3).flat())}`);
  console.log(`page to page: mouth to ear      ${spread(pair(heard, said, 900).slice(2))}`);
  const pages = renderers();
  const before = costOf(relay.pid()).cpuSeconds;
  const cpu = await cpuOver(pages, 5000);
  const { cpuSeconds, megabytes } = costOf(relay.pid());
  console.log(`page to page: CPU of a page ${(cpu / 2).toFixed(0)} %, of the relay per participant ${(((cpuSeconds - before) * 100) / 5 / 2).toFixed(2)} %; relay ${megabytes.toFixed(1)} MB`);
  await Promise.all([alice.go(), bob.go()]);
}

const relay = await startRelay();
for (let turn = 0; turn < TURNS; turn++) {
  if (ONLY !== 'pages') await cardToPage(relay);
  if (ONLY !== 'card') await pageToPage(relay);
}
await relay.close();
