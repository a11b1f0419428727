// SPDX-License-Identifier: EUPL-1.2
/** @file The codes of this phone: takes a number that was not shown, signs it, and makes new ones before they run out. */
import { serverNow } from '/static/js/time.js';
import { RENEW_BELOW, countFresh, takeNumber } from './numbers.js';

/** @typedef {import('./phone.js').Voucher} Voucher */
/** @typedef {import('./keyring.js').Keyring} Keyring */
/**
 * What this needs of its phone. `renewed` asks what is left after the ticket keys of a voucher were replaced.
 * @typedef {{ask: typeof import('/static/js/api.js').request, keyring(): Keyring,
 *   domain(): import('/static/js/core/signing.js').Domain, vouchers(): Voucher[], renewed(): Promise<void>}} Host
 */

const CODE_SECONDS = 300;
/** So long after the last code has expired its keys may be replaced: no clock is exactly right. Seconds. */
const RENEWAL_REST_SECONDS = 60;
/** A renewal is a block on the chain: it may take longer. */
const SLOW_MS = 60_000;
const LAST_EXPIRES_AT = 'lastCodeExpiresAt';

/** The codes of one phone. */
export class Codes {
  #vault;
  #host;

  /**
   * @param {import('/static/js/vault.js').Vault} vault
   * @param {Host} host
   */
  constructor(vault, host) {
    this.#vault = vault;
    this.#host = host;
  }

  /**
   * Returns a number for a new code, never shown before while there are such. It is kept as shown before this returns.
   * @param {number} voucher
   * @returns {Promise<number | null>} Null when there is none until the phone has been online.
   */
  async takeNumber(voucher) {
    const known = this.#host.vouchers().find((one) => one.voucher === voucher);
    if (!known) throw new Error(`voucher ${voucher} is not on this phone`);
    /** @type {number | null} */
    let number = null;
    await this.#vault.update(`progress/${voucher}`, (progress) => {
      const taken = takeNumber(progress, known);
      number = taken.number;
      return taken.progress;
    });
    return number;
  }

  /**
   * Signs a code with this number. The same number with another maximum or a later end is the same payment: of all of
   * them together one can be used, once.
   * @param {number} voucher
   * @param {number} number
   * @param {number} maxCents
   * @returns {Promise<{text: string, expiresAt: number}>}
   */
  async make(voucher, number, maxCents) {
    const expiresAt = Math.ceil((serverNow() + CODE_SECONDS) / 60) * 60;
    await this.#vault.put(LAST_EXPIRES_AT, expiresAt);
    const text = this.#host.keyring().makeTicket(this.#host.domain(), { voucher, number }, { maxCents, expiresAt });
    return { text, expiresAt };
  }

  /**
   * Replaces the ticket keys of each voucher that has few left, unless a code may still be on its way. A code that is asked for
   * while the answer is awaited may die with its key: the screen that shows it shows another as soon as it is known.
   * @throws {import('/static/js/api.js').ApiRefusal | import('/static/js/api.js').NoAnswer}
   */
  async renew() {
    if (await this.#mayBeOnItsWay()) return;
    const keyring = this.#host.keyring();
    for (const voucher of this.#host.vouchers()) {
      const isOpen = !voucher.blocked && voucher.balanceCents > 0 && serverNow() < voucher.endsAt;
      if (isOpen && countFresh(await this.#vault.get(`progress/${voucher.voucher}`), voucher) < RENEW_BELOW) {
        const body = await keyring.makeRenewal(this.#host.domain(), voucher);
        // Making keys takes a while on an old phone.
        if (await this.#mayBeOnItsWay()) return;
        await this.#host.ask('POST', '/ticket-renewals', { body, token: keyring.accessToken(), timeoutMs: SLOW_MS });
        await this.#host.renewed();
      }
    }
  }

  async #mayBeOnItsWay() {
    return serverNow() < (await this.#vault.get(LAST_EXPIRES_AT) ?? 0) + RENEWAL_REST_SECONDS;
  }
}
