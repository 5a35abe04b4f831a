/* SPDX-License-Identifier: MIT */
/* What the page knows of a meeting, from the events it hears. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { connectionOf, initialMeeting, reduceMeeting, secretMismatch, trackOf } from '../../web/state/meeting.js';

const after = (...events) => events.reduce(reduceMeeting, initialMeeting());
const invited = { type: 'invited', meeting: 'abc-defg-hij', hasSecret: true };
const joined = { type: 'joined', member: 1, resumed: false };
const link = (state, more = {}) => ({ type: 'link', state, code: '', text: '', retryAtMs: 0, transport: '', ...more });
const member = (id, name, more = {}) => ({ type: 'member', info: { id, name, role: 'member', away: false, ...more } });
const track = (of, id, kind, muted = false) => ({ type: 'track', member: of, track: { id, kind, muted } });

test('pages follow the events of a call', () => {
  const steps = [
    [invited, 'prejoin'], [{ type: 'joining' }, 'meeting'], [link('joining'), 'meeting'], [joined, 'meeting'], [link('live'), 'meeting'],
    [link('retrying'), 'meeting'], [link('live'), 'meeting'], [{ type: 'left' }, 'left'], [{ type: 'joining' }, 'meeting'],
    [link('refused', { code: 'full', text: 'no' }), 'error'], [{ type: 'left' }, 'error'], [{ type: 'home' }, 'home'],
  ];
  let s = initialMeeting();
  for (const [event, page] of steps) {
    s = reduceMeeting(s, event);
    assert.equal(s.page, page, JSON.stringify(event));
  }
});

test('a refusal keeps code and text', () => {
  assert.deepEqual(after(invited, link('refused', { code: 'rate', text: 'slow down' })).failure, { code: 'rate', text: 'slow down' });
});

test('members come, change and go', () => {
  const s = after(joined, member(2, 'Ann'), member(3, 'Bo'), member(2, 'Anna', { away: true }), { type: 'gone', member: 3 });
  assert.deepEqual(s.members.map(({ id, name, away }) => [id, name, away]), [[2, 'Anna', true]]);
});

test('who was there before me is no news', () => {
  const there = [joined, link('live'), member(2, 'Ann'), { type: 'settled' }];
  const names = (...events) => after(...events).toasts.map((t) => t.name);
  assert.deepEqual(names(...there), []);
  assert.deepEqual(names(...there, member(3, 'Bo'), { type: 'gone', member: 2 }), ['Bo', 'Ann']);
  assert.deepEqual(names(...there, link('retrying'), { type: 'gone', member: 2 }, joined, link('live'), member(4, 'Ann')), []);
});

test('who stayed over a lost session is still in the room: the engine tells only what changed', () => {
  const room = [joined, member(2, 'Ann'), member(3, 'Bo')];
  assert.equal(after(...room, { ...joined, resumed: true }).members.length, 2);
  assert.deepEqual(after(...room, joined, { type: 'gone', member: 3 }).members.map((m) => m.name), ['Ann']);
});

test('tracks replace one another by id and end', () => {
  const s = after(joined, member(2, 'Ann'), track(2, 2, 'camera'), track(2, 1, 'mic'), track(2, 1, 'mic', true));
  assert.deepEqual(s.members[0].tracks.map((t) => [t.id, t.muted]), [[1, true], [2, false]]);
  assert.equal(trackOf(reduceMeeting(s, { type: 'trackGone', member: 2, track: 2 }).members[0], 'camera'), undefined);
  assert.deepEqual(after(joined, track(9, 1, 'mic')).members, [], 'a track of nobody is nothing');
});

test('a track that ended and began again is another, one that changed is not', () => {
  const begun = (...events) => after(joined, member(2, 'Ann'), track(2, 2, 'camera'), ...events).members[0].tracks[0].begun;
  assert.equal(begun(track(2, 2, 'camera', true)), begun());
  assert.notEqual(begun({ type: 'trackGone', member: 2, track: 2 }, track(2, 2, 'camera')), begun());
  assert.notEqual(begun({ type: 'gone', member: 2 }, member(2, 'Ann'), track(2, 2, 'camera')), begun());
});

test('chat counts as unread only while it is not open', () => {
  const line = { type: 'chat', member: 2, text: 'hi', atMs: 0 };
  assert.equal(after(joined, member(2, 'Ann'), line, line).unread, 2);
  assert.equal(after(joined, line, { type: 'panel', panel: 'chat' }).unread, 0);
  assert.equal(after(joined, { type: 'panel', panel: 'chat' }, line).unread, 0);
  assert.equal(after(joined, { type: 'said', text: 'x', atMs: 0 }).unread, 0);
});

test('the other secret is told when nobody here has mine', () => {
  const keys = (of, ok) => ({ type: 'keys', member: of, ok });
  const room = [joined, member(2, 'Ann'), member(3, 'Bo')];
  assert.equal(secretMismatch(after(...room)), false);
  assert.equal(secretMismatch(after(...room, keys(2, false))), true);
  assert.equal(secretMismatch(after(...room, keys(2, false), keys(3, true))), false);
  assert.equal(secretMismatch(after(joined)), false);
});

test('what is said of the connection', () => {
  const cases = [
    [[link('dialing')], true, 'connecting'], [[link('live')], true, 'ok'], [[link('live'), link('retrying')], true, 'reconnecting'],
    [[link('live'), link('dialing')], true, 'reconnecting'], [[link('live')], false, 'offline'], [[link('retrying')], false, 'offline'],
  ];
  for (const [events, online, expected] of cases) assert.equal(connectionOf(after(...events).link, online), expected);
});
