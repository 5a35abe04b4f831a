/* SPDX-License-Identifier: MIT */
/* The look of the page: every colour, radius and shadow has its name here. web/style.css names this file by @config; without that
 * line Tailwind v4 never reads it.
 *
 * Colours are pairs, light and dark. A pair becomes a CSS variable; `data-theme` on the root element chooses, and where it is
 * absent the system does. Contrast of text on its ground is at least 4.5:1 in both (tests-e2e/states runs axe on every page). */

/** @type {Record<string, [light: string, dark: string]>} */
const pairs = {
  stage: ['#f1f3f7', '#0d1014'], // the ground that everything stands on
  surface: ['#ffffff', '#181c23'], // bars, panels, cards
  raised: ['#e8ebf1', '#252b35'], // controls on a surface
  hover: ['#dce1ea', '#313946'],
  tile: ['#dfe4ec', '#1c212a'], // a tile without a picture
  line: ['#d3d9e3', '#2b323d'],
  outline: ['#7d8798', '#6b7688'], // the edge of an input: 3:1 against its ground
  ink: ['#12161d', '#f2f4f8'],
  muted: ['#525c6c', '#a9b3c3'],
  accent: ['#3f51d9', '#8c9bff'], // links, selected things
  primary: ['#3f51d9', '#5466ee'], // the button that matters
  'primary-hover': ['#3342bd', '#4557dc'],
  danger: ['#c9263b', '#d42f45'],
  'danger-hover': ['#ab1c2f', '#b92438'],
  'danger-ink': ['#b01d31', '#ff98a3'],
  warn: ['#fdf0cf', '#3a2d0d'],
  'warn-ink': ['#6b4700', '#ffd98a'],
  good: ['#0c7a4d', '#5fe0a4'],
  speaking: ['#12a56a', '#4ade97'], // the ring round who speaks
  'avatar-1': ['#4a5aa8', '#4a5aa8'], // grounds of initials: white on each is at least 5:1
  'avatar-2': ['#2f7470', '#2f7470'],
  'avatar-3': ['#9a4a5d', '#9a4a5d'],
  'avatar-4': ['#72559c', '#72559c'],
  'avatar-5': ['#346f9b', '#346f9b'],
  'avatar-6': ['#4a7445', '#4a7445'],
  'avatar-7': ['#91602f', '#91602f'],
  focus: ['#3f51d9', '#a9b4ff'],
};

/** @param {0 | 1} side */
const variables = (side) => Object.fromEntries(Object.entries(pairs).map(([name, pair]) => [`--c-${name}`, pair[side]]));

/** @type {any} */
export default {
  content: ['./web/**/*.{js,jsx}', './static/index.html'],
  theme: {
    extend: {
      colors: Object.fromEntries(Object.keys(pairs).map((name) => [name, `var(--c-${name})`])),
      fontFamily: {
        sans: ['Inter Variable', 'Pretendard', 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', 'NanumGothic', 'system-ui', 'sans-serif'],
      },
      borderRadius: { tile: '1.125rem', card: '1.5rem', control: '0.875rem' },
      boxShadow: {
        float: '0 1px 2px rgb(8 12 20 / 0.12), 0 8px 28px rgb(8 12 20 / 0.16)',
        card: '0 1px 2px rgb(8 12 20 / 0.06), 0 24px 60px -12px rgb(8 12 20 / 0.18)',
      },
      minHeight: { target: '2.75rem' },
    },
  },
  plugins: [
    /** @param {{ addBase: (rules: object) => void }} api */
    ({ addBase }) =>
      addBase({
        ':root': { ...variables(0), 'color-scheme': 'light' },
        ':root[data-theme="dark"]': { ...variables(1), 'color-scheme': 'dark' },
        '@media (prefers-color-scheme: dark)': { ':root:not([data-theme="light"])': { ...variables(1), 'color-scheme': 'dark' } },
      }),
  ],
};
