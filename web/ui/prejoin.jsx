/* SPDX-License-Identifier: MIT */
/* prejoin.jsx - see and hear yourself before the others do. */
import { problemText } from '../state/texts.js';
import { Icon } from './icons.jsx';
import { Avatar, Control, DeviceSelect, Header, LevelMeter, Notice } from './parts.jsx';
import { SelfVideo } from './self-video.jsx';

/** @param {import('./parts.jsx').App} props */
export function Prejoin({ store, actions }) {
  const { t } = store;
  const { meeting, hasSecret } = store.meeting.value;
  return (
    <div class="flex min-h-full flex-col">
      <Header store={store} actions={actions} />
      <main class="mx-auto grid w-full max-w-6xl grow items-center gap-6 px-4 pb-10 sm:px-8 lg:grid-cols-[1.55fr_1fr] lg:gap-10">
        <div class="min-w-0">
          <Preview store={store} actions={actions} />
          <div class="mt-4 grid gap-2 empty:hidden"><Problems store={store} actions={actions} /></div>
        </div>
        <form class="card grid min-w-0 gap-5 p-5 sm:p-7" onSubmit={(e) => { e.preventDefault(); actions.join(); }}>
          <div>
            <h1 tabIndex={-1} class="text-2xl font-semibold tracking-tight">{t('prejoinTitle')}</h1>
            <p class="mt-1 text-sm text-muted">{t('prejoinMeeting', { name: meeting })}</p>
          </div>
          {hasSecret
            ? <p class="flex items-center gap-2 text-sm font-medium text-good"><Icon name="lock" class="size-4" />{t('encryptedLong')}</p>
            : <Notice icon="alert">{t('noSecret')}</Notice>}
          <div>
            <label for="name" class="label">{t('yourName')}</label>
            <input id="name" class="field" type="text" maxLength={40} autocomplete="name" placeholder={t('yourNameHint')} value={store.meeting.value.name}
              onInput={(e) => actions.setName(e.currentTarget.value)} />
          </div>
          <DeviceSelect store={store} actions={actions} what="camera" />
          <div>
            <DeviceSelect store={store} actions={actions} what="mic" />
            <div class="mt-2.5"><LevelMeter store={store} /></div>
          </div>
          <div>
            <DeviceSelect store={store} actions={actions} what="speaker" />
            <button type="button" class="min-h-target rounded text-sm font-medium text-accent underline-offset-4 hover:underline" onClick={actions.testSound}>{t('testSound')}</button>
          </div>
          <div class="grid max-lg:sticky max-lg:bottom-0 max-lg:-mx-5 max-lg:-mb-5 max-lg:rounded-b-card max-lg:border-t max-lg:border-line max-lg:bg-surface max-lg:px-5 max-lg:py-3 sm:max-lg:-mx-7 sm:max-lg:-mb-7 sm:max-lg:px-7">
            <button type="submit" class="button button-primary min-h-13 text-lg" disabled={!hasSecret}>{t('joinNow')}</button>
          </div>
        </form>
      </main>
    </div>
  );
}

/** @param {import('./parts.jsx').App} props */
function Preview({ store, actions }) {
  const { t } = store;
  const [mic, camera] = [store.mic.value, store.camera.value];
  return (
    <section aria-label={t('selfView')} class="relative flex aspect-[4/3] items-center justify-center overflow-hidden rounded-card bg-tile shadow-card sm:aspect-video">
      {camera.live ? <SelfVideo stream={store.cameraStream} label={t('selfView')} mirror /> : <PreviewText store={store} />}
      <div class="absolute inset-x-0 bottom-4 flex justify-center gap-3">
        <Control icon={mic.on ? 'mic' : 'micOff'} label={t(mic.on ? 'muteMic' : 'unmuteMic')} off={!mic.on} class="size-14 shadow-float" onClick={actions.toggleMic} />
        <Control icon={camera.on ? 'video' : 'videoOff'} label={t(camera.on ? 'stopCamera' : 'startCamera')} off={!camera.on} class="size-14 shadow-float" onClick={actions.toggleCamera} />
      </div>
    </section>
  );
}

/** @param {{ store: import('./parts.jsx').Store }} props */
function PreviewText({ store }) {
  const waiting = store.camera.value.on && !store.camera.value.problem;
  return (
    <div class="mb-16 grid justify-items-center gap-4 text-muted">
      <Avatar name={store.meeting.value.name} class="size-24 text-4xl" />
      <p>{store.t(waiting ? 'cameraStarting' : 'cameraOff')}</p>
    </div>
  );
}

/** @param {import('./parts.jsx').App} props */
export function Problems({ store, actions }) {
  return /** @type {const} */ (['camera', 'mic']).map((what) => {
    const { problem } = store[what].value;
    return problem && (
      <Notice key={what} icon={what === 'camera' ? 'videoOff' : 'micOff'}>
        <p>{store.t(problemText(what, problem))}</p>
        {problem !== 'insecure' && (
          <button type="button" class="notice-action" onClick={() => actions.retryDevice(what)}>{store.t('tryAgain')}</button>
        )}
      </Notice>
    );
  });
}
