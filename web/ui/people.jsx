/* SPDX-License-Identifier: MIT */
/* people.jsx - who is here. */
import { trackOf } from '../state/meeting.js';
import { Icon } from './icons.jsx';
import { Avatar } from './parts.jsx';

/** @param {import('./parts.jsx').App} props */
export function People({ store, actions }) {
  const { t } = store;
  const { members, name } = store.meeting.value;
  return (
    <div class="min-h-0 grow overflow-y-auto px-5 pb-5">
      <p class="mb-3 text-sm text-muted">{t('peopleCount', { count: members.length + 1 })}</p>
      <ul class="grid gap-1">
        <Person store={store} name={t('youSuffix', { name: name || t('guest') })} avatar={name || t('guest')} mic={store.mic.value.on && store.mic.value.live} camera={store.camera.value.on && store.camera.value.live} />
        {members.map((m) => {
          const [mic, camera] = [trackOf(m, 'mic'), trackOf(m, 'camera')];
          return <Person key={m.id} store={store} name={m.name} avatar={m.name} role={m.role} mic={!!mic && !mic.muted} camera={!!camera && !camera.muted}
            note={m.away ? t('away') : m.keys === 'bad' ? t('keysWrongOne', { name: m.name }) : ''} />;
        })}
      </ul>
      <button type="button" class="button mt-5 w-full" onClick={actions.copyLink}><Icon name="link" class="size-4" />{t('copyLink')}</button>
    </div>
  );
}

/** @param {{ store: import('./parts.jsx').Store, name: string, avatar: string, role?: import('../engine/types.js').Role, mic: boolean, camera: boolean, note?: string }} props */
function Person({ store, name, avatar, role, mic, camera, note }) {
  const { t } = store;
  return (
    <li class="flex min-h-13 items-center gap-3">
      <Avatar name={avatar} />
      <div class="min-w-0 grow">
        <p class="truncate text-sm font-medium">{name}</p>
        {(note || role === 'host') && <p class={`text-xs ${note ? 'text-danger-ink' : 'text-muted'}`}>{note || t('host')}</p>}
      </div>
      <State icon={mic ? 'mic' : 'micOff'} text={mic ? t('microphone') : t('muted')} on={mic} />
      <State icon={camera ? 'video' : 'videoOff'} text={camera ? t('camera') : t('cameraOff')} on={camera} />
    </li>
  );
}

/** @param {{ icon: import('./parts.jsx').IconName, text: string, on: boolean }} props */
function State({ icon, text, on }) {
  return <span class={on ? 'text-ink' : 'text-danger-ink'} title={text}><Icon name={icon} class="size-4.5" /><span class="sr-only">{text}</span></span>;
}
