/* SPDX-License-Identifier: MIT */
/* dev.js - the development build on http://localhost:5173, made again whenever a source changes. Its calls go to the relay of
 * `make run` (PARLEY_RELAY=http://localhost:8080); `?fake=SCENE` shows a state without one (web/dev/scenes.js). */
import { execFileSync } from 'node:child_process';
import { createReadStream, existsSync, statSync, watch } from 'node:fs';
import { createServer } from 'node:http';
import { dirname, extname, join, normalize, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const PORT = 5173;
const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const pages = join(root, 'build/page-dev');
const relay = process.env.PARLEY_RELAY ?? 'http://localhost:8080';
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };

function build() {
  try {
    execFileSync('node', [join(root, 'web/tools/build.js'), '--dev'], { stdio: 'inherit' });
  } catch {
    console.error('the page stays as it was');
  }
}

/** @type {NodeJS.Timeout | undefined} */
let timer;
for (const folder of ['web', 'static']) {
  watch(join(root, folder), { recursive: true }, () => {
    clearTimeout(timer);
    timer = setTimeout(build, 100);
  });
}
build();

createServer(async (request, response) => {
  const path = normalize(new URL(request.url ?? '/', 'http://x').pathname);
  if (path === '/config.json') {
    const answer = await fetch(`${relay}/config.json`).catch(() => null);
    return response.writeHead(answer ? 200 : 502, { 'content-type': 'application/json' }).end(await answer?.text());
  }
  const file = join(pages, path.endsWith('/') ? `${path}index.html` : path);
  if (!file.startsWith(pages) || !existsSync(file) || !statSync(file).isFile()) return response.writeHead(404).end();
  response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream', 'cache-control': 'no-store' });
  createReadStream(file).pipe(response);
}).listen(PORT, 'localhost', () => console.log(`http://localhost:${PORT}/`));
