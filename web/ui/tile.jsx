/* SPDX-License-Identifier: MIT */
/* tile.jsx - one person or one screen: picture or initials, name, and what is wrong with it. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { Icon } from './icons.jsx';
import { Avatar } from './parts.jsx';
import { SelfVideo } from './self-video.jsx';

/** @typedef {import('../state/stage.js').Tile} TileInfo */

/** @param {import('./parts.jsx').App & { tile: TileInfo, size: { width: number, height: number }, plain?: boolean }} props */
export function Tile({ store, actions, tile, size, plain }) {
  const { t } = store;
  const speaking = tile.kind === 'camera' && tile.mic && store.speaking.value.has(tile.member);
  const small = size.width < 180;
  const name = tile.kind === 'screen' ? t('screenOf', { name: tile.name }) : tile.self ? (small ? t('you') : t('youSuffix', { name: tile.name })) : tile.name;
  const pinned = store.meeting.value.pinned === tile.key;
  return (
    <article aria-label={name} data-tile={tile.key} data-speaking={speaking}
      class={`group relative shrink-0 overflow-hidden rounded-tile bg-tile transition-shadow ${speaking ? 'ring-3 ring-speaking' : ''}`}
      style={{ width: `${size.width}px`, height: `${size.height}px` }}>
      <Contents store={store} actions={actions} tile={tile} size={size} veiled={tile.away || tile.badKey} />
      {(tile.away || tile.badKey) && <Veil icon={tile.away ? 'busy' : 'alert'} text={t(tile.away ? 'away' : 'keysWrongTile')} />}
      <div class="on-picture absolute bottom-2 left-2 flex max-w-[calc(100%-1rem)] items-center gap-1.5 px-2.5 py-1 text-xs font-medium sm:text-sm">
        {tile.kind === 'camera' && !tile.mic && <><Icon name="micOff" class="size-3.5" /><span class="sr-only">{t('muted')}</span></>}
        {tile.kind === 'screen' && <Icon name="screen" class="size-3.5" />}
        <span class="truncate">{name}</span>
      </div>
      {!plain && (
        <button type="button" aria-pressed={pinned} aria-label={`${t(pinned ? 'unpin' : 'pin')}: ${name}`} title={t(pinned ? 'unpin' : 'pin')}
          class="absolute top-0 right-0 inline-flex size-11 items-center justify-center rounded-full text-white opacity-0 transition-opacity group-hover:opacity-100 focus-visible:opacity-100 aria-pressed:opacity-100 pointer-coarse:opacity-100"
          onClick={() => store.dispatch({ type: 'pin', key: tile.key })}>
          <span class="on-picture inline-flex size-8 items-center justify-center"><Icon name={pinned ? 'unpin' : 'pin'} class="size-4" /></span>
        </button>
      )}
    </article>
  );
}

/** @param {import('./parts.jsx').App & { tile: TileInfo, size: { width: number, height: number }, veiled: boolean }} props */
function Contents({ store, actions, tile, size, veiled }) {
  if (tile.self && tile.track) {
    const stream = tile.kind === 'camera' ? store.cameraStream : store.screenStream;
    return <SelfVideo stream={stream} label={store.t('selfView')} mirror={tile.kind === 'camera'} fit={tile.kind === 'camera' ? 'cover' : 'contain'} />;
  }
  const drawn = tile.track > 0 && store.pictures.value.has(`${tile.member}/${tile.track}`);
  const diameter = Math.max(40, Math.min(size.width, size.height) * 0.36);
  return (
    <>
      {!drawn && !veiled && (
        <div class="absolute inset-0 flex items-center justify-center">
          <span style={{ fontSize: `${diameter * 0.4}px`, width: `${diameter}px`, height: `${diameter}px` }} class="inline-flex"><Avatar name={tile.name} class="size-full" /></span>
        </div>
      )}
      {tile.track > 0 && <RemotePicture actions={actions} tile={tile} drawn={drawn} />}
    </>
  );
}

/** The canvas that the worker draws on. It outlives this element: a tile that moves keeps its picture.
 * @param {{ actions: import('./parts.jsx').Actions, tile: TileInfo, drawn: boolean }} props */
function RemotePicture({ actions, tile, drawn }) {
  const ref = useRef(/** @type {HTMLDivElement | null} */ (null));
  useLayoutEffect(() => {
    const canvas = actions.canvasOf(tile.member, tile.track);
    canvas.className = `size-full ${tile.kind === 'screen' ? 'object-contain' : 'object-cover'}`;
    ref.current?.append(canvas);
    return () => canvas.remove();
  }, [tile.member, tile.track, tile.begun]); // a track that ended and began again, however fast, has another canvas
  return <div ref={ref} class={`absolute inset-0 ${drawn ? '' : 'invisible'}`} />;
}

/** @param {{ icon: import('./parts.jsx').IconName, text: string }} props */
function Veil({ icon, text }) {
  return (
    <div class="absolute inset-0 flex flex-col items-center justify-center gap-2 bg-black/70 p-3 text-center text-sm font-medium text-white">
      <Icon name={icon} class={`size-6 ${icon === 'busy' ? 'animate-spin' : ''}`} />{text}
    </div>
  );
}
