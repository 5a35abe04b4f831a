/* SPDX-License-Identifier: MIT */
/* Whole calls in real browsers. One worker: two cores carry three pages at 360p, not six. */
import { defineConfig } from '@playwright/test';

export default defineConfig({
  testDir: './call',
  testMatch: '*.spec.js',
  outputDir: '../test-results',
  workers: 1,
  retries: 0,
  timeout: 120_000,
  expect: { timeout: 30_000 },
  reporter: [['list']],
});
