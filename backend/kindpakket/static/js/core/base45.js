// SPDX-License-Identifier: EUPL-1.2
/** @file Base45 (RFC 9285): bytes as the characters that a QR code packs tightest. Pure. */

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:';

/**
 * Writes two bytes as three characters, a last single byte as two.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function encode(bytes) {
  let text = '';
  for (let start = 0; start < bytes.length; start += 2) {
    const pair = bytes.subarray(start, start + 2);
    let value = pair.reduce((number, byte) => number * 256 + byte, 0);
    for (let written = 0; written <= pair.length; written += 1) {
      text += ALPHABET[value % 45];
      value = Math.floor(value / 45);
    }
  }
  return text;
}

/**
 * Reads what `encode` wrote.
 * @param {string} text
 * @returns {Uint8Array}
 * @throws {RangeError} A character, a length or a group that no bytes encode to.
 */
export function decode(text) {
  /** @type {number[]} */
  const bytes = [];
  for (let start = 0; start < text.length; start += 3) {
    const group = text.slice(start, start + 3);
    if (group.length === 1) throw new RangeError('a base45 text cannot end in a single character');
    let value = 0;
    for (const character of [...group].reverse()) {
      const digit = ALPHABET.indexOf(character);
      if (digit < 0) throw new RangeError(`not a base45 character: ${character}`);
      value = value * 45 + digit;
    }
    if (value >= 256 ** (group.length - 1)) throw new RangeError(`not a base45 group: ${group}`);
    if (group.length === 3) bytes.push(value >> 8);
    bytes.push(value & 255);
  }
  return Uint8Array.from(bytes);
}
