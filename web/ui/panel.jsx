/* SPDX-License-Identifier: MIT */
/* panel.jsx - what opens beside the stage, or over it on a phone: chat, people, statistics, settings. */
import { useEffect, useRef } from 'preact/hooks';
import { Chat } from './chat.jsx';
import { Icon } from './icons.jsx';
import { People } from './people.jsx';
import { Settings } from './settings.jsx';
import { Statistics } from './statistics.jsx';

const panels = { chat: Chat, people: People, stats: Statistics, settings: Settings };
const titles = /** @type {const} */ ({ chat: 'chat', people: 'people', stats: 'statistics', settings: 'settings' });

/** @param {import('./parts.jsx').App} props */
export function Panel({ store, actions }) {
  const { panel } = store.meeting.value;
  return panel && <OpenPanel key={panel} store={store} actions={actions} panel={panel} />;
}

/** @param {import('./parts.jsx').App & { panel: NonNullable<import('../state/meeting.js').PanelName> }} props */
function OpenPanel({ store, actions, panel }) {
  const heading = useRef(/** @type {HTMLHeadingElement | null} */ (null));
  const Body = panels[panel];
  useEffect(() => {
    const before = /** @type {HTMLElement | null} */ (document.activeElement);
    if (panel !== 'chat') heading.current?.focus();
    return () => { if (before?.isConnected) before.focus(); };
  }, []);
  return (
    <aside aria-labelledby="panel-title" class="flex min-h-0 w-[22.5rem] shrink-0 flex-col rounded-card border border-line bg-surface max-lg:fixed max-lg:inset-0 max-lg:z-40 max-lg:w-full max-lg:rounded-none max-lg:border-0"
      onKeyDown={(e) => { if (e.key === 'Escape') actions.openPanel(null); }}>
      <div class="flex items-center justify-between py-2.5 pr-3 pl-5">
        <h2 id="panel-title" ref={heading} tabIndex={-1} class="rounded text-lg font-semibold">{store.t(titles[panel])}</h2>
        <button type="button" class="icon-button" aria-label={store.t('close')} onClick={() => actions.openPanel(null)}><Icon name="close" /></button>
      </div>
      <Body store={store} actions={actions} />
    </aside>
  );
}
