// SPDX-License-Identifier: EUPL-1.2
/** @file What is signed: typed messages (EIP-712) in the domain of one contract on one chain. Pure. */
import { concatBytes, fromHex, numberToBytes, utf8ToBytes } from './bytes.js';
import { keccak } from './keys.js';

const NAME = 'Kindpakket';
const VERSION = '1';

const hashOf = (/** @type {string} */ text) => keccak(utf8ToBytes(text));
const DOMAIN_TYPE = hashOf('EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)');
const TICKET_TYPE = hashOf('Ticket(uint16 shop,uint32 maxCents,uint64 expiresAt)');
const CHARGE_TYPE = hashOf('Charge(bytes32 ticketId,uint32 amountCents,uint8 category)');
const REFUND_TYPE = hashOf('Refund(bytes32 ticketId,uint32 amountCents,uint32 remainingCents)');
const ACTIVATION_TYPE = hashOf('Activation(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)');
const RENEWAL_TYPE = hashOf('Renewal(uint32 voucher,uint8 generation,address holder,bytes32 ticketRoot)');

/**
 * Hashes a struct of words that are numbers, 20-byte addresses or 32-byte hashes.
 * @param {Uint8Array} typeHash
 * @param {...(number | Uint8Array)} words
 */
function hashStruct(typeHash, ...words) {
  return keccak(concatBytes(typeHash, ...words.map((word) => (
    typeof word === 'number' ? numberToBytes(word, 32) : concatBytes(new Uint8Array(32 - word.length), word)))));
}

/** Where a signature counts: one contract on one chain. */
export class Domain {
  /**
   * @param {number} chainId
   * @param {string} contract Address, hexadecimal after `0x`.
   */
  constructor(chainId, contract) {
    this.chainId = chainId;
    this.contract = contract;
    this.separator = hashStruct(DOMAIN_TYPE, hashOf(NAME), hashOf(VERSION), chainId, fromHex(contract));
  }

  /** @param {Uint8Array} structHash */
  #digest(structHash) {
    return keccak(concatBytes(Uint8Array.of(0x19, 0x01), this.separator, structHash));
  }

  /**
   * Returns what a ticket key signs.
   * @param {{shop: number, maxCents: number, expiresAt: number}} ticket
   */
  ticketDigest({ shop, maxCents, expiresAt }) {
    return this.#digest(hashStruct(TICKET_TYPE, shop, maxCents, expiresAt));
  }

  /**
   * Returns what a till signs to charge a ticket.
   * @param {{ticketId: Uint8Array, amountCents: number, category: number}} charge
   */
  chargeDigest({ ticketId: id, amountCents, category }) {
    return this.#digest(hashStruct(CHARGE_TYPE, id, amountCents, category));
  }

  /**
   * Returns what a till signs to give back; `remainingCents` is what was left of the charge before.
   * @param {{ticketId: Uint8Array, amountCents: number, remainingCents: number}} refund
   */
  refundDigest({ ticketId: id, amountCents, remainingCents }) {
    return this.#digest(hashStruct(REFUND_TYPE, id, amountCents, remainingCents));
  }

  /**
   * Returns what a letter key signs to hand a voucher over, at the generation that it has.
   * @param {{voucher: number, generation: number, holder: Uint8Array, ticketRoot: Uint8Array}} activation
   */
  activationDigest({ voucher, generation, holder, ticketRoot }) {
    return this.#digest(hashStruct(ACTIVATION_TYPE, voucher, generation, holder, ticketRoot));
  }

  /**
   * Returns what a holder signs to replace its ticket keys; `generation` is the new one.
   * @param {{voucher: number, generation: number, holder: Uint8Array, ticketRoot: Uint8Array}} renewal
   */
  renewalDigest({ voucher, generation, holder, ticketRoot }) {
    return this.#digest(hashStruct(RENEWAL_TYPE, voucher, generation, holder, ticketRoot));
  }
}

/**
 * Returns the id of a ticket and of its redemption: what was signed, and by which key.
 * @param {Uint8Array} ticketDigest 32 bytes
 * @param {Uint8Array} ticketKeyAddress 20 bytes
 */
export function ticketId(ticketDigest, ticketKeyAddress) {
  return keccak(concatBytes(ticketDigest, new Uint8Array(12), ticketKeyAddress));
}
