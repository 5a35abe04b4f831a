/* SPDX-License-Identifier: MIT */
/* What people press during a call, and what the other side notices. */
import { expect, test } from '../lib/test.js';

const ALICE = { name: 'Alice', camera: 'person.mjpeg', mic: 'tone.wav' };
const BOB = { name: 'Bob', camera: 'other.mjpeg', mic: 'speech.wav' };

async function pair({ relay, invite }, alices = ALICE, bobs = BOB) {
  const [alice, bob] = [await invite(alices), await invite(bobs)];
  const url = relay.meeting();
  await alice.join(url);
  await bob.join(url);
  await bob.sees('Alice');
  return { alice, bob, url };
}

test('a muted microphone is silence, and a sign', async ({ relay, invite }) => {
  const { alice, bob } = await pair({ relay, invite });
  expect((await bob.hears(20)).db).toBeGreaterThan(-40);
  await alice.page.getByRole('button', { name: 'Mute microphone' }).click();
  await expect(bob.tile('Alice').getByText('Muted')).toBeAttached();
  await bob.page.waitForTimeout(1000);
  expect((await bob.hears(20)).db, 'muted').toBeLessThan(-70);
  await alice.page.getByRole('button', { name: 'Unmute microphone' }).click();
  await expect.poll(async () => (await bob.hears(10)).db, { message: 'heard again' }).toBeGreaterThan(-40);
});

test('a camera that is turned off leaves initials, and comes back', async ({ relay, invite }) => {
  const { alice, bob } = await pair({ relay, invite });
  await alice.page.getByRole('button', { name: 'Turn camera off' }).click();
  await expect(bob.tile('Alice').locator('canvas')).toBeHidden();
  await alice.page.getByRole('button', { name: 'Turn camera on' }).click();
  await bob.sees('Alice');
});

test('a shared screen is seen', async ({ relay, invite }) => {
  const { alice, bob } = await pair({ relay, invite });
  await alice.page.getByRole('button', { name: 'Share screen' }).click();
  await expect(bob.tile('Alice', 'screen')).toBeVisible();
  await expect.poll(() => bob.picture(bob.canvas('Alice', 'screen')), { message: 'a picture of the screen' }).not.toBeNull();
  await alice.page.getByRole('button', { name: 'Stop sharing' }).first().click();
  await expect(bob.tile('Alice', 'screen')).toBeHidden();
});

test('a chat message arrives with its author', async ({ relay, invite }) => {
  const { alice, bob } = await pair({ relay, invite });
  await alice.page.getByRole('button', { name: /^Chat/ }).click();
  await alice.page.getByLabel('Write to everybody').fill('Grüße, 안녕하세요 <b>');
  await alice.page.getByRole('button', { name: 'Send' }).click();
  await bob.page.getByRole('button', { name: /^Chat/ }).click();
  await expect(bob.page.getByRole('log')).toContainText('Grüße, 안녕하세요 <b>');
  await expect(bob.page.getByRole('log')).toContainText('Alice');
});

test('who leaves is gone at once and may come back', async ({ relay, invite }) => {
  const { alice, bob } = await pair({ relay, invite });
  await alice.page.getByRole('button', { name: 'Leave' }).click();
  await expect(alice.page.getByRole('heading', { name: 'You left the meeting' })).toBeVisible();
  await expect(bob.tile('Alice')).toHaveCount(0, { timeout: 2000 });
  await alice.page.getByRole('button', { name: 'Join again' }).click();
  await bob.sees('Alice');
  await alice.sees('Bob');
});

test('a closed tab is gone within two seconds', async ({ relay, invite }) => {
  const { alice, bob } = await pair({ relay, invite });
  await alice.page.close({ runBeforeUnload: false });
  await expect(bob.tile('Alice')).toHaveCount(0, { timeout: 2000 });
});

test('a killed browser is gone too', async ({ relay, invite }) => {
  test.slow();
  const { alice, bob } = await pair({ relay, invite });
  await alice.browser.close();
  await expect(bob.tile('Alice')).toHaveCount(0, { timeout: 15_000 });
});

test('a reloaded page comes back to the same meeting', async ({ relay, invite }) => {
  const { alice, bob, url } = await pair({ relay, invite });
  await alice.page.reload();
  await alice.join(url);
  await bob.sees('Alice');
  await alice.sees('Bob');
  await expect(bob.tile('Alice')).toHaveCount(1);
});
