// SPDX-License-Identifier: EUPL-1.2
/** @file The decoder: one picture in, the texts of the QR codes in it out. */
import { prepareZXingModule, readBarcodes } from '../vendor/zxing/reader.js';

/** Makes the decoder ready. Without this it would fetch itself from a public server. */
export function prepareDecoder() {
  void prepareZXingModule({
    fireImmediately: true,
    overrides: { locateFile: (/** @type {string} */ file) => new URL(`../vendor/zxing/${file}`, import.meta.url).href },
  });
}

/**
 * @param {ImageData} frame
 * @returns {Promise<string[]>}
 */
export async function decode(frame) {
  const found = await readBarcodes(frame, {
    formats: ['QRCode'],
    maxNumberOfSymbols: 1,
    tryHarder: true,
    tryInvert: false,
  });
  return found.filter((code) => code.isValid).map((code) => code.text);
}
