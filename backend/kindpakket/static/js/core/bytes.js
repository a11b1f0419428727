// SPDX-License-Identifier: EUPL-1.2
/** @file Bytes: joined, as hexadecimal, as numbers (big end first). Pure. */

export { concatBytes, bytesToHex, hexToBytes, utf8ToBytes } from '../../vendor/noble-hashes/utils.js';

import { bytesToHex, hexToBytes } from '../../vendor/noble-hashes/utils.js';

/**
 * Writes bytes as JSON takes them: lower-case hexadecimal after `0x`.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function toHex(bytes) {
  return `0x${bytesToHex(bytes)}`;
}

/**
 * Reads hexadecimal with or without `0x`.
 * @param {string} text
 * @returns {Uint8Array}
 */
export function fromHex(text) {
  return hexToBytes(text.replace(/^0x/, ''));
}

/**
 * Writes a whole number in `length` bytes, big end first.
 * @param {number | bigint} number
 * @param {number} length
 * @returns {Uint8Array}
 * @throws {RangeError} It does not fit.
 */
export function numberToBytes(number, length) {
  const digits = BigInt(number).toString(16).padStart(2 * length, '0');
  if (digits.length !== 2 * length || digits.startsWith('-')) throw new RangeError(`not a number of ${length} bytes`);
  return hexToBytes(digits);
}

/**
 * Reads a whole number, big end first.
 * @param {Uint8Array} bytes At most 6 bytes, so that the number is exact.
 * @returns {number}
 */
export function bytesToNumber(bytes) {
  return bytes.reduce((number, byte) => number * 256 + byte, 0);
}
