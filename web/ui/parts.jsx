/* SPDX-License-Identifier: MIT */
/* parts.jsx - small things that several views share. */
import { pageRoot } from '../assets.js';
import { Icon, Mark } from './icons.jsx';

/** @typedef {import('../state/store.js').Store} Store */
/** @typedef {import('../state/store.js').Actions} Actions */
/** @typedef {{ store: Store, actions: Actions }} App what every view is given */
/** @typedef {import('./icons.jsx').IconName} IconName */
/** @typedef {import('preact').ComponentChildren} Children */

/** @param {{ icon?: IconName, children: Children }} props */
export function Notice({ icon = 'warning', children }) {
  return (
    <div class="notice notice-warn" role="status">
      <Icon name={icon} class="mt-0.5 size-4" />
      <div class="min-w-0 grow">{children}</div>
    </div>
  );
}

/** A select that looks like a field. @param {{ id: string, label: string, icon: IconName, value: string, options: readonly (readonly [value: string, text: string])[],
 *  onChange: (value: string) => void, disabled?: boolean, hideLabel?: boolean }} props */
export function SelectField({ id, label, icon, value, options, onChange, disabled, hideLabel }) {
  return (
    <div>
      <label for={id} class={hideLabel ? 'sr-only' : 'label'}>{label}</label>
      <div class="relative">
        <Icon name={icon} class="pointer-events-none absolute top-1/2 left-3 size-4.5 -translate-y-1/2 text-muted" />
        <select id={id} class="select-field" disabled={disabled} value={value} onChange={(e) => onChange(e.currentTarget.value)}>
          {options.map(([option, text]) => <option key={option} value={option} selected={option === value}>{text}</option>)}
        </select>
        <Icon name="down" class="pointer-events-none absolute top-1/2 right-3 size-4 -translate-y-1/2 text-muted" />
      </div>
    </div>
  );
}

/** @param {App & { what: 'camera' | 'mic' | 'speaker' }} props */
export function DeviceSelect({ store, actions, what }) {
  const { t } = store;
  const devices = store.devices.value[what];
  const label = { camera: t('camera'), mic: t('microphone'), speaker: t('speaker') }[what];
  const icon = /** @type {IconName} */ ({ camera: 'video', mic: 'mic', speaker: 'speaker' }[what]);
  const options = devices.map((d, i) => /** @type {readonly [string, string]} */ ([d.id, d.label || `${label} ${i + 1}`]));
  const known = devices.some((d) => d.id === store.chosen.value[what]);
  if (what === 'speaker' && !devices.some((d) => d.id === 'default')) options.unshift(['', t('systemSpeaker')]);
  else if (!known) options.unshift(['', devices.length ? '–' : t(what !== 'speaker' && store[what].value.problem === 'denied' ? 'deviceDenied' : 'noDevice')]);
  return <SelectField id={`device-${what}`} label={label} icon={icon} value={known ? store.chosen.value[what] : options[0][0]} options={options}
    disabled={devices.length === 0} onChange={(id) => actions.choose(what, id)} />;
}

const METER_STEPS = 12;
const METER_FLOOR = 57; // 127 + dBov: -70 dBov shows nothing

/** How loud I am. @param {{ store: Store }} props */
export function LevelMeter({ store }) {
  const share = Math.max(0, (store.micLevel.value - METER_FLOOR) / (117 - METER_FLOOR));
  const lit = Math.min(METER_STEPS, Math.round(share * METER_STEPS));
  return (
    <div class="flex h-2 items-stretch gap-1" role="meter" aria-label={store.t('micLevel')} aria-valuemin={0} aria-valuemax={METER_STEPS} aria-valuenow={lit}>
      {Array.from({ length: METER_STEPS }, (_, i) => <span key={i} class={`grow rounded-full ${i < lit ? 'bg-speaking' : 'bg-hover'}`} />)}
    </div>
  );
}

const avatarGrounds = ['bg-avatar-1', 'bg-avatar-2', 'bg-avatar-3', 'bg-avatar-4', 'bg-avatar-5', 'bg-avatar-6', 'bg-avatar-7'];

/** @param {string} name */
function initials(name) {
  const words = name.trim().split(/\s+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((w) => [...w][0]).join('').toUpperCase() || '?';
}

/** @param {{ name: string, class?: string }} props */
export function Avatar({ name, class: className = 'size-9 text-sm' }) {
  const index = [...name].reduce((sum, c) => (sum * 31 + (c.codePointAt(0) ?? 0)) % 65_521, 7) % avatarGrounds.length;
  return (
    <span aria-hidden="true" class={`inline-flex shrink-0 items-center justify-center rounded-full font-semibold text-white select-none ${avatarGrounds[index]} ${className}`}>
      {initials(name)}
    </span>
  );
}

/** A round button of a bar. `off` and `on` colour it; `pressed` is told to screen readers.
 * @param {{ icon: IconName, label: string, onClick: (e: MouseEvent) => void, off?: boolean, on?: boolean, pressed?: boolean, expanded?: boolean,
 *   badge?: number, class?: string, disabled?: boolean, shortcut?: string }} props */
export function Control({ icon, label, onClick, off, on, pressed, expanded, badge, class: className = '', disabled, shortcut }) {
  return (
    <button type="button" class={`control relative ${off ? 'control-off' : on ? 'control-on' : ''} ${className}`} aria-label={label} title={shortcut ? `${label} (${shortcut})` : label}
      aria-pressed={pressed} aria-expanded={expanded} disabled={disabled} onClick={onClick}>
      <Icon name={icon} />
      {badge ? <span aria-hidden="true" class="absolute -top-1 -right-1 min-w-5 rounded-full bg-primary px-1 text-center text-xs leading-5 font-semibold text-white">{badge > 9 ? '9+' : badge}</span> : null}
    </button>
  );
}

/** Language and appearance, small. @param {App} props */
export function Preferences({ store, actions }) {
  const { t } = store;
  return (
    <div class="grid gap-4">
      <LanguageSelect store={store} actions={actions} />
      <SelectField id="theme" label={t('theme')} icon="settings" value={store.theme.value}
        options={[['system', t('themeSystem')], ['light', t('themeLight')], ['dark', t('themeDark')]]}
        onChange={(theme) => actions.setTheme(/** @type {import('../state/store.js').Theme} */ (theme))} />
    </div>
  );
}

/** @param {App & { hideLabel?: boolean }} props */
export function LanguageSelect({ store, actions, hideLabel }) {
  return <SelectField id="language" label={store.t('language')} icon="languages" hideLabel={hideLabel} value={store.language.value}
    options={[['en', 'English'], ['ko', '한국어']]} onChange={(l) => actions.setLanguage(/** @type {import('../state/store.js').Language} */ (l))} />;
}

/** The head of every page outside a meeting. @param {App} props */
export function Header({ store, actions }) {
  return (
    <header class="mx-auto flex w-full max-w-6xl items-center justify-between px-5 py-4 sm:px-8 sm:py-6">
      <a href={pageRoot} class="flex min-h-target items-center gap-3 rounded-control pr-2 text-xl font-semibold tracking-tight" onClick={(e) => { e.preventDefault(); actions.home(); }}>
        <Mark />
        <span>{store.t('appName')}</span>
      </a>
      <div class="w-36"><LanguageSelect store={store} actions={actions} hideLabel /></div>
    </header>
  );
}
