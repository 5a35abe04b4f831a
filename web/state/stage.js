/* SPDX-License-Identifier: MIT */
/* stage.js - which tiles a meeting shows and in which arrangement. Pure: the view measures and draws. */
import { trackOf } from './meeting.js';

/** @typedef {import('./meeting.js').Meeting} Meeting */
/** @typedef {import('./meeting.js').Member} Member */
/** `track` is 0 while the member shows no picture; `begun` tells one life of it from the next. Member 0 is myself.
 * @typedef {{ key: string, member: number, kind: 'camera' | 'screen', track: number, begun: number, name: string, mic: boolean, away: boolean, badKey: boolean, self: boolean }} Tile */
/** main: what is large; strip: the others beside it; floating: myself in the corner of a call of two; more: members without a tile
 * @typedef {{ mode: 'grid' | 'focus' | 'pair', main: Tile[], strip: Tile[], floating: Tile | null, more: number }} StageLayout */

/** @param {Member} m @param {'camera' | 'screen'} kind @returns {Tile} */
function tileOf(m, kind) {
  const track = trackOf(m, kind);
  const mic = trackOf(m, 'mic');
  return {
    key: `${m.id}/${kind}`, member: m.id, kind, track: track && !track.muted ? track.id : 0, begun: track?.begun ?? 0, name: m.name, mic: !!mic && !mic.muted, away: m.away,
    badKey: m.keys === 'bad', self: false,
  };
}

/** @typedef {{ name: string, camera: boolean, mic: boolean, screen: boolean }} Self */
/** @param {Self} self @param {'camera' | 'screen'} kind @returns {Tile} */
function selfTile(self, kind) {
  const shown = kind === 'camera' ? self.camera : self.screen;
  return { key: `0/${kind}`, member: 0, kind, track: shown ? 1 : 0, begun: 0, name: self.name, mic: self.mic, away: false, badKey: false, self: true };
}

/** @param {Member[]} members @param {Self} self */
function screensOf(members, self) {
  const shared = members.filter((m) => trackOf(m, 'screen') && !trackOf(m, 'screen')?.muted).map((m) => tileOf(m, 'screen'));
  return self.screen ? [...shared, selfTile(self, 'screen')] : shared;
}

/** Cuts to `capacity`, keeping myself (last) in sight. @param {Tile[]} tiles @param {number} capacity */
function cut(tiles, capacity) {
  if (tiles.length <= capacity) return { shown: tiles, more: 0 };
  const shown = [...tiles.slice(0, Math.max(0, capacity - 1)), tiles[tiles.length - 1]];
  return { shown, more: tiles.length - shown.length };
}

/** @param {Meeting} meeting @param {Self} self @param {number} capacity how many tiles a grid may have @returns {StageLayout} */
export function stageOf(meeting, self, capacity) {
  const me = selfTile(self, 'camera');
  const cameras = meeting.members.map((m) => tileOf(m, 'camera'));
  const screens = screensOf(meeting.members, self);
  const focus = [...screens, ...cameras, me].find((tile) => tile.key === meeting.pinned) ?? screens[0];
  if (focus) {
    const { shown, more } = cut([...screens, ...cameras, me].filter((tile) => tile !== focus && tile.key !== focus.key), capacity);
    return { mode: 'focus', main: [focus], strip: shown, floating: null, more };
  }
  if (cameras.length === 1) return { mode: 'pair', main: cameras, strip: [], floating: me, more: 0 };
  const { shown, more } = cut([...cameras, me], capacity);
  return { mode: 'grid', main: shown, strip: [], floating: null, more };
}
