/* SPDX-License-Identifier: MIT */
/* states.test.js - every state of the page before the test double, wide and narrow, light and dark, English and Korean: axe finds
 * nothing, nothing is cut off sideways, a thumb meets every control of the narrow page, nothing is written to the console.
 * PARLEY_SHOTS=DIR keeps a picture of each. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { launch, serveFolder } from '../lib/browser.js';

const root = resolve(import.meta.dirname, '../..');
const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const shots = process.env.PARLEY_SHOTS;
const only = process.env.PARLEY_SCENES?.split(',');

const scenes = [
  'home', 'prejoin', 'prejoin-denied', 'prejoin-busy', 'prejoin-nokey', 'connecting', 'alone', 'pair', 'grid', 'crowd', 'share', 'chat', 'unread', 'people', 'stats', 'settings',
  'reconnecting', 'offline', 'mismatch', 'unplugged', 'left', 'error-full', 'error-replaced', 'error-engine',
].filter((scene) => !only || only.includes(scene));

const looks = [
  { name: 'wide-dark-en', size: { width: 1280, height: 800 }, theme: 'dark', language: 'en' },
  { name: 'wide-light-ko', size: { width: 1280, height: 800 }, theme: 'light', language: 'ko' },
  { name: 'phone-light-en', size: { width: 360, height: 740 }, theme: 'light', language: 'en' },
  { name: 'phone-dark-ko', size: { width: 360, height: 740 }, theme: 'dark', language: 'ko' },
];

/** @type {Awaited<ReturnType<typeof launch>>} */
let browser;
/** @type {Awaited<ReturnType<typeof serveFolder>>} */
let server;

before(async () => {
  execFileSync('node', ['web/tools/build.js', '--dev'], { cwd: root, stdio: 'ignore' });
  server = await serveFolder(join(root, 'build/page-dev'));
  browser = await launch();
});
after(async () => {
  await browser?.close();
  server?.close();
});

/** Runs in the page: fonts are there, transitions over, and the picture is drawn. */
async function settled() {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  await document.fonts.ready;
  await new Promise((done) => setTimeout(done, 80)); // the scene's events
  await drawn();
  await Promise.allSettled(document.getAnimations().filter((a) => a.effect?.getComputedTiming().iterations !== Infinity).map((a) => a.finished));
  await drawn();
}

/** Runs in the page: what a thumb would miss. A field inside a label is as large as the label. @param {number} least px */
function smallTargets(least) {
  return [...document.querySelectorAll('button, a, input, select, textarea')]
    .map((e) => ({ e, box: (e.closest('label') ?? e).getBoundingClientRect() }))
    .filter(({ box }) => box.width > 0 && (box.width < least || box.height < least))
    .map(({ e, box }) => `${e.getAttribute('aria-label') ?? e.textContent}: ${Math.round(box.width)} x ${Math.round(box.height)} px`);
}

/** @param {import('playwright-core').Page} page */
async function violations(page) {
  const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`);
  return /** @type {any} */ (found).violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`);
}

for (const { name, size, theme, language } of looks) {
  test(name, async (t) => {
    const context = await browser.newContext({ viewport: size, reducedMotion: 'reduce', bypassCSP: true }); // axe is put in by us
    const page = await context.newPage();
    /** @type {string[]} */
    const said = [];
    page.on('console', (m) => { if (m.type() === 'error' || m.type() === 'warning') said.push(m.text()); });
    page.on('pageerror', (e) => said.push(String(e)));
    for (const scene of scenes) {
      await t.test(scene, async () => {
        said.length = 0;
        await page.goto(`${server.url}/?fake=${scene}&theme=${theme}&language=${language}`);
        await page.waitForSelector('#app > *');
        await page.evaluate(settled);
        if (shots) {
          mkdirSync(shots, { recursive: true });
          await page.screenshot({ path: join(shots, `${scene}.${name}.png`) });
        }
        let wrong = await violations(page);
        if (wrong.length) { // a busy machine may still be drawing
          await page.waitForTimeout(1000);
          wrong = await violations(page);
        }
        assert.deepEqual(wrong, []);
        const wider = await page.evaluate('document.documentElement.scrollWidth - innerWidth');
        assert.ok(Number(wider) <= 0, `the page is ${wider} px wider than the window`);
        if (size.width < 640) assert.deepEqual(await page.evaluate(smallTargets, 44), []);
        assert.deepEqual(said, []);
      });
    }
    await context.close();
  });
}
