// SPDX-License-Identifier: EUPL-1.2
/** @file The letters of this phone: hands their vouchers over to it, and sends what was signed again until it is answered. */
import { ApiRefusal } from '/static/js/api.js';
import { letterId } from '/static/js/core/letter.js';
import { serverNow } from '/static/js/time.js';

/** @typedef {import('./keyring.js').Keyring} Keyring */
/**
 * What this needs of its phone.
 * @typedef {{ask: typeof import('/static/js/api.js').request, makeKeyring(): Promise<Keyring>,
 *   domain(): import('/static/js/core/signing.js').Domain, vouchers(): {voucher: number}[],
 *   readBudget(keyring: Keyring): Promise<void>}} Host
 */

/** What was signed for a letter and has no answer yet, by letter. */
const UNANSWERED = 'activation/';
/** The vouchers of a letter that were blocked when it was opened, by letter. */
const BLOCKED = 'blocked/';
/** Money moves by a block on the chain: those requests may take longer. */
const SLOW_MS = 60_000;
const TOO_MANY = 429;
/** So long nothing is asked again when the answer was "too often" and did not say for how long. Seconds. */
const REST_SECONDS = 60;

/** A voucher of the letter was handed over before, and not to this phone. */
export class LetterUsedElsewhere extends Error {}

/** The letters of one phone. */
export class Letters {
  #vault;
  #host;
  /** Before this letters are not sent again; epoch seconds. */
  #restsUntil = 0;
  /** @type {number[]} What letters could not open, because it was blocked. */
  #blocked = [];

  /**
   * @param {import('/static/js/vault.js').Vault} vault
   * @param {Host} host
   */
  constructor(vault, host) {
    this.#vault = vault;
    this.#host = host;
    /** A letter was sent and its answer did not come yet. */
    this.isWaiting = false;
    /** It was asked too often, so it is asked again a little later. */
    this.isTooBusy = false;
  }

  /** Whether what waits may be sent now. */
  get mayBeSent() {
    return this.isWaiting && serverNow() >= this.#restsUntil;
  }

  /** Whether a voucher was left in its letter because it was blocked. What came by another letter meanwhile was not. */
  get hasBlocked() {
    const own = new Set(this.#host.vouchers().map(({ voucher }) => voucher));
    return this.#blocked.some((voucher) => !own.has(voucher));
  }

  async load() {
    this.isWaiting = (await this.#vault.list(UNANSWERED)).length > 0;
    this.#blocked = (await this.#vault.list(BLOCKED)).flatMap(([, vouchers]) => vouchers);
  }

  /**
   * Hands the vouchers of a letter over to this phone. What is sent is kept first, and sent again until it is answered.
   * @param {Uint8Array} secret The letter's.
   * @throws {ApiRefusal | import('/static/js/api.js').NoAnswer | LetterUsedElsewhere}
   */
  async activate(secret) {
    const { vouchers } = await this.#host.ask('POST', '/letter-lookups', { body: { letterId: letterId(secret) } });
    const keyring = await this.#host.makeKeyring();
    if (!await this.#vault.get(UNANSWERED + letterId(secret))) {
      if (await this.#isAllHere(vouchers, keyring)) return;
      // Always all of the letter: what this phone has already is answered as it was before.
      const body = await keyring.makeActivation(this.#host.domain(), { secret, vouchers });
      await this.#vault.put(UNANSWERED + body.letterId, body);
    }
    await this.send(keyring);
  }

  /**
   * Sends what was not answered.
   * @param {Keyring} keyring
   * @throws {ApiRefusal | import('/static/js/api.js').NoAnswer}
   */
  async send(keyring) {
    this.isWaiting = true;
    for (const [key, body] of await this.#vault.list(UNANSWERED)) {
      try {
        const { blocked } = await this.#host.ask('POST', '/activations', { body, timeoutMs: SLOW_MS });
        await this.#vault.put(BLOCKED + body.letterId, blocked);
      } catch (error) {
        await this.#noteRefusal(key, error);
        throw error;
      }
      await this.#vault.delete(key);
    }
    this.isTooBusy = false;
    await this.load();
    await this.#host.readBudget(keyring);
  }

  /**
   * @param {{voucher: number, activated: boolean}[]} vouchers The letter's.
   * @param {Keyring} keyring
   */
  async #isAllHere(vouchers, keyring) {
    const used = vouchers.filter(({ activated }) => activated);
    if (used.length === 0) return false;
    await this.#host.readBudget(keyring);
    const own = new Set(this.#host.vouchers().map(({ voucher }) => voucher));
    if (!used.every(({ voucher }) => own.has(voucher))) throw new LetterUsedElsewhere();
    return used.length === vouchers.length;
  }

  /**
   * @param {string} key
   * @param {unknown} error
   */
  async #noteRefusal(key, error) {
    this.isTooBusy = error instanceof ApiRefusal && error.status === TOO_MANY;
    if (this.isTooBusy) {
      // That says nothing about the letter: what is kept stays, and is asked again later.
      this.#restsUntil = serverNow() + (/** @type {ApiRefusal} */ (error).details.retryAfterSeconds ?? REST_SECONDS);
    } else if (error instanceof ApiRefusal && !error.retry) {
      await this.#vault.delete(key);
      await this.load();
    }
  }
}
