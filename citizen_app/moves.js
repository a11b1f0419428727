// SPDX-License-Identifier: EUPL-1.2
/**
 * @file Moves: takes over the vouchers of another phone's seed, one by one, however often it breaks off in between.
 *
 * Before anything is sent both seeds and the request are kept here, so that at every moment one of the seeds on this phone
 * opens each voucher. The same request is sent again until it is answered; the server answers it the same.
 */
import { ApiRefusal } from '/static/js/api.js';
import { Keyring } from './keyring.js';

/** @typedef {import('/static/js/core/signing.js').Domain} Domain */
/** @typedef {import('/static/js/vault.js').Vault} Vault */
/** @typedef {{voucher: number, generation: number}} Held */

const BEGUN = 'move/';
/** A voucher may be renewed or moved by someone else just then; once more with what is true now. */
const ROUNDS = 2;
const SLOW_MS = 60_000;
const TOO_MANY = 429;

/** Everything of the other phone is on a third one, or waits for a new letter. */
export class MovedElsewhere extends Error {}

/** The code is of this very phone. */
export class SamePhone extends Error {}

/** The moves to this phone that are not finished. */
export class Moves {
  #vault;
  #ask;

  /**
   * @param {Vault} vault
   * @param {typeof import('/static/js/api.js').request} ask
   */
  constructor(vault, ask) {
    this.#vault = vault;
    this.#ask = ask;
    this.isUnderWay = false;
  }

  async load() {
    this.isUnderWay = (await this.#vault.list(BEGUN)).length > 0;
  }

  /**
   * Keeps the former seed; `finish` does the rest, now or later.
   * @param {Uint8Array} seed Of the other phone.
   * @param {Keyring} keyring Of this phone.
   * @throws {SamePhone}
   */
  async begin(seed, keyring) {
    const id = new Keyring(seed).tokenHash();
    if (id === keyring.tokenHash()) throw new SamePhone();
    await this.#vault.putSecret(formerSeed(id), seed);
    await this.#vault.put(`${BEGUN}${id}`, { id });
    this.isUnderWay = true;
  }

  /**
   * Moves what is not moved yet. Whatever it throws, it can be called again.
   * @param {Keyring} keyring Of this phone.
   * @param {Domain} domain
   * @throws {ApiRefusal | import('/static/js/api.js').NoAnswer} Not finished; what was begun is kept.
   * @throws {MovedElsewhere} There was nothing to move; the other seed is forgotten.
   */
  finish(keyring, domain) {
    // One at a time, also when the app is open twice.
    return navigator.locks.request('kindpakket-moves', () => this.#finish(keyring, domain));
  }

  /**
   * @param {Keyring} keyring
   * @param {Domain} domain
   */
  async #finish(keyring, domain) {
    for (const [key, { id }] of await this.#vault.list(BEGUN)) {
      const former = await Keyring.open(this.#vault, formerSeed(id));
      // Null: the browser lost the key to it, and with it what was begun.
      const moved = former && await this.#moveAll({ former, keyring, domain, id });
      for (const [sent] of await this.#vault.list(sentOf(id))) await this.#vault.delete(sent);
      await this.#vault.delete(key);
      await this.#vault.deleteSecret(formerSeed(id));
      await this.load();
      if (moved === 0) throw new MovedElsewhere();
    }
  }

  /**
   * @param {{former: Keyring, keyring: Keyring, domain: Domain, id: string}} move
   * @returns {Promise<number>} How many vouchers this phone got, as far as this call knows.
   */
  async #moveAll({ former, keyring, domain, id }) {
    let moved = 0;
    for (const [key, body] of await this.#vault.list(sentOf(id))) moved += await this.#send(key, body, former);
    for (let round = 0; round < ROUNDS; round += 1) {
      const left = await this.#heldBy(former);
      if (left.length === 0) break;
      for (const held of left) {
        const body = await former.makeMove(domain, held, keyring);
        const key = `${sentOf(id)}${held.voucher}`;
        await this.#vault.put(key, body);
        moved += await this.#send(key, body, former);
      }
    }
    return moved || (await this.#heldBy(keyring)).length;
  }

  /**
   * @param {string} key Where the request is kept.
   * @param {{voucher: number}} body
   * @param {Keyring} former
   * @returns {Promise<number>} 1 when it moved, 0 when it cannot in this state.
   */
  async #send(key, body, former) {
    try {
      await this.#ask('POST', '/ticket-renewals', { body, token: former.accessToken(), timeoutMs: SLOW_MS });
    } catch (error) {
      if (!(error instanceof ApiRefusal) || error.retry || error.status === TOO_MANY) throw error;
      await this.#vault.delete(key);
      return 0;
    }
    await this.#vault.delete(key);
    return 1;
  }

  /**
   * @param {Keyring} keyring
   * @returns {Promise<Held[]>}
   */
  async #heldBy(keyring) {
    try {
      return (await this.#ask('GET', '/budgets/me', { token: keyring.accessToken() })).vouchers;
    } catch (error) {
      if (error instanceof ApiRefusal && ['sign_in_required', 'phone_retired'].includes(error.reason)) return [];
      throw error;
    }
  }
}

/** @param {string} id */
const formerSeed = (id) => `former/${id}`;

/** @param {string} id */
const sentOf = (id) => `moving/${id}/`;
