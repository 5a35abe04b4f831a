/* SPDX-License-Identifier: MIT */
/* chat.jsx - what was written, and a line to write. */
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from './icons.jsx';

/** @param {import('./parts.jsx').App} props */
export function Chat({ store, actions }) {
  const lines = store.meeting.value.chat;
  const end = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => end.current?.scrollIntoView({ block: 'end' }), [lines.length]);
  return (
    <>
      <div class="min-h-0 grow overflow-y-auto px-5 py-2" role="log" aria-label={store.t('chat')} tabIndex={0}>
        {lines.length === 0 && <p class="mt-8 text-center text-sm text-balance text-muted">{store.t('chatEmpty')}</p>}
        <ol class="grid gap-4">{lines.map((line) => <Line key={line.id} store={store} line={line} />)}</ol>
        <div ref={end} />
      </div>
      <Write store={store} actions={actions} />
    </>
  );
}

/** @param {{ store: import('./parts.jsx').Store, line: import('../state/meeting.js').ChatLine }} props */
function Line({ store, line }) {
  const time = new Date(line.atMs).toLocaleTimeString(store.language.value, { hour: 'numeric', minute: '2-digit' });
  return (
    <li class={`max-w-[88%] ${line.mine ? 'justify-self-end' : 'justify-self-start'}`}>
      <p class={`flex gap-2 text-xs text-muted ${line.mine ? 'justify-end' : ''}`}>
        <span class="font-medium text-ink">{line.mine ? store.t('you') : line.name}</span><time dateTime={new Date(line.atMs).toISOString()}>{time}</time>
      </p>
      <p class={`mt-1 rounded-2xl px-3.5 py-2 text-sm leading-relaxed wrap-anywhere break-keep whitespace-pre-wrap ${line.mine ? 'rounded-tr-sm bg-primary text-white' : 'rounded-tl-sm bg-raised'}`}>{line.text}</p>
    </li>
  );
}

/** @param {import('./parts.jsx').App} props */
function Write({ store, actions }) {
  const { t } = store;
  const [text, setText] = useState('');
  const [long, setLong] = useState(false);
  const input = useRef(/** @type {HTMLTextAreaElement | null} */ (null));
  useEffect(() => input.current?.focus(), []);
  const send = () => {
    if (!text.trim()) return;
    const said = actions.say(text.trim());
    setLong(!said);
    if (said) setText('');
  };
  /** @param {KeyboardEvent} e */
  const onKey = (e) => { if (e.key === 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); send(); } };
  return (
    <form class="p-4 pt-2" onSubmit={(e) => { e.preventDefault(); send(); }}>
      {long && <p role="alert" class="mb-2 text-sm text-danger-ink">{t('chatTooLong')}</p>}
      <div class="flex items-end gap-2">
        <textarea ref={input} rows={1} class="field max-h-32 min-h-11 resize-none py-2.5 text-sm [field-sizing:content]" aria-label={t('chatWrite')} placeholder={t('chatWrite')} value={text}
          onInput={(e) => { setText(e.currentTarget.value); setLong(false); }} onKeyDown={onKey} />
        <button type="submit" class="control size-11 bg-primary text-white hover:bg-primary-hover" aria-label={t('chatSend')} disabled={!text.trim()}><Icon name="send" class="size-4.5" /></button>
      </div>
    </form>
  );
}
