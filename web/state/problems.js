/* SPDX-License-Identifier: MIT */
/* problems.js - why a camera, microphone or screen cannot be had, as a word that texts.js turns into a sentence. */

/** @typedef {'denied' | 'missing' | 'busy' | 'unplugged' | 'insecure' | 'unsupported' | 'failed'} Problem */

/** @type {Record<string, Problem>} */
const byName = {
  NotAllowedError: 'denied',
  SecurityError: 'denied',
  NotFoundError: 'missing',
  OverconstrainedError: 'missing',
  NotReadableError: 'busy',
  AbortError: 'busy',
  NotSupportedError: 'unsupported',
};

/** @param {unknown} error what getUserMedia threw @returns {Problem} */
export function problemOf(error) {
  return byName[/** @type {{ name?: string }} */ (error)?.name ?? ''] ?? 'failed';
}
