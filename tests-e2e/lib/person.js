/* SPDX-License-Identifier: MIT */
/* person.js - somebody with a browser, a camera and a microphone. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { chromium, expect } from '@playwright/test';
import { listenIn, look } from './probes.js';
import { root } from './relay.js';

/** The folder of camera and microphone files, made at the first use. */
export const media = execFileSync(join(root, 'tests-e2e/media.sh'), { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();

/** @typedef {{ name: string, camera?: string, mic?: string, devices?: 'allowed' | 'denied', flags?: string[], traced?: boolean }} Who
 *  `traced`: what happened is kept for a test that fails; it costs much CPU, a measurement goes without */

/** A browser of its own: fake devices belong to a browser, not to a page. @param {Who} who @param {import('@playwright/test').TestInfo} info */
export async function arrive(who, info) {
  const { name, camera = 'person.mjpeg', mic = 'speech.wav', devices = 'allowed', flags = [], traced = true } = who;
  const browser = await chromium.launch({
    executablePath: process.env.PARLEY_CHROMIUM ?? '/usr/bin/chromium',
    args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync',
      '--autoplay-policy=no-user-gesture-required', '--disable-background-timer-throttling', '--disable-renderer-backgrounding',
      '--disable-backgrounding-occluded-windows', '--auto-select-desktop-capture-source=Entire screen',
      `--use-fake-ui-for-media-stream${devices === 'denied' ? '=deny' : ''}`, '--use-fake-device-for-media-stream',
      `--use-file-for-fake-video-capture=${join(media, camera)}`, `--use-file-for-fake-audio-capture=${join(media, mic)}`, ...flags],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, locale: 'en-GB', ignoreHTTPSErrors: true });
  if (traced) await context.tracing.start({ screenshots: true, snapshots: true });
  await context.addInitScript(listenIn);
  await context.addInitScript(look);
  const page = await context.newPage();
  /** @type {string[]} */
  const errors = [];
  page.on('pageerror', (e) => errors.push(String(e)));
  page.on('console', (m) => { if (m.type() === 'error') errors.push(m.text()); });

  /** The tile of somebody else; `kind` screen for what they share. @param {string} of @param {'camera' | 'screen'} kind */
  const tile = (of, kind = 'camera') => page.getByRole('article', { name: kind === 'screen' ? `${of}'s screen` : of, exact: true });
  /** A selector of the canvas in a tile, for the probes. @param {string} of @param {'camera' | 'screen'} kind */
  const canvas = (of, kind = 'camera') => `article[aria-label="${kind === 'screen' ? `${of}'s screen` : of}"] canvas`;

  return {
    name, browser, context, page, errors, tile, canvas,
    /** Opens the meeting and presses Join; returns once in. @param {string} url */
    async join(url) {
      await page.goto(url);
      await page.getByLabel('Your name').fill(name);
      await page.getByRole('button', { name: 'Join now' }).click();
      await expect(page.getByRole('button', { name: 'Leave' })).toBeVisible();
    },
    /** From now on: gives what the page said in passing of people who came and went. */
    async news() {
      await page.evaluate(() => {
        const said = /** @type {any} */ (globalThis).said = /** @type {string[]} */ ([]);
        new MutationObserver((changes) => changes.forEach((c) => c.addedNodes.forEach((n) => said.push(n.textContent ?? ''))))
          .observe(document.body, { childList: true, subtree: true });
      });
      return () => page.evaluate(() => /** @type {any} */ (globalThis).said.filter((/** @type {string} */ text) => /^\S+ (left|joined)$/.test(text)));
    },
    /** Waits for somebody's moving picture: the counter goes on. @param {string} of @param {'camera' | 'screen'} kind */
    async sees(of, kind = 'camera') {
      await expect(tile(of, kind)).toBeVisible();
      const selector = canvas(of, kind);
      let before = -2;
      await expect.poll(async () => {
        const now = (await this.picture(selector))?.counter ?? -1;
        const moved = before >= 0 && now >= 0 && now !== before;
        before = now;
        return moved;
      }, { message: `${name} sees a moving picture of ${of}`, intervals: [200] }).toBe(true);
    },
    /** @param {string} selector @returns {Promise<{ red: number, green: number, blue: number, counter: number } | null>} */
    picture: (selector) => page.evaluate((s) => /** @type {any} */ (globalThis).look.picture(s), selector),
    /** @param {string} selector @param {number} ms @returns {Promise<[number, number][]>} */
    counters: (selector, ms) => page.evaluate(([s, t]) => /** @type {any} */ (globalThis).look.counters(s, t), /** @type {[string, number]} */ ([selector, ms])),
    /** @param {string} selector @param {number} ms @returns {Promise<number[]>} */
    cardDelays: (selector, ms) => page.evaluate(([s, t]) => /** @type {any} */ (globalThis).look.cardDelays(s, t), /** @type {[string, number]} */ ([selector, ms])),
    /** The loudest of some looks at the speakers, 100 ms apart. @param {number} [looks] @param {number} [hz] */
    async hears(looks = 20, hz = 1000) {
      let best = { db: -120, share: 0, state: 'none' };
      for (let i = 0; i < looks; i++) {
        const now = await page.evaluate((f) => /** @type {any} */ (globalThis).heard(f), hz);
        if (now.db > best.db) best = now;
        await page.waitForTimeout(100);
      }
      return best;
    },
    /** Keeps trace and screenshot when the test failed, then closes the browser. */
    async go() {
      const failed = info.status !== info.expectedStatus;
      if (failed) await page.screenshot({ path: info.outputPath(`${name}.png`) }).catch(() => {});
      if (traced) await context.tracing.stop(failed ? { path: info.outputPath(`${name}.zip`) } : undefined).catch(() => {});
      if (failed && errors.length) info.annotations.push({ type: `console of ${name}`, description: errors.join('\n') });
      await browser.close();
    },
  };
}
