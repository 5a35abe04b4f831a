/* SPDX-License-Identifier: MIT */
/* call.mjs - one headless participant watches another through a relay on loopback: first picture, glass to glass by the burnt-in time,
 * mouth to ear by the beeps, and what each program costs. On the release build. */
import { readFileSync } from 'node:fs';
import { parley, startRelay } from '../cli/kit.js';

const JOINS = 20;
const SECONDS = 20;
process.env.PARLEY_BINARY_DIR ??= 'build/release';

const percentile = (list, percent) => [...list].sort((a, b) => a - b)[Math.max(0, Math.ceil((list.length * percent) / 100) - 1)];

/** Seconds of CPU and megabytes of memory of a running process. */
function costOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const memory = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return { cpuSeconds: (Number(fields[11]) + Number(fields[12])) / 100, megabytes: Number(memory?.[1]) / 1024 };
}

async function firstPictures(relay, transport) {
  const streamer = parley('stream', relay.link('joins'), '--json', '--transport', transport);
  await new Promise((resolve) => { setTimeout(resolve, 1500); });
  const times = [];
  for (let i = 0; i < JOINS; i++) {
    const { summary } = await parley('watch', relay.link('joins'), '--json', '--transport', transport, '--duration', '1.5').done;
    times.push(summary.first_picture_ms ?? 1500);
  }
  streamer.child.kill('SIGINT');
  await streamer.done;
  return times;
}

async function oneCall(relay, transport) {
  const watcher = parley('watch', relay.link('call'), '--json', '--transport', transport, '--duration', String(SECONDS));
  const streamer = parley('stream', relay.link('call'), '--json', '--transport', transport, '--duration', String(SECONDS + 1));
  await new Promise((resolve) => { setTimeout(resolve, (SECONDS - 1) * 1000); });
  const cost = { relay: costOf(relay.pid), watch: costOf(watcher.child.pid), stream: costOf(streamer.child.pid) };
  const [{ summary }] = await Promise.all([watcher.done, streamer.done]);
  const track = (kind) => summary.tracks.find((t) => t.kind === kind);
  return { cost, camera: track('camera'), microphone: track('microphone') };
}

for (const transport of ['wt', 'ws']) {
  const relay = await startRelay();
  const joins = await firstPictures(relay, transport);
  const before = costOf(relay.pid).cpuSeconds;
  const { cost, camera, microphone } = await oneCall(relay, transport);
  const percent = (seconds) => `${((seconds * 100) / SECONDS).toFixed(1)} %`;
  console.log(`${transport}: first picture       p50 ${percentile(joins, 50)} ms, p95 ${percentile(joins, 95)} ms over ${JOINS} joins`);
  console.log(`${transport}: glass to glass      p50 ${camera.delay_p50_ms} ms, p95 ${camera.delay_p95_ms} ms (640x360, 30 fps, VP9), frozen ${camera.frozen_ms} ms`);
  console.log(`${transport}: mouth to ear        p50 ${microphone.beep_p50_ms} ms, p95 ${microphone.beep_p95_ms} ms, concealed ${microphone.concealed_percent.toFixed(2)} %`);
  console.log(`${transport}: CPU                 relay ${percent(cost.relay.cpuSeconds - before)}, stream ${percent(cost.stream.cpuSeconds)}, watch ${percent(cost.watch.cpuSeconds)}`);
  console.log(`${transport}: memory              relay ${cost.relay.megabytes.toFixed(1)} MB, stream ${cost.stream.megabytes.toFixed(1)} MB, watch ${cost.watch.megabytes.toFixed(1)} MB`);
  await relay.stop();
}
