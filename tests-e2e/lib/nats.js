/* SPDX-License-Identifier: MIT */
/* nats.js - a nats-server of the test's own, with JetStream, on a free port. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, printed } from './relay.js';

export async function startNats() {
  const [port, store] = [await freePort(), mkdtempSync(join(tmpdir(), 'parley-nats-'))];
  const child = spawn('nats-server', ['--addr', '127.0.0.1', '--port', `${port}`, '--jetstream', '--store_dir', store], { stdio: ['ignore', 'pipe', 'pipe'] });
  await printed(child, /Server is ready/);
  return {
    url: `nats://127.0.0.1:${port}`,
    async close() {
      const ended = new Promise((done) => child.once('exit', done));
      child.kill();
      await ended;
      rmSync(store, { recursive: true, force: true });
    },
  };
}
