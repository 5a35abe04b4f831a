/* SPDX-License-Identifier: MIT */
/* codecs.js - the one file that chooses, per codec, between the browser's and ours: WebCodecs where it has the codec, libvpx in WASM
 * where it lacks it. Opus is always ours: FEC, DTX and the level come from the same place in every browser. */
import { createVideoDecoder } from './video-decoder.js';
import { createVideoEncoder, encoderConfig } from './video-encoder.js';
import { loadVpx, createVpxDecoder, createVpxEncoder } from './vpx-codec.js';

/** @typedef {import('../engine/types.js').Codec} Codec */
/** @typedef {import('./video-encoder.js').VideoSettings} VideoSettings */
/** @typedef {import('./video-encoder.js').EncodedFrame} EncodedFrame */

/** VP9 gives the better picture at these rates; both have three temporal layers. */
const PREFERRED = /** @type {const} */ (['vp9', 'vp8']);
const DECODER_STRINGS = { vp8: 'vp8', vp9: 'vp09.00.40.08', av1: 'av01.0.08M.08' };

/** Answers of the browser: it does not change its mind, and asking takes time. @type {Map<string, Promise<boolean>>} */
const answers = new Map();

/** @param {string} key @param {() => Promise<{ supported?: boolean }>} ask @returns {Promise<boolean>} */
function supported(key, ask) {
  const answer = answers.get(key) ?? ask().then((r) => r.supported === true, () => false);
  answers.set(key, answer);
  return answer;
}

/** @param {VideoSettings} settings @returns {Promise<boolean>} */
async function browserEncodes(settings) {
  if (!('VideoEncoder' in globalThis)) return false;
  const { codec, width, height, temporal } = settings;
  return supported(`${codec} ${width} ${height} ${temporal}`, () => VideoEncoder.isConfigSupported(encoderConfig(settings)));
}

/** @param {'vp8' | 'vp9' | 'av1'} codec @returns {Promise<boolean>} */
async function browserDecodes(codec) {
  if (!('VideoDecoder' in globalThis)) return false;
  return supported(codec, () => VideoDecoder.isConfigSupported({ codec: DECODER_STRINGS[codec] }));
}

/** What this browser can decode, with our own module's help. @param {string} vpxUrl '' when this build has none @returns {Promise<Codec[]>} */
export async function decodableCodecs(vpxUrl) {
  const codecs = /** @type {const} */ (['vp8', 'vp9', 'av1']);
  const able = await Promise.all(codecs.map(async (codec) => (codec !== 'av1' && vpxUrl !== '') || browserDecodes(codec)));
  return ['opus', ...codecs.filter((_, i) => able[i])];
}

/** @param {Omit<VideoSettings, 'codec'>} settings @param {string} vpxUrl @param {(frame: EncodedFrame) => void} emit @param {(error: unknown) => void} fail */
export async function openVideoEncoder(settings, vpxUrl, emit, fail) {
  for (const codec of PREFERRED) {
    if (await browserEncodes({ ...settings, codec })) return createVideoEncoder({ ...settings, codec }, emit, fail);
  }
  return createVpxEncoder(await loadVpx(vpxUrl), { ...settings, codec: 'vp8' }, emit, fail);
}

/** @param {'vp8' | 'vp9' | 'av1'} codec @param {string} vpxUrl @param {(frame: VideoFrame) => void} show @param {(error: unknown) => void} fail */
export async function openVideoDecoder(codec, vpxUrl, show, fail) {
  if (await browserDecodes(codec)) return createVideoDecoder(DECODER_STRINGS[codec], show, fail);
  if (codec === 'av1') throw new Error('no decoder for av1');
  return createVpxDecoder(await loadVpx(vpxUrl), codec, show, fail);
}
