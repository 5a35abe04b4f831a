/* SPDX-License-Identifier: MIT */
/* test.js - what every whole-call test begins with: a relay, and people who are sent home at the end. */
import { test as base } from '@playwright/test';
import { arrive } from './person.js';
import { startRelay } from './relay.js';

export { expect } from '@playwright/test';

/** @typedef {Awaited<ReturnType<typeof arrive>>} Person */

export const test = base.extend(/** @type {any} */ ({
  // eslint-disable-next-line no-empty-pattern
  relay: [async ({}, use) => {
    const relay = await startRelay();
    await use(relay);
    await relay.close();
  }, { scope: 'worker' }],
  invite: async ({}, use, info) => {
    /** @type {Person[]} */
    const people = [];
    await use(async (/** @type {import('./person.js').Who} */ who) => {
      const person = await arrive(who, info);
      people.push(person);
      return person;
    });
    await Promise.all(people.map((person) => person.go()));
  },
}));
