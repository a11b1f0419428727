// SPDX-License-Identifier: EUPL-1.2
/** @file The scanner's worker: one camera picture in, the texts of the QR codes in it out. */
import { prepareZXingModule, readBarcodes } from '../vendor/zxing/reader.js';

const scope = /** @type {{onmessage: ((event: MessageEvent<ImageData>) => void) | null, postMessage(message: unknown): void}} */ (
  /** @type {unknown} */ (self));

// Without this the decoder would fetch itself from a public server. It is made ready while the camera starts.
void prepareZXingModule({
  fireImmediately: true,
  overrides: { locateFile: (/** @type {string} */ file) => new URL(`../vendor/zxing/${file}`, import.meta.url).href },
});

scope.onmessage = async ({ data: frame }) => {
  try {
    const found = await readBarcodes(frame, {
      formats: ['QRCode'],
      maxNumberOfSymbols: 1,
      tryHarder: true,
      tryInvert: false,
    });
    scope.postMessage({ texts: found.filter((code) => code.isValid).map((code) => code.text) });
  } catch (error) {
    scope.postMessage({ fault: String(error) });
  }
};
