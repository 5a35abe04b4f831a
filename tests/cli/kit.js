/* SPDX-License-Identifier: MIT */
/* kit.js - a relay and headless participants as child processes, and what they print. */
import { spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const binary = (name) => join(process.env.PARLEY_BINARY_DIR ?? 'build/dev', name);
export const SECRET = 'AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';
export const OTHER_SECRET = 'BAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8';

export const workFolder = () => mkdtempSync(join(tmpdir(), 'parley-cli-'));

/** A relay on ports of its own. @param {string[]} options */
export async function startRelay(...options) {
  const child = spawn(binary('server/parleyd'), ['--port=0', '--plain-port=off', '--address=127.0.0.1', '--drain-ms=100', ...options]);
  let log = '';
  const port = await new Promise((resolve, reject) => {
    child.stderr.on('data', (data) => {
      log += data;
      const started = /started .*?\bport=(\d+)/.exec(log);
      if (started) resolve(Number(started[1]));
    });
    child.once('exit', () => reject(new Error(`parleyd ended: ${log}`)));
  });
  return {
    port,
    pid: child.pid,
    link: (meeting, secret = SECRET) => `https://127.0.0.1:${port}/m/${meeting}#${secret}`,
    stop: () => new Promise((resolve) => {
      child.removeAllListeners('exit');
      child.once('exit', resolve);
      child.kill('SIGTERM');
    }),
  };
}

/** One headless participant; `done` gives its exit status, its events (lines of JSON) and what it complained about. */
export function parley(...options) {
  const child = spawn(binary('cli/parley'), options);
  let out = '';
  let complaints = '';
  child.stdout.on('data', (data) => { out += data; });
  child.stderr.on('data', (data) => { complaints += data; });
  const done = new Promise((resolve) => {
    child.once('close', (status) => {
      const events = out.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
      resolve({ status, events, out, complaints, summary: events.findLast((e) => e.event === 'summary') });
    });
  });
  return { child, done };
}

/** A watcher and a streamer in one meeting for `seconds`. */
export async function callFor(seconds, link, { watch = [], stream = [], watchLink = link } = {}) {
  const watcher = parley('watch', watchLink, '--json', '--duration', String(seconds), ...watch);
  const streamer = parley('stream', link, '--json', '--name', 'Card', '--duration', String(seconds), ...stream);
  const [watched, streamed] = await Promise.all([watcher.done, streamer.done]);
  const track = (kind) => watched.summary?.tracks.find((t) => t.kind === kind);
  return { watched, streamed, camera: track('camera'), microphone: track('microphone') };
}
