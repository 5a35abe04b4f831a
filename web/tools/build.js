/* SPDX-License-Identifier: MIT */
/* build.js - makes the page: build/page/ (what parleyd serves) and dist/ (the same with a config.json, for any static host).
 *   --dev          only build/page-dev/, with the test double behind `?fake=...`; not minified
 *   --relay=URL    the relay's address in dist/config.json, e.g. https://relay.example:4433 (or PARLEY_RELAY)
 *   --wasm=DIR     where engine.wasm and vpx.wasm are; build/wasm otherwise
 * Every file under assets/ has its hash in its name and may be cached for ever; index.html and config.json may not. */
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, parse, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { build, transform } from 'esbuild';
import { compile } from 'tailwindcss';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const flag = (name) => process.argv.includes(`--${name}`);
const option = (name) => process.argv.find((a) => a.startsWith(`--${name}=`))?.slice(name.length + 3);
const dev = flag('dev');
const out = resolve(root, dev ? 'build/page-dev' : 'build/page');
const dist = resolve(root, 'dist');
const assets = join(out, 'assets');
const wasmFrom = resolve(root, option('wasm') ?? 'build/wasm');

const brotli = promisify(brotliCompress);
const hash = (bytes) => createHash('sha256').update(bytes).digest('hex').slice(0, 10);

/** Stores bytes under a name with their hash; gives the path from the page's root. */
async function store(name, bytes) {
  const { name: stem, ext } = parse(name);
  const hashed = `${stem}-${hash(bytes)}${ext}`;
  await writeFile(join(assets, hashed), bytes);
  return `assets/${hashed}`;
}

async function script(entry, define = {}) {
  const result = await build({
    entryPoints: [join(root, entry)],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    minify: !dev,
    legalComments: 'none',
    define,
    logLevel: 'warning',
  });
  return store(`${parse(entry).name}.js`, result.outputFiles[0].contents);
}

/** The modules are made by the wasm preset; a page without them shows its views and says that it cannot call. */
async function wasm(name) {
  const bytes = await readFile(join(wasmFrom, name)).catch(() => null);
  if (!bytes) console.warn(`page: ${relative(root, join(wasmFrom, name))} is missing: this page cannot hold a call`);
  return bytes ? store(name, bytes) : '';
}

async function style() {
  const font = await readFile(join(dirname(createRequire(import.meta.url).resolve('@fontsource-variable/inter/package.json')), 'files/inter-latin-wght-normal.woff2'));
  const fontName = (await store('inter.woff2', font)).replace('assets/', '');
  const { code } = await transform(await tailwind(), { loader: 'css', minify: !dev, target: ['chrome120', 'firefox128', 'safari17'] });
  return store('style.css', code.replace('./inter.woff2', fontName));
}

/** Tailwind's own compiler, given every word of the sources as a possible class: what is none makes no rule. */
async function tailwind() {
  const compiled = await compile(await readFile(join(root, 'web/style.css'), 'utf8'), {
    base: join(root, 'web'),
    loadModule: async (id, base) => ({ path: resolve(base, id), base, module: (await import(pathToFileURL(resolve(base, id)).href)).default }),
    async loadStylesheet(id, base) {
      const path = id === 'tailwindcss' ? createRequire(import.meta.url).resolve('tailwindcss/index.css') : resolve(base, id);
      return { path, base: dirname(path), content: await readFile(path, 'utf8') };
    },
  });
  const sources = [join(root, 'static/index.html'), ...(await files(join(root, 'web/ui')))];
  const words = await Promise.all(sources.map(async (path) => (await readFile(path, 'utf8')).split(/[\s"'`{}<>]+/)));
  return compiled.build([...new Set(words.flat())]);
}

async function html(names) {
  const template = await readFile(join(root, 'static/index.html'), 'utf8');
  const page = (rootPath) => template.replace(/\{(\w+)\}/g, (_, key) => (key === 'root' ? rootPath : names[key]));
  await writeFile(join(out, 'index.html'), page('./'));
  await mkdir(join(out, 'm'), { recursive: true });
  await writeFile(join(out, 'm/index.html'), page('../')); // for servers that answer /m/MEETING with a page
}

/** A static host cannot know the relay's address; parleyd answers /config.json itself. */
async function bundle() {
  await rm(dist, { recursive: true, force: true });
  await cp(out, dist, { recursive: true });
  const relay = option('relay') ?? process.env.PARLEY_RELAY;
  const content = relay ? { relay } : {};
  await writeFile(join(dist, 'config.json'), `${JSON.stringify(content, null, 2)}\n`);
}

async function files(folder) {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath ?? e.path, e.name));
}

/** Writes name.br beside every file that compresses; gives [path, raw, compressed] of each. */
async function compress() {
  const rows = [];
  for (const path of (await files(out)).sort()) {
    const bytes = await readFile(path);
    const packed = path.endsWith('.woff2') ? bytes : await brotli(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: dev ? 4 : 11, [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
    if (packed !== bytes) await writeFile(`${path}.br`, packed);
    rows.push([relative(out, path), bytes.length, packed.length]);
  }
  return rows;
}

const FIRST_LOAD_MAX_BYTES = 400_000; // compressed, without the video codec module
const later = (path) => path.includes('vpx') || path.startsWith('m/');

function report(rows) {
  for (const [path, raw, packed] of rows) console.log(`${String(raw).padStart(9)} ${String(packed).padStart(8)} br  ${path}`);
  const first = rows.filter(([path]) => !later(path)).reduce((sum, row) => sum + row[2], 0);
  console.log(`first load: ${(first / 1000).toFixed(1)} kB compressed (at most ${FIRST_LOAD_MAX_BYTES / 1000})`);
  if (!dev && first > FIRST_LOAD_MAX_BYTES) throw new Error('the first load is larger than it may be');
}

await rm(out, { recursive: true, force: true });
await mkdir(assets, { recursive: true });
await cp(join(root, 'static'), join(out, 'static'), { recursive: true, filter: (from) => !from.endsWith('index.html') });
const names = {
  engine: await wasm('engine.wasm'),
  vpx: await wasm('vpx.wasm'),
  worker: await script('web/worker/worker.js'),
  playout: await script('web/media/audio-playout.worklet.js'),
  capture: await script('web/media/audio-capture.worklet.js'),
  style: await style(),
};
names.main = await script(dev ? 'web/dev/main.js' : 'web/main.js', { __ASSETS__: JSON.stringify(names) });
await html(names);
report(await compress());
if (!dev) await bundle();
