// SPDX-License-Identifier: EUPL-1.2
/**
 * @file The list of a voucher's 256 ticket keys: a Merkle tree that the contract knows by its root. Pure.
 *
 * What is hashed is whole words: each part as 32 bytes, filled up with zeros in front. A leaf is keccak256(ticket key ++
 * number), a node keccak256 of its two children, the smaller first. Leaves and nodes are cut to their last 20 bytes, as
 * addresses are; only the root keeps all 32.
 */
import { bytesToHex, concatBytes, numberToBytes } from './bytes.js';
import { keccak } from './keys.js';

export const TICKETS = 256;
const LEVELS = 8;

/** A generation's ticket keys in order, their root and their proofs. */
export class TicketTree {
  /**
   * Grows the tree.
   * @param {Uint8Array[]} ticketKeys 256 different addresses of 20 bytes each
   * @param {number} generation
   * @throws {RangeError} Not 256 different addresses.
   */
  constructor(ticketKeys, generation) {
    if (ticketKeys.length !== TICKETS || new Set(ticketKeys.map(bytesToHex)).size !== TICKETS) {
      throw new RangeError('a voucher has 256 different ticket keys');
    }
    if (ticketKeys.some((key) => key.length !== 20)) throw new RangeError('a ticket key is an address of 20 bytes');
    /** @type {Uint8Array[][]} */
    this.levels = [ticketKeys.map((key, place) => leaf(key, generation * TICKETS + place))];
    for (let below = this.levels[0]; this.levels.length < LEVELS; below = this.levels[this.levels.length - 1]) {
      const pairs = below.filter((_, i) => i % 2 === 0).map((one, i) => [one, below[2 * i + 1]]);
      this.levels.push(pairs.map(([one, other]) => parent(one, other).subarray(12)));
    }
  }

  /** The 32 bytes that commit to all of them. */
  get root() {
    const [one, other] = this.levels[LEVELS - 1];
    return parent(one, other);
  }

  /**
   * Returns the eight neighbours on the way from a place (0 to 255) to the root, 20 bytes each.
   * @param {number} place
   * @returns {Uint8Array[]}
   */
  siblings(place) {
    return this.levels.map((level, height) => level[place >> height ^ 1]);
  }
}

/**
 * Returns a part of at most 32 bytes as a whole word.
 * @param {Uint8Array} part
 */
function word(part) {
  return concatBytes(new Uint8Array(32 - part.length), part);
}

/**
 * Returns the 20-byte leaf of a 20-byte ticket key address with its number.
 * @param {Uint8Array} ticketKey
 * @param {number} number
 */
export function leaf(ticketKey, number) {
  return keccak(concatBytes(word(ticketKey), numberToBytes(number, 32))).subarray(12);
}

/**
 * Returns what is above two neighbours of 20 bytes: 32 bytes, a root; a node is the last 20 of them.
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
export function parent(one, other) {
  const [first, second] = bytesToHex(one) < bytesToHex(other) ? [one, other] : [other, one];
  return keccak(concatBytes(word(first), word(second)));
}

/**
 * Returns the 20 bytes that a voucher's record keeps of its holder and root.
 * @param {Uint8Array} holder
 * @param {Uint8Array} ticketRoot
 */
export function fingerprint(holder, ticketRoot) {
  return keccak(concatBytes(word(holder), ticketRoot)).subarray(12);
}
