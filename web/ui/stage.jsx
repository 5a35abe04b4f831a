/* SPDX-License-Identifier: MIT */
/* stage.jsx - measures the room there is, lays the tiles out in it, and tells the engine what sizes are looked at. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { gridCapacity, gridOf } from '../state/layout.js';
import { stageOf } from '../state/stage.js';
import { Icon } from './icons.jsx';
import { Tile } from './tile.jsx';

/** @typedef {import('../state/stage.js').Tile} TileInfo */
/** @typedef {{ width: number, height: number }} Size */

const GAP = 10;
const NARROWEST = 150; // px: a tile below this is not worth showing
const TILES_MAX = 25;

/** @param {{ current: HTMLElement | null }} ref @returns {Size} */
function useSize(ref) {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => setSize({ width: entry.contentRect.width, height: entry.contentRect.height }));
    if (ref.current) observer.observe(ref.current);
    return () => observer.disconnect();
  }, []);
  return size;
}

/** @param {import('./parts.jsx').App} props */
export function Stage({ store, actions }) {
  const ref = useRef(/** @type {HTMLDivElement | null} */ (null));
  const area = useSize(ref);
  const self = {
    name: store.meeting.value.name || store.t('guest'), camera: store.camera.value.live && store.camera.value.on,
    mic: store.mic.value.live && store.mic.value.on, screen: store.screen.value.live,
  };
  const stage = stageOf(store.meeting.value, self, Math.min(TILES_MAX, gridCapacity(area.width, area.height, GAP, NARROWEST)));
  const parts = { store, actions, stage, area };
  return (
    <div ref={ref} class="relative min-h-0 min-w-0 grow">
      {area.width > 0 && (stage.mode === 'focus' ? <Focus {...parts} /> : stage.mode === 'pair' ? <Pair {...parts} /> : <Grid {...parts} />)}
    </div>
  );
}

/** @typedef {import('./parts.jsx').App & { stage: import('../state/stage.js').StageLayout, area: Size }} StageProps */

/** Tells which remote pictures are on show, and how wide, whenever that changes.
 * @param {import('./parts.jsx').Actions} actions @param {{ tile: TileInfo, size: Size }[]} placed */
function useWants(actions, placed) {
  const wants = placed.filter(({ tile }) => !tile.self && tile.track > 0)
    .map(({ tile, size }, priority) => ({ member: tile.member, track: tile.track, widthPx: Math.round(size.width * devicePixelRatio), priority }));
  useLayoutEffect(() => actions.setWants(wants), [JSON.stringify(wants)]);
}

/** @param {StageProps} props */
function Grid({ store, actions, stage, area }) {
  const alone = stage.main.length === 1;
  const size = gridOf(stage.main.length, area.width, area.height, GAP);
  useWants(actions, stage.main.map((tile) => ({ tile, size })));
  return (
    <div class={`flex size-full flex-wrap content-center items-center justify-center ${alone ? 'max-sm:content-start' : ''}`} style={{ gap: `${GAP}px` }}>
      {stage.main.map((tile) => <Tile key={tile.key} store={store} actions={actions} tile={tile} size={size} plain={alone} />)}
      <More store={store} actions={actions} count={stage.more} />
      {alone && <Alone store={store} actions={actions} />}
    </div>
  );
}

/** Two people: the other one large, myself in the corner. @param {StageProps} props */
function Pair({ store, actions, stage, area }) {
  const [tile] = stage.main;
  const size = { width: area.width, height: area.height };
  const corner = Math.max(104, Math.min(240, area.width * 0.22));
  const cornerSize = area.width < 640 ? { width: corner, height: corner * 4 / 3 } : { width: corner, height: corner * 9 / 16 };
  useWants(actions, [{ tile, size }]);
  return (
    <div class="relative size-full">
      <Tile key={tile.key} store={store} actions={actions} tile={tile} size={size} plain />
      {stage.floating && (
        <div class="absolute right-3 bottom-3 rounded-tile shadow-float ring-1 ring-line">
          <Tile key={stage.floating.key} store={store} actions={actions} tile={stage.floating} size={cornerSize} plain />
        </div>
      )}
    </div>
  );
}

/** One tile large, the others in a strip: beside it on a wide page, above it on a narrow one. @param {StageProps} props */
function Focus({ store, actions, stage, area }) {
  const beside = area.width >= 720;
  const stripSize = beside ? { width: 200, height: 112 } : { width: 108, height: 84 };
  const strip = stage.strip.slice(0, Math.max(1, Math.floor((beside ? area.height + GAP : area.width + GAP) / ((beside ? stripSize.height : stripSize.width) + GAP))));
  const main = beside ? { width: area.width - stripSize.width - GAP, height: area.height } : { width: area.width, height: area.height - stripSize.height - GAP };
  useWants(actions, [{ tile: stage.main[0], size: main }, ...strip.map((tile) => ({ tile, size: stripSize }))]);
  return (
    <div class={`flex size-full ${beside ? 'flex-row-reverse' : 'flex-col'}`} style={{ gap: `${GAP}px` }}>
      <div class={`flex shrink-0 ${beside ? 'flex-col' : ''}`} style={{ gap: `${GAP}px` }}>
        {strip.map((tile) => <Tile key={tile.key} store={store} actions={actions} tile={tile} size={stripSize} />)}
      </div>
      <Tile key={stage.main[0].key} store={store} actions={actions} tile={stage.main[0]} size={main} />
      <More store={store} actions={actions} count={stage.more + stage.strip.length - strip.length} place={beside ? undefined : 'right-2 bottom-2'} />
    </div>
  );
}

/** Who has no tile. Its corner is one where tiles have neither name nor pin. @param {import('./parts.jsx').App & { count: number, place?: string }} props */
function More({ store, actions, count, place = 'top-2 left-2' }) {
  return count > 0 ? <button type="button" class={`on-picture absolute min-h-target px-3.5 text-sm font-medium ${place}`} onClick={() => actions.openPanel('people')}>{store.t('morePeople', { count })}</button> : null;
}

/** @param {import('./parts.jsx').App} props */
function Alone({ store, actions }) {
  const { t } = store;
  if (store.meeting.value.link.state !== 'live') return null;
  return (
    <div class="absolute inset-x-0 bottom-0 sm:right-6 sm:bottom-6 sm:left-auto sm:w-md">
      <div class="card p-5">
        <h2 class="font-semibold">{t('aloneTitle')}</h2>
        <p class="mt-1 text-sm text-muted">{t('aloneText')}</p>
        <div class="mt-3 flex gap-2">
          <input readOnly class="field truncate text-sm" aria-label={t('homeLink')} value={store.inviteUrl.value} onFocus={(e) => e.currentTarget.select()} />
          <button type="button" class="button button-primary shrink-0" onClick={actions.copyLink}><Icon name="copy" class="size-4" />{t('copyLink')}</button>
        </div>
      </div>
    </div>
  );
}
