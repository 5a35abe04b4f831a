/* SPDX-License-Identifier: MIT */
/* pictures.js - stand-ins for cameras and screens: a figure before a wall, and a page of text. */

const walls = [['#35506b', '#16202c'], ['#6b4a3a', '#261a15'], ['#3d5f4c', '#16241c'], ['#5a4370', '#1f1729'], ['#6a5b36', '#252013'], ['#3f4a5e', '#151922'], ['#6b3a4c', '#27151c']];
const skins = ['#e0b08f', '#8d5a3b', '#f0c9a8', '#c58c63', '#6b4430'];
const coats = ['#26324a', '#7a2f3b', '#2f5d4f', '#d9d4c7', '#3b3b44'];

/** @param {number} seed */
export function paintPerson(seed) {
  const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 360 });
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  const [light, dark] = walls[seed % walls.length];
  const wall = brush.createLinearGradient(0, 0, 640, 360);
  wall.addColorStop(0, light);
  wall.addColorStop(1, dark);
  brush.fillStyle = wall;
  brush.fillRect(0, 0, 640, 360);
  brush.fillStyle = 'rgb(255 236 200 / 0.16)';
  brush.fillRect(60 + (seed * 83) % 380, 40, 110, 150);
  brush.fillStyle = coats[seed % coats.length];
  brush.beginPath();
  brush.ellipse(320, 400, 175, 165, 0, 0, 7);
  brush.fill();
  brush.fillStyle = skins[seed % skins.length];
  brush.fillRect(288, 205, 64, 60);
  brush.beginPath();
  brush.ellipse(320, 160, 66, 82, 0, 0, 7);
  brush.fill();
  brush.fillStyle = ['#2a1d16', '#12100f', '#6b4a2a', '#9a9a9a'][seed % 4];
  brush.beginPath();
  brush.ellipse(320, 112, 72, 52, 0, Math.PI, 0);
  brush.fill();
  return canvas;
}

export function paintScreen() {
  const canvas = Object.assign(document.createElement('canvas'), { width: 1280, height: 720 });
  const brush = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
  brush.fillStyle = '#fbfbf8';
  brush.fillRect(0, 0, 1280, 720);
  brush.fillStyle = '#20242b';
  brush.font = '600 44px sans-serif';
  brush.fillText('Round trips to the first picture', 80, 120);
  [0.9, 0.42, 0.3, 0.22].forEach((share, i) => {
    brush.fillStyle = ['#b9c0cc', '#8c9bff', '#5466ee', '#3f51d9'][i];
    brush.fillRect(80, 190 + i * 110, 1000 * share, 70);
  });
  return canvas;
}

/** @param {HTMLCanvasElement} canvas */
export const streamOf = (canvas) => canvas.captureStream(5);
