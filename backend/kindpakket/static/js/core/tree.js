// SPDX-License-Identifier: EUPL-1.2
/**
 * @file The list of a voucher's 256 ticket keys: a Merkle tree that the contract knows by its root. Pure.
 *
 * A leaf is keccak256(ticket key (20 bytes) ++ number (2 bytes)); a node is keccak256 of its children, the smaller first.
 */
import { bytesToHex, concatBytes, numberToBytes } from './bytes.js';
import { keccak } from './keys.js';

export const TICKETS = 256;

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
    for (let below = this.levels[0]; below.length > 1; below = this.levels[this.levels.length - 1]) {
      this.levels.push(below.filter((_, i) => i % 2 === 0).map((one, i) => node(one, below[2 * i + 1])));
    }
  }

  /** The 32 bytes that commit to all of them. */
  get root() {
    return this.levels[this.levels.length - 1][0];
  }

  /**
   * Returns the eight neighbours on the way from a place (0 to 255) to the root.
   * @param {number} place
   * @returns {Uint8Array[]}
   */
  siblings(place) {
    return this.levels.slice(0, -1).map((level, height) => level[place >> height ^ 1]);
  }
}

/**
 * Returns the leaf of a 20-byte ticket key address with its number.
 * @param {Uint8Array} ticketKey
 * @param {number} number
 */
export function leaf(ticketKey, number) {
  return keccak(concatBytes(ticketKey, numberToBytes(number, 2)));
}

/**
 * Returns the parent of two nodes.
 * @param {Uint8Array} one
 * @param {Uint8Array} other
 */
export function node(one, other) {
  return keccak(bytesToHex(one) < bytesToHex(other) ? concatBytes(one, other) : concatBytes(other, one));
}

/**
 * Returns the 20 bytes that a voucher's record keeps of its holder and root.
 * @param {Uint8Array} holder
 * @param {Uint8Array} ticketRoot
 */
export function fingerprint(holder, ticketRoot) {
  return keccak(concatBytes(holder, ticketRoot)).subarray(12);
}
