// SPDX-License-Identifier: EUPL-1.2
/**
 * @file The phone's seed and all that is made with it: hand-overs, tickets, renewals, moves. The seed leaves this file only
 * encrypted, and once in clear: as the hand-over code that its holder asked to see.
 */
import { sealSeed, writeHandover } from '/static/js/core/backup.js';
import { toHex } from '/static/js/core/bytes.js';
import { signTicket, writeTicket } from '/static/js/core/code.js';
import { accessToken, accessTokenHash, addressOf, holderKey, sign, ticketKey } from '/static/js/core/keys.js';
import { letterId, letterKey } from '/static/js/core/letter.js';
import { TICKETS, TicketTree } from '/static/js/core/tree.js';
import { SecretUnreadable } from '/static/js/vault.js';

/** @typedef {import('/static/js/core/signing.js').Domain} Domain */
/** @typedef {import('/static/js/vault.js').Vault} Vault */
/** What a letter opens, as the API tells it. @typedef {{voucher: number, position: number, generation: number}} LetterVoucher */
/** @typedef {{maxCents: number, expiresAt: number}} Terms */

const SEED = 'seed';
const RETIRED = 'retiredSeed';
/** So many keys are made before the screen may draw again. */
const KEYS_AT_ONCE = 8;

/** The seed of this phone, opened. */
export class Keyring {
  #seed;

  /** @param {Uint8Array} seed */
  constructor(seed) {
    this.#seed = seed;
  }

  /**
   * Opens the phone's keyring; null as long as it has none, or when the browser lost the key to it.
   * @param {Vault} vault
   * @param {string} [name] Of another seed that is kept here.
   */
  static async open(vault, name = SEED) {
    try {
      const seed = await vault.getSecret(name);
      return seed && new Keyring(seed);
    } catch (error) {
      if (error instanceof SecretUnreadable) return null;
      throw error;
    }
  }

  /**
   * Puts the seed aside: the municipality knows another phone in its place. A new one is made when it is needed.
   * @param {Vault} vault
   */
  static async retire(vault) {
    const keyring = await Keyring.open(vault);
    if (keyring) await vault.putSecret(RETIRED, keyring.#seed);
    await vault.deleteSecret(SEED);
  }

  /**
   * Opens the phone's keyring, and makes one first if it has none.
   * @param {Vault} vault
   */
  static async openOrMake(vault) {
    await vault.deleteUnreadable(SEED);
    return new Keyring(await vault.getSecret(SEED)
      ?? await vault.addSecret(SEED, crypto.getRandomValues(new Uint8Array(32))));
  }

  /** Returns what opens the phone's own budget. */
  accessToken() {
    return accessToken(this.#seed);
  }

  /** Returns what the backend knows this phone by. */
  tokenHash() {
    return accessTokenHash(this.#seed);
  }

  /**
   * Encrypts the seed under a letter and a PIN: the request that keeps it.
   * @param {{secret: Uint8Array, stretched: Uint8Array}} opening
   */
  seal(opening) {
    return sealSeed(this.#seed, opening);
  }

  /**
   * Writes the seed as a code for another phone of the family, to be shown on this screen and nowhere else.
   * @param {number} expiresAt
   */
  writeHandover(expiresAt) {
    return writeHandover(this.#seed, expiresAt);
  }

  /**
   * Makes the request that hands the vouchers of a letter over to this phone. The same letter gives the same request.
   * @param {Domain} domain
   * @param {{secret: Uint8Array, vouchers: LetterVoucher[]}} letter
   */
  async makeActivation(domain, { secret, vouchers }) {
    const handovers = [];
    for (const { voucher, position, generation } of vouchers) {
      const holder = this.#holder(voucher);
      const { ticketKeys, ticketRoot } = await this.#tickets(voucher, generation);
      const digest = domain.activationDigest({ voucher, generation, holder, ticketRoot });
      handovers.push({
        voucher, holder: toHex(holder), ticketKeys: ticketKeys.map(toHex), signature: sign(letterKey(secret, position), digest),
      });
    }
    return { letterId: letterId(secret), tokenHash: accessTokenHash(this.#seed), vouchers: handovers };
  }

  /**
   * Makes the request that replaces a voucher's ticket keys by those of the next generation.
   * @param {Domain} domain
   * @param {{voucher: number, generation: number}} current
   * @param {Keyring} [next] Whose holder and tickets they will be; this phone's own unless it is a move.
   */
  async makeRenewal(domain, { voucher, generation: currentGeneration }, next = this) {
    const generation = currentGeneration + 1;
    const holder = next.#holder(voucher);
    const { ticketRoot: oldRoot } = await this.#tickets(voucher, currentGeneration);
    const { ticketKeys, ticketRoot } = await next.#tickets(voucher, generation);
    const digest = domain.renewalDigest({ voucher, generation, holder, ticketRoot });
    return {
      voucher, generation, oldRoot: toHex(oldRoot), holder: toHex(holder), ticketKeys: ticketKeys.map(toHex),
      signature: sign(holderKey(this.#seed, { voucher }), digest),
    };
  }

  /**
   * Makes the request that moves a voucher from this seed, the former, to another phone's. The same state gives the same.
   * @param {Domain} domain
   * @param {{voucher: number, generation: number}} current
   * @param {Keyring} next
   */
  async makeMove(domain, current, next) {
    return { ...await this.makeRenewal(domain, current, next), tokenHash: next.tokenHash() };
  }

  /**
   * Signs a ticket and returns the text of its code.
   * @param {Domain} domain
   * @param {{voucher: number, number: number}} ticket
   * @param {Terms} terms
   */
  makeTicket(domain, ticket, terms) {
    return writeTicket(signTicket(ticketKey(this.#seed, ticket), domain, terms));
  }

  /**
   * Returns the address of the key that a ticket of this phone is signed with.
   * @param {{voucher: number, number: number}} ticket
   */
  ticketKeyOf({ voucher, number }) {
    return addressOf(ticketKey(this.#seed, { voucher, number }));
  }

  /** @param {number} voucher */
  #holder(voucher) {
    return addressOf(holderKey(this.#seed, { voucher }));
  }

  /**
   * @param {number} voucher
   * @param {number} generation
   */
  async #tickets(voucher, generation) {
    const ticketKeys = [];
    for (let place = 0; place < TICKETS; place += 1) {
      ticketKeys.push(addressOf(ticketKey(this.#seed, { voucher, number: TICKETS * generation + place })));
      if (place % KEYS_AT_ONCE === 0) await new Promise((resolve) => { setTimeout(resolve); });
    }
    return { ticketKeys, ticketRoot: new TicketTree(ticketKeys, generation).root };
  }
}
