/* SPDX-License-Identifier: MIT */
/* websocket.js - one WebSocket as a transport: every output of the engine is one binary message. */

/** @param {string} url @param {import('./webtransport.js').TransportEvents} on @returns {import('./webtransport.js').TransportShell} */
export function openWebsocket(url, on) {
  const socket = new WebSocket(url);
  let over = false;
  socket.binaryType = 'arraybuffer';
  socket.onopen = () => { if (!over) on.open('websocket', 0); };
  socket.onmessage = ({ data }) => { if (!over && data instanceof ArrayBuffer) on.message(new Uint8Array(data)); };
  socket.onclose = () => {
    if (over) return;
    over = true;
    on.closed();
  };
  /** @param {Uint8Array<ArrayBuffer>} data */
  const send = (data) => { if (socket.readyState === WebSocket.OPEN) socket.send(data); };
  return {
    sendControl: send,
    sendDatagram: send,
    sendRun: ({ data }) => send(/** @type {Uint8Array<ArrayBuffer>} */ (data)),
    close() {
      over = true;
      socket.close();
    },
  };
}
