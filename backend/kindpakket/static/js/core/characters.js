// SPDX-License-Identifier: EUPL-1.2
/** @file The characters of letter codes and pairing codes (Crockford base32), and the check character behind them. Pure. */

export const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/**
 * Brings what was typed to the alphabet: capitals, no spaces or dashes, `O` as `0`, `I` and `L` as `1`.
 * @param {string} text
 * @returns {string}
 */
export function normaliseCode(text) {
  return text.toUpperCase().replace(/[\s-]/g, '').replace(/O/g, '0').replace(/[IL]/g, '1');
}

/**
 * Returns the check of up to 30 characters: it shows every wrong character and every swap of two.
 * @param {string} characters
 * @returns {string}
 */
export function checkCharacter(characters) {
  let check = 0;
  for (const character of characters) check = doubled(check ^ ALPHABET.indexOf(character));
  return ALPHABET[check];
}

/** @param {number} value */
function doubled(value) {
  return value & 16 ? value << 1 ^ 37 : value << 1;
}
