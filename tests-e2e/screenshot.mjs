/* SPDX-License-Identifier: MIT */
/* screenshot.mjs - makes docs/images/meeting.png: a real call of one page and three headless clients, with painted people as cameras. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { launch, serveFolder } from './lib/browser.js';
import { arrive, media } from './lib/person.js';
import { headless, root, startRelay } from './lib/relay.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-screenshot-'));
const names = ['Mina Park', 'Jonas Weber', 'Aiko Sato', 'Tom Okafor'];

async function paint() {
  const server = await serveFolder(root);
  const browser = await launch();
  const page = await browser.newPage();
  await page.goto(`${server.url}/static/index.html`);
  for (const seed of names.keys()) {
    const url = await page.evaluate(async ([at, n]) => (await import(`${at}/web/dev/pictures.js`)).paintPerson(n).toDataURL(), /** @type {[string, number]} */ ([server.url, seed]));
    writeFileSync(join(folder, `${seed}.png`), Buffer.from(url.split(',')[1], 'base64'));
    const out = seed === 0 ? ['-pix_fmt', 'yuvj420p', '-q:v', '2', '-f', 'mjpeg', join(folder, '0.mjpeg')] : ['-pix_fmt', 'yuv420p', '-c:v', 'libvpx', '-b:v', '1M', join(folder, `${seed}.webm`)];
    execFileSync('ffmpeg', ['-v', 'error', '-y', '-loop', '1', '-framerate', '15', '-t', '20', '-i', join(folder, `${seed}.png`), ...out]);
  }
  await browser.close();
  server.close();
}

await paint();
const relay = await startRelay();
const url = relay.meeting().replace(/\/m\/[^#]*/, '/m/spring-plan');
const others = names.slice(1).map((name, i) => headless('stream', url.replace(relay.url, relay.secureUrl), '--insecure', '--name', name, '--fps', '15',
  '--source', join(folder, `${i + 1}.webm`), '--audio', i === 0 ? join(media, 'speech.wav') : 'none'));
const me = await arrive({ name: names[0], camera: '../../../../../..' + join(folder, '0.mjpeg') }, /** @type {any} */ ({ status: 'passed', expectedStatus: 'passed' }));
try {
  await me.page.emulateMedia({ colorScheme: 'dark' });
  await me.join(url);
  for (const name of names.slice(1)) await me.tile(name).locator('canvas').waitFor({ state: 'visible' });
  await me.page.locator('article[data-speaking="true"]').first().waitFor({ timeout: 20_000 });
  await me.page.mouse.move(5, 5);
  await me.page.screenshot({ path: join(root, 'docs/images/meeting.png') });
} finally {
  await me.go();
  others.forEach((o) => o.stop());
  await relay.close();
  rmSync(folder, { recursive: true, force: true });
}
