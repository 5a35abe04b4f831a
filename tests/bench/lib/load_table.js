/* SPDX-License-Identifier: MIT */
/* load_table.js FILE - results of `parley load --json`, each after a line of labels, as a Markdown table. */
import { readFileSync } from 'node:fs';

const whole = (n) => Math.round(n).toLocaleString('en-GB');
const delays = (d) => (d.count ? `${d.p50_ms.toFixed(1)} / ${d.p99_ms.toFixed(1)} / ${d.p999_ms.toFixed(1)}` : '-');

const columns = {
  load: ({ result, labels }) => `${result.shape}, ${result.people.live_at_begin} of ${result.people.count}${labels.relays > 1 ? `, ${labels.relays} relays` : ''}`,
  over: ({ labels }) => labels.transport,
  cores: ({ labels }) => labels.layout,
  'Mbit/s': ({ result }) => whole(result.rates.mbit_s),
  'packets/s': ({ result }) => whole(result.rates.packets_s),
  'relay user + system': ({ result }) => `${result.relay.user_cores.toFixed(2)} + ${result.relay.system_cores.toFixed(2)}`,
  'a core: Mbit/s': ({ result }) => whole(result.relay.mbit_s_core),
  'packets/s ': ({ result }) => whole(result.relay.packets_s_core),
  people: ({ result }) => whole(result.relay.people_core),
  'an object, us': ({ result }) => `${result.relay.user_us_object.toFixed(1)} + ${result.relay.system_us_object.toFixed(1)}`,
  'a byte, ns': ({ result }) => result.relay.ns_byte.toFixed(1),
  'sound p50 / 99 / 99.9 ms': ({ result }) => delays(result.media.voice.delay),
  'picture p50 / 99 / 99.9 ms': ({ result }) => delays(result.media.picture.delay),
  'heard %': ({ result }) => (result.media.voice.due ? ((100 * result.media.voice.objects) / result.media.voice.due).toFixed(0) : '-'),
  'lost %': ({ result }) => Math.max(result.media.voice.loss_percent, result.media.picture.loss_percent).toFixed(2),
  'not reached': ({ result }) => whole(result.people.silent),
  freezes: ({ result }) => whole(result.media.picture.freezes),
  'kB a session': ({ result }) => result.relay.session_kb.toFixed(0),
  'switches/s': ({ result }) => whole(result.relay.switches_s),
  'generator cores': ({ result }) => (result.generator.user_cores + result.generator.system_cores).toFixed(2),
};

/** Pairs of lines: labels, then the result, which is missing when the run failed. */
function readRuns(file) {
  const runs = [];
  let labels = {};
  for (const line of readFileSync(file, 'utf8').split('\n').filter(Boolean)) {
    const parsed = JSON.parse(line);
    if (parsed.event === 'result') runs.push({ labels, result: parsed });
    else labels = parsed;
  }
  return runs;
}

const row = (cells) => `| ${cells.join(' | ')} |`;
const names = Object.keys(columns);
console.log(row(names.map((name) => name.trim())));
console.log(`|${names.map(() => '---|').join('')}`);
for (const run of readRuns(process.argv[2])) console.log(row(names.map((name) => columns[name](run))));
