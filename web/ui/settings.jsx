/* SPDX-License-Identifier: MIT */
/* settings.jsx - devices, language, appearance, and the list of shortcuts. */
import { DeviceSelect, LevelMeter, Preferences } from './parts.jsx';
import { shortcutTable } from './shortcuts.js';

/** @param {import('./parts.jsx').App} props */
export function Settings({ store, actions }) {
  const { t } = store;
  return (
    <div class="grid min-h-0 grow content-start gap-4 overflow-y-auto px-5 pb-6" tabIndex={0} role="group" aria-label={t('settings')}>
      <DeviceSelect store={store} actions={actions} what="camera" />
      <div><DeviceSelect store={store} actions={actions} what="mic" /><div class="mt-2.5"><LevelMeter store={store} /></div></div>
      <DeviceSelect store={store} actions={actions} what="speaker" />
      <hr class="border-line" />
      <Preferences store={store} actions={actions} />
      <hr class="border-line" />
      <h3 class="font-semibold">{t('shortcuts')}</h3>
      <label class="flex min-h-target items-center gap-3 text-sm">
        <input type="checkbox" class="size-5 accent-(--c-primary)" checked={store.shortcuts.value} onChange={(e) => actions.setShortcuts(e.currentTarget.checked)} />{t('shortcutsOn')}
      </label>
      <dl class="grid gap-2 text-sm">
        {shortcutTable.map(({ keyText, key, label }) => (
          <div key={key} class="flex items-center justify-between gap-3">
            <dt class="text-muted">{t(label)}</dt>
            <dd><kbd class="inline-block min-w-7 rounded-md border border-line bg-raised px-1.5 text-center font-sans leading-6">{keyText ? t(keyText) : key.toUpperCase()}</kbd></dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
