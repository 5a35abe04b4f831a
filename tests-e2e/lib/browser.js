/* SPDX-License-Identifier: MIT */
/* browser.js - Chromium for tests, and a plain static server for the page. */
import { createReadStream, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm', '.svg': 'image/svg+xml', '.json': 'application/json', '.woff2': 'font/woff2' };

/** @param {string[]} [more] flags */
export function launch(more = []) {
  return chromium.launch({
    executablePath: process.env.PARLEY_CHROMIUM ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--use-fake-ui-for-media-stream',
      '--use-fake-device-for-media-stream', '--autoplay-policy=no-user-gesture-required', ...more,
    ],
  });
}

/** The strict policy that the page must live with; parleyd's is stricter about addresses. */
export const POLICY = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data:; media-src 'self' blob:; manifest-src 'self'; connect-src 'self' https: wss: ws: http://localhost:*; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** Serves a folder on a free port, as a host that knows nothing of meetings. @param {string} folder @param {Record<string, string>} [extra] path to content */
export async function serveFolder(folder, extra = {}) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url ?? '/', 'http://x').pathname));
    const file = join(folder, path.endsWith('/') ? `${path}index.html` : path);
    response.setHeader('content-security-policy', POLICY);
    if (extra[path] !== undefined) return response.setHeader('content-type', types[extname(path)]).end(extra[path]);
    if (!file.startsWith(folder) || !statSync(file, { throwIfNoEntry: false })?.isFile()) return response.writeHead(404).end();
    response.setHeader('content-type', types[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).on('error', () => response.destroy()).pipe(response); // a test may take the folder away
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return { url: `http://localhost:${port}`, port, close: () => server.close() };
}
