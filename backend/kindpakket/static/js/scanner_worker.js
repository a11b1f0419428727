// SPDX-License-Identifier: EUPL-1.2
/** @file The scanner's worker: one camera picture in, the texts of the QR codes in it out. */
import { decode, prepareDecoder } from './decoder.js';

const scope = /** @type {{onmessage: ((event: MessageEvent<ImageData>) => void) | null, postMessage(message: unknown): void}} */ (
  /** @type {unknown} */ (self));

// It is made ready while the camera starts.
prepareDecoder();

scope.onmessage = async ({ data: frame }) => {
  try {
    scope.postMessage({ texts: await decode(frame) });
  } catch (error) {
    scope.postMessage({ fault: String(error) });
  }
};
