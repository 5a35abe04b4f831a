// SPDX-License-Identifier: MIT
/** Put in by web/tools/build.js. */
declare const __ASSETS__: Record<'engine' | 'vpx' | 'worker' | 'playout' | 'capture', string>;
