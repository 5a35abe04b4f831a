/* SPDX-License-Identifier: MIT */
/* worker.js - the engine's thread: takes the page's messages to the session. */
import { decodableCodecs } from '../media/codecs.js';
import { createSession } from './session.js';

/** @type {ReturnType<typeof createSession> | null} */
let session = null;
void decodableCodecs(''); // the answers are kept: the first call need not wait for them

/** Messages that came before 'start'. @type {import('./messages.js').ToWorker[]} */
const early = [];

/** What is to be told at the end of this task. @type {import('./messages.js').FromWorker[]} */
let outbox = [];

/** @param {import('./messages.js').FromWorker} message */
function post(message) {
  if (outbox.push(message) === 1) queueMicrotask(flush);
}

function flush() {
  const messages = outbox;
  outbox = [];
  postMessage(messages);
}

addEventListener('message', (event) => {
  /** @type {import('./messages.js').ToWorker} */
  const message = event.data;
  try {
    if (message.type === 'start') {
      session = createSession(message.config, post);
      for (const waiting of early.splice(0)) session.take(waiting);
    } else if (session) session.take(message);
    else early.push(message);
  } catch (error) {
    post({ type: 'failed', code: 'engine', text: String(error) });
  }
});
