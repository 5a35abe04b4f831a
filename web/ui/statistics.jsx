/* SPDX-License-Identifier: MIT */
/* statistics.jsx - the engine's own numbers. */
import { useEffect } from 'preact/hooks';

/** @param {number} bps */
const rate = (bps) => (bps >= 1e6 ? `${(bps / 1e6).toFixed(2)} Mbit/s` : `${Math.round(bps / 1e3)} kbit/s`);
/** @param {number} us */
const ms = (us) => `${(us / 1000).toFixed(us < 10_000 ? 1 : 0)} ms`;

/** @typedef {[label: import('../state/store.js').TextKey, value: string | number]} Row */

/** @param {import('./parts.jsx').App} props */
export function Statistics({ store, actions }) {
  const stats = store.stats.value;
  useEffect(() => { actions.watchStats(true); return () => actions.watchStats(false); }, []);
  if (!stats) return <p class="px-5 text-sm text-muted">{store.t('statsNothing')}</p>;
  return (
    <div class="min-h-0 grow overflow-y-auto px-5 pb-6" tabIndex={0} role="group" aria-label={store.t('statistics')}>
      <Table store={store} title={store.t('statsLink')} rows={linkRows(store, stats.link)} />
      {stats.tracks.map((track) => <Table key={`${track.member}/${track.track}`} store={store} title={trackTitle(store, track)} rows={trackRows(track)} />)}
    </div>
  );
}

/** @param {import('./parts.jsx').Store} store @param {import('../engine/types.js').ClientStats} l @returns {Row[]} */
function linkRows(store, l) {
  return [
    ['statsTransport', l.transport ? store.t(l.transport === 'websocket' ? 'viaWebsocket' : 'viaWebtransport') : '–'],
    ['statsRtt', ms(l.rttUs)], ['statsSend', rate(l.sendBps)], ['statsTarget', rate(l.sendTargetBps)], ['statsReceive', rate(l.receiveBps)],
    ['statsLost', l.lostIn], ['statsDropped', l.droppedOut], ['statsAuth', l.authFailed], ['statsReplayed', l.replayed], ['statsMalformed', l.malformed],
    ['statsReconnects', l.reconnects],
  ];
}

/** @param {import('../worker/messages.js').NamedTrackStats} s @returns {Row[]} */
function trackRows(s) {
  const video = s.kind === 'camera' || s.kind === 'screen';
  /** @type {Row[]} */
  const rows = [['statsRate', rate(s.bps)]];
  if (video) rows.push(['statsSize', s.widthPx ? `${s.widthPx} × ${s.heightPx}` : '–'], ['statsFps', (s.fpsX10 / 10).toFixed(1)], ['statsKeyFrames', s.keyFrames]);
  if (s.member === 0) return rows;
  rows.push(['statsJitter', ms(s.jitterUs)], ['statsTargetDelay', ms(s.targetUs)], ['statsLostLate', `${s.lost} / ${s.late}`]);
  if (video) rows.push(['statsFreezes', `${s.freezes} (${(s.frozenMs / 1000).toFixed(1)} s)`]);
  return rows;
}

/** @param {import('./parts.jsx').Store} store @param {import('../worker/messages.js').NamedTrackStats} s */
function trackTitle(store, s) {
  const who = s.member === 0 ? store.t('you') : store.meeting.value.members.find((m) => m.id === s.member)?.name ?? '';
  return `${who} · ${store.t(/** @type {const} */ (`kind_${s.kind}`))}${s.codec ? ` · ${s.codec}` : ''}`;
}

/** @param {{ store: import('./parts.jsx').Store, title: string, rows: Row[] }} props */
function Table({ store, title, rows }) {
  return (
    <section class="mb-5">
      <h3 class="mb-1.5 truncate text-sm font-semibold">{title}</h3>
      <dl class="rounded-control bg-raised px-3.5 py-1.5 text-sm tabular-nums">
        {rows.map(([label, value]) => (
          <div key={label} data-stat={label} class="flex justify-between gap-3 py-1"><dt class="text-muted">{store.t(label)}</dt><dd class="text-right font-medium">{value}</dd></div>
        ))}
      </dl>
    </section>
  );
}
