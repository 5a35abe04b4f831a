/* SPDX-License-Identifier: MIT */
/* Links to a meeting, both forms, on any host and under any path. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatInvite, fromBase64url, isMeeting, newInvite, parseInvite, toBase64url } from '../../web/state/invite.js';

const secret = Uint8Array.from({ length: 32 }, (_, i) => i * 7);
const fragment = toBase64url(secret);

test('a link is read back as it was written', () => {
  for (const root of ['https://meet.example/', 'https://x.example/some/folder/', 'http://localhost:8080/']) {
    for (const paths of [true, false]) assert.deepEqual(parseInvite(formatInvite(root, { meeting: 'abc-defg', secret }, paths)), { meeting: 'abc-defg', secret });
  }
});

test('the secret stands in the fragment and nowhere else', () => {
  for (const paths of [true, false]) {
    const url = new URL(formatInvite('https://meet.example/', { meeting: 'abc', secret }, paths));
    assert.equal(url.hash, `#${fragment}`);
    assert.ok(!(url.pathname + url.search).includes(fragment));
  }
});

test('what is no invitation', () => {
  for (const bad of ['', 'abc', 'https://meet.example/', 'https://meet.example/m/', 'https://meet.example/m/a_b#x', `https://meet.example/?m=${'a'.repeat(65)}`, 'https://meet.example/?m=-a']) assert.equal(parseInvite(bad), null, bad);
});

test('a missing, short, long or broken secret is none', () => {
  for (const hash of ['', '#', '#abc', '#!!!!', `#${'A'.repeat(87)}`, `#${'A'.repeat(41)}`]) assert.deepEqual(parseInvite(`https://x.example/m/abc${hash}`), { meeting: 'abc', secret: null }, hash);
});

test('base64url both ways, all lengths', () => {
  for (let n = 0; n < 70; n++) {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 37 + n) & 255);
    assert.deepEqual(fromBase64url(toBase64url(bytes)), bytes);
  }
  for (const bad of ['+', 'a', 'ab=', 'a b c']) assert.equal(fromBase64url(bad), null);
});

test('new meetings are named as the wire allows and have 32 random bytes', () => {
  const [a, b] = [newInvite(), newInvite()];
  assert.ok(isMeeting(a.meeting) && a.secret.length === 32);
  assert.notEqual(a.meeting, b.meeting);
  assert.notDeepEqual(a.secret, b.secret);
});
