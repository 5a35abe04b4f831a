/* SPDX-License-Identifier: MIT */
/* bar.jsx - the controls of a call. On a phone the rarer ones move into the menu. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icons.jsx';
import { Control } from './parts.jsx';

/** @param {import('./parts.jsx').App} props */
export function Bar({ store, actions }) {
  const { t } = store;
  const [mic, camera, screen] = [store.mic.value, store.camera.value, store.screen.value];
  const { panel, unread, members } = store.meeting.value;
  /** @param {import('../state/meeting.js').PanelName} name */
  const toggle = (name) => actions.openPanel(panel === name ? null : name);
  const chatLabel = unread ? `${t('chat')}, ${t('unread', { count: unread })}` : t('chat');
  return (
    <footer class="flex items-center justify-center py-2.5 sm:py-3.5">
      <div role="toolbar" aria-label={t('controls')} class="flex items-center gap-2 rounded-full border border-line bg-surface p-1.5 shadow-float sm:gap-2.5 sm:p-2">
        <Control icon={mic.on ? 'mic' : 'micOff'} label={t(mic.on ? 'muteMic' : 'unmuteMic')} off={!mic.on} shortcut="M" onClick={actions.toggleMic} />
        <Control icon={camera.on ? 'video' : 'videoOff'} label={t(camera.on ? 'stopCamera' : 'startCamera')} off={!camera.on} shortcut="V" onClick={actions.toggleCamera} />
        {store.canShare.value && <Control icon={screen.live ? 'screenOff' : 'screen'} label={t(screen.live ? 'stopShare' : 'shareScreen')} on={screen.live} shortcut="S" class="max-sm:hidden" onClick={actions.toggleScreen} />}
        <span aria-hidden="true" class="mx-0.5 h-7 w-px bg-line max-sm:hidden" />
        <Control icon="chat" label={chatLabel} on={panel === 'chat'} expanded={panel === 'chat'} badge={unread} shortcut="C" onClick={() => toggle('chat')} />
        <Control icon="people" label={`${t('people')}, ${members.length + 1}`} on={panel === 'people'} expanded={panel === 'people'} shortcut="P" class="max-sm:hidden" onClick={() => toggle('people')} />
        <Menu store={store} actions={actions} />
        <button type="button" class="button button-danger h-12 rounded-full px-5" aria-label={t('leave')} title={t('leave')} onClick={actions.leave}>
          <Icon name="leave" class="size-5 rotate-[135deg]" /><span class="hidden sm:inline">{t('leave')}</span>
        </button>
      </div>
    </footer>
  );
}

/** @param {import('./parts.jsx').App} props */
function Menu({ store, actions }) {
  const { t } = store;
  const [open, setOpen] = useState(false);
  const ref = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    if (!open) return undefined;
    /** @param {Event} e */
    const away = (e) => { if (!ref.current?.contains(/** @type {Node} */ (e.target))) setOpen(false); };
    document.addEventListener('pointerdown', away);
    ref.current?.querySelector('button')?.focus();
    return () => document.removeEventListener('pointerdown', away);
  }, [open]);
  /** @param {() => void} act */
  const then = (act) => () => { setOpen(false); act(); };
  /** @param {KeyboardEvent} e */
  const onKey = (e) => { if (e.key === 'Escape' && open) { e.stopPropagation(); setOpen(false); } };
  return (
    <div ref={ref} class="relative" onKeyDown={onKey} onFocusOut={(e) => { if (open && e.relatedTarget && !e.currentTarget.contains(/** @type {Node} */ (e.relatedTarget))) setOpen(false); }}>
      {open && (
        <div class="absolute right-0 bottom-16 z-30 grid w-60 rounded-control border border-line bg-surface p-1.5 shadow-float max-sm:-right-20">
          {store.canShare.value && <MenuItem class="sm:hidden" icon="screen" text={t(store.screen.value.live ? 'stopShare' : 'shareScreen')} onClick={then(actions.toggleScreen)} />}
          <MenuItem class="sm:hidden" icon="people" text={t('people')} onClick={then(() => actions.openPanel('people'))} />
          <MenuItem icon="settings" text={t('settings')} onClick={then(() => actions.openPanel('settings'))} />
          <MenuItem icon="activity" text={t('statistics')} onClick={then(() => actions.openPanel('stats'))} />
          <MenuItem icon="link" text={t('copyLink')} onClick={then(actions.copyLink)} />
        </div>
      )}
      <Control icon="more" label={t('more')} expanded={open} onClick={() => setOpen(!open)} />
    </div>
  );
}

/** @param {{ icon: import('./parts.jsx').IconName, text: string, onClick: () => void, class?: string }} props */
function MenuItem({ icon, text, onClick, class: className = '' }) {
  return (
    <button type="button" class={`flex min-h-target items-center gap-3 rounded-lg px-3 text-left text-sm font-medium hover:bg-raised ${className}`} onClick={onClick}>
      <Icon name={icon} class="size-4.5 text-muted" />{text}
    </button>
  );
}
