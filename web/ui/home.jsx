/* SPDX-License-Identifier: MIT */
/* home.jsx - the first page: begin a meeting, or join one by its link. */
import { useState } from 'preact/hooks';
import { Icon } from './icons.jsx';
import { Avatar, Header } from './parts.jsx';

/** @param {import('./parts.jsx').App} props */
export function Home({ store, actions }) {
  const { t } = store;
  return (
    <div class="flex min-h-full flex-col">
      <Header store={store} actions={actions} />
      <main class="mx-auto grid w-full max-w-6xl grow items-center gap-12 px-5 pb-16 sm:px-8 lg:grid-cols-[1fr_1.05fr] lg:gap-16">
        <section>
          <h1 tabIndex={-1} class="text-4xl leading-[1.1] font-semibold tracking-tight sm:text-5xl">{t('homeTitle')}</h1>
          <p class="mt-5 max-w-lg text-lg leading-relaxed text-muted">{t('homeLead')}</p>
          <button type="button" class="button button-primary mt-8 min-h-13 px-6 text-lg" onClick={actions.newMeeting}>
            <Icon name="video" />{t('homeNew')}
          </button>
          <JoinForm store={store} actions={actions} />
          <ul class="mt-10 grid gap-3 text-sm text-muted">
            {/** @type {const} */ (['homeFact1', 'homeFact2', 'homeFact3']).map((key) => (
              <li key={key} class="flex items-center gap-2.5"><Icon name="check" class="size-4 text-good" />{t(key)}</li>
            ))}
          </ul>
        </section>
        <Picture />
      </main>
    </div>
  );
}

/** @param {import('./parts.jsx').App} props */
function JoinForm({ store, actions }) {
  const { t } = store;
  const [link, setLink] = useState('');
  const [bad, setBad] = useState(false);
  /** @param {SubmitEvent} e */
  const submit = (e) => { e.preventDefault(); setBad(!actions.openInvite(link.trim())); };
  return (
    <form class="mt-6 max-w-lg" onSubmit={submit} noValidate>
      <label for="invite" class="label text-muted">{t('homeOr')}</label>
      <div class="flex gap-2">
        <input id="invite" class="field" type="text" inputMode="url" autocomplete="off" spellcheck={false} placeholder={t('homeLinkHint')} value={link}
          aria-invalid={bad} aria-describedby={bad ? 'invite-bad' : undefined} onInput={(e) => { setLink(e.currentTarget.value); setBad(false); }} />
        <button type="submit" class="button px-5" disabled={!link.trim()}>{t('homeJoin')}</button>
      </div>
      {bad && <p id="invite-bad" role="alert" class="mt-2 text-sm text-danger-ink">{t('homeBadLink')}</p>}
    </form>
  );
}

/** A drawing of a meeting, for people who see. */
function Picture() {
  return (
    <div aria-hidden="true" class="hidden lg:block">
      <div class="card overflow-hidden bg-[#0d1014] p-4">
        <div class="grid grid-cols-2 gap-3">
          {['Mina Park', 'Jonas Weber', 'Aiko Sato', 'Tom Okafor'].map((name, i) => (
            <div key={name} class={`relative flex aspect-[4/3] items-center justify-center rounded-tile bg-gradient-to-br from-[#252c38] to-[#171b22] ${i === 0 ? 'ring-3 ring-[#4ade97]' : ''}`}>
              <Avatar name={name} class="size-20 text-2xl" />
              <span class="on-picture absolute bottom-2.5 left-2.5 px-2.5 py-1 text-xs">{name}</span>
            </div>
          ))}
        </div>
        <div class="mt-4 flex justify-center gap-2.5">
          {/** @type {const} */ (['mic', 'video', 'screen', 'chat', 'people']).map((name) => (
            <span key={name} class="inline-flex size-11 items-center justify-center rounded-full bg-[#252b35] text-white"><Icon name={name} /></span>
          ))}
          <span class="inline-flex h-11 w-16 items-center justify-center rounded-full bg-[#d42f45] text-white"><Icon name="leave" class="size-5 rotate-[135deg]" /></span>
        </div>
      </div>
    </div>
  );
}
