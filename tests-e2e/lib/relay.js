/* SPDX-License-Identifier: MIT */
/* relay.js - a parleyd of the test's own on free ports, with the page that was built. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '../..');
export const programs = process.env.PARLEY_PROGRAMS ?? join(root, 'build/dev');

/** A TCP port that was free just now. @returns {Promise<number>} */
export function freePort() {
  return new Promise((done, fail) => {
    const server = createServer().once('error', fail).listen(0, '127.0.0.1', () => {
      const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
      server.close(() => done(port));
    });
  });
}

/** Resolves with the first match of `pattern` in what the process prints; fails when it ends or `ms` pass.
 * @param {import('node:child_process').ChildProcess} child @param {RegExp} pattern @param {number} ms @returns {Promise<RegExpMatchArray>} */
export function printed(child, pattern, ms = 15_000) {
  return new Promise((done, fail) => {
    let text = '';
    const timer = setTimeout(() => fail(new Error(`did not print ${pattern} within ${ms} ms:\n${text}`)), ms);
    const read = (/** @type {Buffer} */ bytes) => {
      text += bytes;
      const match = text.match(pattern);
      if (match) {
        clearTimeout(timer);
        done(match);
      }
    };
    child.stdout?.on('data', read);
    child.stderr?.on('data', read);
    child.once('exit', (code) => fail(new Error(`ended with ${code}:\n${text}`)));
  });
}

/** @param {string[]} [flags] options of parleyd beside the ports; {port} in them is the relay's */
export async function startRelay(flags = []) {
  const [port, plain] = [await freePort(), await freePort()];
  const certificates = mkdtempSync(join(tmpdir(), 'parley-e2e-'));
  /** @type {string[]} */
  const log = [];
  /** @type {import('node:child_process').ChildProcess} */
  let child;

  async function start() {
    child = spawn(join(programs, 'server/parleyd'), ['--threads', '1', '--port', `${port}`, '--plain-port', `${plain}`, '--pages', join(root, 'build/page'),
      '--cert-dir', certificates, ...flags.map((flag) => flag.replace('{port}', `${port}`))], { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', (bytes) => log.push(String(bytes)));
    await printed(child, /Open (http\S+)/);
  }
  /** @param {NodeJS.Signals} signal */
  async function stop(signal = 'SIGTERM') {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = new Promise((done) => child.once('exit', done));
    child.kill(signal);
    await ended;
  }
  await start();
  return {
    port,
    plain,
    url: `http://localhost:${plain}`,
    secureUrl: `https://127.0.0.1:${port}`,
    /** A new meeting's address. */
    meeting: () => `http://localhost:${plain}/m/e2e-${randomBytes(4).toString('hex')}#${randomBytes(32).toString('base64url')}`,
    log: () => log.join(''),
    pid: () => child.pid,
    start,
    stop,
    async close() {
      await stop();
      rmSync(certificates, { recursive: true, force: true });
    },
  };
}

/** A headless participant; `done` gives the JSON objects that it printed. @param {string} relay page's address with the secret @param {string[]} args */
export function headless(command, relay, ...args) {
  const child = spawn(join(programs, 'cli/parley'), [command, relay, '--json', ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  let text = '';
  child.stdout?.on('data', (bytes) => { text += bytes; });
  const done = new Promise((resolve) => {
    child.once('close', (status) => resolve({ status, events: text.split('\n').filter((l) => l.startsWith('{')).map((l) => JSON.parse(l)) }));
  });
  return { child, done, stop: () => child.kill('SIGINT') };
}
