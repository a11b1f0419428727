// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Letters: the code on paper that opens a household's vouchers once. Pure.
 *
 * Sixteen Crockford base32 characters (80 bits of secret) and a check character, written `XXXX-XXXX-XXXX-XXXX-C`.
 */
import { bytesToHex, numberToBytes, toHex } from './bytes.js';
import { ALPHABET, checkCharacter, normaliseCode } from './characters.js';
import { derive, deriveKey } from './keys.js';

const CHARACTERS = 16;
const SECRET_BYTES = 10;

/** The text is not a letter code. */
export class LetterUnreadable extends Error {}

/**
 * Writes a 10-byte secret as a letter code.
 * @param {Uint8Array} secret
 * @returns {string}
 */
export function formatCode(secret) {
  const number = BigInt(toHex(secret));
  let characters = '';
  for (let place = CHARACTERS - 1; place >= 0; place -= 1) characters += ALPHABET[Number(number >> BigInt(5 * place) & 31n)];
  return [...(characters.match(/.{4}/g) ?? []), checkCharacter(characters)].join('-');
}

/**
 * Reads a letter code as people type it.
 * @param {string} text
 * @returns {Uint8Array} The 10-byte secret.
 * @throws {LetterUnreadable} Not 17 characters of the alphabet, or the check character does not fit.
 */
export function parseCode(text) {
  const characters = normaliseCode(text);
  if (characters.length !== CHARACTERS + 1 || [...characters].some((one) => !ALPHABET.includes(one))) {
    throw new LetterUnreadable('a letter code has 16 characters and a check character');
  }
  if (checkCharacter(characters.slice(0, -1)) !== characters.at(-1)) {
    throw new LetterUnreadable('a character of the letter code is wrong, or two are swapped');
  }
  let number = 0n;
  for (const character of characters.slice(0, -1)) number = number << 5n | BigInt(ALPHABET.indexOf(character));
  return numberToBytes(number, SECRET_BYTES);
}

/**
 * Finds the letter code in what a camera read: an address with the code as fragment, or the bare code.
 * @param {string} text
 * @returns {string} The code as written; not yet checked.
 */
export function codeInText(text) {
  return /#brief=([^&]*)/.exec(text)?.[1] ?? text;
}

/**
 * Returns the name of a letter that does not open it.
 * @param {Uint8Array} secret
 * @returns {string} 16 bytes, hexadecimal
 */
export function letterId(secret) {
  return bytesToHex(derive(secret, 'letter', 16));
}

/**
 * Returns the key that hands over the letter's voucher at `position`, counted from 0.
 * @param {Uint8Array} secret
 * @param {number} position
 * @returns {Uint8Array}
 */
export function letterKey(secret, position) {
  return deriveKey(secret, `letter/${position}`);
}
