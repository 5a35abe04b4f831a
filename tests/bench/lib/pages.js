/* SPDX-License-Identifier: MIT */
/* pages.js - pages and headless participants in one meeting, and what processes cost. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { arrive } from '../../../tests-e2e/lib/person.js';
import { programs, startRelay } from '../../../tests-e2e/lib/relay.js';

export { startRelay };
export const wait = (ms) => new Promise((done) => { setTimeout(done, ms); });

/** @param {number[]} list @param {number} percent */
export const percentile = (list, percent) => [...list].sort((a, b) => a - b)[Math.max(0, Math.ceil((list.length * percent) / 100) - 1)];
export const spread = (list) => (list.length ? `p50 ${percentile(list, 50).toFixed(0)} ms, p95 ${percentile(list, 95).toFixed(0)} ms (${list.length})` : 'nothing seen');
export const load = () => `load ${loadavg()[0].toFixed(1)}`;

/** A person with a page who leaves no trace. @param {Partial<import('../../../tests-e2e/lib/person.js').Who>} who */
export const person = (who) => arrive({ name: 'Alice', camera: 'person.mjpeg', mic: 'tone.wav', traced: false, ...who }, /** @type {any} */ ({}));

/** The test card and the beeps. @param {string} link @param {string[]} more */
export function streamer(link, ...more) {
  const child = spawn(join(programs, 'cli/parley'), ['stream', link, '--name', 'Card', ...more], { stdio: 'ignore' });
  const ended = new Promise((done) => child.once('exit', done));
  return { pid: child.pid, stop: () => { child.kill('SIGINT'); return ended; } };
}

/** The same meeting's address for a page and for the headless client. */
export function addresses(relay) {
  const page = relay.meeting();
  return { page, link: page.replace(relay.url, relay.secureUrl) };
}

/** CPU seconds used so far and memory now, of a process. @param {number} pid */
export function costOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, megabytes: Number(memory?.[1]) / 1024 };
}

const parentOf = (pid) => Number(/PPid:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
const commandOf = (pid) => readFileSync(`/proc/${pid}/cmdline`, 'utf8');

function descends(pid, from) {
  for (let p = pid; p > 1 && existsSync(`/proc/${p}`); p = parentOf(p)) if (p === from) return true;
  return false;
}

/** The renderers of all browsers that this process started: pages, and what is in them. */
export function renderers() {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);
  const mine = (pid) => { try { return commandOf(pid).includes('--type=renderer') && descends(pid, process.pid); } catch { return false; } };
  return all.filter(mine);
}

/** Share of one CPU that `pids` used over `ms`, in percent. @param {number[]} pids @param {number} ms */
export async function cpuOver(pids, ms) {
  const used = () => pids.reduce((sum, pid) => { try { return sum + costOf(pid).cpuSeconds; } catch { return sum; } }, 0);
  const before = used();
  await wait(ms);
  return ((used() - before) * 100_000) / ms;
}
