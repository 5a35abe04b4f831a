/* SPDX-License-Identifier: MIT */
/* end.jsx - the pages after a call: left, or refused with the reason and what to do. */
import { refusalText } from '../state/texts.js';
import { Icon } from './icons.jsx';
import { Header } from './parts.jsx';

/** @param {import('./parts.jsx').App} props */
export function Left({ store, actions }) {
  const { t } = store;
  return (
    <Ending store={store} actions={actions} icon="leave" title={t('leftTitle')}>
      <p class="mt-2 text-muted">{t('prejoinMeeting', { name: store.meeting.value.meeting })}</p>
    </Ending>
  );
}

/** What the page itself says, not the server; and what a fresh page may mend. */
const OWN_CODES = ['engine', 'browser'];
const RELOAD_CODES = ['engine', 'version', 'protocol'];

/** @param {import('./parts.jsx').App} props */
export function Failure({ store, actions }) {
  const { t } = store;
  const { failure, link } = store.meeting.value;
  const code = failure?.code ?? '';
  return (
    <Ending store={store} actions={actions} icon="warning" title={t(link.wasLive ? 'errorEnded' : 'errorTitle')} reload={RELOAD_CODES.includes(code)}>
      <p class="mt-3 leading-relaxed text-balance">{t(refusalText(code))}</p>
      {failure?.text && <p class="mt-3 text-sm text-balance text-muted">{OWN_CODES.includes(code) ? failure.text : t('serverSays', { text: failure.text })}</p>}
      {code && <p class="mt-1 text-sm text-muted">{t('errorCode', { code })}</p>}
    </Ending>
  );
}

/** @param {import('./parts.jsx').App & { icon: import('./parts.jsx').IconName, title: string, reload?: boolean, children: import('./parts.jsx').Children }} props */
function Ending({ store, actions, icon, title, reload, children }) {
  return (
    <div class="flex min-h-full flex-col">
      <Header store={store} actions={actions} />
      <main class="flex grow items-center justify-center px-4 pb-24">
        <div class="card w-full max-w-md p-8 text-center">
          <span class="mx-auto mb-5 flex size-14 items-center justify-center rounded-full bg-raised text-muted"><Icon name={icon} class={`size-6 ${icon === 'leave' ? 'rotate-[135deg]' : ''}`} /></span>
          <h1 class="text-2xl font-semibold tracking-tight" tabIndex={-1}>{title}</h1>
          {children}
          <div class="mt-7 grid gap-2.5">
            <button type="button" class="button button-primary" onClick={reload ? actions.reload : actions.join}>{store.t(reload ? 'reload' : 'rejoin')}</button>
            <button type="button" class="button" onClick={actions.home}>{store.t('toHome')}</button>
          </div>
        </div>
      </main>
    </div>
  );
}
