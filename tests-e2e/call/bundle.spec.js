/* SPDX-License-Identifier: MIT */
/* The page on a plain static host, the relay elsewhere: another origin, no isolation headers, no server logic. */
import { randomBytes } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serveFolder } from '../lib/browser.js';
import { root, startRelay } from '../lib/relay.js';
import { expect, test } from '../lib/test.js';

test('a call between two pages of a static host', async ({ invite }) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bundle-'));
  const host = await serveFolder(folder);
  const relay = await startRelay(['--origin', host.url]);
  try {
    cpSync(join(root, 'dist'), folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ relay: relay.url }));
    const alice = await invite({ name: 'Alice', camera: 'person.mjpeg', mic: 'tone.wav' });
    const bob = await invite({ name: 'Bob', camera: 'other.mjpeg', mic: 'speech.wav' });
    const url = `${host.url}/?m=bundle-${randomBytes(3).toString('hex')}#${randomBytes(32).toString('base64url')}`;
    await alice.join(url);
    await bob.join(url);
    await alice.sees('Bob');
    await bob.sees('Alice');
    expect(await alice.page.evaluate(() => globalThis.crossOriginIsolated), 'without isolation').toBe(false);
  } finally {
    await relay.close();
    host.close();
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a page of an origin that the relay does not know is turned away', async ({ invite }) => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-bundle-'));
  const host = await serveFolder(folder);
  const relay = await startRelay();
  const stranger = `http://stranger.example:${host.port}`;
  try {
    const { certificate_hashes } = await (await fetch(`${relay.url}/config.json`)).json();
    cpSync(join(root, 'dist'), folder, { recursive: true });
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ webtransport: `${relay.secureUrl}/wt`, websocket: `${relay.url.replace('http', 'ws')}/ws`, certificate_hashes }));
    const alice = await invite({ name: 'Alice', flags: ['--host-resolver-rules=MAP stranger.example 127.0.0.1', `--unsafely-treat-insecure-origin-as-secure=${stranger}`] });
    await alice.join(`${stranger}/?m=bundle#${randomBytes(32).toString('base64url')}`);
    await expect.poll(async () => Number((await (await fetch(`${relay.url}/metrics`)).text()).match(/refused_origin\S* (\d+)/)?.[1]),
      { message: 'the relay refused the origin' }).toBeGreaterThan(0);
    await expect(alice.page.getByText('Connecting…')).toBeVisible();
  } finally {
    await relay.close();
    host.close();
    rmSync(folder, { recursive: true, force: true });
  }
});
