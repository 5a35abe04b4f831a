// SPDX-License-Identifier: MIT
// Makes the seeds of the wire and crypto harnesses from the golden vectors: node tests/fuzz/seeds.mjs
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const vectors = `${here}../vectors/`;

function seed(target, name, ...parts) {
  mkdirSync(`${here}seeds/${target}`, { recursive: true });
  writeFileSync(`${here}seeds/${target}/${name}`, Buffer.concat(parts));
}

const byte = (...values) => Buffer.from(values);
const varint = (n) => (n < 64 ? byte(n) : byte(0x40 | (n >> 8), n & 255));
const framed = (bytes) => Buffer.concat([varint(bytes.length), bytes]);
const golden = readdirSync(`${vectors}wire`).filter((name) => name.endsWith('.hex')).map((file) => ({
  name: file.slice(0, -4),
  bytes: Buffer.from(readFileSync(`${vectors}wire/${file}`, 'utf8').replace(/\s/g, ''), 'hex'),
}));
const starting = (prefix) => golden.filter(({ name }) => name.startsWith(prefix));

for (const { name, bytes } of starting('control_')) {
  seed('control', `${name}_client`, byte(0), bytes);
  seed('control', `${name}_relay`, byte(1), bytes);
}
for (const { name, bytes } of starting('chat_text_')) seed('control', name, byte(2), bytes);
for (const { name, bytes } of starting('feedback_')) seed('feedback', name, bytes);
const objects = starting('header_').map(({ name, bytes }) => ({ name, bytes: Buffer.concat([framed(bytes), Buffer.from('payload')]) }));
for (const { name, bytes } of objects) seed('object', name, bytes);
for (const { name, bytes } of starting('media_info_')) seed('media_info', name, framed(bytes), Buffer.from('codec bytes'));

const control = Buffer.concat(starting('control_').map(({ bytes }) => framed(bytes)));
seed('framer', 'control_by_1', byte(0), control);
seed('framer', 'control_by_100', byte(198), control);
seed('framer', 'run_by_7', byte(13), byte(3), ...objects.map(({ bytes }) => framed(bytes)));

const { sframe } = JSON.parse(readFileSync(`${vectors}sframe.json`, 'utf8').replace(/: (\d{16,})/g, ': "$1"'));
for (const row of sframe) seed('sframe', `suite_${row.cipher_suite}`, byte(row.cipher_suite), Buffer.from(row.ct, 'hex'));
seed('sframe', 'default', byte(0), Buffer.from(JSON.parse(readFileSync(`${vectors}keys.json`, 'utf8')).sframe[0].ct, 'hex'));

const steps = (...list) => Buffer.from(list.flat());
const all = Array.from({ length: 64 }, (_, i) => i);
seed('keyring', 'in_order', steps(all.map((i) => [0, i])));
seed('keyring', 'each_twice', steps(all.map((i) => [0, i, 0, i])));
seed('keyring', 'backwards', steps(all.map((i) => [0, 63 - i])));
seed('keyring', 'altered_first', steps(all.map((i) => [1 + 4 * (i % 32), i, 0, i])));
seed('keyring', 'announced_again', steps(all.map((i) => [0, i, 2, i, 0, i])));
seed('keyring', 'foreign', steps([3, 20]), Buffer.from(JSON.parse(readFileSync(`${vectors}keys.json`, 'utf8')).sframe[2].ct, 'hex'));
