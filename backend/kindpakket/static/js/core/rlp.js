// SPDX-License-Identifier: EUPL-1.2
/** @file RLP, the way Ethereum writes lists of bytes; read exactly: only what a writer would have written. Pure. */
import { bytesToNumber } from './bytes.js';

/** What was read: bytes, or a list of such. @typedef {Uint8Array | RlpItem[]} RlpItem */

const LONGEST_SHORT = 55;
/** More bytes of length than this no browser could hold. */
const LENGTH_BYTES = 4;

/** The bytes are not RLP, or not as a writer would have written them. */
export class RlpWrong extends Error {}

/**
 * Reads one item, which must take all the bytes.
 * @param {Uint8Array} bytes
 * @returns {RlpItem}
 * @throws {RlpWrong}
 */
export function readRlp(bytes) {
  const { item, end } = readItem(bytes, 0);
  if (end !== bytes.length) throw new RlpWrong('there are bytes after the item');
  return item;
}

/**
 * Writes a whole number, as the key of a receipt is written.
 * @param {number} number
 * @returns {Uint8Array}
 */
export function writeNumber(number) {
  const digits = [];
  for (let rest = number; rest > 0; rest = Math.floor(rest / 256)) digits.unshift(rest % 256);
  return digits.length === 1 && digits[0] < 0x80 ? Uint8Array.from(digits) : Uint8Array.of(0x80 + digits.length, ...digits);
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @returns {{item: RlpItem, end: number}}
 */
function readItem(bytes, start) {
  if (start >= bytes.length) throw new RlpWrong('an item is missing');
  const first = bytes[start];
  if (first < 0x80) return { item: bytes.slice(start, start + 1), end: start + 1 };
  const isList = first >= 0xc0;
  const { from, length } = readLength(bytes, start, first - (isList ? 0xc0 : 0x80));
  const end = from + length;
  if (end > bytes.length) throw new RlpWrong('an item is cut off');
  if (isList) return { item: readItems(bytes.subarray(0, end), from), end };
  if (length === 1 && bytes[from] < 0x80) throw new RlpWrong('a small byte stands for itself');
  return { item: bytes.slice(from, end), end };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} from
 */
function readItems(bytes, from) {
  /** @type {RlpItem[]} */
  const items = [];
  for (let place = from; place < bytes.length;) {
    const { item, end } = readItem(bytes, place);
    items.push(item);
    place = end;
  }
  return items;
}

/**
 * @param {Uint8Array} bytes
 * @param {number} start
 * @param {number} short
 */
function readLength(bytes, start, short) {
  if (short <= LONGEST_SHORT) return { from: start + 1, length: short };
  const count = short - LONGEST_SHORT;
  const digits = bytes.subarray(start + 1, start + 1 + count);
  if (count > LENGTH_BYTES || digits.length < count || digits[0] === 0) throw new RlpWrong('a length is not one');
  const length = bytesToNumber(digits);
  if (length <= LONGEST_SHORT) throw new RlpWrong('a short item is written as a long one');
  return { from: start + 1 + count, length };
}
