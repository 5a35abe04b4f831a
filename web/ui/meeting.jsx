/* SPDX-License-Identifier: MIT */
/* meeting.jsx - the room: stage, panel, bar, and what has to be said. */
import { useEffect } from 'preact/hooks';
import { connectionOf, secretMismatch } from '../state/meeting.js';
import { problemText } from '../state/texts.js';
import { Bar } from './bar.jsx';
import { Icon } from './icons.jsx';
import { Panel } from './panel.jsx';
import { Stage } from './stage.jsx';

/** @param {import('./parts.jsx').App} props */
export function Meeting({ store, actions }) {
  return (
    <div class="flex meeting h-dvh flex-col overflow-hidden">
      <Top store={store} actions={actions} />
      <Banners store={store} actions={actions} />
      <div class="flex min-h-0 grow gap-3">
        <main class="flex min-h-0 min-w-0 grow" aria-label={store.t('prejoinMeeting', { name: store.meeting.value.meeting })}><Stage store={store} actions={actions} /></main>
        <Panel store={store} actions={actions} />
      </div>
      <Bar store={store} actions={actions} />
      <Toasts store={store} />
    </div>
  );
}

/** @param {import('./parts.jsx').App} props */
function Top({ store, actions }) {
  const { t } = store;
  const bad = secretMismatch(store.meeting.value);
  return (
    <header class="flex items-center gap-2 pb-2 text-sm sm:gap-3 sm:pb-3">
      <h1 tabIndex={-1} class="truncate font-semibold">{store.meeting.value.meeting}</h1>
      <p title={t('encryptedExplain')} data-encryption={bad ? 'mismatch' : 'on'}
        class={`flex items-center gap-1.5 rounded-full bg-surface px-2.5 py-1 text-xs font-medium sm:text-sm ${bad ? 'text-danger-ink' : 'text-good'}`}>
        <Icon name={bad ? 'alert' : 'shield'} class="size-4" />{bad ? t('keysWrongTile') : t('encryptedLong')}
      </p>
      <span class="grow" />
      <button type="button" class="button button-quiet px-3 text-sm max-sm:w-11" onClick={actions.copyLink} aria-label={t('copyLink')}>
        <Icon name="link" class="size-4" /><span class="hidden sm:inline">{t('copyLink')}</span>
      </button>
    </header>
  );
}

/** @param {import('./parts.jsx').App} props */
function Banners({ store, actions }) {
  const meeting = store.meeting.value;
  const connection = connectionOf(meeting.link, store.online.value);
  return (
    <div class="grid gap-2 pb-2 empty:pb-0 sm:pb-3" aria-live="polite">
      {connection !== 'ok' && <ConnectionBanner store={store} actions={actions} connection={connection} />}
      {secretMismatch(meeting) && <div class="notice notice-warn" data-banner="keys"><Icon name="alert" class="mt-0.5 size-4" />{store.t('keysWrong')}</div>}
      {/** @type {const} */ (['camera', 'mic', 'screen']).map((what) => store[what].value.problem && <DeviceBanner key={what} store={store} actions={actions} what={what} />)}
    </div>
  );
}

/** @param {import('./parts.jsx').App & { connection: import('../state/meeting.js').Connection }} props */
function ConnectionBanner({ store, actions, connection }) {
  const { t } = store;
  const joining = store.meeting.value.link.state === 'joining';
  const words = { ok: '', connecting: t(joining ? 'joiningMeeting' : 'connecting'), reconnecting: t('reconnecting'), offline: t('offline') }[connection];
  const calm = connection === 'connecting';
  return (
    <div class={`notice items-center ${calm ? 'bg-surface text-muted' : 'notice-warn'}`} data-banner={connection}>
      <Icon name={connection === 'offline' ? 'offline' : 'busy'} class={`size-4 ${connection === 'offline' ? '' : 'animate-spin'}`} />
      <p class="grow">{words}</p>
      {!calm && <button type="button" class="notice-action shrink-0" onClick={actions.reconnect}>{t('retryNow')}</button>}
    </div>
  );
}

/** @param {import('./parts.jsx').App & { what: 'camera' | 'mic' | 'screen' }} props */
function DeviceBanner({ store, actions, what }) {
  const { problem } = store[what].value;
  if (!problem) return null;
  return (
    <div class="notice notice-warn items-center" data-banner={what}>
      <Icon name={{ camera: /** @type {const} */ ('videoOff'), mic: /** @type {const} */ ('micOff'), screen: /** @type {const} */ ('screenOff') }[what]} class="size-4" />
      <p class="grow">{store.t(problemText(what, problem))}</p>
      {what !== 'screen' && problem !== 'insecure' && (
        <button type="button" class="notice-action shrink-0" onClick={() => actions.retryDevice(what)}>{store.t('tryAgain')}</button>
      )}
      <button type="button" class="-my-3 -mr-2.5 inline-flex size-11 shrink-0 items-center justify-center rounded-full" aria-label={store.t('close')} onClick={() => actions.dismissProblem(what)}><Icon name="close" class="size-4" /></button>
    </div>
  );
}

const TOAST_MS = 4000;

/** @param {{ store: import('./parts.jsx').Store }} props */
function Toasts({ store }) {
  const { toasts } = store.meeting.value;
  const oldest = toasts[0]?.id;
  useEffect(() => {
    if (oldest === undefined) return undefined;
    const timer = setTimeout(() => store.dispatch({ type: 'toastGone', id: oldest }), TOAST_MS);
    return () => clearTimeout(timer);
  }, [oldest]);
  return (
    <div class="pointer-events-none fixed inset-x-4 top-15 z-40 grid justify-items-center gap-2" aria-live="polite" role="status">
      {toasts.map((toast) => (
        <p key={toast.id} class="max-w-sm rounded-control border border-line bg-surface px-4 py-2.5 text-sm font-medium shadow-float">
          {store.t(/** @type {import('../state/store.js').TextKey} */ (toast.key), { name: toast.name ?? '', text: toast.name ?? '' })}
        </p>
      ))}
    </div>
  );
}
