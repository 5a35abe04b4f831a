/* SPDX-License-Identifier: MIT */
/* icons.jsx - drawings from lucide as elements. An icon says nothing to a screen reader: the control around it has the label. */
import { h } from 'preact';
import {
  Activity, ArrowRight, Camera, Check, ChevronDown, Copy, Ellipsis, Headphones, Keyboard, Languages, Link, LoaderCircle, LockKeyhole, MessageSquare, Mic, MicOff,
  MonitorUp, MonitorX, Phone, Pin, PinOff, Plus, Send, Settings, ShieldAlert, ShieldCheck, TriangleAlert, Users, Video, VideoOff, Volume2, WifiOff, X, House,
} from 'lucide';

const icons = {
  activity: Activity, arrow: ArrowRight, camera: Camera, check: Check, down: ChevronDown, copy: Copy, more: Ellipsis, headphones: Headphones, keyboard: Keyboard, languages: Languages,
  link: Link, busy: LoaderCircle, lock: LockKeyhole, chat: MessageSquare, mic: Mic, micOff: MicOff, screen: MonitorUp, screenOff: MonitorX, leave: Phone, pin: Pin,
  unpin: PinOff, plus: Plus, send: Send, settings: Settings, alert: ShieldAlert, shield: ShieldCheck, warning: TriangleAlert, people: Users, video: Video,
  videoOff: VideoOff, speaker: Volume2, offline: WifiOff, close: X, home: House,
};

/** @typedef {keyof typeof icons} IconName */

/** @param {{ name: IconName, class?: string }} props */
export function Icon({ name, class: className = 'size-5' }) {
  return (
    <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true" class={`shrink-0 ${className}`}>
      {icons[name].map(([tag, attributes]) => h(tag, /** @type {any} */ (attributes)))}
    </svg>
  );
}

/** The mark: a speech bubble that is a P. @param {{ class?: string }} props */
export function Mark({ class: className = 'size-9' }) {
  return (
    <svg viewBox="0 0 64 64" aria-hidden="true" class={className}>
      <rect width="64" height="64" rx="18" fill="#5466ee" />
      <path d="M20 14h14a14 14 0 0 1 0 28h-4v8a3 3 0 0 1-5.200 2L20 46.600z" fill="#fff" />
      <circle cx="33" cy="28" r="5.500" fill="#5466ee" />
    </svg>
  );
}
