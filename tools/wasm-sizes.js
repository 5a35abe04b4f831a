// SPDX-License-Identifier: MIT
// wasm-sizes.js OUT.json MODULE... - prints how large each module is, raw and as brotli 11 sends it, and writes that to OUT.json.
import { readFile, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';

const [out, ...modules] = process.argv.slice(2);
/** @type {Record<string, { raw: number, brotli: number }>} */
const sizes = {};
for (const module of modules) {
  const bytes = await readFile(module);
  const brotli = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }).length;
  sizes[basename(module)] = { raw: bytes.length, brotli };
  console.log(`${basename(module)}: ${bytes.length} bytes, ${brotli} as brotli`);
}
await writeFile(out, `${JSON.stringify(sizes, null, 2)}\n`);
